"""What addresses and browsers ask of the Playground: settings that round-trip, refusals in words, turns."""

import base64
import json

import numpy as np
import pytest

from builder.errors import BadValue, StrataError
from engines.data import Data, Dataset
from engines.playground import Settings, project_of
from engines.playground.asked import Sessions
from engines.playground.settings import painted
from engines.playground.turns import Turns
from tests.playing import read, session

# -- settings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"data": "TwoSpirals", "noise": "0.25", "layers": "8,8,4", "features": "x1,x2,sinx1", "step": "120"},
        {"layers": "", "lr": "1e-05", "penalty": "L2", "rate": "0.1", "seed": "7", "draw": "3"},
        {"template": "iris-mlp", "plane": "1,2", "optimiser": "Adam"},
        {"changes": "12:lr=0.1;30:hidden1.weight.0.1=-0.5;31:hidden1.bias.2=1e-07"},
    ],
)
def test_an_address_tells_all_of_it(query):
    settings = Settings.read(query)
    assert Settings.read(settings.query()) == settings
    assert settings.query() == query or float(settings.query()["lr"]) == float(query["lr"])


def test_painted_points_become_a_data_set_of_their_own():
    told = bytes(value & 255 for x in range(8) for value in (10 * x - 40, 64, 127 if x % 2 else -127))
    text = base64.urlsafe_b64encode(told).decode().rstrip("=")
    points = painted(text)
    assert points[0] == pytest.approx((-40 / 127 * 6, 64 / 127 * 6, -1.0))
    project = project_of(Settings.read({"data": "DrawnByHand", "points": text}))
    examples = Data.parse(project.data).source.load()
    assert examples.targets.tolist() == [0, 1] * 4
    np.testing.assert_allclose(examples.inputs[:, 1], 64 / 127 * 6, rtol=1e-6)
    with pytest.raises(BadValue, match="at least 4 points of each colour"):
        session(data="DrawnByHand", points=text[:8])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"layers": "4,1000"}, "layers"),
        ({"layers": "1,1,1,1,1,1,1"}, "layers"),
        ({"lr": "nan"}, "lr"),
        ({"lr": "-1"}, "lr"),
        ({"noise": "7"}, "noise"),
        ({"data": "Csv"}, "data"),
        ({"activation": "Softmax"}, "activation"),
        ({"activation": "__import__('os')"}, "activation"),
        ({"features": "x1,x9"}, "features"),
        ({"features": ""}, "features"),
        ({"changes": "1:lr"}, "changes"),
        ({"changes": ";".join(f"{n}:lr=1" for n in range(300))}, "changes"),
        ({"points": "!!"}, "points"),
        ({"points": "AAAA" * 1001}, "points"),
        ({"step": "1e9"}, "step"),
        ({"plane": "../etc"}, "plane"),
        ({"samples": "100000000"}, "samples"),
    ],
)
def test_what_cannot_be_is_refused_by_name(query, words):
    with pytest.raises(BadValue) as caught:
        Settings.read(query)
    assert any(words in problem.field for problem in caught.value.problems)
    told = str(caught.value)
    assert not any(bad in told for bad in ("default", "String", "None", "parse", "(4, 2)")), told


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"template": "nothing"}, "There is no ready network 'nothing'"),
        ({"project": "../../etc/passwd"}, "There is no project"),
        ({"template": "digits-cnn", "data": "Disc"}, "shape"),
        ({"changes": "0:hidden1.weight.9.9=1"}, "is no weight of this network"),
        ({"changes": "0:nothing.bias.0=1"}, "is no weight of this network"),
        ({"optimiser": "LBFGS", "penalty": "L2"}, "knows no L2"),
        ({"loss": "MAE"}, "does not suit classification"),
        ({"template": "iris-mlp", "plane": "0,9"}, "two different columns"),
        ({"template": "dcgan"}, "This is a GAN"),
        ({"template": "siamese"}, "has 2 inputs and 1 output"),
        ({"template": "vae"}, "has 1 input and 3 outputs"),
        ({"template": "small-gpt"}, "reads indices"),
        ({"template": "policy-network"}, "learns from rewards"),
        ({"template": "resnet-18"}, "comes without data"),
    ],
)
def test_what_does_not_fit_is_told_in_words(query, words, workspace):
    with pytest.raises(StrataError, match=words):
        session(**query)


# -- requests ---------------------------------------------------------------------------------------------

KEY = "0123456789abcdef"


def ask(sessions, **fields):
    body = {"key": KEY, "settings": {}, **fields}
    return read(sessions.answer(json.dumps(body).encode()))[0]


def test_a_request_says_all_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SHARED", "LONGEST"):
        monkeypatch.setattr(f"engines.playground.asked.{name}", 60.0)  # however busy the machine is
    sessions = Sessions()
    first = ask(sessions, to=20)
    assert first["step"] == 20 and "opening" in first
    assert "opening" not in ask(sessions, to=21)
    fresh = ask(Sessions(), to=21)  # the server has started again
    assert fresh["step"] == 21 and fresh["train"] == ask(sessions, to=21)["train"]
    assert ask(sessions, to=0)["step"] == 0  # back to the start
    other = ask(sessions, to=5, settings={"layers": "3"})
    assert other["step"] == 5 and other["opening"]["cells"][1]["units"] == 3


def test_a_turn_ends_and_the_next_request_goes_on():
    sessions, step = Sessions(), 0
    turns = 0
    while step < 2000:
        step = ask(sessions, to=2000)["step"]
        turns += 1
    assert turns > 1 and step == 2000


def test_hostile_requests_are_answered_in_words():
    sessions = Sessions()
    for body in (b"", b"{}", b"[]", b"\xff", b'{"key":"x","settings":{}}', b'{"key":"' + b"a" * 999 + b'"}'):
        told, _ = read(sessions.answer(body))
        assert told["error"] and "step" not in told
    told = ask(sessions, settings={"layers": "9999"})
    assert told["problems"][0]["field"].startswith("layers") and "Got" in told["error"]
    assert ask(sessions, settings={"template": "gone"})["problems"][0]["field"] == "template"
    assert ask(sessions, settings={"project": "gone"})["missing"]
    assert ask(sessions, to=-1)["error"] and ask(sessions, look=["tanh1", 99])["step"] == 0
    assert len(sessions) == 1


def test_every_data_set_of_the_playground_stays_on_its_plane():
    for name, kind in Dataset.registry.items():
        if kind.category == "TensorFlow Playground" and kind.ready:
            examples = kind(samples=1000).load()
            assert np.abs(examples.inputs).max() <= 6.5, name
            assert len(examples) == 1000


def test_going_back_from_a_late_explosion_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is done in turns; at the end the session stands where its last good loss was."""
    monkeypatch.setattr("engines.playground.session.BACK", 0.0)
    settings = {"problem": "regression", "activation": "ReLU", "changes": "400:lr=1000"}
    sessions, told = Sessions(), {"step": 0, "broken": None}
    seen = []
    while not told["broken"]:
        told = ask(sessions, settings=settings, to=told["step"] + 50, fast=True)
        seen.append(told["step"])
    assert seen != sorted(seen) and 400 <= told["step"] < 500
    assert ask(sessions, settings=settings, to=told["step"])["step"] == told["step"]


# -- turns ------------------------------------------------------------------------------------------------


def test_who_takes_long_rests_while_the_others_have_their_turn():
    now = [0.0]
    turns = Turns(lambda: now[0])
    heavy, light = (f'{{"key":"{letter * 16}"}}'.encode() for letter in "ab")
    turns.put(1, heavy)
    one = turns.take()
    turns.spent(one.tab, 0.1)
    turns.put(2, heavy)
    assert turns.take().id == 2  # nobody else plays
    turns.put(3, light)
    turns.spent(one.tab, 0.1)
    turns.put(4, heavy)
    assert turns.take().id == 3
    turns.spent(b"b" * 16, 0.005)
    now[0] += 0.01
    turns.put(5, light)
    assert turns.take().id == 5 and len(turns) == 1
    now[0] += 0.1
    turns.put(6, light)
    assert turns.take().id == 4
