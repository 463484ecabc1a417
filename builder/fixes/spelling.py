"""Fixes of names that are misspelt: in formulas, of a block, or of its arguments."""

import json
import re
from typing import Any

from builder.edits import SetConfig
from builder.errors import Problem, nearest
from builder.fields import Arguments, sized, unknown_name
from builder.fixes.told import Offer
from builder.layers.io import Block
from builder.shapes import Inference, Place, infer_again

MOST_RESPELT = 5
"""Names in one formula."""


def respelt(inference: Inference, problem: Problem) -> list[Offer]:
    """A field with the names that were probably meant, if that is what it lacks."""
    field, place = problem.field.partition(".")[0], inference.places.get(problem.node)
    if place is None or field not in place.node.config:
        return []
    before = place.node.config[field]
    if isinstance(place.layer, Block) and field == "block":
        after = nearest(before, inference.graph.blocks) or before
    elif isinstance(place.layer, Block) and field == "arguments":
        after = _arguments(before, inference, place)
    else:
        after = _meant(before, inference.arguments)
    if after == before:
        return []
    edit = SetConfig(node=problem.node, config={field: after})
    again = infer_again(inference, edit.apply(inference.graph), (problem.node,)).places[problem.node]
    if any(one.field == problem.field for one in again.problems):
        return []
    return [(f"set {field} of '{problem.node}' to {_written(after)}", edit)]


def _arguments(given: dict[str, Any], inference: Inference, place: Place) -> dict[str, Any]:
    """The arguments of a use under the names that its block has, with formulas of names that there are."""
    assert isinstance(place.layer, Block)
    known = inference.graph.blocks[place.layer.block].arguments
    names = sized(inference.arguments, [*place.inputs.values()])
    free = [name for name in known if name not in given]
    after = {
        name if name in known else nearest(name, free) or name: _meant(value, names)
        for name, value in given.items()
    }
    return after if len(after) == len(given) else given


def _meant(value: Any, names: Arguments) -> Any:
    """A field with the nearest names instead of those that there are not."""
    if isinstance(value, list):
        return [_meant(one, names) for one in value]
    if not isinstance(value, str):
        return value
    for _ in range(MOST_RESPELT):
        wrong = unknown_name(value, names)
        if wrong is None or not wrong.meant:
            break
        value = re.sub(rf"\b{re.escape(wrong.name)}\b", wrong.meant, value)
    return value


def _written(value: Any) -> str:
    """A value as people type it."""
    if isinstance(value, dict):
        return ", ".join(f"{name} = {one}" for name, one in value.items())
    return value if isinstance(value, str) else json.dumps(value).replace('"', "")
