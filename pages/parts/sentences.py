"""Sentences about a run: what it is called, how far it is, what it takes. Pages and the live stream say the same."""

from __future__ import annotations

from typing import Any

from engines.runs.status import Status
from pages.parts.words import count, listed, seconds, size

ACTIVE = ("starting", "running")
COLOURS = {
    "created": "blue", "queued": "violet", "starting": "blue", "running": "blue", "paused": "orange",
    "finished": "green", "failed": "red",
}  # fmt: skip
ORDINALS = {1: "next", 2: "second", 3: "third"}


def run_name(id: str) -> str:
    """`run 3` for 000003-digits-mlp."""
    first = id.split("-")[0]
    return f"run {int(first)}" if first.isdecimal() else f"run {id[:20]}"


def sentence(status: Status, place: Any = None) -> str:
    """`Epoch 2 of 10 · step 760 of 4,000 · 52 steps/s · about 62 s left`."""
    if status.state == "queued":
        return waiting(place)
    if status.state in ("created", "starting"):
        return f"Starting … · goes on after step {status.step:,}" if status.step else "Starting …"
    parts = []
    if status.epochs:
        parts = [f"Epoch {min(status.epoch + 1, max(status.epochs, 1))} of {status.epochs}"]
    parts.append(f"step {status.step:,} of {status.steps:,}" if status.steps else f"step {status.step:,}")
    if status.state == "running":
        parts += [f"{speed(status)}"] if status.speed else []
        parts += [f"about {seconds(status.left)} left"] if status.left is not None else []
        return " · ".join(parts)
    return f"{status.state.capitalize()} · {' · '.join(parts)} · {seconds(status.elapsed)} of training"


def waiting(place: Any) -> str:
    """`Waiting for room on this machine · third of 5 in the queue · starts in about 2 min 10 s`."""
    parts = ["Waiting for room on this machine"]
    if place is not None:
        parts.append(
            f"{ORDINALS.get(place.position, f'number {place.position}')} of {place.waiting} in the queue"
        )
        if place.wait is not None:
            parts.append(f"starts in about {seconds(place.wait)}")
    return " · ".join(parts)


def speed(status: Status) -> str:
    """Steps a second, or seconds a step where a step takes long."""
    if 0 < status.speed < 1:
        return f"{1 / status.speed:.1f} s a step"
    return f"{status.speed:,.1f} steps/s" if status.speed < 10 else f"{count(status.speed)} steps/s"


def taken(status: Status) -> list[tuple[str, str]]:
    """What a run takes, as names and values: speed, time, time left, memory, device and threads."""
    going = status.state == "running"
    threads = f"{status.threads} thread{'s' if status.threads > 1 else ''}" if status.threads else ""
    device = listed([part for part in (status.device.upper(), threads) if part]).replace(" and ", ", ")
    return [
        ("Speed", speed(status) if going and status.speed else "–"),
        ("Training", seconds(status.elapsed)),
        ("Left", f"about {seconds(status.left)}" if going and status.left is not None else "–"),
        ("Memory", size(status.memory or None)),
        ("Computed on", device or "–"),
    ]


def run_line(id: str, status: Status, place: Any = None) -> str:
    """`Run 3 running · epoch 2 of 10`: the line that stands above every page."""
    name = run_name(id).capitalize()
    if status.state == "running" and status.epochs:
        return f"{name} running · epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}"
    if status.state == "queued":
        return f"{name} waits · {place.position} of {place.waiting}" if place is not None else f"{name} waits"
    return f"{name} {'starting' if status.state == 'created' else status.state}"


def share(status: Status) -> float:
    """How much of the run is done."""
    if status.state == "finished":
        return 1.0
    return min(status.step / status.steps, 1.0) if status.steps else 0.0
