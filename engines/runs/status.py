"""Status: how a run is doing, in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engines.events import State

OVER: tuple[State, ...] = ("finished", "stopped", "interrupted", "failed")
"""The states in which no worker is at work on a run."""


@dataclass(frozen=True)
class Status:
    """How a run is doing: a few numbers for a header, as the worker last wrote them (about ten times a second)."""

    state: State = "created"
    step: int = 0
    steps: int = 0
    """Steps in all, as far as can be foreseen; 0 if not yet known."""
    epoch: int = 0
    """Complete epochs."""
    epochs: int = 0
    speed: float = 0.0
    """Steps a second, lately."""
    left: float | None = None
    """Seconds that are left, if that can be foreseen."""
    elapsed: float = 0.0
    """Seconds of training so far; pauses do not count."""
    rate: float | None = None
    """The learning rate of the last step."""
    loss: float | None = None
    measured: dict[str, dict[str, float]] = field(default_factory=dict)
    """The last measurement of each part."""
    device: str = ""
    threads: int = 0
    message: str = ""
    """Why it is paused, stopped or failed, where there is something to say."""
    node: str = ""
    """The node at fault, if the run failed in a layer."""
    memory: int = 0
    """Bytes that the worker holds: in main memory, or on the CUDA device that it computes on."""
    process: int = 0
    """The worker's process id, for information: it may long be another's. Ask `alive`."""
    commands: int = 0
    """How far commands.jsonl has been obeyed, in bytes."""
    wanted: dict[str, Any] = field(default_factory=dict)
    """Settings that were asked for where there was no going on; they count where the run goes on."""
    updated: float = 0.0
    """When this was written (seconds since 1970)."""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen unless the run is started again."""
        return self.state in OVER
