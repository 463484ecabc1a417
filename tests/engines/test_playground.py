"""The Playground's sessions: the same numbers as a run, drawn as they are, and what happens when they explode."""

import json

import numpy as np
import pytest
import torch

from builder import Graph, Node, Project, compile, save, template
from engines.context import Context
from engines.data import Data, prepare
from engines.engine import engine_of
from engines.playground import Settings, project_of
from engines.playground.frame import Look, Picture
from engines.playground.settings import FEATURES
from engines.runs import exact
from engines.workspace import Workspace
from tests.playing import read, session, weights


def equal(left, right):
    return list(left) == list(right) and all(torch.equal(left[name], right[name]) for name in left)


def error_of(one, part="test"):
    known = one.splits.part(part)
    inputs, targets = known.inputs, known.targets
    outputs = one.context.outputs(inputs)
    if one.splits.task == "regression":
        return float((outputs - targets).square().mean() / targets.var())
    return 1 - float(((outputs[:, 0] > 0).long() == targets).float().mean())


# -- training ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [{}, {"optimiser": "Adam", "penalty": "L1", "batch": "7", "loss": "MSE"}, {"template": "moons-mlp"}],
)
def test_trains_as_a_run_of_the_same_project_does_bit_by_bit(query):
    one = session(**query)
    one.advance(60)
    project = project_of(Settings.read(query))
    with exact.exact(project.seed):
        splits = prepare(Data.parse(project.data))
        exact.seed_all(project.seed)
        context = Context(project, splits, {"model": compile(project.graph)})
        events = engine_of(project.engine).run(context)
        steps = 0
        while steps < 60:
            steps += type(next(events)).__name__ == "Step"
    assert equal(weights(one), dict(context.model.state_dict()))


def test_the_same_seed_gives_the_same_bits_and_another_one_others():
    first, again, other = session(), session(), session(seed="1")
    start = weights(first)
    for one in (first, again, other):
        one.advance(40)
    assert equal(weights(first), weights(again)) and not equal(weights(first), weights(other))
    assert equal(weights(session()), start)


def test_it_does_not_matter_in_how_many_turns_it_trains_or_who_trains_between():
    query = {"template": "moons-mlp"}
    whole, parts, other = session(**query), session(**query), session()
    whole.advance(50)
    for step in (1, 2, 17, 50):
        parts.advance(step)
        other.advance(step)
        torch.rand(3)
    assert equal(weights(whole), weights(parts)) and parts.step == 50


def test_time_ends_a_turn():
    one = session()
    one.advance(10_000, seconds=0)
    assert 0 < one.step < 100


@pytest.mark.parametrize(
    ("query", "steps", "most"),
    [
        ({"data": "Disc"}, 3000, 0.02),
        ({"data": "Quadrants"}, 6000, 0.02),
        ({"data": "TwoClouds", "layers": ""}, 500, 0.01),
        ({"data": "TwoSpirals", "features": ",".join(FEATURES), "layers": "8,8"}, 6000, 0.02),
        ({"problem": "regression", "data": "Plane", "layers": ""}, 1000, 1e-3),
        (
            {
                "problem": "regression",
                "data": "SixHills",
                "layers": "8,8",
                "samples": "2000",
                "activation": "ReLU",
            },
            40_000,
            0.15,
        ),
    ],
    ids=lambda value: value.get("data") if isinstance(value, dict) else None,
)
@pytest.mark.slow
def test_the_usual_settings_of_tensorflow_playground_solve_its_data_sets(query, steps, most):
    one = session(**query)
    one.advance(steps)
    assert error_of(one) <= most


def test_a_loss_that_is_no_number_is_caught_and_the_last_good_step_stays():
    query = {"problem": "regression", "activation": "ReLU", "lr": "10"}
    one = session(**query)
    one.advance(2000)
    assert one.broken == one.step < 2000
    values = torch.cat([value.flatten() for value in weights(one).values()])
    assert values.isfinite().all()
    inputs, targets = next(session(**query).context.batches("train", 10))
    assert one.loss(one.context.model(inputs), targets).isfinite()
    step = one.step
    one.advance(step + 10)
    assert one.step == step  # it goes no further
    header, _ = read(Picture(one).frame())
    assert "learning rate 10" in header["broken"]["words"] and header["broken"]["lr"] == 1.0
    mended = session(**{**query, "lr": "0.01"})
    mended.advance(200)
    assert mended.broken is None and mended.step == 200


def test_rates_and_weights_may_be_changed_by_hand_between_two_steps():
    one = session(changes="30:lr=0.3;30:hidden1.weight.2.1=0.75;40:answer.bias.0=-2")
    one.advance(30)
    module = one.context.model
    assert module.hidden1.weight[2, 1].item() == 0.75 and one.context.updates["model"].rates == [0.3]
    one.advance(40)
    assert module.answer.bias[0].item() == -2
    plain = session()
    plain.advance(30)
    before = weights(plain)
    plain.advance(31)
    again = session(changes="30:lr=0.3")
    again.advance(31)
    step, longer = (one["hidden1.weight"] - before["hidden1.weight"] for one in map(weights, (plain, again)))
    torch.testing.assert_close(longer, 10 * step, rtol=1e-3, atol=1e-6)


def test_a_weight_that_is_set_changes_the_output_as_the_formula_says():
    one = session(
        layers="", changes="0:answer.weight.0.0=0.5;0:answer.weight.0.1=-0.25;0:answer.bias.0=0.125"
    )
    _, planes = read(Picture(one).frame())
    axis = np.linspace(-6, 6, 48)
    x, y = np.meshgrid(axis, axis[::-1])
    wanted = 255 / (1 + np.exp(-(0.5 * x - 0.25 * y + 0.125)))
    assert np.abs(planes[: 48 * 48].reshape(48, 48) - wanted).max() <= 0.51


def test_l1_makes_weights_smaller_than_l2_leaves_them():
    sizes = {}
    for penalty in ("none", "L1", "L2"):
        one = session(penalty=penalty, rate="0.03")
        one.advance(1500)
        sizes[penalty] = torch.cat([one.context.model.hidden1.weight.flatten()]).abs()
    assert sizes["L1"].min() < 1e-3 < sizes["none"].min()
    assert sizes["L2"].norm() < sizes["none"].norm()


# -- drawing ----------------------------------------------------------------------------------------------


def test_heat_maps_are_what_the_modules_give():
    one = session(layers="3", features="x1,x2,x1x2")
    one.advance(50)
    picture = Picture(one)
    header, planes = read(picture.frame(Look("tanh1", 1)))
    side, small = header["opening"]["side"], header["opening"]["small"]
    grid = one.plane.grid(side)
    names = [cell["id"] for cell in header["opening"]["cells"]]
    assert names == ["features", "tanh1", "answer"]
    with torch.no_grad():
        entering = torch.stack([grid[:, 0], grid[:, 1], grid.prod(1)], 1)
        linear = entering @ one.context.model.hidden1.weight.T + one.context.model.hidden1.bias
        hidden = linear.tanh()
        answer = hidden @ one.context.model.answer.weight.T + one.context.model.answer.bias
    at = side * side
    assert np.abs(planes[:at] - 255 * answer[:, 0].sigmoid().numpy()).max() <= 0.51
    for values, scale in zip((entering, hidden, answer), header["scales"], strict=True):
        for unit in range(values.shape[1]):
            told = planes[at : at + small * small].reshape(small, small) / 255.0
            wanted = values[:, unit].reshape(side, side)[::2, ::2].numpy() / (2 * scale) + 0.5
            assert np.abs(told - wanted).max() <= 0.004
            at += small * small
    assert [one["node"] for one in header["look"]["nodes"]] == ["hidden1", "tanh1"]
    large = planes[at:].reshape(2, side, side) / 255.0
    scales = [one["scale"] for one in header["look"]["nodes"]]
    for told, values, scale in zip(large, (linear, hidden), scales, strict=True):
        assert np.abs(told - (values[:, 1].reshape(side, side).numpy() / (2 * scale) + 0.5)).max() <= 0.004


def test_a_planted_pattern_appears_where_it_was_planted():
    """A unit that is bright only in the upper right corner is drawn so."""
    one = session(layers="1", changes="0:hidden1.weight.0.0=4;0:hidden1.weight.0.1=4;0:hidden1.bias.0=-40")
    header, planes = read(Picture(one).frame())
    small = header["opening"]["small"]
    start = header["opening"]["side"] ** 2 + 2 * small * small
    unit = planes[start : start + small * small].reshape(small, small)
    assert unit[0, -1] == 255 and unit[-1, 0] == unit[0, 0] == unit[-1, -1] == 0


def test_edges_and_biases_are_the_modules_own():
    one = session()
    header, _ = read(Picture(one).frame())
    edges = {edge["node"]: edge for edge in header["edges"]}
    assert [*edges] == ["hidden1", "hidden2", "answer"]
    told = np.array(edges["hidden2"]["weights"])
    np.testing.assert_allclose(told, one.context.model.hidden2.weight.detach().numpy(), rtol=1e-5)
    assert (edges["hidden2"]["from"], edges["hidden2"]["to"]) == ("tanh1", "tanh2")
    bias = header["biases"]["tanh1"]
    assert bias["node"] == "hidden1" and len(bias["values"]) == 4


def test_losses_are_those_of_the_whole_parts():
    one = session()
    one.advance(25)
    header, _ = read(Picture(one).frame())
    for part in ("train", "test"):
        inputs, targets = one.splits.part(part).inputs, one.splits.part(part).targets
        outputs = one.context.outputs(inputs)[:, 0]
        wanted = torch.nn.functional.binary_cross_entropy_with_logits(outputs, targets.float())
        assert header[part]["loss"] == pytest.approx(float(wanted), rel=1e-5)
        assert header[part]["right"] == pytest.approx(float(((outputs > 0) == targets).float().mean()))
    assert (header["step"], header["epoch"], one.per_epoch) == (25, 1.0, 25)


# -- any network ------------------------------------------------------------------------------------------


def test_a_network_of_many_inputs_is_cut_by_a_plane_that_says_what_it_is():
    one = session(template="wine-mlp")
    assert "principal components" in one.plane.words and "13" in one.plane.words
    inputs = one.context.part("train")[0]
    from sklearn.decomposition import PCA

    known = PCA(2).fit(inputs.numpy())
    ours = np.abs(one.plane.axes.numpy() @ known.components_.T)
    np.testing.assert_allclose(ours, np.eye(2), atol=1e-4)
    np.testing.assert_allclose(
        np.abs(one.plane.places(inputs).numpy()), np.abs(known.transform(inputs.numpy())), atol=1e-3
    )
    header, _ = read(Picture(one).frame())
    assert header["surfaces"] == 3 and len(header["opening"]["classes"]) == 3


def test_two_columns_with_the_others_at_their_means():
    one = session(template="iris-mlp", plane="2,0")
    grid = one.plane.grid(5)
    inputs = one.context.part("train")[0]
    torch.testing.assert_close(grid[:, [1, 3]], inputs.mean(0)[[1, 3]].expand(25, 2))
    assert grid[0, 2] == pytest.approx(one.plane.low[0]) and grid[0, 0] == pytest.approx(one.plane.high[1])
    assert "petal length" in one.plane.words and "stays at its mean" in one.plane.words
    torch.testing.assert_close(one.plane.places(inputs), inputs[:, [2, 0]])


@pytest.mark.parametrize("name", ["xor-mlp", "spiral-mlp", "digits-cnn", "diabetes-mlp"])
def test_ready_networks_are_played_with(name):
    one = session(template=name)
    one.advance(3)
    header, planes = read(Picture(one).frame())
    opening = header["opening"]
    maps = sum(len(cell["shown"]) for cell in opening["cells"])
    assert len(planes) == header["surfaces"] * opening["side"] ** 2 + maps * opening["small"] ** 2
    assert all(len(cell["shown"]) <= 8 for cell in opening["cells"]) and header["train"]["loss"] > 0
    assert json.dumps(one.project.engine) == json.dumps(engine_of(template(name).engine).dump())


def test_a_project_of_the_home_folder_is_played_with(workspace):
    nodes = (
        Node(id="point", kind="Input", config={"shape": [2]}),
        Node(id="scores", kind="Linear", config={"units": 3}, inputs={"input": "point"}),
        Node(id="out", kind="Output", inputs={"input": "scores"}),
    )
    project = Project(
        name="Three", graphs={"model": Graph(nodes=nodes)}, data={"source": {"kind": "Spirals"}}
    )
    save(project, Workspace().projects / "three.json")
    one = session(project="three", lr="0.5")
    assert one.project.graph == project.graph and one.engine.optimiser.lr == 0.5
    assert header_of(one)["opening"]["name"] == "Three"


def header_of(one):
    return read(Picture(one).frame())[0]
