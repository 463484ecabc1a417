"""Counter-measures: each makes a changed project of the evidence's, in words that say what it changes.

A maker gives a `Cure`, or None where there is nothing to change. What it gives is a candidate until it was tried
(trying.py).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from builder.errors import StrataError
from engines.doctor.settings import with_setting
from engines.doctor.symptom import Cure

if TYPE_CHECKING:
    from engines.doctor.evidence import Evidence

CLIP = 1.0
"""The usual longest norm of a gradient (Pascanu, Mikolov and Bengio 2013; 1 since the transformer)."""


def rate(evidence: Evidence, factor: float) -> Cure | None:
    """Multiply the learning rate."""
    now = evidence.setting("optimiser.lr")
    if now is None:
        return None
    then = float(f"{now * factor:.3g}")
    verb = "Lower" if factor < 1 else "Raise"
    return setting(evidence, "optimiser.lr", then, f"{verb} the learning rate from {now:g} to {then:g}")


def setting(evidence: Evidence, path: str, value: Any, words: str) -> Cure | None:
    """Give a setting of the engine another value; None if it has no such setting, or the value already."""
    now = evidence.setting(path)
    if now is None or now == value:
        return None
    try:
        return Cure(words, with_setting(evidence.project, path, value))
    except StrataError:
        return None


def clip(evidence: Evidence) -> Cure | None:
    """Shorten long gradients."""
    now = evidence.setting("clip", 0.0)
    if 0 < now <= CLIP:
        return None
    return setting(evidence, "clip", CLIP, f"Clip the gradient: no longer than {CLIP:g}")


def patience(evidence: Evidence, epochs: int) -> Cure | None:
    """Stop early."""
    words = f"Stop early: after {epochs} epochs without a better validation loss, and take the best weights"
    return setting(evidence, "patience", epochs, words)


def weight_decay(evidence: Evidence, value: float) -> Cure | None:
    """Pull the weights towards zero, more or less than now."""
    now = evidence.setting("optimiser.weight_decay")
    if now is None:
        return None
    verb = (
        "Take weight decay away"
        if not value
        else "Lower the weight decay"
        if value < now
        else "Add weight decay"
    )
    return setting(evidence, "optimiser.weight_decay", value, f"{verb}: from {now:g} to {value:g}")


def class_weights(evidence: Evidence) -> Cure | None:
    """Let rare classes count as much as common ones."""
    weighted = getattr(evidence.setting("loss"), "weighted", False)
    words = "Weigh the classes: rare ones count as much as common ones"
    return setting(evidence, "class_weights", True, words) if weighted else None


def batch(evidence: Evidence, size: int) -> Cure | None:
    """Take smaller batches."""
    now = evidence.setting("batch")
    if now is None or size >= now:
        return None
    return setting(evidence, "batch", size, f"Take smaller batches: {size} examples instead of {now:,}")


def optimiser(evidence: Evidence, kind: str, lr: float, words: str) -> Cure | None:
    """Take another optimiser."""
    now = evidence.setting("optimiser")
    if now is None or now.kind == kind:
        return None
    return setting(evidence, "optimiser", {"kind": kind, "lr": lr}, words)


def scale_inputs(evidence: Evidence) -> Cure | None:
    """Standardise the inputs."""
    data = evidence.project.data
    if data.get("scaling", "standard") == "standard":
        return None
    words = "Scale the inputs: each column to mean 0 and deviation 1"
    return Cure(words, evidence.project.with_fields(data={**data, "scaling": "standard"}))


def leave_out(evidence: Evidence, columns: list[str]) -> Cure | None:
    """Ignore columns of a table."""
    source = evidence.project.data.get("source", {})
    if source.get("kind") != "Csv" or not columns:
        return None
    before = source.get("ignore", [])
    ignored = [*([before] if isinstance(before, str) else before), *columns]
    names = " and ".join(f"'{name}'" for name in columns)
    words = f"Leave out the column{'s' * (len(columns) > 1)} {names}"
    data = {**evidence.project.data, "source": {**source, "ignore": ignored}}
    return Cure(words, evidence.project.with_fields(data=data))


def rounded(number: float) -> float:
    """The next power of ten below or at a number."""
    return 10.0 ** math.floor(math.log10(number)) if number > 0 else 0.0
