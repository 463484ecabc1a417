"""Attribution: closed forms on linear models, captum, planted patterns, and the sanity check."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import builder
from builder.graph import Graph, Node
from engines.attribution import Question, all_methods, sanity
from engines.attribution.methods.gradients import GradCam, IntegratedGradients, Saliency, maps
from engines.attribution.methods.occlusion import Occlusion
from engines.attribution.methods.rollout import AttentionRollout, placed_on, rollout
from engines.trained import Trained
from tests.engines.test_arrays import untrained


def graph(shape: list[int], *layers: tuple[str, str, dict[str, Any]], dtype: str = "float32") -> Graph:
    nodes = [
        Node(
            id="x", kind="Input", config={"shape": shape, **({"dtype": dtype} if dtype != "float32" else {})}
        )
    ]
    last = "x"
    for id, kind, config in layers:
        nodes.append(Node(id=id, kind=kind, config=config, inputs={"input": last}))
        last = id
    return Graph(nodes=(*nodes, Node(id="out", kind="Output", inputs={"input": last})))


def linear(features: int = 6, classes: int = 3) -> Question:
    torch.manual_seed(0)
    what = graph([features], ("lin", "Linear", {"units": classes}))
    return Question(builder.compile(what).double(), what, torch.randn(1, features).double(), 1)


def asked(name: str, number: int = 0, output: int = 0) -> Question:
    trained, inputs, _ = untrained(name)
    return Question(trained.module, trained.graph, inputs[number : number + 1], output)


def test_a_linear_model_has_closed_forms() -> None:
    question = linear()
    weights: Tensor = question.module.lin.weight[1].detach()  # type: ignore[union-attr, index]
    assert torch.allclose(Saliency().relevance(question).double(), weights.abs(), atol=1e-6)
    wanted = weights * question.inputs[0]
    assert torch.allclose(IntegratedGradients().relevance(question).double(), wanted, atol=1e-6)
    assert torch.allclose(Occlusion().relevance(question).double(), wanted, atol=1e-6)


@pytest.mark.parametrize(
    "name", ["iris-mlp", "digits-cnn", "digits-lstm", "digits-transformer", "lstm-forecaster"]
)
def test_integrated_gradients_are_complete(name: str) -> None:
    question = asked(name)
    found = IntegratedGradients(steps=300).relevance(question)
    with torch.no_grad():
        difference = question.score(question.inputs) - question.score(question.inputs * 0)
    assert float(found.sum()) == pytest.approx(float(difference), abs=2e-3)
    assert found.shape == question.inputs.shape[1:]


def test_integrated_gradients_of_a_linear_model_are_complete_to_rounding() -> None:
    question = linear()
    difference = question.score(question.inputs) - question.score(question.inputs * 0)
    assert abs(float((IntegratedGradients().relevance(question).sum() - difference).detach())) < 1e-5


def test_grad_cam_is_captums_where_that_has_it() -> None:
    from captum.attr import LayerGradCam

    question = asked("digits-cnn", output=3)
    assert maps(question) == ["conv1", "relu1", "maxpool1", "conv2", "relu2", "maxpool2"]
    theirs = LayerGradCam(question.score, question.module.relu1).attribute(question.inputs)  # type: ignore[arg-type]
    ours = GradCam(node="relu1")._map(question)
    assert torch.allclose(ours, theirs[0, 0].relu(), atol=1e-6)
    functional = GradCam(node="residual2.add1").relevance(asked("digits-resnet"))
    assert functional.shape == (1, 8, 8)


def planted(kind: str) -> tuple[Question, tuple[int, ...]]:
    """A network that looks at one place alone, and that place."""
    if kind == "table":
        question = linear()
        with torch.no_grad():
            question.module.lin.weight.zero_()[1, 4] = 2  # type: ignore[union-attr, operator]
        return question, (4,)
    if kind == "image":
        what = graph([1, 6, 6], ("flat", "Flatten", {}), ("lin", "Linear", {"units": 2}))
        module = builder.compile(what)
        with torch.no_grad():
            module.lin.weight.zero_()[1, 6 * 2 + 5] = 1  # type: ignore[union-attr, operator]
        return Question(module, what, torch.rand(1, 1, 6, 6) + 1, 1), (0, 2, 5)
    torch.manual_seed(1)
    pick, lin = ("pick", "Select", {"index": 3}), ("lin", "Linear", {"units": 2})
    layers = [("embed", "Embedding", {"entries": 9, "width": 4}), pick, lin]
    what = graph([7], *layers, dtype="int64")
    return Question(builder.compile(what), what, torch.randint(0, 9, (1, 7)), 1), (3,)


@pytest.mark.parametrize("kind", ["table", "image", "words"])
@pytest.mark.parametrize("method", [Saliency(), IntegratedGradients(), Occlusion()], ids=lambda one: one.kind)
def test_what_alone_is_looked_at_alone_is_relevant(method: Any, kind: str) -> None:
    question, place = planted(kind)
    found = method.relevance(question).abs()
    assert found[place] > 0.01 and float(found.sum() - found[place]) < 1e-6
    assert len(place) == found.ndim


def test_grad_cam_lights_up_where_the_pattern_is() -> None:
    conv = ("conv", "Conv2d", {"filters": 1, "kernel": 3, "padding": "same"})
    layers = (conv, ("relu", "ReLU", {}), ("flat", "Flatten", {}), ("lin", "Linear", {"units": 2}))
    what = graph([1, 12, 12], *layers)
    module = builder.compile(what)
    with torch.no_grad():
        module.conv.weight.fill_(1)  # type: ignore[union-attr, operator]
        module.conv.bias.zero_()  # type: ignore[union-attr, operator]
        module.lin.weight.fill_(1)  # type: ignore[union-attr, operator]
    image = torch.zeros(1, 1, 12, 12)
    image[0, 0, 8:10, 2:4] = 1
    found = GradCam(node="relu").relevance(Question(module, what, image, 1))
    assert np.unravel_index(int(found[0].argmax()), (12, 12)) in {(8, 2), (8, 3), (9, 2), (9, 3)}


def test_roll_out_by_hand() -> None:
    first = torch.tensor([[[1.0, 0.0], [0.5, 0.5]]])
    second = torch.tensor([[[0.0, 1.0], [0.0, 1.0]]])
    one = torch.tensor([[1.0, 0.0], [0.25, 0.75]])  # half itself, half attention
    two = torch.tensor([[0.5, 0.5], [0.0, 1.0]])
    assert torch.allclose(rollout([first, second]), two @ one)
    assert torch.allclose(rollout([torch.rand(3, 5, 5).softmax(-1) for _ in range(4)]).sum(-1), torch.ones(5))


@pytest.mark.parametrize("name", ["digits-transformer", "small-vit"])
def test_roll_out_lies_on_rows_and_patches(name: str) -> None:
    question = asked(name)
    found = AttentionRollout().relevance(question)
    assert found.shape == (1, 8, 8) and float(found.std()) > 0
    steps = torch.arange(17.0 if name == "small-vit" else 8.0)
    told = placed_on(question, steps)
    assert told is not None and float(told[0, 0, 0]) == (1 if name == "small-vit" else 0)
    assert float(told[0, 7, 7]) == (16 if name == "small-vit" else 7)


def test_a_baseline_is_where_the_way_begins() -> None:
    question = linear()
    weights: Tensor = question.module.lin.weight[1].detach()  # type: ignore[union-attr, index]
    mean, low = torch.randn(1, 6).double(), torch.full((1, 6), -2.0).double()
    question = replace(question, references={"mean": mean, "lowest": low})
    for method in (IntegratedGradients, Occlusion):
        for name, base in {"mean": mean, "lowest": low, "zeros": mean * 0}.items():
            found = method(baseline=name).relevance(question).double()  # type: ignore[arg-type]
            assert torch.allclose(found, weights * (question.inputs - base)[0], atol=1e-6)


def test_why_the_one_and_not_the_other() -> None:
    question = replace(linear(), against=2)
    weights: Tensor = question.module.lin.weight.detach()  # type: ignore[union-attr, assignment]
    found = Saliency().relevance(question)
    assert torch.allclose(found, (weights[1] - weights[2]).abs(), atol=1e-6)


def test_a_single_output_is_the_value_or_the_second_class() -> None:
    question = linear(classes=1)
    weights: Tensor = question.module.lin.weight[0].detach()  # type: ignore[union-attr, index]
    wanted = weights * question.inputs[0]
    for output, two, sign in ((0, False, 1), (1, True, 1), (0, True, -1)):
        found = IntegratedGradients().relevance(replace(question, output=output, two=two))
        assert torch.allclose(found, sign * wanted, atol=1e-6)


def test_the_features_of_a_column_are_covered_together() -> None:
    question = replace(linear(), columns=("size", "colour", "colour", "colour", "weight", "weight"))
    weights: Tensor = question.module.lin.weight[1].detach()  # type: ignore[union-attr, index]
    alone, found = weights * question.inputs[0], Occlusion().relevance(question)
    assert torch.allclose(found[1:4], alone[1:4].mean().expand(3), atol=1e-6)
    assert float(found.sum()) == pytest.approx(float(alone.sum()), abs=1e-6)
    assert Occlusion().passes(question) == 3


@pytest.mark.parametrize("side", [8, 28, 64])
def test_a_window_grows_with_the_image(side: int) -> None:
    what = graph([1, side, side], ("flat", "Flatten", {}), ("lin", "Linear", {"units": 2}))
    module = builder.compile(what)
    asked: list[int] = []
    question = Question(module, what, torch.rand(1, 1, side, side), 1)
    module.register_forward_hook(lambda _, inputs, __: asked.append(len(inputs[0])))
    found = Occlusion().relevance(question)
    assert found.shape == (1, side, side) and float(found.abs().min()) > 0, "every pixel is covered"
    assert sum(asked) - 2 <= Occlusion().passes(question) <= sum(asked) < 1000


@pytest.mark.parametrize("name", ["diabetes-mlp", "digits-mlp"])
def test_what_is_asked_of_a_network_and_its_data(name: str, tmp_path: Any) -> None:
    import engines
    from engines.attribution.beside import checked, compared, explained, of_run

    what = builder.template(name)
    run = engines.train(what.with_fields(engine={**what.engine, "epochs": 1}), tmp_path / "run")
    trained, asked = Trained.of(run), {"part": "test", "number": 3, "output": 0}
    method = IntegratedGradients(steps=200).dump()
    told = explained(trained, method, **asked)
    assert told["relevance"].sum() == pytest.approx(told["score"] - told["nothing"], abs=2e-2)
    with torch.no_grad():
        assert trained.splits is not None
        outputs = trained.module(trained.splits.test.inputs[3:4])
        mean = trained.module(trained.splits.train.inputs.mean(0, keepdim=True))
    assert told["score"] == pytest.approx(float(outputs[0, 0]), rel=1e-5)
    assert told["nothing"] == pytest.approx(float(mean[0, 0]), rel=1e-4)
    every = compared(trained, **asked)
    assert [*every] == ["Saliency", "IntegratedGradients", "Occlusion"]
    newest = max(run.checkpoints.numbers())
    beside = of_run("explained", str(run.folder), newest, None, method=method, **asked)
    assert np.array_equal(beside["relevance"], told["relevance"])
    assert checked(trained, method, **asked)["layers"][-1] == "linear1"


def test_what_is_no_number_is_told(tmp_path: Any) -> None:
    import engines
    from builder.errors import StrataError
    from engines.attribution.beside import explained
    from tests.tiny import project

    trained = Trained.of(engines.train(project(1, 20), tmp_path / "run"))
    with torch.no_grad():
        next(trained.module.parameters()).fill_(torch.nan)
    with pytest.raises(StrataError, match="no number here"):
        explained(trained, Saliency().dump(), part="train", number=0)


@pytest.mark.parametrize("index", [None, 0, -1])
def test_roll_out_begins_at_the_step_that_is_read(index: int | None) -> None:
    attend = dict.fromkeys(("query", "key", "value"), "x")
    pick, config = ("Flatten", {}) if index is None else ("Select", {"index": index, "dim": 1})
    nodes = (
        Node(id="x", kind="Input", config={"shape": [5, 4]}),
        Node(id="attend", kind="MultiheadAttention", config={"heads": 1}, inputs=attend),
        Node(id="pick", kind=pick, config=config, inputs={"input": "attend"}),
        Node(id="lin", kind="Linear", config={"units": 2}, inputs={"input": "pick"}),
        Node(id="out", kind="Output", inputs={"input": "lin"}),
    )
    what = Graph(nodes=nodes)
    torch.manual_seed(0)
    question = Question(builder.compile(what).eval(), what, torch.randn(1, 5, 4) * 3, 1)
    from engines.attribution.methods.rollout import attentions

    rolled = rollout(attentions(question))
    wanted = rolled.mean(0) if index is None else rolled[index]
    assert torch.allclose(AttentionRollout().relevance(question)[:, 0], wanted, atol=1e-6)


def test_obstacles_say_why() -> None:
    table = asked("iris-mlp")
    assert "Grad-CAM needs an image" in GradCam().obstacle(table)
    assert "Roll-out needs layers" in AttentionRollout().obstacle(table)
    assert [name for name, one in all_methods().items() if not one().obstacle(asked("small-vit"))] == [
        "Saliency", "IntegratedGradients", "GradCam", "Occlusion", "AttentionRollout"
    ] or not maps(asked("small-vit"))  # fmt: skip


@pytest.mark.parametrize("name", ["digits-cnn", "iris-mlp", "digits-lstm"])
def test_nothing_is_left_in_the_network(name: str) -> None:
    question = asked(name)
    before = {key: value.clone() for key, value in question.module.state_dict().items()}
    for kind in all_methods().values():
        if not kind().obstacle(question):
            kind().relevance(question)
    assert all(one.grad is None for one in question.module.parameters())
    assert not any(one._forward_hooks or "forward" in one.__dict__ for one in question.module.modules())
    assert all(torch.equal(value, before[key]) for key, value in question.module.state_dict().items())


def test_shuffled_weights_destroy_the_map(tmp_path: Any) -> None:
    import engines

    what = builder.template("digits-mlp")
    run = engines.train(what.with_fields(engine={**what.engine, "epochs": 8}), tmp_path / "run")
    trained = Trained.of(run)
    assert trained.splits is not None
    question = Question(trained.module, trained.graph, trained.splits.test.inputs[:1], 5)
    told = sanity(IntegratedGradients(), question, draws=3)
    assert told.layers == ["linear3", "linear2", "linear1"] and told.alike.shape == (3, 3)
    assert abs(told.alike[:, -1].mean()) < 0.6 and (np.abs(told.alike) <= 1).all()
    assert told.maps.shape == (4, 1, 8, 8) and told.signed.shape == (3, 3)
    from scipy.stats import spearmanr

    pair = [one.ravel() for one in (told.maps[0], told.maps[2])]
    assert told.signed[0, 1] == pytest.approx(spearmanr(*pair).statistic)
    assert told.alike[0, 1] == pytest.approx(spearmanr(*map(np.abs, pair)).statistic)
    assert np.array_equal(told.maps[0], IntegratedGradients().relevance(question).numpy())
    again = sanity(IntegratedGradients(), question, draws=3)
    assert np.array_equal(told.alike, again.alike), "the same draws each time"
