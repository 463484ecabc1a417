"""Tuning: the settings that a person may change while a run trains, and what a change must be.

A change is told by names such as {"optimiser.lr": 0.001, "batch": 32}. Which names there are stands at the fields'
owners, in `live`; `dropout` is one more where the network has such layers, and sets the rate of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from builder.errors import BadValue, Problem
from builder.graph import Graph
from engines.engine import Engine, engine_of

OPTIMISER = "optimiser."


class Dropout(BaseModel):
    """What all dropout layers share."""

    rate: float = Field(
        0.0, ge=0, lt=1, description="Share of the values that every Dropout layer sets to zero"
    )


class Tunable(NamedTuple):
    """A setting that may be changed."""

    name: str
    info: FieldInfo
    value: Any
    """What it is now; None if the layers that share it differ."""


def tunables(
    engine: Engine, graph: Graph | None = None, known: Mapping[str, Any] | None = None
) -> list[Tunable]:
    """The settings of an engine (and the dropout of a network) that may be changed, after the changes so far."""
    known = known or {}
    found = [
        Tunable(name, type(engine).model_fields[name], known.get(name, getattr(engine, name)))
        for name in engine.changeable
    ]
    if (optimiser := getattr(engine, "optimiser", None)) is not None:
        for field in optimiser.live:
            name, info = OPTIMISER + field, type(optimiser).model_fields[field]
            found.append(Tunable(name, info, known.get(name, getattr(optimiser, field))))
    if rates := _dropout(graph):
        shared = rates.pop() if len(rates) == 1 else None
        found.append(Tunable("dropout", Dropout.model_fields["rate"], known.get("dropout", shared)))
    return found


def tuned(engine: Engine, values: Mapping[str, Any]) -> Engine:
    """The engine with settings changed; those that are no fields of it are left alone.

    Raises:
        BadValue: a value is refused; the problem names its field.
    """
    settings = engine.dump()
    for name, value in values.items():
        if name.startswith(OPTIMISER):
            settings["optimiser"] = {**settings["optimiser"], name.removeprefix(OPTIMISER): value}
        elif name in settings:
            settings[name] = value
    return engine_of(settings)


def differing(
    engine: Engine, graph: Graph, known: Mapping[str, Any], values: Mapping[str, Any], epoch: int = 0
) -> dict[str, Any]:
    """Those of the wanted values that differ from what is so now.

    Args:
        engine: as the run began with it.
        graph: the network.
        known: the changes so far.
        values: what is wanted.
        epoch: complete epochs; there cannot be fewer any more.

    Raises:
        BadValue: there is no such setting, or a value is refused.
    """
    now = {one.name: one.value for one in tunables(engine, graph, known)}
    for name in values:
        if name not in now:
            message = f"{name!r} cannot be changed while a run trains. What can: {', '.join(now)}."
            raise BadValue(
                [Problem(message, field=name, rule="can be changed while a run trains", value=name)]
            )
    tuned(engine, {**known, **values})
    rate = values.get("dropout", 0.0)
    if type(rate) not in (int, float) or not 0 <= rate < 1:
        message = f"Dropout: rate must be in [0, 1). Got {rate!r}."
        raise BadValue([Problem(message, field="dropout", rule="must be in [0, 1)", value=rate)])
    if (epochs := values.get("epochs", epoch + 1)) <= epoch:
        message = f"epochs must be at least {epoch + 1} by now: {epoch} are complete. Got {epochs}. To end it, stop it."
        raise BadValue([Problem(message, field="epochs", rule="not passed", value=epochs)])
    return {name: value for name, value in values.items() if value != now[name]}


def _dropout(graph: Graph | None) -> set[float]:
    """The rates of a network's dropout layers, those in blocks included; none where there are no such layers."""
    if graph is None:
        return set()
    from builder.fields import layer_of

    here = {
        float(layer.rate)  # type: ignore[attr-defined]
        for node in graph.nodes
        if node.kind.startswith("Dropout") and (layer := layer_of(node.key)[0]) is not None
    }
    return here.union(*(_dropout(block) for block in graph.blocks.values()))
