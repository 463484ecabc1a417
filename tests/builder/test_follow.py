"""What may follow something: tried, not guessed."""

import time

import pytest

import builder
from builder.edits import AddNode
from builder.follow import followers
from builder.graph import Node
from builder.layer import Spec
from builder.layers import LAYERS
from tests.graphs import chain

SHAPES = [
    Spec((2, 8)), Spec((2, 5, 8)), Spec((2, 16, 14, 14)), Spec((2, 3, 6, 8, 8)), Spec((2, 7), "int64"), Spec((2,)),
    Spec((2, 1)), Spec((2, 1, 1, 1)),
]  # fmt: skip


@pytest.mark.parametrize("spec", SHAPES, ids=str)
def test_what_is_offered_fits_and_what_is_not_does_not(spec: Spec) -> None:
    """Every kind with its default fields, put behind; all its ports led there."""
    offered = followers(spec)
    assert len(set(offered)) == len(offered) and "Output" in offered and "Input" not in offered
    graph = chain(shape=spec.shape[1:], dtype=spec.dtype)
    for kind in set(LAYERS) - {"Input", "Block", "Output"}:
        layer = LAYERS[kind]
        names = (f"{layer.many}1", f"{layer.many}2") if layer.many else layer.inputs
        placed = AddNode(node=Node(id="next", kind=kind, inputs=dict.fromkeys(names, "input1"))).apply(graph)
        fits = not [one for one in builder.check(placed) if one.severity == "error"]
        assert fits == (kind in offered), kind


def test_usual_ones_come_first() -> None:
    """By the number of dimensions."""
    first = [followers(spec)[0] for spec in SHAPES[:5]]
    assert first == ["Linear", "Linear", "Conv2d", "Conv3d", "Embedding"]


def test_it_takes_no_time() -> None:
    """In processor time; another shape, then the same again."""
    import torch  # noqa: F401

    followers(Spec((2, 8, 12, 12)))
    start = time.process_time()
    followers(Spec((2, 8, 13, 13)))
    cold = time.process_time() - start
    followers(Spec((2, 8, 13, 13)))
    assert cold < 0.3 and time.process_time() - start - cold < 0.005
