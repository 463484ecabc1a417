"""What does not fit between network, loss and data is said before training, with edits that mend it."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from builder import BadValue, Problem, Project, check, summary
from builder.graph import Graph, Node
from engines.engine import Engine, engine_of
from engines.losses import NLL, BinaryCrossEntropy, CrossEntropy, Hinge, Loss
from engines.optimisers import LBFGS
from engines.room import machine_bytes
from engines.schedules import ReduceOnPlateau
from engines.supervised import Supervised
from engines.tasks import Task


def data(
    task: Task = "classification",
    shape: tuple[int, ...] = (4,),
    outputs: int = 3,
    validation: int = 5,
    dtype: torch.dtype = torch.float32,
) -> Any:
    part = SimpleNamespace(inputs=torch.zeros(20, *shape, dtype=dtype))
    return SimpleNamespace(
        task=task,
        input_shape=shape,
        outputs=outputs,
        train=part,
        classes=[str(n) for n in range(outputs)] if task != "regression" else [],
        validation=SimpleNamespace(inputs=torch.zeros(validation, *shape)),
    )


def network(*kinds: str, units: int = 3, shape: tuple[int, ...] = (4,)) -> Graph:
    nodes = [Node(id="features", kind="Input", config={"shape": list(shape)})]
    for kind in kinds:
        config = {"units": units} if kind == "Linear" else {}
        nodes.append(Node(id=kind.lower() + "1", kind=kind, config=config, inputs={"input": nodes[-1].id}))
    return Graph(nodes=(*nodes, Node(id="output1", kind="Output", inputs={"input": nodes[-1].id})))


def problems(graph: Graph, splits: Any, **fields: Any) -> list[Problem]:
    return Supervised(**fields).check(Project(graphs={"model": graph}), splits)


def mended(graph: Graph, problem: Problem) -> Graph:
    for edit in problem.edits:
        graph = edit.apply(graph)
    assert check(graph) == []
    return graph


def test_what_fits_has_no_problems() -> None:
    assert problems(network("Linear"), data()) == []
    assert problems(network("Linear", units=1), data(outputs=2), loss=BinaryCrossEntropy()) == []
    assert problems(network("Linear", "LogSoftmax"), data(), loss=NLL()) == []


def test_other_inputs_than_the_data() -> None:
    graph = network("Linear", shape=(7,))
    (problem,) = problems(graph, data())
    assert str(problem) == "Input 'features': shape must be 4, as the data are. Got 7. Make it 4."
    assert problems(mended(graph, problem), data()) == []
    (problem,) = problems(network("Linear"), data(dtype=torch.int64))
    assert "4 (int64), as the data are. Got 4." in str(problem)


@pytest.mark.parametrize("loss", [CrossEntropy(), Hinge(), BinaryCrossEntropy()])
def test_too_many_outputs(loss: Loss) -> None:
    graph = network("Linear", "ReLU", units=5)
    (problem,) = problems(graph, data(), loss=loss)
    assert "one output for each class: 3. The network gives 5." in str(problem)
    assert problem.node == "linear1" and problems(mended(graph, problem), data(), loss=loss) == []


def test_outputs_that_are_images() -> None:
    (problem,) = problems(network("Linear", shape=(2, 4)), data(shape=(2, 4)))
    assert "must be batch × 3 for these data. Got B × 2 × 3." in str(problem) and "Flatten" in problem.fix


def test_a_loss_for_another_task() -> None:
    (problem,) = problems(network("Linear", units=1), data("regression", outputs=1))
    assert "Cross entropy does not suit regression." in str(problem) and not problem.edits


@pytest.mark.parametrize(("kind", "loss"), [("Softmax", CrossEntropy()), ("Sigmoid", BinaryCrossEntropy()),
                                            ("LogSoftmax", CrossEntropy())])  # fmt: skip
def test_a_softmax_that_the_loss_has_in_itself(kind: str, loss: Loss) -> None:
    graph = network("Linear", kind)
    (problem,) = problems(graph, data(), loss=loss)
    assert problem.severity == "warning" and "any number" in str(problem)
    assert problems(mended(graph, problem), data(), loss=loss) == []


@pytest.mark.parametrize("kinds", [("Linear",), ("Linear", "Softmax")])
def test_nll_without_a_log_softmax(kinds: tuple[str, ...]) -> None:
    graph = network(*kinds)
    (problem,) = problems(graph, data(), loss=NLL())
    assert "expects log-probabilities" in str(problem)
    assert problems(mended(graph, problem), data(), loss=NLL()) == []


def test_settings_that_have_no_effect() -> None:
    (problem,) = problems(network("Linear"), data(validation=0), patience=3)
    assert "patience needs a validation part" in str(problem)
    (problem,) = problems(network("Linear"), data(validation=0), schedule=ReduceOnPlateau())
    assert "schedule needs a validation part" in str(problem)
    (problem,) = problems(
        network("Linear"), data("regression", outputs=3), loss={"kind": "MSE"}, class_weights=True
    )
    assert "class_weights have no effect: a regression has no classes" in str(problem)
    (problem,) = problems(network("Linear"), data(), optimiser=LBFGS(), batch=8)
    assert problem.severity == "warning" and "Make the batch 20." in str(problem)


def test_nothing_to_learn() -> None:
    problem, *_ = problems(network("ReLU", shape=(3,)), data(shape=(3,)))
    assert str(problem).startswith("The network has no parameters, so it cannot learn. Add a layer")


def test_batch_normalisation_of_single_examples() -> None:
    (problem,) = problems(network("BatchNorm1d", "Linear"), data(), batch=1)
    assert str(problem) == (
        "BatchNorm1d 'batchnorm1d1': must see at least 2 values of a channel at a time to learn; the batch has 1. "
        "Make the batch at least 2, or take LayerNorm instead."
    )
    assert (
        problem.node == "batchnorm1d1" and problems(network("BatchNorm1d", "Linear"), data(), batch=2) == []
    )
    images = network("BatchNorm2d", "Flatten", "Linear", shape=(2, 3, 3))
    assert problems(images, data(shape=(2, 3, 3)), batch=1) == [], "an image has many values of a channel"


def test_several_or_no_inputs() -> None:
    (problem,) = problems(Graph(), data())
    assert "needs one Input and one Output. The network has 0 and 0." in str(problem)
    (problem,) = Supervised().check(Project(graphs={"generator": Graph()}), data())
    assert "needs a network for the role 'model'" in str(problem)


def test_a_broken_graph_is_left_to_the_builder() -> None:
    assert problems(network("Conv2d", "Linear"), data()) == []


def test_engines_read_from_json_and_write_it() -> None:
    engine = engine_of({"kind": "Supervised", "epochs": 3, "optimiser": {"kind": "SGD", "lr": 0.5}})
    assert isinstance(engine, Supervised) and engine.optimiser.lr == 0.5 and engine.roles == ("model",)
    assert engine_of(engine.dump()) == engine and engine_of({}) == Supervised()
    assert Engine.registry["Supervised"] is Supervised


@pytest.mark.parametrize("fields", [
    {"epochs": 0}, {"epochs": 10**100}, {"batch": 0}, {"clip": -1}, {"clip": float("nan")}, {"patience": -1},
    {"loss": {"kind": "L3"}}, {"optimiser": {"kind": "Adam", "lr": 0}}, {"optimiser": {"kind": "Adam", "lr": "fast"}},
    {"schedule": 3}, {"epoch": 3}, {"mixed_precision": True, "optimiser": {"kind": "LBFGS"}},
])  # fmt: skip
def test_bad_settings_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BadValue):
        engine_of({"kind": "Supervised", **fields})


def test_what_does_not_fit_into_the_memory_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the largest half of the batch that fits, if there is one; the machine decides."""
    graph, splits = network("Linear"), data()
    needed = summary(graph).training_bytes
    for there, batch in ((needed(10), 10), (needed(10) - 1, 5), (needed(1) - 1, 0)):
        monkeypatch.setattr("engines.room.machine_bytes", lambda there=there: there)
        (one,) = problems(graph, splits)
        assert one.severity == "warning" and f"at a batch of {len(splits.train.inputs)}" in one.message
        assert [setting.value for setting in one.settings] == [batch] * bool(batch)
    for there in (needed(20), 0):
        monkeypatch.setattr("engines.room.machine_bytes", lambda there=there: there)
        assert problems(graph, splits) == []


def test_the_memory_of_this_machine_is_known() -> None:
    assert machine_bytes() > 1e8
