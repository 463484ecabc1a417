"""What is wrong with the data, measured before the first step: causes of much that is seen later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from engines.doctor import cures
from engines.doctor.figures import number, percent, times
from engines.doctor.network import ROLE, begins_normalised
from engines.doctor.symptom import Diagnosis, Figure, Symptom

if TYPE_CHECKING:
    from engines.doctor.evidence import Evidence


class TargetLeakage(Symptom):
    """A single column gives the answer away, which it may not do when the answer is not known yet."""

    icon: ClassVar = "key"
    reference: ClassVar = "Kaufman et al. (2012), Leakage in data mining"
    why: ClassVar = (
        "If the column is only known once the outcome is, the network learns to read off the answer and fails on new "
        "rows. If it is known before, all is well, but then one column is enough."
    )
    error: float = Field(
        0.02, gt=0, lt=1, description="Largest share of wrong answers (of R², what is missing to 1) of a column that "
        "gives the answer away. The best honest columns measured: 0.09 (iris, petal length), 0.08 (breast cancer)"
    )  # fmt: skip
    beside: float = Field(
        0.2, gt=0, lt=1, description="Its errors are at most this share of those of the best honest column, and of a "
        "guess; where many columns know the answer, the problem is merely easy"
    )  # fmt: skip
    rows: int = Field(
        50, ge=1, description="Fewest rows that it was tried on: an error of 2 % is one row in them"
    )

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """Whether a column alone foretells the held-out half of the rows."""
        alone = evidence.data.get("alone") or {}
        best = alone.get("best", [])
        known = [one for one in best if 1 - one["score"] <= self.error]
        rest = next((one["score"] for one in best if one not in known), None)
        if not known or rest is None or alone["rows"] < self.rows:
            return None
        if 1 - known[0]["score"] > self.beside * (1 - max(rest, alone["guess"])):
            return None
        names = [one["column"] for one in known]
        regression = evidence.data.get("task") == "regression"
        shown = (
            (lambda score: f"R² {number(score)}") if regression else (lambda score: f"{percent(score)} right")
        )
        said = " and ".join(f"'{name}'" for name in names)
        which = (
            f"The columns {said} each foretell" if len(names) > 1 else f"The column {said} alone foretells"
        )
        return Diagnosis(
            self.kind,
            f"{which} the target: {shown(known[0]['score'])} on {alone['rows']:,} rows that it was not read from.",
            (
                Figure(f"'{names[0]}' alone", shown(known[0]["score"])),
                Figure("Best other column", shown(rest)),
                Figure("A guess", shown(alone["guess"])),
            ),
            lambda: (cures.leave_out(evidence, names),),
            "data",
        )


class UnscaledInput(Symptom):
    """Inputs so large that the first layer is driven to its limits, or so unequal that only one column counts."""

    icon: ClassVar = "straighten"
    reference: ClassVar = "LeCun, Bottou, Orr and Müller (1998), Efficient BackProp, section 4.3"
    why: ClassVar = (
        "Weights begin small and alike, for inputs of about one. Large inputs swamp the others, drive activations into "
        "their flat ends, and make a learning rate that suits all weights impossible."
    )
    explains: ClassVar = (
        "Diverging", "ExplodingGradients", "SaturatedUnits", "VanishingGradients", "DeadUnits", "NotLearning",
        "RateTooSmall",
    )  # fmt: skip
    size: float = Field(
        30.0, gt=1, description="Root mean square of the largest column. Measured on wine, one column made larger, "
        "three seeds: 10 times is mended by Adam; 30 times costs it two points of accuracy and SGD up to all; from 100 "
        "times on SGD gives no number"
    )  # fmt: skip

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """Whether the inputs are large as the network sees them, and the network does not begin by scaling them."""
        scale: dict[str, Any] = evidence.data.get("scale") or {}
        largest: dict[str, Any] = scale.get("largest", {})
        smallest: dict[str, Any] = scale.get("smallest", {})
        size = largest["size"] if largest else scale.get("size", 0.0)
        if size < self.size or begins_normalised(evidence.project.graphs[ROLE]):
            return None
        beside = smallest if largest and smallest["size"] < largest["size"] else None
        if largest:
            what = f"Inputs are not scaled: '{largest['column']}' has values of about {number(size)}"
            if beside and beside["size"]:
                what += f", {times(size / beside['size'])} those of '{beside['column']}'"
        else:
            what = f"Inputs are not scaled: they are about {number(size)} large"
        figures = [
            Figure(
                "Size of the inputs" if not largest else f"'{largest['column']}'",
                number(size),
                "suits: about 1",
            )
        ]
        if beside:
            figures.append(Figure(f"'{beside['column']}'", number(beside["size"]), "suits: about 1"))
        figures.append(Figure("Largest input", number(scale["most"])))
        return Diagnosis(
            self.kind, f"{what}.", tuple(figures), lambda: (cures.scale_inputs(evidence),), "data"
        )


class ClassImbalance(Symptom):
    """Some classes are rare, and the network has learned to pass them over."""

    icon: ClassVar = "balance"
    reference: ClassVar = "He and Garcia (2009), Learning from imbalanced data; King and Zeng (2001)"
    why: ClassVar = (
        "Always naming the common class costs little loss and gives a high accuracy, so a network does that first. "
        "The F1 score, which counts all classes alike, shows what it misses."
    )
    explains: ClassVar = ("NotLearning",)
    ratio: float = Field(
        5.0,
        gt=1,
        description="Examples of the commonest class to one of the rarest. Breast cancer, 1.7, is harmless",
    )
    gap: float = Field(
        0.15, gt=0, lt=1, description="By how much the F1 score lies below the accuracy. The largest on a ready "
        "network that learns well: 0.03 (spirals)"
    )  # fmt: skip
    rare: float = Field(3, ge=1, description="Rare examples in the validation part, below which F1 is luck")
    unseen: float = Field(
        20.0,
        gt=1,
        description="Examples of the commonest class to one of the rarest from which on it is told though no score can "
        "show the harm. The largest on a ready network: 1.7",
    )
    epochs: int = Field(5, ge=1, description="Epochs to wait: the common class is learned first")

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """Whether classes are rare, nothing is done about it, and the F1 score shows the harm, or cannot show it."""
        counts = {name: count for name, count in (evidence.data.get("classes") or {}).items() if count}
        measured = evidence.validation[-3:]
        if (
            len(counts) < 2
            or evidence.data.get("task") != "classification"
            or len(evidence.validation) < self.epochs
        ):
            return None
        rare, common = min(counts, key=lambda name: counts[name]), max(counts, key=lambda name: counts[name])
        rows, share = evidence.data["rows"], counts[rare] / sum(counts.values())
        if counts[common] < self.ratio * counts[rare] or evidence.setting("class_weights", False):
            return None
        said = (
            f"'{rare}' is rare: {counts[rare]:,} training examples against {counts[common]:,} of '{common}'."
        )
        always = f"{percent(counts[common] / sum(counts.values()))} for naming '{common}' always"
        examples = Figure(f"Examples of '{rare}'", f"{counts[rare]:,}", f"{counts[common]:,} of '{common}'")
        if share * rows["validation"] < self.rare:
            if counts[common] < self.unseen * counts[rare]:
                return None
            there = share * rows["validation"]
            return self._told(
                evidence,
                f"{said} About {number(there)} of the {rows['validation']:,} validation examples can be one: no score "
                "tells whether the network finds them.",
                (
                    examples,
                    Figure(
                        "In the validation part", f"about {number(there)}", f"{self.rare:g} tell something"
                    ),
                ),
            )
        if any(row["values"].get("f1") is None for row in measured):
            return None
        accuracy, f1 = (
            float(np.mean([row["values"][name] for row in measured])) for name in ("accuracy", "f1")
        )
        if accuracy - f1 < self.gap:
            return None
        return self._told(
            evidence,
            f"{said} Accuracy is {percent(accuracy)}, but the F1 score, which counts all classes alike, only "
            f"{percent(f1)}.",
            (Figure("Accuracy", percent(accuracy), always), Figure("F1 score", percent(f1)), examples),
        )

    def _told(self, evidence: Evidence, said: str, figures: tuple[Figure, ...]) -> Diagnosis:
        return Diagnosis(self.kind, said, figures, lambda: (cures.class_weights(evidence),), "metric")
