"""Sentences about a run: what a person reads in each state."""

from types import SimpleNamespace
from typing import Any

import pytest

from engines.runs.status import Status
from pages.parts.sentences import run_line, run_name, sentence, share, taken
from pages.parts.words import changed

THIRD = SimpleNamespace(position=3, waiting=5, wait=130.0)
NEXT = SimpleNamespace(position=1, waiting=1, wait=None)


@pytest.mark.parametrize(
    ("status", "place", "words"),
    [
        ({"state": "created"}, None, "Starting …"),
        ({"state": "starting", "step": 1200}, None, "Starting … · goes on after step 1,200"),
        ({"state": "queued"}, None, "Waiting for room on this machine"),
        (
            {"state": "queued"},
            THIRD,
            "Waiting for room on this machine · third of 5 in the queue · starts in about 2 min 10 s",
        ),
        ({"state": "queued"}, NEXT, "Waiting for room on this machine · next of 1 in the queue"),
        ({"state": "running", "step": 7}, None, "step 7"),
        ({"state": "running", "step": 7, "speed": 0.25}, None, "step 7 · 4.0 s a step"),
        (
            {"state": "paused", "step": 7, "steps": 10, "epoch": 1, "epochs": 2, "elapsed": 5},
            None,
            "Paused · Epoch 2 of 2 · step 7 of 10 · 5 s of training",
        ),
    ],
)
def test_how_far_a_run_is(status: dict[str, Any], place: Any, words: str) -> None:
    assert sentence(Status(**status), place) == words


def test_the_line_above_every_page() -> None:
    assert run_line("000012-a", Status(state="running", epoch=4, epochs=5)) == "Run 12 running · epoch 5 of 5"
    assert run_line("000012-a", Status(state="queued"), THIRD) == "Run 12 waits · 3 of 5"
    assert run_line("000012-a", Status()) == "Run 12 starting"
    assert run_name("elsewhere") == "run elsewhere"


def test_what_a_run_takes() -> None:
    status = Status(
        state="running", speed=52.4, left=62, elapsed=14, memory=312_000_000, device="cpu", threads=2
    )
    assert dict(taken(status)) == {
        "Speed": "52 steps/s",
        "Training": "14 s",
        "Left": "about 1 min 2 s",
        "Memory": "312 MB",
        "Computed on": "CPU, 2 threads",
    }
    assert dict(taken(Status()))["Computed on"] == "–"


def test_the_share_that_is_done() -> None:
    assert [share(Status(**one)) for one in ({}, {"step": 5, "steps": 20}, {"step": 9, "steps": 8})] == [
        0,
        0.25,
        1,
    ]
    assert share(Status(state="finished", step=5, steps=20)) == 1.0, "it stopped early"


def test_changed_settings() -> None:
    assert (
        changed({"optimiser.lr": 0.01, "dropout": 0.5, "x.y": "on"})
        == "learning rate 0.01, dropout 0.5, y on"
    )
