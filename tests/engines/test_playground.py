"""The Playground's sessions: the same numbers as a run, drawn as they are, and what happens when they explode."""

import numpy as np
import pytest
import torch

from builder import Graph, Node, compile, save
from engines.context import Context
from engines.data import Data, prepare
from engines.engine import engine_of
from engines.playground import Settings, project_of
from engines.playground.frame import Picture
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


def test_time_ends_a_turn_after_any_step():
    one = session()
    one.advance(10_000, seconds=0)
    assert one.step == 1


def test_what_the_playground_leaves_out_is_told():
    header, _ = read(Picture(session(template="digits-mlp")).frame())
    assert "without the schedule" in header["opening"]["plane"]["words"] and not session().without


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


def test_changes_from_now_on_are_taken_by_the_session_that_is_there():
    one = session()
    one.advance(40)
    assert one.take(Settings.read({})) and one.take(
        Settings.read({"changes": "40:lr=0.3;40:answer.bias.0=-2"})
    )
    one.advance(60)
    whole = session(changes="40:lr=0.3;40:answer.bias.0=-2")
    whole.advance(60)
    assert equal(weights(one), weights(whole))
    for query in ({}, {"changes": "50:lr=0.1"}, {"changes": "40:lr=0.3;40:answer.bias.0=-2", "seed": "1"}):
        assert not one.take(Settings.read(query)), query


def test_a_change_made_again_at_the_same_step_takes_the_place_of_the_first():
    one = session()
    one.advance(40)
    model = one.context.model
    for told in (
        "40:lr=0.1;40:answer.bias.0=1",
        "40:answer.bias.0=1;40:lr=0.3",
        "40:lr=0.3;40:answer.bias.0=-2",
    ):
        assert one.take(Settings.read({"changes": told}))
    assert one.context.model is model
    assert not one.take(Settings.read({"changes": "40:lr=0.3"}))  # the bias that was is not known any more
    one.advance(60)
    whole = session(changes="40:lr=0.3;40:answer.bias.0=-2")
    whole.advance(60)
    assert equal(weights(one), weights(whole))


def test_the_last_good_step_is_the_last_whose_shown_loss_is_a_number():
    """Right before the overflow the loss of a batch still is a number where that of all examples is none."""
    one = session(problem="regression", activation="ReLU", lr="10")
    while one.broken is None:
        one.advance(one.step + 1)
        header, _ = read(Picture(one).frame())
        assert header["train"]["loss"] is not None
    assert header["broken"] and one.step == one.broken


def test_a_loss_far_above_where_it_began_says_that_the_learning_rate_is_too_high():
    one = session(problem="regression", activation="ReLU", lr="3", layers="8")
    picture = Picture(one)
    assert read(picture.frame())[0]["far"] is None
    while (told := read(picture.frame())[0]["far"]) is None and one.broken is None:
        one.advance(one.step + 1)
    assert told and "the learning rate 3 is likely too high" in told["words"] and told["lr"] == 0.3
    quiet = session(changes="0:answer.weight.0.0=1000;0:answer.weight.0.1=1000")
    assert read(Picture(quiet).frame())[0]["far"] is None


@pytest.mark.parametrize("penalty", ["L1", "L2"])
def test_a_rate_that_was_zero_can_be_raised(penalty):
    one, none = (session(penalty=penalty, rate="0", changes=told) for told in ("5:rate=0;9:rate=0.5", ""))
    for it in (one, none):
        it.advance(60)
    size = [float(it.context.model.hidden1.weight.detach().norm()) for it in (one, none)]
    assert size[0] < 0.9 * size[1]


def test_the_way_back_draws_the_same_numbers_in_however_many_turns(tmp_path, monkeypatch):
    monkeypatch.setenv("STRATA_HOME", str(tmp_path))
    nodes = [Node(id="x", kind="Input", config={"shape": [2]})]
    for id, kind, config in (
        ("linear1", "Linear", {"units": 8}), ("dropout1", "Dropout", {"rate": 0.3}),
        ("answer", "Linear", {"units": 1}), ("out", "Output", {}),
    ):  # fmt: skip
        nodes.append(Node(id=id, kind=kind, config=config, inputs={"input": nodes[-1].id}))
    base = project_of(Settings())
    save(base.with_fields(graphs={"model": Graph(nodes=tuple(nodes))}), Workspace().projects / "mine.json")
    told = []
    for back in (0.0, 60.0):
        monkeypatch.setattr("engines.playground.session.BACK", back)
        one = session(project="mine", problem="regression", changes="100:lr=1000", loss="MSE")
        while one.broken is None or one.step < one.broken:
            one.advance(2000)
        told.append((one.broken, weights(one)))
    assert told[0][0] == told[1][0] and equal(told[0][1], told[1][1])


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
