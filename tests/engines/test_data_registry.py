"""Every data set, through one checker."""

import json
import subprocess
import sys

import numpy as np
import pytest
from pydantic import ValidationError

from engines.data import Data, Dataset, prepare

READY = [kind for kind in Dataset.registry.values() if kind.ready]
FIELDS = [(kind, name) for kind in Dataset.registry.values() for name in kind.model_fields]


def named(value):
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize("kind", READY, ids=named)
def test_examples_are_finite_and_their_shapes_agree(kind):
    examples = kind().load()
    assert len(examples.inputs) == len(examples.targets) == len(examples) >= 100
    assert examples.inputs.dtype == np.float32 and np.isfinite(examples.inputs).all()
    assert examples.inputs.ndim > 2 or len(examples.columns) == examples.inputs.shape[1]
    if examples.task == "classification":
        assert examples.targets.dtype == np.int64 and examples.targets.ndim == 1
        assert sorted(set(examples.targets)) == list(range(len(examples.classes)))
        assert len(set(examples.classes)) == len(examples.classes) and len(examples.target) == 1
    else:
        assert examples.targets.dtype == np.float64 and np.isfinite(examples.targets).all()
        assert examples.targets.shape[1] == len(examples.target)


@pytest.mark.parametrize("kind", READY, ids=named)
def test_loading_twice_gives_the_same_bits(kind):
    first, second = kind().load(), kind().load()
    assert first.inputs.tobytes() == second.inputs.tobytes()
    assert first.targets.tobytes() == second.targets.tobytes()
    if "seed" in kind.model_fields:
        assert kind(seed=1).load().inputs.tobytes() != first.inputs.tobytes()


@pytest.mark.parametrize("kind", READY, ids=named)
def test_prepares_into_disjoint_finite_parts(kind):
    splits = prepare(Data(source=kind()))
    rows = np.concatenate([splits.train.rows, splits.validation.rows, splits.test.rows])
    assert sorted(rows) == list(range(len(splits.examples)))
    for part in (splits.train, splits.validation, splits.test):
        assert part.inputs.shape == (len(part), *splits.input_shape) and part.inputs.isfinite().all()
        assert len(part.targets) == len(part) > 0
    assert splits.warnings == ()
    assert all(row["treatment"] for row in splits.preprocessing.describe())
    assert splits.preprocessing.encode(splits.preprocessing.example()).shape == (1, *splits.input_shape)


@pytest.mark.parametrize("kind", Dataset.registry.values(), ids=named)
def test_documented_and_round_trips_as_json(kind):
    assert kind.help() and kind.category and kind.icon and kind.title
    assert all(field.description for field in kind.model_fields.values())
    data = Data(source=kind())
    assert Data.parse(json.loads(data.model_dump_json())) == data


def test_abbreviations_are_written_as_people_know_them():
    titles = {name: kind.title for name, kind in Dataset.registry.items()}
    assert (titles["Csv"], titles["Xor"], titles["Moons"]) == ("CSV file", "XOR", "Moons")


def bad_values(kind, name):
    """Values that the bounds of a field rule out, and values of another type."""
    info = kind.model_fields[name]
    bounds = {key: getattr(rule, key) for rule in info.metadata for key in ("ge", "le") if hasattr(rule, key)}
    yield from (bound + (1 if key == "le" else -1) for key, bound in bounds.items())
    if info.annotation in (int, float):
        yield from (float("nan"), float("inf"), -1e100, "many", None, [])
    else:
        yield from (7, None, [3])
    if info.annotation is int:
        yield 2.5


@pytest.mark.parametrize(("kind", "name"), FIELDS, ids=named)
def test_refuses_what_its_bounds_rule_out(kind, name):
    for value in bad_values(kind, name):
        with pytest.raises(ValidationError) as caught:
            kind(**{name: value})
        assert caught.value.errors()[0]["loc"][0] == name


def test_refuses_unknown_fields_and_kinds():
    with pytest.raises(ValidationError, match="colour"):
        Dataset.registry["Moons"](colour="red")
    with pytest.raises(ValueError, match="one of the kinds Digits.*not 'Mnist'"):
        Dataset.parse({"kind": "Mnist"})


def test_extremes_of_the_bounds_load():
    for kind in READY:
        for end in ("ge", "le"):
            values = {
                name: getattr(rule, end)
                for name, info in kind.model_fields.items()
                for rule in info.metadata
                if hasattr(rule, end) and (name, end) != ("samples", "le")
            }
            assert np.isfinite(kind(**values).load().inputs).all()


def test_settings_load_without_torch_pandas_or_scikit_learn():
    code = "import sys, engines.data; print([m for m in ('torch', 'pandas', 'sklearn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_shapes_of_the_points():
    """Facts of geometry, without noise."""
    load = {
        name: kind(noise=0).load() for name, kind in Dataset.registry.items() if "noise" in kind.model_fields
    }
    xor = load["Xor"]
    assert set(map(tuple, xor.inputs.tolist())) == {(1, 1), (1, -1), (-1, 1), (-1, -1)}
    assert ((xor.inputs.prod(1) < 0) == xor.targets).all()
    radius = {name: np.linalg.norm(examples.inputs, axis=1) for name, examples in load.items()}
    np.testing.assert_allclose(radius["Circles"], np.where(load["Circles"].targets, 0.5, 1), rtol=1e-5)
    np.testing.assert_allclose(radius["Gaussians"], 2, rtol=1e-6)
    np.testing.assert_allclose(radius["Spirals"], np.tile(np.linspace(0, 1, 100), 3), atol=1e-6)


def test_digits_are_images_from_0_to_1():
    inputs = Dataset.registry["Digits"]().load().inputs
    assert inputs.shape == (1797, 1, 8, 8) and inputs.min() == 0 and inputs.max() == 1
