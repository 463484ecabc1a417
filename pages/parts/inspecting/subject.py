"""Subject: the network that Inspect looks at, and the choices that its sections share; they stand in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import streamlit as st

from builder.paths import placed
from engines.runs.run import Run
from pages.parts.forms.bound import bound
from pages.parts.state import Opened
from pages.parts.words import figure, plain, short

if TYPE_CHECKING:
    from torch import Tensor

    from builder.shapes import Place
    from engines.data.data import PartName, Splits
    from engines.trained import Trained

PARTS = {"validation": "Validation", "test": "Test", "train": "Training"}


@dataclass(frozen=True)
class Example:
    """One example of the data."""

    part: PartName
    number: int
    """Its place in the part, from 0."""
    inputs: Tensor
    """As the network takes it: (1, …)."""
    target: Tensor
    """As engines/tasks.py says: the first dimension is 1."""
    raw: Any
    """The example as a person knows it: an array of one example, or a table of one row."""
    truth: str
    """Its target in words."""


@dataclass(frozen=True)
class Subject:
    """A network at a moment of its training."""

    opened: Opened
    run: Run
    at: int | None
    """The step of the moment that the URL names; None for the newest weights."""
    checkpoint: int
    """The number of the newest checkpoint when the network was loaded."""
    trained: Trained
    """On the CPU, in evaluation mode, shared with all who look: change nothing in it."""

    @property
    def key(self) -> str:
        """What the keys of widgets begin with."""
        return f"inspect {self.run.id}"

    @property
    def moment(self) -> tuple[str, int, int | None]:
        """What results are remembered by: the run's folder, its newest checkpoint, the step of the snapshot."""
        return str(self.run.folder), self.checkpoint, self.at

    @property
    def splits(self) -> Splits | None:
        """Its data, where they are at hand and fit the network."""
        return self.trained.splits if self.trained.reads_rows else None

    @property
    def places(self) -> dict[str, Place]:
        """Every node by its path, nodes in blocks too."""
        return placed(self.trained.graph)

    def part(self) -> PartName:
        """A choice of the part of the data; the first that has examples, to begin with."""
        assert self.splits is not None
        there = [name for name in PARTS if len(self.splits.part(cast("PartName", name)))]
        chosen = _named("part", there)
        st.selectbox(
            "Part",
            format_func=PARTS.__getitem__,
            width=220,
            **bound(f"{self.key} part", chosen, _keep("part"), there),
        )
        return cast("PartName", chosen)

    def example(self) -> Example:
        """A choice of an example of the data; draw it in a narrow column."""
        assert self.splits is not None
        part = self.part()
        count = len(self.splits.part(part))
        text = st.query_params.get("example", "")
        number = (
            min(max(int(text), 1), count) if text.isascii() and text.isdecimal() and len(text) < 10 else 1
        )
        st.number_input(
            f"Example, 1 to {count:,}",
            1,
            count,
            **bound(f"{self.key} example {part}", number, _keep("example")),
        )
        return self.example_of(part, number - 1)

    def example_of(self, part: PartName, number: int) -> Example:
        """An example by its place in a part, from 0."""
        assert self.splits is not None
        here = self.splits.part(part)
        return Example(
            part,
            number,
            here.inputs[number : number + 1],
            here.targets[number : number + 1],
            self.splits.raw(part)[number : number + 1],
            truth(self.splits, self.splits.raw_targets(part)[number]),
        )

    def node(self, paths: list[str] | None = None, label: str = "Node") -> str:
        """A choice of a node by its path, of these or of all; the first, to begin with."""
        places = self.places
        there = paths if paths is not None else [*places]
        first = next((one for one in there if places[one].node.kind != "Input"), there[0])
        chosen = _named("node", there, first)

        def told(path: str) -> str:
            place = places[path]
            shape = str(next(iter(place.outcome.outputs.values()))) if place.outcome else ""
            return f"{short(path, 60)} · {place.node.kind} · {shape}"

        st.selectbox(
            label,
            format_func=told,
            **bound(f"{self.key} node {hash(tuple(there))}", chosen, _keep("node"), there),
        )
        return chosen


def truth(splits: Splits, target: Any) -> str:
    """A target in words: the class, the labels that apply, or the values."""
    import numpy as np

    if splits.task == "classification":
        return splits.classes[int(target)]
    if splits.task == "multi-label":
        there = [name for name, applies in zip(splits.classes, target, strict=True) if applies]
        return ", ".join(there) or "none of them"
    return ", ".join(figure(float(value)) for value in np.ravel(target))


def _named(name: str, there: list[str], usual: str = "") -> str:
    """What the URL names, if it is there; else the usual one, or the first."""
    chosen = st.query_params.get(name, "")
    return chosen if chosen in there else usual or there[0]


def _keep(name: str) -> Any:
    def keep(value: Any) -> None:
        st.query_params[name] = str(value)

    return keep


def no_data(subject: Subject) -> str:
    """Why examples cannot be shown; "" if they can."""
    if subject.splits is not None and len(subject.splits.train):
        return ""
    told = "; ".join(subject.trained.notes) or "it has several inputs or outputs, or its data do not fit it"
    return plain(f"There are no examples for this network: {told}.")
