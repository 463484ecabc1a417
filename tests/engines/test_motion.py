"""Slow motion: a 2-2-1 network by hand, weights as autograd's, sums that are the values, for families and kinds."""

import math

import pytest
import torch

import builder
from builder.graph import Graph, Node
from builder.layers import LAYERS
from builder.paths import placed, wiring
from builder.project import Project
from engines.motion import Film, film, work_out
from engines.trained import Trained
from tests.engines.test_arrays import FAMILIES, untrained

W1, B1 = [[0.15, 0.20], [0.25, 0.30]], [0.35, 0.36]
W2, B2 = [0.40, 0.45], 0.60
X, T = [0.05, 0.10], 0.9


def small(loss: str = "MSE") -> Trained:
    """The 2-2-1 network with sigmoids, and its weights."""
    nodes = [Node(id="x", kind="Input", config={"shape": [2]})]
    for id, kind, source, config in (
        ("hidden", "Linear", "x", {"units": 2}), ("squash", "Sigmoid", "hidden", {}),
        ("last", "Linear", "squash", {"units": 1}), ("answer", "Sigmoid", "last", {}), ("out", "Output", "answer", {}),
    ):  # fmt: skip
        nodes.append(Node(id=id, kind=kind, config=config, inputs={"input": source}))
    engine = {"kind": "Supervised", "loss": {"kind": loss}}
    trained = Trained.untrained(Project(graphs={"model": Graph(nodes=tuple(nodes))}, engine=engine))
    with torch.no_grad():
        for name, values in (
            ("hidden.weight", W1),
            ("hidden.bias", B1),
            ("last.weight", [W2]),
            ("last.bias", [B2]),
        ):
            trained.module.get_parameter(name).copy_(torch.tensor(values))
    return trained


def by_hand() -> dict[str, float]:
    """Forward and backward by the textbook (Rumelhart, Hinton and Williams, 1986): every number of them."""
    z = [W1[j][0] * X[0] + W1[j][1] * X[1] + B1[j] for j in (0, 1)]
    h = [1 / (1 + math.exp(-one)) for one in z]
    s = W2[0] * h[0] + W2[1] * h[1] + B2
    y = 1 / (1 + math.exp(-s))
    d_y = 2 * (y - T)
    d_s = d_y * y * (1 - y)
    d_h = [d_s * W2[j] for j in (0, 1)]
    d_z = [d_h[j] * h[j] * (1 - h[j]) for j in (0, 1)]
    found = {"loss": (y - T) ** 2, "s": s, "y": y, "d_y": d_y, "d_s": d_s}
    for j in (0, 1):
        found |= {f"z{j}": z[j], f"h{j}": h[j], f"d_h{j}": d_h[j], f"d_z{j}": d_z[j], f"d_v{j}": d_s * h[j]}
        found |= {f"d_w{j}{i}": d_z[j] * X[i] for i in (0, 1)}
    return found


def shot(trained: Trained) -> Film:
    return film(trained, (torch.tensor([X]),), torch.tensor([[T]]))


def test_a_2_2_1_network_by_hand() -> None:
    told, hand = shot(small()), by_hand()
    near = lambda value: pytest.approx(value, abs=1e-6)  # noqa: E731
    assert told.loss == near(hand["loss"]) and told.order == ["x", "hidden", "squash", "last", "answer"]
    assert told.values["hidden"].tolist() == near([hand["z0"], hand["z1"]])
    assert told.values["squash"].tolist() == near([hand["h0"], hand["h1"]])
    assert told.values["answer"].item() == near(hand["y"])
    slopes = {"answer": ["d_y"], "last": ["d_s"], "squash": ["d_h0", "d_h1"], "hidden": ["d_z0", "d_z1"]}
    for path, names in slopes.items():
        assert told.slopes[path].tolist() == near([hand[name] for name in names])
    wanted = [hand[f"d_w{j}{i}"] for j in (0, 1) for i in (0, 1)]
    assert told.weights["hidden.weight"].flatten().tolist() == near(wanted)
    assert told.weights["last.weight"].flatten().tolist() == near([hand["d_v0"], hand["d_v1"]])


def test_a_unit_of_it_is_written_out() -> None:
    told, hand = shot(small()), by_hand()
    work = work_out(told, "hidden", 1)
    assert work.exact and work.value == pytest.approx(hand["z1"], abs=1e-6) and work.unit == (1,)
    assert work.constant == pytest.approx(B1[1], abs=1e-6) and work.others == 0
    assert {one.index: (one.factor, one.value) for one in work.terms} == {
        (0,): pytest.approx((W1[1][0], X[0]), abs=1e-6), (1,): pytest.approx((W1[1][1], X[1]), abs=1e-6)
    }  # fmt: skip
    assert work.slope == pytest.approx(hand["d_z1"], abs=1e-6)
    weights = {(one.name, one.index): one for one in work.weights}
    assert weights["hidden.weight", (1, 0)].slope == pytest.approx(hand["d_w10"], abs=1e-6)
    assert weights["hidden.bias", (1,)].factor == 1
    bent = work_out(told, "squash", 0)
    assert not bent.exact and bent.terms[0].factor == pytest.approx(hand["h0"] * (1 - hand["h0"]), abs=1e-6)
    assert bent.terms[0].slope == pytest.approx(hand["d_z0"], abs=1e-6), "the chain rule: slope × ∂L/∂out"
    assert bent.slope is not None and bent.slope * bent.terms[0].factor == pytest.approx(bent.terms[0].slope)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_can_be_watched(name: str) -> None:
    trained, inputs, targets = untrained(name)
    told = film(trained, (inputs[:1],), targets[:1])
    assert told.loss is not None
    assert {*told.wires} == {path for path, one in placed(trained.graph).items() if not one.inner}
    from engines.probes.sight import objective_of

    loss = objective_of(trained.project)
    assert loss is not None
    trained.module.double()
    target = targets[:1].double() if targets.is_floating_point() else targets[:1]
    loss(trained.module(inputs[:1].double()), target).backward()
    for path, one in trained.module.named_parameters():
        if one.grad is not None and path in told.weights:
            assert torch.allclose(one.grad, told.weights[path], atol=1e-9)
    for path in told.order:
        work = work_out(told, path, told.usual_unit(path))
        total = sum(one.product for one in work.terms) + work.rest + work.constant
        assert total == pytest.approx(work.value, rel=1e-9, abs=1e-9)
        if told.kind(path) in (
            "Linear",
            "Conv2d",
            "Add",
            "Flatten",
            "MaxPool2d",
            "Reshape",
            "Select",
            "ReLU",
        ):
            assert work.exact, path


EXACT = {
    "Linear": "bias", "Conv1d": "bias", "Conv2d": "bias", "Conv3d": "bias", "ConvTranspose2d": "bias", "Add": "",
    "Average": "", "AvgPool2d": "", "MaxPool2d": "", "AdaptiveAvgPool2d": "", "Flatten": "", "Concatenate": "",
    "Permute": "", "Dropout": "", "ReLU": "", "LeakyReLU": "", "BatchNorm2d": "?", "Upsample": "", "Subtract": "",
}  # fmt: skip


@pytest.mark.parametrize("kind", EXACT)
def test_sums_are_exact_and_what_is_left_is_the_bias(kind: str) -> None:
    from builder.around import around

    graph = around(kind)
    trained = Trained.untrained(Project(graphs={"model": graph}))
    told = film(trained, trained.random(1), None)
    (path,) = (path for path in told.order if told.kind(path) == kind)
    work = work_out(told, path, told.usual_unit(path))
    assert work.exact and work.value == pytest.approx(
        float(told.values[path].flatten()[told.usual_unit(path)])
    )
    if EXACT[kind] == "bias":
        bias = trained.module.get_parameter(f"{path}.bias")
        assert work.constant == pytest.approx(float(bias[work.unit[0]]), abs=1e-6)
    elif not EXACT[kind]:
        assert work.constant == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("kind", LAYERS)
def test_no_kind_of_layer_is_too_odd(kind: str) -> None:
    from builder.around import around

    if kind in ("Block", "Input", "Output"):
        return
    trained = Trained.untrained(Project(graphs={"model": around(kind)}))
    told = film(trained, trained.random(1), None)
    for path in told.order:
        if told.values[path].is_floating_point() and told.values[path].numel():
            work = work_out(told, path, told.usual_unit(path))
            assert len(work.terms) <= 8 and work.others >= 0


def test_a_planted_huge_weight_is_the_largest_term() -> None:
    trained, inputs, targets = untrained("digits-mlp")
    with torch.no_grad():
        trained.module.get_parameter("linear1.weight")[5, 20] = 1000
    told = film(trained, (inputs[3:4] + 1,), targets[3:4])
    work = work_out(told, "linear1", 5)
    assert (work.terms[0].source, work.terms[0].index) == ("flatten1", (20,)) and work.terms[0].factor == 1000
    assert work.others == 64 - 8


def test_wires_go_through_blocks_and_repeats() -> None:
    wires = wiring(builder.template("digits-resnet").graph)
    assert wires["residual1.1.conv1"] == ("residual1.0.relu2",) and wires["residual1.0.conv1"] == ("relu1",)
    assert wires["residual1.1.add1"] == ("residual1.1.batchnorm2", "residual1.0.relu2")
    assert wires["conv2"] == ("residual1.1.relu2",) and wires["image"] == ()
    assert wiring(builder.template("seq2seq-attention").graph)["decoder"][1] == "encoder__hidden"
