"""What an engine says while it learns: the records that cross from a worker to whoever reads its run.

An engine yields `Step`, `Measured` and `Notice`. The driver writes them to events.jsonl, one JSON object a line:

- {"type": "steps", "first": 17, "values": {"loss": […]}, "elapsed", "rate"}  the steps of about 100 ms, numbered
                                                           from 1; seconds of training, and learning rate, at the last
- {"type": "measured", "step", "epoch", "part", "values"}  and  {"type": "notice", "step", "level", "text"}
- {"type": "changed", "step", "values"}                    settings that a person changed after this step, by name
- {"type": "evidence", "step": 0, "values"}                what was measured of the data before the first step
- {"type": "probed", "step", "layers": {layer: {measure: number}}}  what probes read off the model, some times a second
- {"type": "state", "state", "step", "text"}               the run started, paused, finished … (`STATES`)
- {"type": "resumed", "step", "marks"}                     all steps after `step`, and all measurements and notices
                                                           after the first `marks`, will be told again: forget them
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

State = Literal[
    "created", "queued", "starting", "running", "paused", "finished", "stopped", "interrupted", "failed"
]
"""What a run can be. `queued` waits for room on the machine. `stopped` by a person and `interrupted` by the system can
both be resumed; `failed` says why."""

Command = Literal["pause", "resume", "step", "epoch", "stop", "set"]
"""What a person can ask of a run: `step` trains one batch and pauses, `epoch` goes on to the end of the epoch, `set`
changes settings while it goes on."""


@dataclass(frozen=True, slots=True)
class Step:
    """One update of the parameters. The numbers stay tensors: only the driver decides when to read them."""

    loss: Tensor
    others: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """How the model does on a part of the data, as numbers by name."""

    part: str
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know, in a sentence."""

    text: str
    level: Literal["info", "warning", "error"] = "info"


Event = Step | Measured | Notice
