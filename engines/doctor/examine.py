"""The examination: every symptom looks at the evidence, and what follows from another is not told beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import engines.doctor.symptoms  # noqa: F401  (they enter the registry, in their order)
from engines.doctor.evidence import FEWEST_STEPS, Evidence
from engines.doctor.figures import number, percent
from engines.doctor.network import ROLE
from engines.doctor.symptom import Diagnosis, Severity, Symptom

if TYPE_CHECKING:
    from builder.project import Project
    from engines.runs.curves import Curves
    from engines.runs.status import Status

ORDER: tuple[Severity, ...] = ("error", "warning", "hint")


def examine(project: Project, curves: Curves, status: Status, branched: int = 0) -> list[Diagnosis]:
    """What is wrong with a run, the worst first; [] as long as nothing is certain.

    Costs a few milliseconds and loads nothing heavy; that is done when a diagnosis is asked for its cures.
    `branched` is the step at which the run branched off from another, as run.json tells it.
    """
    if ROLE not in project.graphs:
        return []
    return told(Evidence.of(project, curves, status, branched))


def signs(project: Project, curves: Curves, status: Status, branched: int = 0) -> list[str]:
    """What was looked at in a run that is well, in words with numbers; [] before there is anything to look at."""
    evidence = Evidence.of(project, curves, status, branched)
    windows, found = evidence.windows, []
    if len(windows) > 1 and windows[-1] < evidence.start:
        found.append(f"the loss fell from {number(evidence.start)} to {number(windows[-1])}")
    if gradients := evidence.layers("gradient"):
        found.append(
            f"gradients reach all {len(gradients)} layers" if len(gradients) > 1 else "the gradient is sound"
        )
    if dead := evidence.layers("dead"):
        worst = max(dead.values())
        found.append(
            f"at most {percent(worst)} of a layer's units are dead" if worst else "no units are dead"
        )
    return found


def told(evidence: Evidence) -> list[Diagnosis]:
    """The diagnoses from the evidence."""
    found = [diagnosis for kind in Symptom.registry.values() if (diagnosis := kind().look(evidence))]
    if evidence.since and evidence.steps - evidence.since < 2 * max(evidence.per_epoch, FEWEST_STEPS):
        sure = (
            "NotFinite",
            "ExplodingGradients",
        )  # of the rest, what was changed shows its effect in a moment
        found = [one for one in found if one.place == "data" or one.symptom in sure]
    explained = {name for one in found for name in one.kind.explains}
    left = [one for one in found if one.symptom not in explained]
    return sorted(left, key=lambda one: ORDER.index(one.kind.severity))
