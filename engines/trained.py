"""Trained: a network with its project and its data, as exports and predictions take it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder.errors import StrataError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from builder.graph import Graph
    from builder.layer import Spec
    from builder.project import Project
    from builder.shapes import Inference
    from engines.data.data import Splits
    from engines.data.preprocessing import Preprocessing
    from engines.runs.run import Run


@dataclass(frozen=True, eq=False)
class Trained:
    """A network in evaluation mode on the CPU, and all that is needed to use it."""

    project: Project
    module: nn.Module
    role: str = "model"
    preprocessing: Preprocessing | None = None
    """How rows become inputs; None where nothing is known of the data."""
    splits: Splits | None = None
    """The data it was trained on, where they are at hand."""
    notes: tuple[str, ...] = ()
    """What a person should know before using it."""
    at: int | None = None
    """The step whose weights these are, if they are not the newest."""

    @classmethod
    def of(cls, run: Run, role: str = "model", at: int | None = None) -> Trained:
        """The network of a run, with the weights of its newest whole checkpoint, or those of a snapshot.

        Raises:
            BadFile: there is no checkpoint yet, or no such snapshot.
        """
        from engines.data.data import Data, prepare

        notes, status = [], run.status()
        if at is not None:
            notes.append(f"These are the weights after step {at:,} of {status.step:,}, not the last ones.")
        elif status.state != "finished":
            after = f"{status.epoch} of {status.epochs} epochs" if status.epochs else f"{status.step} steps"
            notes.append(
                f"The run is {status.state}, not finished: these are its last saved weights, after at most {after}."
            )
        module, splits = run.model(role, at), None
        try:
            splits = prepare(Data.parse(run.project.data))
        except StrataError as error:
            notes.append(f"The run's data cannot be read any more, so there are no test examples: {error}")
        return cls(run.project, module, role, run.preprocessing(), splits, tuple(notes), at)

    @classmethod
    def untrained(cls, project: Project, role: str = "model") -> Trained:
        """The network of a project as it is before training, its weights drawn from the project's seed."""
        import torch

        from builder import compile

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(project.seed)
            return cls(project, compile(project.graphs[role]).eval(), role)

    @property
    def graph(self) -> Graph:
        """The network as a graph."""
        return self.project.graphs[self.role]

    @cached_property
    def _inference(self) -> Inference:
        from builder.shapes import infer

        return infer(self.graph)

    @property
    def inputs(self) -> Mapping[str, Spec]:
        """What enters, by the id of the Input node; the first dimension stands for the batch."""
        places = self._inference.of_kind("Input")
        return {place.node.id: place.outcome.outputs["output"] for place in places if place.outcome}

    @property
    def outputs(self) -> Mapping[str, Spec]:
        """What leaves, by the id of the Output node; the first dimension stands for the batch."""
        return {id: spec for id, spec in self._inference.outputs.items() if spec}

    @property
    def reads_rows(self) -> bool:
        """Whether rows of its data can be encoded for it: it has one input and one output, and they fit the data's."""
        if self.preprocessing is None or len(self.inputs) != 1 or len(self.outputs) != 1:
            return False
        given, wanted = next(iter(self.inputs.values())), self.preprocessing.inputs
        return given.shape[1:] == wanted.shape and given.dtype == wanted.dtype

    def answers(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """What the network gives, without gradients: a tensor for each Output node."""
        import torch

        with torch.no_grad():
            outputs = self.module(*inputs)
        return outputs if isinstance(outputs, tuple) else (outputs,)

    def rows(self, count: int) -> list[Any]:
        """The first rows of the test part as people know them, in plain JSON values; none without data."""
        import numpy as np

        if self.splits is None or not self.reads_rows:
            return []
        raw = self.splits.raw("test")[:count]
        if isinstance(raw, np.ndarray):
            return list(raw.tolist())
        return [
            {name: None if cell != cell else cell for name, cell in row.items()}
            for row in raw.to_dict("records")
        ]

    def examples(self, count: int) -> tuple[Tensor, ...]:
        """Inputs to try the network on: the first rows of the test part, or seeded random numbers without data."""
        if self.splits is not None and self.reads_rows and len(self.splits.test) >= count:
            return (self.splits.test.inputs[:count],)
        return self.random(count)

    def random(self, count: int) -> tuple[Tensor, ...]:
        """Inputs of seeded random numbers; indices are such that every layer of the network knows them."""
        import torch

        bounds, every = _bounds(self._inference), min([*_below(self._inference), 10])
        draw = torch.Generator().manual_seed(count)
        return tuple(
            torch.randint(bounds.get(id, every), (count, *spec.shape[1:]), generator=draw)
            if spec.dtype == "int64"
            else torch.randn(count, *spec.shape[1:], generator=draw)
            for id, spec in self.inputs.items()
        )


@lru_cache(2)
def at_moment(folder: str, checkpoint: int, at: int | None) -> Trained:
    """The network of a run by its folder, for work beside the server, which often asks for the same one again.

    Args:
        folder: of the run.
        checkpoint: the number of its newest one, by which newer weights are told from older ones.
        at: the step of a snapshot, for its weights instead of the newest.
    """
    from engines.runs.run import Run

    return Trained.of(Run(Path(folder)), at=at)


def _bounds(inference: Inference) -> dict[str, int]:
    """What the indices of an Input must be smaller than, where all that read it say so."""
    found: dict[str, list[int]] = {}
    for place in inference.places.values():
        shapes = [spec.shape for spec in place.given]
        for port, source, _ in place.node.sources():
            known = place.layer.below(port, *shapes) if place.layer else 0
            found.setdefault(source, []).append(known)
    return {id: min(known) for id, known in found.items() if all(known)}


def _below(inference: Inference) -> Iterator[int]:
    """What indices must be smaller than at the ports of all layers that say so, those in blocks too."""
    for place in inference.places.values():
        shapes = [spec.shape for spec in place.given]
        known = (place.layer.below(port, *shapes) for port in place.inputs) if place.layer else ()
        yield from (below for below in known if below)
        for inner in place.inner:
            yield from _below(inner)
