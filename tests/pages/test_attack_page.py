"""Attack on its page: one example beside its control in its own units, and the curve over many."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import builder
from engines.attack import perturbed
from engines.data import Dataset, Examples
from engines.probes.sight import objective_of
from engines.trained import Trained
from tests.pages.seen import Open, field, trained, words
from tests.tiny import project

SECTION = "pages.parts.inspecting.sections.attack"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is computed beside the server is computed here and now, from the same arguments."""

    def computed(key: str, call: str, *, preview: Any = None, **arguments: Any) -> Any:
        place, _, name = call.partition(":")
        return getattr(import_module(place), name)(**arguments)

    monkeypatch.setattr(f"{SECTION}.waiting", computed)


def shown(test: Any) -> Any:
    assert not test.exception and not test.error
    return test


def table(test: Any) -> dict[str, list[float]]:
    """The row as it is, attacked, and with random signs."""
    told = next(one.value for one in test.dataframe if "attacked" in one.value)
    return {name: [float(one) for one in told[name]] for name in told.columns[1:]}


def test_a_row_is_told_in_its_own_units(open_page: Open, workspace: Path) -> None:
    told = Trained.of(trained(project(4, 20)))
    test = shown(
        open_page("inspect", project="mine", look="attack", part="train", example="2", epsilon="0.5")
    )
    splits, loss = told.splits, objective_of(told.project)
    assert splits is not None and loss is not None
    x, y = splits.train.inputs[1:2], splits.train.targets[1:2]
    bent = perturbed(told.module, x, y, loss, 0.5).double().numpy()
    raw = splits.raw("train")[1]
    found = table(test)
    assert found["the example"] == pytest.approx(raw.tolist(), abs=1e-3)
    assert found["attacked"] == pytest.approx(
        splits.preprocessing.inputs.restored(bent)[0].tolist(), abs=1e-3
    )
    moved = np.abs(np.subtract(found["with random signs"], found["the example"]))
    assert moved == pytest.approx(0.5 * np.array(splits.preprocessing.inputs.scale), abs=2e-3)  # type: ignore[union-attr]


def test_choices_stand_in_the_url(open_page: Open, workspace: Path) -> None:
    trained(project(2, 20))
    test = shown(open_page("inspect", project="mine", look="attack", epsilon="0.7", attack="PGD", pgd="4"))
    assert (
        field(test.slider, "ε, standard deviations").value == 0.7 and field(test.slider, "Steps").value == 4
    )
    field(test.slider, "ε, standard deviations").set_value(0.0).run()
    assert shown(test).query_params["epsilon"] == "0.0"
    found = table(test)
    assert found["the example"] == found["attacked"] == found["with random signs"]
    field(test.selectbox, "Make it look like").set_value("1").run()
    assert shown(test).query_params["towards"] == "1"
    for nonsense in ("nan", "-4", "1e30", "<b>"):
        test.query_params.update(epsilon=nonsense, attack=nonsense, pgd=nonsense, towards=nonsense)
        shown(test.run())


def test_the_curve_is_of_the_part_that_is_chosen(open_page: Open, workspace: Path) -> None:
    splits = Trained.of(trained(project(2, 20))).splits
    assert splits is not None and len(splits.train) != len(splits.test)
    for part, title in (("train", "training"), ("test", "test")):
        test = shown(open_page("inspect", project="mine", look="attack", part=part))
        assert f"Of {len(splits.part(part))} examples of the part {title}" in words(test)  # type: ignore[arg-type]
    assert "attacks each batch before" in words(test)


def test_values_are_moved_up_and_down(open_page: Open, workspace: Path) -> None:
    trained(
        builder.template("diabetes-mlp").with_fields(
            engine={"kind": "Supervised", "epochs": 2, "loss": {"kind": "MSE"}}
        )
    )
    found: dict[str, tuple[float, float]] = {}
    for towards in ("higher", "lower"):
        test = shown(open_page("inspect", project="mine", look="attack", towards=towards))
        told = words(test).partition("moves the answer from ")[2].partition(",")[0]
        before, _, after = told.partition(" to ")
        found[towards] = float(before), float(after)
    assert found["lower"][1] < found["lower"][0] == found["higher"][0] < found["higher"][1]
    assert "Of 50 examples" in words(test)


class _Labels(Dataset):
    """Points of which each label tells whether a coordinate is positive."""

    category = "Test"

    def load(self) -> Examples:
        """Sixty of them."""
        draw = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
        return Examples(draw, (draw > 0).astype(np.float32), "multi-label", ("right", "<b>up"), ("x", "y"))


@pytest.mark.parametrize("look", ["attack", "why"])
def test_several_labels(look: str, open_page: Open, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Dataset.registry, "_Labels", _Labels)
    trained(
        project(1, 20, loss={"kind": "BinaryCrossEntropy"}).with_fields(data={"source": {"kind": "_Labels"}})
    )
    test = shown(open_page("inspect", project="mine", look=look, part="train", epsilon="1.5", **{"for": "1"}))
    if look == "why":
        assert field(test.selectbox, "What speaks for").value == "1"
    else:
        assert "With random signs" in words(test) and not any(
            "look like" in one.label for one in test.selectbox
        )


def test_answers_that_are_no_numbers_are_told(
    open_page: Open, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(project(1, 20))
    plain = Trained.answers
    monkeypatch.setattr(
        Trained, "answers", lambda self, inputs: tuple(one * np.nan for one in plain(self, inputs))
    )
    for look in ("attack", "why"):
        test = open_page("inspect", project="mine", look=look)
        assert not test.exception and "answers are no numbers" in words(test)


@pytest.mark.parametrize("name", ["digits-mlp", "lstm-forecaster"])
def test_images_and_series_are_shown(name: str, open_page: Open, workspace: Path) -> None:
    what = builder.template(name)
    trained(what.with_fields(engine={**what.engine, "epochs": 1, "adversarial": 0.1}))
    test = shown(open_page("inspect", project="mine", look="attack", attack="PGD"))
    assert "was trained adversarially, at ε = 0.1" in words(test)
    if name == "digits-mlp":
        assert "That is 0.1 for pixels from 0 to 1" in words(test)
