"""Symptom: the family of what can be wrong with a run; Diagnosis and Cure, what the doctor says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from builder.registry import Registered

if TYPE_CHECKING:
    from builder.project import Project
    from engines.doctor.evidence import Evidence

Severity = Literal["error", "warning", "hint"]
"""`error`: nothing is learned any more. `warning`: less is learned than could be. `hint`: worth knowing."""
Place = Literal["loss", "metric", "data", "node"]


class Figure(NamedTuple):
    """A measured number and what it is compared with, as a person reads them."""

    name: str
    value: str
    beside: str = ""
    """What is healthy, or what it was before."""


@dataclass(frozen=True)
class Cure:
    """A counter-measure: what it changes, and the project with that change."""

    words: str
    project: Project
    before: int | None = None
    """The branch begins at the last snapshot up to this step; None: from the initial weights."""


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong, with the numbers that show it."""

    symptom: str
    """The name under which the symptom is registered."""
    what: str
    """A sentence or two with the measured numbers."""
    figures: tuple[Figure, ...]
    candidates: Callable[[], Iterable[Cure | None]]
    """Makes what might help, the best first."""
    place: Place
    path: tuple[str, ...] = ()
    """The ids of the node at fault and of the Block nodes that it lies in, from the outermost in."""
    role: str = "model"

    @cached_property
    def cures(self) -> tuple[Cure, ...]:
        """What would help, the best first; each was tried on network, engine and data.

        Loads torch, and the data where a cure changes how they are prepared.
        """
        from engines.doctor.trying import tried

        return tried(self.candidates())

    @property
    def kind(self) -> type[Symptom]:
        """The symptom: title, icon, severity, and why it matters."""
        return Symptom.registry[self.symptom]


class Symptom(Registered):
    """Something that can be wrong with a run; its fields are the thresholds, each with its source."""

    severity: ClassVar[Severity] = "warning"
    why: ClassVar[str]
    """Why it matters, in a sentence or two."""
    reference: ClassVar[str] = ""
    """Where it is described."""
    explains: ClassVar[tuple[str, ...]] = ()
    """Symptoms that follow from this one; they are not told beside it."""

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """What the evidence shows, or None: as long as it is not certain, nothing is said."""
        raise NotImplementedError
