"""Splits and scaling, beside scikit-learn's."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from builder.errors import BadValue
from engines.data import Data, Diabetes, Digits, Iris, Spirals, Wine, prepare
from engines.data.data import split


def test_test_part_is_scikit_learns_stratified_quarter():
    examples = Digits().load()
    splits = prepare(Data())
    rest, test = train_test_split(np.arange(1797), test_size=0.25, random_state=0, stratify=examples.targets)
    assert (splits.test.rows == test).all() and len(test) == 450
    train, validation = train_test_split(
        rest, test_size=0.15, random_state=0, stratify=examples.targets[rest]
    )
    assert (splits.train.rows == train).all() and (splits.validation.rows == validation).all()


def test_no_setting_moves_a_row_out_of_the_test_part():
    first = prepare(Data(source=Iris()))
    for other in (Data(source=Iris(), seed=7), Data(source=Iris(), validation=0.4, scaling="none")):
        assert (prepare(other).test.rows == first.test.rows).all()
    assert set(prepare(Data(source=Iris(), seed=7)).validation.rows) != set(first.validation.rows)


def test_parts_are_stratified():
    splits = prepare(Data(source=Wine()))
    share = np.bincount(splits.examples.targets) / 178
    for name in ("train", "validation", "test"):
        counts = np.array(list(splits.counts(name).values()))
        assert np.abs(counts - share * counts.sum()).max() < 1
    assert list(splits.counts("test")) == list(splits.classes)


@pytest.mark.parametrize(("scaling", "scaler"), [("standard", StandardScaler()), ("min-max", MinMaxScaler())])
def test_scaling_is_fitted_on_the_training_part_alone(scaling, scaler):
    splits = prepare(Data(source=Wine(), scaling=scaling))
    scaler.fit(splits.raw("train").astype(np.float64))
    for name in ("train", "validation", "test"):
        expected = scaler.transform(splits.raw(name).astype(np.float64))
        np.testing.assert_allclose(splits.part(name).inputs.numpy(), expected, rtol=1e-5, atol=1e-6)


def test_images_are_scaled_as_one_channel():
    splits = prepare(Data())
    assert abs(splits.train.inputs.mean()) < 1e-5 and abs(splits.train.inputs.std() - 1) < 1e-3
    assert (prepare(Data(scaling="none")).train.inputs.numpy() == splits.raw("train")).all()


def test_channels_are_scaled_apart():
    from engines.data.inputs import Arrays

    images = np.random.default_rng(0).normal((0, 5), (1, 9), (40, 3, 3, 2)).transpose(0, 3, 1, 2)
    encoded = Arrays.fit(images, (), "standard").encode(images)
    np.testing.assert_allclose(encoded.mean((0, 2, 3)), 0, atol=1e-9)
    np.testing.assert_allclose(encoded.std((0, 2, 3)), 1)


def test_regression_targets_are_standardised_and_decode_to_their_units():
    splits = prepare(Data(source=Diabetes()))
    assert splits.outputs == 1 and splits.train.targets.shape == (281, 1)
    assert abs(splits.train.targets.mean()) < 1e-6 and abs(splits.train.targets.std(correction=0) - 1) < 1e-5
    for decoded in (splits.decode(splits.test.targets).numpy(), splits.decode(splits.test.targets.numpy())):
        np.testing.assert_allclose(decoded, splits.raw_targets("test"), rtol=1e-5)


def test_same_settings_give_the_same_bits_and_are_remembered():
    first = prepare(Data(source=Spirals()))
    assert prepare(Data(source=Spirals())) is first
    prepare.cache_clear()
    again = prepare(Data(source=Spirals()))
    for name in ("train", "validation", "test"):
        assert again.part(name).inputs.equal(first.part(name).inputs)
        assert again.part(name).targets.equal(first.part(name).targets)


def test_spirals_are_linear_models_despair():
    splits = prepare(Data(source=Spirals()))
    model = LogisticRegression().fit(splits.train.inputs, splits.train.targets)
    assert model.score(splits.test.inputs, splits.test.targets) <= 0.55


def test_validation_may_be_empty():
    splits = prepare(Data(source=Iris(), validation=0))
    assert len(splits.validation) == 0 and splits.validation.inputs.shape == (0, 4)
    assert len(splits.train) + len(splits.test) == 150


@pytest.mark.parametrize(
    ("counts", "said"),
    [((20, 20, 1), "only one example is left of 'class 2'"), ((2,) * 12, "cannot hold all 12 classes")],
)
def test_what_cannot_be_stratified_is_drawn_at_random_and_told(counts, said):
    labels = np.repeat(np.arange(len(counts)), counts)
    names = tuple(f"class {number}" for number in range(len(counts)))
    kept, taken, obstacle = split(np.arange(len(labels)), labels, 0.25, 0, names)
    assert sorted([*kept, *taken]) == list(range(len(labels)))
    assert said in obstacle


def test_too_few_rows_and_bad_settings_name_field_and_fix():
    with pytest.raises(BadValue, match="test"):
        Data.parse({"test": 1.5})
    with pytest.raises(BadValue, match=r"Moons: noise must be in \[0, 2\]. Got 7. The default is 0.1"):
        Data.parse({"source": {"kind": "Moons", "noise": 7}})
    for wrong in ({"kind": "Mnist"}, {}, 5, {"kind": 7}):
        with pytest.raises(BadValue, match="Data: source"):
            Data.parse({"source": wrong})
    with pytest.raises(BadValue, match="sauce"):
        Data.parse({"sauce": 1})
    for value in (float("nan"), 1e100, -1, "half", None):
        with pytest.raises(BadValue):
            Data.parse({"validation": value})
    assert Data.parse({}) == Data()
    from engines.data.data import _check_sizes

    with pytest.raises(BadValue, match="3 rows leave 1 for training.*Add rows"):
        _check_sizes(Data(), 3)


def test_an_integer_input_stays_an_index():
    from engines.data.inputs import Arrays

    arrays = Arrays.fit(np.arange(12).reshape(4, 3), (), "standard")
    assert arrays.dtype == "int64" and arrays.encode([[1, 2, 3]]).tolist() == [[1, 2, 3]]


def test_raw_rows_are_as_people_know_them():
    splits = prepare(Data(source=Diabetes()))
    assert isinstance(splits.raw("train"), np.ndarray) and not isinstance(splits.raw("train"), pd.DataFrame)
    assert splits.raw("train")[:, 0].min() >= 19, "ages in years"
