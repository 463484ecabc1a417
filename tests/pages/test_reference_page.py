"""The reference in the app: every kind is found by any of its names, and has an address."""

import numpy as np
import pytest

from builder.layers import LAYERS
from engines.workspace import Workspace
from pages.parts.sampling import draws, sampled
from pages.views.curve import curve
from tests.graphs import KINDS
from tests.pages.seen import Open, button, choose, project_of, saved, words


def links(test: object) -> list[str]:
    """The labels of the links on the page itself."""
    return [one.proto.label.replace("\\", "") for one in test.main.get("page_link")]  # type: ignore[attr-defined]


def listed(test: object) -> set[str]:
    """The kinds that the page lists."""
    return {label.split("**")[1] for label in links(test) if label.startswith("**")}


def test_every_kind_is_listed(open_page: Open) -> None:
    test = open_page("reference")
    assert not test.exception and listed(test) == set(LAYERS)


def test_kinds_are_searched_by_any_name(open_page: Open) -> None:
    """As in the palette: aliases count; a category narrows it."""
    test = open_page("reference")
    for typed, kind in (
        ("fully connected", "Linear"),
        ("deconv 2d", "ConvTranspose2d"),
        ("swish", "SiLU"),
        ("gap", "AdaptiveAvgPool2d"),
    ):
        test.text_input(key="kind").set_value(typed).run()
        assert kind in listed(test) and len(listed(test)) < len(LAYERS) / 3
    test = open_page("reference", kind="attention")
    assert links(test)[0].startswith("**AdditiveAttention") and "Bilinear" in listed(test)
    test = open_page("reference", category="Pooling", kind="max")
    assert "MaxPool2d" in listed(test) and {LAYERS[kind].category for kind in listed(test)} == {"Pooling"}
    test.text_input(key="kind").set_value("no *such* thing").run()
    assert "No layer goes by the name no *such* thing in Pooling" in words(test)
    button(test, "Show all layers").click().run()
    assert listed(test) == set(LAYERS) and not test.exception


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_an_address(open_page: Open, kind: str) -> None:
    test = open_page("reference", layer=kind)
    assert not test.exception
    shown = words(test)
    assert LAYERS[kind].help() in shown
    assert all(f"**{name}**" in shown for name in LAYERS[kind].model_fields)
    assert [one.value for one in test.get("latex")] == [f"$$\n{LAYERS[kind].formula}\n$$"] * bool(
        LAYERS[kind].formula
    )


def test_a_kind_shows_its_source_and_where_it_stands(open_page: Open) -> None:
    test = open_page("reference", layer="Conv2d")
    assert "nn.Conv2d(3, 32, kernel_size=3)" in test.code[0].value
    assert "896 parameters" in words(test) and "LeNet-5" in links(test)


def test_a_kind_is_tried_on_the_canvas(open_page: Open) -> None:
    button(open_page("reference", layer="LSTM"), "Try it on the canvas").click().run()
    (made,) = Workspace().list_projects()
    assert project_of(made.id).graph["layer"].kind == "LSTM"


@pytest.mark.parametrize("kind", ["conv2d", "Teleport", "<script>alert(1)</script>"])
def test_an_unknown_kind_is_told_with_the_way_on(open_page: Open, kind: str) -> None:
    test = open_page("reference", layer=kind)
    assert not test.exception and "All layers" in links(test)
    assert ("Did you mean Conv2d?" in links(test)) == (kind == "conv2d")


def test_the_settings_of_a_node_lead_to_its_reference(open_page: Open) -> None:
    import builder

    test = choose(open_page("build", project=saved(builder.template("digits-mlp"))), "linear1")
    assert "Linear in the Reference" in links(test)


def test_curves_are_those_of_the_module() -> None:
    """ReLU and its step; only functions of one number are drawn."""
    x, y, slope = sampled("ReLU")
    assert np.array_equal(y, np.maximum(x, 0)) and np.array_equal(slope, (x > 0).astype(np.float32))
    x, y, slope = sampled("Tanh")
    assert np.allclose(slope, 1 - np.tanh(x) ** 2, atol=1e-6)
    figure = curve(x, y, slope)
    assert [trace.name for trace in figure.data] == ["function", "derivative"]
    assert np.array_equal(figure.data[0].y, y)
    assert draws("GELU") and not draws("Softmax") and not draws("Conv2d") and not draws("Dropout")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if draws(kind)])
def test_every_curve_is_finite(kind: str) -> None:
    assert all(np.isfinite(one).all() and one.shape == (401,) for one in sampled(kind))
