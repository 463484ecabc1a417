"""What goes wrong inside: units that are dead or saturated, gradients that vanish or explode."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from builder.edits import SetKind
from engines.doctor import cures
from engines.doctor.figures import number, percent, times
from engines.doctor.network import (
    FLAT,
    ROLE,
    called,
    edited,
    kinds_swapped,
    node_at,
    normalised,
    of_kinds,
    path_of,
    within,
)  # fmt: skip
from engines.doctor.symptom import Cure, Diagnosis, Figure, Severity, Symptom
from engines.doctor.symptoms.diverging import slower
from engines.health import MOVES_TOO_FAR, VANISHING_SHARE

if TYPE_CHECKING:
    from engines.doctor.evidence import Evidence

FEWEST_PROBES = 2
"""A single probe is one batch, and may be odd."""
RECENT = 3
"""So many of the newest probes must agree."""


def unlearned(evidence: Evidence, share: float = 0.5) -> bool:
    """Whether much of the loss is still there: what looks odd inside a network that has learned does no harm."""
    windows = evidence.windows
    return len(windows) > 0 and bool(windows[-1] >= share * evidence.level)


class ExplodingGradients(Symptom):
    """Gradients that grow from layer to layer on their way back."""

    icon: ClassVar = "whatshot"
    severity: ClassVar[Severity] = "error"
    reference: ClassVar = (
        "Pascanu, Mikolov and Bengio (2013), On the difficulty of training recurrent networks"
    )
    why: ClassVar = (
        "Each layer multiplies the gradient on its way back. Where the factors are above one, depth makes it huge, and "
        "one such step undoes all the small ones before it."
    )
    explains: ClassVar = ("NotFinite", "Diverging", "NotLearning", "DeadUnits", "SaturatedUnits")
    norm: float = Field(
        100.0, gt=0, description="Norm of a layer's gradient, beside a loss of about one: 100 times the length "
        "at which clipping is usual. On ready networks it was 3.4 at most"
    )  # fmt: skip

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """Whether gradients are huge, of late or before the loss was lost, and nothing clips them."""
        huge, lost = self.norm * max(evidence.level, 1.0), self._lost(evidence)
        norms = evidence.layers_before("gradient") if lost else evidence.layers("gradient")
        if not norms or evidence.setting("clip", 0.0):
            return None
        layer = max(norms, key=lambda name: norms[name])
        few = not lost and len(evidence.probes) < FEWEST_PROBES
        if few or norms[layer] < huge or median(evidence.watched("gradient", layer)[-RECENT:]) < huge:
            return None
        path, low = path_of(evidence.project.graphs[ROLE], layer), min(norms.values())
        figures = [Figure("Gradient norm", number(norms[layer]), "usual: about 1")]
        if low and norms[layer] > 10 * low:
            figures.append(Figure("Smallest of a layer", number(low)))
        moved = (evidence.layers_before("update") if lost else evidence.layers("update")).get(layer)
        if moved is not None:
            figures.append(Figure("Update ÷ weight", number(moved), "usual: about 0.001"))
        return Diagnosis(
            self.kind,
            f"The gradient of {called(evidence.project.graphs[ROLE], path)} is {number(norms[layer])} long{lost}, "
            f"{times(norms[layer])} the length at which gradients are usually clipped.",
            tuple(figures),
            lambda: (cures.clip(evidence), normalised(evidence), slower(evidence)),
            "node",
            path,
        )

    @staticmethod
    def _lost(evidence: Evidence) -> str:
        """That the loss was lost, in words; then gradients rise with it, and only those from before tell the cause."""
        bad = np.flatnonzero(~np.isfinite(evidence.losses))
        if len(bad):
            return f" at the first step (the loss was no number any more at step {bad[0] * evidence.stride + 1:,})"
        windows = evidence.windows
        risen = len(windows) > 2 and windows[-1] > 2 * evidence.start
        return f" at the first step (and the loss has risen to {number(windows[-1])} since)" if risen else ""


class DeadUnits(Symptom):
    """Units that give 0 for every example."""

    icon: ClassVar = "heart_broken"
    reference: ClassVar = "Lu et al. (2020), Dying ReLU and initialization; Maas et al. (2013), leaky ReLU"
    why: ClassVar = (
        "Where a ReLU gives 0 its slope is 0 too, so a unit that is 0 for every example gets no gradient and never "
        "comes back. What it could have learned is lost to the network."
    )
    explains: ClassVar = ("VanishingGradients", "NotLearning")
    share: float = Field(
        0.6, gt=0, le=1, description="Share of a layer's units. CS231n warns of 0.4; ready networks that learn well "
        "had 0.42 at most (Digits CNN)"
    )  # fmt: skip

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """Whether most units of a ReLU have been dead for some probes."""
        graph = evidence.project.graphs[ROLE]
        dead = {
            layer: share
            for layer, share in evidence.layers("dead").items()
            if min(evidence.watched("dead", layer)[-RECENT:]) >= self.share
        }
        if len(evidence.probes) < FEWEST_PROBES or not dead:
            return None
        layer = max(dead, key=lambda name: dead[name])  # of equals the first, from which the others follow
        path, began = path_of(graph, layer), evidence.watched("dead", layer)[0]
        first = evidence.layers_before("update")
        died = began < self.share / 2 or max(first.values(), default=0.0) > MOVES_TOO_FAR

        def candidates() -> list[Cure | None]:
            swapped = kinds_swapped(evidence, [path_of(graph, name) for name in dead], "LeakyReLU")
            first, second = (slower(evidence), swapped) if died else (swapped, slower(evidence))
            return [first, second, normalised(evidence)]

        told = [Figure("Dead units", percent(dead[layer]), f"{percent(began)} at the first look")]
        if first:
            told.append(Figure("First update ÷ weight", number(max(first.values())), "usual: about 0.001"))
        others = f"; so it is in {len(dead)} layers" if len(dead) > 1 else ""
        return Diagnosis(
            self.kind,
            f"{percent(dead[layer])} of the units of {called(graph, path)} give 0 for every example{others}.",
            tuple(told),
            candidates,
            "node",
            path,
        )


class VanishingGradients(Symptom):
    """Gradients that shrink from layer to layer on their way back, until the first layers get none."""

    icon: ClassVar = "blur_off"
    reference: ClassVar = (
        "Hochreiter (1991); Glorot and Bengio (2010), Understanding the difficulty of training"
    )
    why: ClassVar = (
        "Each layer multiplies the gradient on its way back, a sigmoid by a quarter at most. Through many layers next "
        "to nothing arrives, so the first ones stay as they were drawn, and the others learn from noise."
    )
    explains: ClassVar = ("NotLearning", "RateTooSmall")
    share: float = Field(
        VANISHING_SHARE, gt=0, description="Smallest gradient of a layer as a share of the largest. On ready networks "
        "it was 0.011 at least"
    )  # fmt: skip

    epochs: int = Field(
        3, ge=1, description="Epochs to wait; the ready networks had gained a tenth after one to three"
    )

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """Whether a layer gets next to no gradient beside others, and the loss is still high."""
        norms = evidence.layers("gradient") if evidence.epochs >= self.epochs else {}
        if len(norms) < 2 or not unlearned(evidence):
            return None
        layer, largest = min(norms, key=lambda name: norms[name]), max(norms.values())
        if not largest or norms[layer] > self.share * largest:
            return None
        graph = evidence.project.graphs[ROLE]
        path, node = path_of(graph, layer), node_at(graph, path_of(graph, layer))

        def candidates() -> list[Cure | None]:
            swapped = kinds_swapped(evidence, of_kinds(graph, FLAT), "ReLU")
            recurrent = edited(
                evidence,
                f"Take an LSTM instead of the RNN '{path[-1]}'",
                within(graph, path, SetKind(node=path[-1], kind="LSTM")),
            )
            return [recurrent if node and node.kind == "RNN" else None, normalised(evidence), swapped]

        weakest = "not a trace of" if not norms[layer] else f"{number(norms[layer] / largest)} of"
        return Diagnosis(
            self.kind,
            f"The gradient of {called(graph, path)} is {number(norms[layer])}, {weakest} the largest in the network "
            f"({number(largest)}). The loss is {number(evidence.windows[-1])}, from {number(evidence.start)}.",
            (
                Figure("Its gradient", number(norms[layer])),
                Figure("Largest gradient", number(largest)),
                Figure(
                    "Loss of late", number(evidence.windows[-1]), f"{number(evidence.start)} before training"
                ),
            ),
            candidates,
            "node",
            path,
        )


class SaturatedUnits(Symptom):
    """Sigmoids or tanhs that are driven into their flat ends."""

    icon: ClassVar = "vertical_align_top"
    reference: ClassVar = "Glorot and Bengio (2010), section 3"
    why: ClassVar = (
        "In its flat ends a sigmoid or tanh hardly answers to its input, so hardly any gradient comes through it, and "
        "the layers before it stop learning."
    )
    explains: ClassVar = ("VanishingGradients", "NotLearning", "RateTooSmall")
    share: float = Field(
        0.7, gt=0, le=1, description="Share of a layer's outputs in the flat ends. Ready networks that learn well had "
        "0.32 at most (XOR)"
    )  # fmt: skip

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """Whether most outputs have been in the flat ends for some probes, and the loss is still high."""
        graph = evidence.project.graphs[ROLE]
        found = {
            layer: share
            for layer, share in evidence.layers("saturated").items()
            if min(evidence.watched("saturated", layer)[-RECENT:]) >= self.share
        }
        if len(evidence.probes) < FEWEST_PROBES or not found or not unlearned(evidence):
            return None
        layer = max(found, key=lambda name: found[name])
        path, began = path_of(graph, layer), evidence.watched("saturated", layer)[0]
        paths = [path_of(graph, name) for name in found]

        def candidates() -> list[Cure | None]:
            norm, swapped = normalised(evidence), kinds_swapped(evidence, paths, "ReLU")
            return [slower(evidence), norm, swapped] if grown else [norm, swapped, slower(evidence)]

        grown = (
            began < self.share / 2
            or max(evidence.layers_before("update").values(), default=0.0) > MOVES_TOO_FAR
        )
        return Diagnosis(
            self.kind,
            f"{percent(found[layer])} of the outputs of {called(graph, path)} lie in the flat ends of the curve. The "
            f"loss is {number(evidence.windows[-1])}, from {number(evidence.start)}.",
            (
                Figure("Saturated outputs", percent(found[layer]), f"{percent(began)} at the first look"),
                Figure(
                    "Loss of late", number(evidence.windows[-1]), f"{number(evidence.start)} before training"
                ),
            ),
            candidates,
            "node",
            path,
        )
