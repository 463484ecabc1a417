"""Look: one node, at one moment, for one example; what is read of it is computed once for all who look at the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.parts.inspecting.subject import Example, Subject
from pages.parts.waiting import waiting

if TYPE_CHECKING:
    from torch import nn

    from builder.shapes import Place
    from engines.trained import Trained

ENOUGH = 8
"""Moments of which arrays were kept that are enough to show a change; with fewer, snapshots are read."""


@dataclass(frozen=True, eq=False)
class Look:
    """A node of a network at a moment, for an example."""

    subject: Subject
    path: str
    example: Example

    @property
    def key(self) -> str:
        """What the keys of widgets begin with."""
        return f"{self.subject.key} {self.path}"

    @property
    def place(self) -> Place:
        """What is known of the node from its graph."""
        return self.subject.places[self.path]

    @property
    def owner(self) -> str:
        """The path of the node whose layer it uses: its own, unless it shares another's."""
        block, dot, _ = self.path.rpartition(".")
        return block + dot + (self.place.node.shares or self.place.node.id)

    @property
    def module(self) -> nn.Module | None:
        """Its module; None of a node that has none, such as Add."""
        modules: dict[str, nn.Module] = dict(self.subject.trained.module.named_modules())
        return modules.get(self.owner)

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """Its parameters by their own name."""
        if self.module is None:
            return {}
        return {name: one.detach().numpy() for name, one in self.module.named_parameters()}

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """What probes read of the node for the example, and of 256 examples of its part."""
        shown = (self.subject.moment, self.example.part, self.example.number)
        return _read(self.subject.trained, shown, (self.path, self.owner), self.subject, self.example)

    @property
    def slopes(self) -> tuple[str, np.ndarray] | None:
        """Which of its outputs the loss depends on ("" for the first), and ∂L/∂ that; None if it does on none."""
        known = f"gradients/example/{self.path}"
        for name, values in self.arrays.items():
            if name == known or name.startswith(f"{known}__"):
                return name.removeprefix(known).removeprefix("__"), values
        return None

    @property
    def seen(self) -> int:
        """How many examples its distribution is of."""
        shape = next(iter(self.place.outcome.outputs.values())).shape[1:] if self.place.outcome else ()
        told = self.array("activations/histogram")
        return round(float(told[2:].sum()) / max(int(np.prod(shape)), 1)) if told is not None else 0

    def array(self, name: str) -> np.ndarray | None:
        """One of them, by probe and array: `activations/histogram`."""
        return self.arrays.get(f"{name}/{self.path}")

    @property
    def value(self) -> np.ndarray:
        """What the node gives for the example, without the batch; large ones are cut."""
        return self.arrays[f"activations/example/{self.path}"]

    def over_time(self, name: str) -> tuple[list[int], list[np.ndarray]]:
        """The steps of a run at which an array is known, and the array: `activations/histogram/conv1`."""
        run = self.subject.run
        steps, found = run.arrays.over_time(name)
        if len(steps) >= min(ENOUGH, len(run.snapshots.numbers())):
            return steps, found
        told = waiting(
            f"{self.key} past {name}", "engines.probes.past:over_snapshots",
            folder=str(run.folder), steps=run.snapshots.numbers(), name=name,
        )  # fmt: skip
        if not told:
            return steps, found
        return told["steps"].tolist(), [*told["values"]]


@st.cache_resource(max_entries=32, show_spinner="Looking …")
def _read(
    _trained: Trained,
    shown: tuple[tuple[str, int, int | None], str, int],
    nodes: tuple[str, ...],
    _subject: Subject,
    _example: Example,
) -> dict[str, np.ndarray]:
    """The arrays of nodes; the example goes first, others of its part follow it."""
    import torch

    from engines.probes.sight import MOST_EXAMPLES, read_at

    assert _subject.splits is not None
    part = _subject.splits.part(_example.part)
    others = [place for place in range(min(len(part), MOST_EXAMPLES)) if place != _example.number]
    inputs = torch.cat([_example.inputs, part.inputs[others]])
    targets = torch.cat([_example.target, part.targets[others]])
    return read_at(_trained, (inputs,), targets, nodes=nodes)
