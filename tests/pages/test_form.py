"""Forms are derived: every kind of every family gets widgets that show its defaults and give its values back."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import engines.data
import engines.supervised  # noqa: F401  (fills the registries)
from builder.layers import LAYERS
from builder.layers.sides import sides
from builder.registry import Registered, label
from engines.data import Data, Dataset
from engines.engine import Engine
from engines.losses import Loss
from engines.optimisers import Optimiser
from engines.schedules import Schedule
from pages.parts.forms.fields import bounds, default, literals, step, understood, written

FAMILIES = (Dataset, Engine, Loss, Optimiser, Schedule)
KINDS: list[type[Registered]] = [
    *LAYERS.values(),
    *(kind for one in FAMILIES for kind in one.registry.values()),
]


def shown(kind: type, values: dict[str, Any] | None = None) -> AppTest:
    """The form of a kind; what it commits lies in the session under "told"."""

    def page() -> None:
        import streamlit as st

        from pages.parts.forms.form import Form, fields

        told = st.session_state.setdefault("told", {})
        values = {**st.session_state.get("values", {}), **told}
        fields(
            Form("form", lambda name, value: told.__setitem__(name, value)), st.session_state["kind"], values
        )

    test = AppTest.from_function(page, default_timeout=30)
    test.session_state["kind"] = kind
    test.session_state["values"] = values or {}
    return test.run()


def widgets(test: AppTest) -> list[Any]:
    """Every widget of a form."""
    kinds = ("number_input", "selectbox", "toggle", "text_input", "multiselect")
    return [one for kind in kinds for one in test.get(kind)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_has_a_form(kind: type[Registered]) -> None:
    test = shown(kind)
    assert not test.exception
    labels = {one.label for one in widgets(test)}
    assert {label(name, info)[0] for name, info in kind.model_fields.items()} <= labels
    assert all(one.label.strip() for one in widgets(test)), "a screen reader finds a name for each"
    assert not test.session_state["told"], "to look at a form changes nothing"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_widget_gives_its_value_back(kind: type[Registered]) -> None:
    """What a widget shows, read again, is the default that it was made from; and the kind accepts it."""
    for name, info in kind.model_fields.items():
        value = default(info)
        if isinstance(value, dict) and "kind" in value:
            continue
        assert understood(written(value), info.annotation) == value or isinstance(value, bool | float), name
        least, most = bounds(info)
        if isinstance(value, int | float) and not isinstance(value, bool):
            assert least is None or value >= least
            assert most is None or value <= most
            assert step(info) > 0


def test_data_has_its_source_first() -> None:
    test = shown(Data)
    assert not test.exception
    first = test.main.get("selectbox")[0]
    assert first.label == "Source"


def test_a_number_is_committed() -> None:
    test = shown(LAYERS["Linear"])
    test.number_input[0].set_value(12).run()
    assert test.session_state["told"] == {"units": 12}
    assert test.number_input[0].value == 12


def test_a_number_or_a_word() -> None:
    test = shown(LAYERS["Conv2d"])
    box = next(one for one in test.selectbox if one.label == "Padding")
    box.select("same").run()
    assert test.session_state["told"] == {"padding": "same"}
    next(one for one in test.selectbox if one.label == "Padding").select("a number").run()
    assert test.session_state["told"] == {"padding": 0}


def test_one_number_or_one_a_dimension() -> None:
    """A person types `5` or `1, 7`; what is no number stays for the field to refuse."""
    test = shown(LAYERS["Conv2d"])
    for text, value in (("1, 7", [1, 7]), ("5", 5), ("3 × 1", [3, 1]), ("wide", "wide")):
        next(one for one in test.text_input if one.label == "Kernel").set_value(text).run()
        assert test.session_state["told"] == {"kernel": value}
    shown_again = shown(LAYERS["Conv2d"], {"kernel": [1, 7], "padding": [0, 3]})
    assert {one.value for one in shown_again.text_input} >= {"1, 7", "0, 3"}


def test_a_value_out_of_bounds_is_shown_as_it_is() -> None:
    test = shown(LAYERS["Conv2d"], {"filters": -3, "kernel": "wide", "bias": "perhaps"})
    assert not test.exception
    assert {one.value for one in widgets(test)} >= {-3, "wide", "perhaps"}


def test_a_choice_within_a_choice() -> None:
    test = shown(Engine.registry["Supervised"])
    next(one for one in test.selectbox if one.label == "Optimiser").select("SGD").run()
    assert test.session_state["told"]["optimiser"] == {"kind": "SGD"}
    next(one for one in test.number_input if one.label == "Learning rate").set_value(0.5).run()
    assert test.session_state["told"]["optimiser"]["lr"] == 0.5
    assert not test.exception


@pytest.mark.parametrize(
    ("text", "annotation", "value"),
    [
        ("1, 8, 8", tuple[int, ...], [1, 8, 8]),
        ("1 × 28 × 28", tuple[int, ...], [1, 28, 28]),
        ("3x32x32", tuple[int, ...], [3, 32, 32]),
        ("3 32 X 32", tuple[int, ...], [3, 32, 32]),
        ("64 -1", tuple[int, ...], [64, -1]),
        ("2 * in, max(x, 3)", tuple[int, ...], ["2 * in", "max(x", "3)"]),
        ("x 2, 3x4", tuple[str, ...], ["x 2", "3x4"]),
        ("", tuple[int, ...], []),
        ("5", sides(1, 9), 5),
        ("1, 7", sides(1, 9), [1, 7]),
        ("width, 7", sides(1, 9), ["width", 7]),
        ("2 * width", sides(1, 9), "2 * width"),
        ("same", sides(0, 9, "same"), "same"),
        ("", sides(1, 9) | None, None),
        ("3, wide", tuple[int, ...], [3, "wide"]),
        ("", int | None, None),
        ("7", int | None, 7),
        ("width = 32, rate = 0.5", dict[str, float], {"width": 32, "rate": 0.5}),
        ("1e999", float, "1e999"),
        ("nan", float, "nan"),
        ("42", str, "42"),
    ],
)
def test_what_is_typed_is_understood(text: str, annotation: Any, value: Any) -> None:
    assert understood(text, annotation) == value


def test_words_beside_numbers() -> None:
    assert literals(LAYERS["Conv2d"].model_fields["padding"].annotation) == ("same",)
    assert literals(int) == ()
