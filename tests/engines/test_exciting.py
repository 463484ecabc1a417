"""What excites a unit: against brute force, and a preference that was planted."""

import numpy as np
import pytest
import torch

from builder.graph import Graph, Node
from builder.project import Project
from engines.exciting import given, maximise, most_exciting
from engines.trained import Trained
from tests.engines.test_arrays import untrained


@pytest.mark.parametrize(
    ("name", "path"), [("digits-cnn", "relu2"), ("digits-lstm", "lstm1"), ("iris-mlp", "relu1")]
)
def test_the_most_exciting_are_those_of_brute_force(name: str, path: str) -> None:
    trained, inputs, _ = untrained(name)
    numbers, values = most_exciting(trained, inputs, path, 2, 5)
    axis = -1 if path == "lstm1" else 1
    each = (given(trained, inputs[one : one + 1], path)[0] for one in range(len(inputs)))
    every = [float(one.movedim(axis if axis < 0 else 0, 0)[2].max()) for one in each]
    assert values.tolist() == pytest.approx(sorted(every)[::-1][:5])
    assert [every[one] for one in numbers] == pytest.approx(values.tolist())


def liking(shape: list[int], *middle: Node) -> Trained:
    first = Node(id="x", kind="Input", config={"shape": shape})
    last = Node(id="out", kind="Output", inputs={"input": "unit"})
    nodes = (first, *middle, last)
    return Trained.untrained(Project(graphs={"model": Graph(nodes=nodes)}))


def test_a_planted_preference_is_found() -> None:
    trained = liking([6], Node(id="unit", kind="Linear", config={"units": 2}, inputs={"input": "x"}))
    with torch.no_grad():
        trained.module.unit.weight.zero_()[1] = torch.tensor([0.0, 3, 0, -2, 0, 0])  # type: ignore[union-attr, operator]
    inputs = torch.randn(50, 6, generator=torch.Generator().manual_seed(0))
    told = maximise(trained, inputs, "unit", 1)
    made = told["input"]
    assert made.argmax() == 1 and made.argmin() == 3
    assert told["reached"][-1] > told["best"] > told["reached"][0] and len(told["reached"]) == 201
    assert np.array_equal(maximise(trained, inputs, "unit", 1)["input"], made), (
        "the same seed, the same input"
    )
    assert made.max() <= float(inputs.max()) + 1e-6


def test_an_edge_is_made_for_a_unit_that_likes_edges() -> None:
    conv = Node(
        id="unit", kind="Conv2d", config={"filters": 1, "kernel": 3, "padding": "same"}, inputs={"input": "x"}
    )
    trained = liking([1, 12, 12], conv)
    with torch.no_grad():
        trained.module.unit.weight[0, 0] = torch.tensor([[-1.0, 2, -1]] * 3)  # type: ignore[union-attr, index, operator]
    inputs = torch.rand(20, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    told = maximise(trained, inputs, "unit", 0, steps=60)
    assert told["reached"][-1] > told["reached"][0]


def test_a_silent_unit_ends_nothing() -> None:
    linear = Node(id="a", kind="Linear", config={"units": 1}, inputs={"input": "x"})
    trained = liking([3], linear, Node(id="unit", kind="ReLU", inputs={"input": "a"}))
    with torch.no_grad():
        trained.module.a.bias.fill_(-1e6)  # type: ignore[union-attr, operator]
    told = maximise(trained, torch.randn(9, 3), "unit", 0, steps=5)
    assert told["best"] == 0 and told["reached"].tolist() == [0] * 6
