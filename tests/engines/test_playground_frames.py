"""How the Playground draws its sessions: the same numbers as the modules give, where they belong."""

import json

import numpy as np
import pytest
import torch

from builder import Graph, Node, Project, save, template
from engines.engine import engine_of
from engines.playground.frame import Look, Picture
from engines.workspace import Workspace
from tests.playing import read, session


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
            wanted = values[:, unit].reshape(side, side)[::2, ::2].numpy() / (2 * scale[unit]) + 0.5
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


# -- what is shown of it ----------------------------------------------------------------------------------


def test_a_network_that_takes_long_is_drawn_on_a_coarser_grid_and_measured_on_fewer_examples(monkeypatch):
    monkeypatch.setattr("engines.playground.frame.LONG", 0.0)
    monkeypatch.setattr("engines.playground.measured.LONG", 0.0)
    header, planes = read(Picture(session(samples="5000")).frame())
    opening = header["opening"]
    assert opening["side"] == opening["small"] == 12 and "first 256 of 2,500" in opening["lossWords"]
    assert len(planes) == 144 * (1 + sum(len(cell["shown"]) for cell in opening["cells"]))
    monkeypatch.setattr("engines.playground.frame.LONG", 60.0)
    monkeypatch.setattr("engines.playground.measured.LONG", 60.0)
    assert header_of(session())["opening"]["side"] == 48 and not header_of(session())["opening"]["lossWords"]


def test_each_input_has_a_scale_of_its_own_and_units_of_a_layer_share_one():
    header, planes = read(Picture(session(features="x1,x1sq,sinx1")).frame())
    entering, hidden = header["scales"][:2]
    assert entering == pytest.approx([6, 36, 1], abs=0.02) and len({*hidden}) == 1
    side, small = header["opening"]["side"], header["opening"]["small"]
    sine = planes[side**2 + 2 * small**2 :][: small**2]
    assert sine.max() >= 254 and sine.min() <= 1


def test_losses_of_regression_say_what_they_are_of():
    one = session(problem="regression")
    words = header_of(one)["opening"]["lossWords"]
    own = float(np.var(one.splits.raw_targets("train")))
    assert "standardised targets" in words and f"{own:.3g}" in words
    assert "Multiply" not in header_of(session(problem="regression", loss="MAE"))["opening"]["lossWords"]


def test_places_of_a_picture_are_shown_from_all_over_it():
    cell = header_of(session(template="lenet-5"))["opening"]["cells"][0]
    rows, columns = ({place // 32 for place in cell["shown"]}, {place % 32 for place in cell["shown"]})
    assert len(rows) == len(columns) == 8


def test_inputs_of_a_table_have_their_names():
    cell = header_of(session(template="iris-mlp"))["opening"]["cells"][0]
    assert cell["names"][0].startswith("sepal length") and len(cell["names"]) == 4


def test_other_networks_of_points_learn_the_data_sets_too():
    assert header_of(session(template="xor-mlp"))["opening"]["flat"]
    assert not header_of(session(template="iris-mlp"))["opening"]["flat"]
    assert not header_of(session(template="spiral-mlp"))["opening"]["flat"]  # it tells three classes apart
    one = session(template="xor-mlp", data="TwoSpirals")
    assert (
        one.project.graph == template("xor-mlp").graph and one.project.data["source"]["kind"] == "TwoSpirals"
    )
