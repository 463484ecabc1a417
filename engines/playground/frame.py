"""Frame: what is drawn of a session at a moment, as numbers and as bytes of heat maps."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from builder.shapes import infer
from builder.watch import watched
from engines.playground.layout import Cell, Edge, Layout
from engines.playground.measured import Measured
from engines.playground.plane import feature_names
from engines.tasks import probabilities

if TYPE_CHECKING:
    from torch import Tensor

    from engines.playground.session import Session

SIDES, LONG = (12, 20, 32, 48), 0.04
"""Sides of the grid, in places; and the seconds of computing that the answers on it may take."""
HOPELESS = 10
"""How many times as long is not tried again: the first time always takes longer, but not that much."""
FINE = 32
"""Heat maps of units have every second place of a grid from this side on."""
MOST_POINTS = 1000
LEAST_SCALE = 1e-3
"""Of an input's heat map."""


@dataclass(frozen=True)
class Look:
    """A unit that is looked at closely: the id of the cell, and its number."""

    cell: str
    unit: int


class Picture:
    """A session as it is drawn: its grid, its layout, and its values at any moment."""

    def __init__(self, session: Session) -> None:
        self.session = session
        inference = infer(session.project.graph)
        self.layout = Layout(session, inference)
        self.measured = Measured(session)
        self._take(SIDES[0])
        for finer in SIDES[1:]:
            if self._seconds() * (finer / self.side) ** 2 > LONG:
                break
            self._take(finer)

    def _take(self, side: int) -> None:
        self.side, self._stride = side, 2 if side >= FINE else 1
        self._grid = self.session.plane.grid(side).reshape(-1, *self.session.splits.input_shape)

    def _seconds(self) -> float:
        """How long the network computes its answers on the grid; the first time may be longer."""
        took: list[float] = []
        while len(took) < 2 and (not took or took[0] < HOPELESS * LONG):
            begun = time.thread_time()
            self._values()
            took.append(time.thread_time() - begun)
        return min(took)

    @property
    def _own(self) -> dict[str, Tensor]:
        """The parameters by name; of the module of now, for a session that goes back has another one."""
        return dict(self.session.context.model.named_parameters())

    @cached_property
    def opening(self) -> dict[str, Any]:
        """What does not change while the network learns: points, layout, settings in force."""
        session, plane = self.session, self.session.plane
        engine, data = session.project.engine, session.project.data
        return {
            "name": session.project.name,
            "task": session.splits.task,
            "classes": [*session.splits.classes],
            "cells": [cell.told() for cell in self.layout.cells.values()],
            "leftOut": self.layout.left_out,
            "side": self.side,
            "small": -(-self.side // self._stride),
            "plane": {
                "low": plane.low,
                "high": plane.high,
                "names": plane.names,
                "words": " ".join(filter(None, [plane.words, session.without])),
                "units": plane.units,
            },
            "columns": feature_names(session.splits)[:64],
            "flat": session.splits.input_shape == (2,) and len(session.splits.classes) in (0, 2),
            "lossWords": self.measured.words(),
            "perEpoch": session.per_epoch,
            "train": self._points("train"),
            "test": self._points("test"),
            "range": self._range,
            "engine": {
                "lr": engine["optimiser"]["lr"],
                "optimiser": engine["optimiser"]["kind"],
                "loss": engine["loss"]["kind"],
                "batch": engine["batch"],
                "l1": engine["l1"],
                "l2": engine["optimiser"].get("weight_decay", 0.0),
            },
            "data": data["source"]["kind"] if data else "",
            "seed": session.project.seed,
        }

    def _points(self, part: str) -> dict[str, Any]:
        """Where the examples of a part stand, and what they are: class numbers, or values."""
        inputs = self.session.splits.part(part).inputs  # type: ignore[arg-type]
        places = self.session.plane.places(inputs[:MOST_POINTS])
        raw = self.session.splits.raw_targets(part)[:MOST_POINTS]  # type: ignore[arg-type]
        values = raw.astype(float) if raw.ndim == 1 else raw[:, 0].astype(float)
        return {
            "x": [round(one, 4) for one in places[:, 0].tolist()],
            "y": [round(one, 4) for one in places[:, 1].tolist()],
            "value": [round(one, 4) for one in values.tolist()],
            "count": len(inputs),
        }

    @cached_property
    def _range(self) -> list[float]:
        """For regression the values between which colours run: those of the targets, even about 0 where it can be."""
        if self.session.splits.task != "regression":
            return [0.0, 1.0]
        told = self.session.splits.raw_targets("train")[:, 0]
        low, high = float(told.min()), float(told.max())
        return [-max(-low, high), max(-low, high)] if low < 0 < high else [low, max(high, low + 1e-6)]

    def frame(self, look: Look | None = None, opening: bool = True) -> bytes:
        """The moment as bytes: the length of a header (4 bytes, little end first), the header as JSON, and planes.

        A plane is a byte for each place of a grid, row by row. First those of the output (one for each class, or a
        single one for two classes or a value), then the shown units of each cell on a coarser grid, then, if a unit is
        looked at, one for each node of its cell.
        """
        header = self._told()
        values = self._values()
        planes = [self._surface(values[""])]
        maps = []
        for cell in self.layout.cells.values():
            plane, scale = _map(values[cell.id][:, cell.shown], each=not cell.depth)
            shaped = plane.reshape(self.side, self.side, -1)[:: self._stride, :: self._stride]
            planes.append(np.ascontiguousarray(shaped.transpose(2, 0, 1)))
            maps.append(scale)
        header |= {"scales": maps, "surfaces": planes[0].shape[0]}
        if look and (seen := self.layout.cells.get(look.cell)) and 0 <= look.unit < seen.units:
            header["look"] = self._look(seen, look, values, planes)
        if opening:
            header["opening"] = self.opening
        text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        return len(text).to_bytes(4, "little") + text + b"".join(plane.tobytes() for plane in planes)

    def _values(self) -> dict[str, Tensor]:
        """What each shown node gives on the grid, (places, units), by id; the network's answer under ""."""
        wanted = {id for cell in self.layout.cells.values() for id in cell.nodes}
        found: dict[str, Tensor] = {}

        def see(path: str, value: Tensor) -> None:
            if path in wanted and value.shape[:1] == self._grid.shape[:1]:
                found[path] = value.flatten(1).float()

        model = self.session.context.model
        with watched(model, see):
            found[""] = self.session.context.outputs(self._grid, len(self._grid))
        missing = self._grid.new_zeros(len(self._grid), 1)
        return {id: found.get(id, missing) for id in (*wanted, "")}

    def _surface(self, outputs: Tensor) -> np.ndarray:
        """The answers as bytes (planes, side, side): probabilities, or values between the bounds of the targets."""
        splits = self.session.splits
        if splits.task == "regression":
            low, high = self._range
            told = (splits.decode(outputs)[:, :1] - low) / (high - low)
        else:
            told = probabilities(splits.task, outputs)
            told = told[:, 1:] if told.shape[1] == 2 else told
        return _bytes(told).reshape(self.side, self.side, -1).transpose(2, 0, 1).copy()

    def _look(self, cell: Cell, look: Look, values: dict[str, Tensor], planes: list[np.ndarray]) -> Any:
        """The large heat maps of a unit, added to the planes, and what they show."""
        told = []
        for id in cell.nodes:
            values_of = values[id]
            if look.unit < values_of.shape[1]:
                plane, scale = _map(values_of[:, look.unit : look.unit + 1], each=not cell.depth)
                planes.append(plane.reshape(1, self.side, self.side))
                told.append({"node": id, "scale": scale[0]})
        return {"cell": look.cell, "unit": look.unit, "nodes": told}

    def _told(self) -> dict[str, Any]:
        """The numbers of the moment: position, losses, weights."""
        session, measured = self.session, self.measured.told()  # (it may go back to its last good step)
        return {
            "step": session.step,
            "epoch": round(session.epoch, 4),
            "lr": session.context.rate,
            "edges": [self._edge(one) for one in self.layout.edges],
            "biases": dict(self._biases()),
            **measured,
        }

    def _edge(self, edge: Edge) -> dict[str, Any]:
        """A connection; of Linear layers with the weights between the units that are drawn, a row for each target."""
        told: dict[str, Any] = {"from": edge.source, "to": edge.target, "node": edge.weights}
        if edge.weights:
            rows, columns = (len(self.layout.cells[id].shown) for id in (edge.target, edge.source))
            told["weights"] = _rounded(self._own[f"{edge.weights}.weight"][:rows, :columns])
        return told

    def _biases(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The biases of the units that are drawn, for each cell that begins with a layer of that many units."""
        for cell in self.layout.cells.values():
            name = f"{cell.nodes[0]}.bias"
            if name in self._own and self._own[name].shape == cell.shape:
                yield cell.id, {"node": cell.nodes[0], "values": _rounded(self._own[name][list(cell.shown)])}


def _map(values: Tensor, each: bool) -> tuple[np.ndarray, list[float]]:
    """Values (places, units) as bytes, 128 for zero, and what the brightest of each unit stands for.

    Args:
        values: what the units give.
        each: whether each unit has a scale of its own; else all share one, at least 1.
    """
    clean = torch.nan_to_num(values, 0.0, 1e30, -1e30)
    scale = clean.abs().amax(0) if clean.numel() else clean.new_ones(clean.shape[1])
    scale = scale.clamp(min=LEAST_SCALE) if each else scale.amax().clamp(min=1.0).expand(len(scale))
    return _bytes(clean / (2 * scale) + 0.5), [float(f"{one:.4g}") for one in scale.tolist()]


def _bytes(shares: Tensor) -> np.ndarray:
    """Numbers from 0 to 1 as bytes."""
    told: np.ndarray = (torch.nan_to_num(shares, 0.5).clamp(0, 1) * 255).round().byte().numpy()
    return told


def _rounded(values: Tensor) -> Any:
    """Weights with six digits, in nested lists."""
    clean = torch.nan_to_num(values.detach().double(), 0.0, 1e30, -1e30)
    return [[float(f"{one:.6g}") for one in row] for row in clean.tolist()] if clean.ndim > 1 else [
        float(f"{one:.6g}") for one in clean.tolist()
    ]  # fmt: skip
