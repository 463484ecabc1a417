"""Encoding rows: tables by hand and beside scikit-learn, and the exported plain Python to the bit."""

import ast
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from builder.errors import BadValue
from engines.data import Csv, Data, Diabetes, Digits, Iris, Preprocessing, prepare, read_csv

ROWS = 60


def people(rows=ROWS):
    """A table with gaps, categories, dates and booleans; the target is its last column."""
    lines = ["name,age,height,city,joined,member,plan"]
    for i in range(rows):
        age = "" if i % 7 == 3 else 20 + i % 50
        city = ["Bern", "Basel", "Chur", ""][i % 4]
        member = "yes" if i % 3 else "no"
        lines.append(f"p{i},{age},{1.5 + i * 0.137},{city},2024-0{1 + i % 9}-11,{member},{'ab'[i % 2]}")
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
def examples():
    return Csv().examples(read_csv(people()))


@pytest.fixture(scope="module")
def fitted(examples):
    return Preprocessing.fit(examples, np.arange(40), "standard")


def executed(preprocessing):
    """The exported source, run; it must parse and import the standard library alone."""
    text = preprocessing.source()
    imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {ast.unparse(node) for node in imports} <= {"import re", "from datetime import date, datetime"}
    names = {}
    exec(compile(text, "exported", "exec"), names)
    return names


def same_bits(preprocessing, rows):
    encode = executed(preprocessing)["encode"]
    plain = np.array([encode(row) for row in rows], np.float64).astype(np.float32)
    encoded = preprocessing.encode(rows).numpy().reshape(len(rows), -1)
    assert plain.tobytes() == encoded.tobytes()


def test_numbers_are_filled_and_scaled_as_scikit_learn_does(examples, fitted):
    columns = ["age", "height"]
    reference = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    reference.fit(examples.inputs[columns].iloc[:40])
    encoded = fitted.encode(examples.inputs).numpy()
    np.testing.assert_allclose(
        encoded[:, :2], reference.transform(examples.inputs[columns]), rtol=1e-5, atol=1e-6
    )


def test_categories_have_a_feature_each_and_one_for_the_rest(fitted):
    row = fitted.example()
    place = 2
    known = [("Basel", [1, 0, 0, 0]), ("Chur", [0, 0, 1, 0])]
    for city, expected in [*known, ("Genève", [0, 0, 0, 1]), (None, [0, 0, 0, 1])]:
        encoded = fitted.encode({**row, "city": city})[0, place : place + 4]
        assert encoded.tolist() == expected


def test_features_have_names_and_come_back_in_their_own_units(examples, fitted):
    names = fitted.inputs.features
    assert len(names) == fitted.input_shape[0] and names[:3] == ("age", "height", "city = Basel")
    rows = examples.inputs.iloc[:5]
    restored = fitted.inputs.restored(fitted.encode(rows).double().numpy())
    assert restored[0, 0] == pytest.approx(20, abs=1e-4), "the age of the first row"
    np.testing.assert_allclose(restored[:, 1], rows["height"].astype(float), atol=1e-5)
    np.testing.assert_array_equal(restored[:, 2], rows["city"] == "Basel")


@pytest.mark.parametrize("scaling", ["none", "standard", "min-max"])
@pytest.mark.parametrize("kind", [Digits, Iris])
def test_arrays_come_back_in_their_own_units(kind, scaling):
    splits = prepare(Data(source=kind(), scaling=scaling))
    restored = splits.preprocessing.inputs.restored(splits.test.inputs.double().numpy())
    np.testing.assert_allclose(restored, splits.raw("test"), atol=1e-5)


def test_says_in_words_what_becomes_of_each_column(fitted):
    said = {row["column"]: row for row in fitted.describe()}
    assert said["name"]["treatment"].startswith("left out: 60 different texts")
    assert "6 missing filled with the median" in said["age"]["treatment"]
    assert (
        "3 categories; 10 missing and any new ones" in said["city"]["treatment"]
        and said["city"]["features"] == "4"
    )
    assert "days since 1970" in said["joined"]["treatment"]
    assert "true is 1" in said["member"]["treatment"]


def test_survives_json(fitted, examples):
    again = Preprocessing.model_validate_json(fitted.model_dump_json())
    assert again == fitted and again.encode(examples.inputs).equal(fitted.encode(examples.inputs))


def test_takes_frames_dicts_and_lists_alike(examples, fitted):
    rows = examples.inputs.to_dict("records")
    used = [column.name for column in fitted.inputs.used]
    expected = fitted.encode(examples.inputs)
    assert fitted.encode(rows).equal(expected)
    assert fitted.encode([[row[name] for name in used] for row in rows]).equal(expected)
    assert fitted.encode(rows[0]).equal(expected[:1])
    assert fitted.encode([rows[0][name] for name in used]).equal(expected[:1])
    assert fitted.encode([]).shape == (0, *fitted.input_shape)
    as_typed = [{name: "" if pd.isna(cell) else str(cell) for name, cell in row.items()} for row in rows]
    assert fitted.encode(as_typed).equal(expected)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"age": "old"}, "Column 'age': 'old' is not a number.*Write it like"),
        ({"age": "1e31"}, "too large"),
        ({"joined": "yesterday"}, "Column 'joined'.*Write it like 2024-"),
        ({"member": "perhaps"}, "neither true nor false"),
    ],
)
def test_unreadable_cells_are_refused_with_the_column(fitted, change, said):
    with pytest.raises(BadValue, match=said):
        fitted.encode({**fitted.example(), **change})
    with pytest.raises(ValueError, match=next(iter(change))):
        executed(fitted)["encode"]({**fitted.example(), **change})


def test_absent_columns_and_wrong_shapes_are_refused(fitted):
    row = fitted.example()
    row.pop("city")
    with pytest.raises(BadValue, match="Column 'city' is absent"):
        fitted.encode(row)
    with pytest.raises(BadValue, match="'city' is absent"):
        fitted.encode(pd.DataFrame([row]))
    with pytest.raises(BadValue, match="must have 5 cells each. Got 2"):
        fitted.encode([[1, 2]])
    for wrong in (5, None, "text", [5], [None]):
        with pytest.raises(BadValue, match="must have 5 cells each"):
            fitted.encode(wrong)
    digits = prepare(Data()).preprocessing
    for wrong in (
        [1, 2],
        np.zeros((2, 63)),
        [[1], [1, 2]],
        "text",
        [["a"] * 64],
        np.full((1, 1, 8, 8), np.nan),
    ):
        with pytest.raises(BadValue):
            digits.encode(wrong)


def test_exported_python_encodes_a_table_to_the_bit(examples, fitted):
    rows = [
        {k: None if pd.isna(v) else v for k, v in row.items()} for row in examples.inputs.to_dict("records")
    ]
    same_bits(
        fitted, [*rows, {**rows[0], "age": " 33 ", "city": "Paris", "member": "TRUE"}, fitted.example()]
    )


def test_exported_python_reads_grouped_thousands_with_decimal_commas():
    lines = ["price;kind", *(f"{1 + i % 9}.{100 + i},{i:02d};{'ab'[i % 2]}" for i in range(40))]
    examples = Csv().examples(read_csv("\n".join(lines).encode()))
    fitted = Preprocessing.fit(examples, np.arange(40), "none")
    prices = ["1.234,05", "12.345.678", "7", ",5", "+1.000,", 2.5, None, ""]
    same_bits(fitted, [{"price": price} for price in prices])
    assert fitted.encode({"price": "1.234,05"}).item() == pytest.approx(1234.05)
    encode = executed(fitted)["encode"]
    for wrong in ("1.5", "1,234.5", "12.34,5", "1,2,3"):
        said = "is not a number with a comma before its decimals"
        with pytest.raises(BadValue, match=said):
            fitted.encode({"price": wrong})
        with pytest.raises(ValueError, match=said):
            encode({"price": wrong})


@pytest.mark.parametrize("scaling", ["none", "standard", "min-max"])
@pytest.mark.parametrize("kind", [Digits, Iris, Diabetes])
def test_exported_python_encodes_arrays_to_the_bit(kind, scaling):
    splits = prepare(Data(source=kind(), scaling=scaling))
    same_bits(splits.preprocessing, splits.raw("test")[:20].tolist())
    names = executed(splits.preprocessing)
    assert names["SHAPE"] == splits.input_shape and names["CLASSES"] == splits.classes
    if kind is Diabetes:
        outputs = splits.test.targets[:5].numpy().astype(np.float64)
        plain = [names["decode"](row) for row in outputs.tolist()]
        assert np.array(plain).tobytes() == splits.decode(outputs).tobytes()


def test_arrays_are_taken_by_name_too():
    splits = prepare(Data(source=Iris()))
    row = dict(zip(splits.examples.columns, [5.1, 3.5, 1.4, 0.2], strict=True))
    assert splits.preprocessing.encode(row).equal(splits.preprocessing.encode([5.1, 3.5, 1.4, 0.2]))
    same_bits(splits.preprocessing, [row])
    frame = pd.DataFrame([row, row]).iloc[:, ::-1].assign(other="x")
    assert splits.preprocessing.encode(frame)[1:].equal(splits.preprocessing.encode(row))
    with pytest.raises(BadValue, match="absent"):
        splits.preprocessing.encode({"sepal length (cm)": 1})


def test_fault_55_names_cannot_break_out_of_generated_python(tmp_path):
    hostile = ['"""', "a\nb", "'); import os #", "\\", "{x}", "\u2028line", "'''", "tab\there"]
    header = ",".join('"' + name.replace('"', '""') + '"' for name in [*hostile, "y"])
    first = ['"x""\n\'"', "plain"]
    lines = [
        ",".join([first[i % 2], *(str(i * j % 7) for j in range(1, 8)), str(i % 3 % 2)]) for i in range(30)
    ]
    examples = Csv().examples(read_csv("\n".join([header, *lines]).encode()))
    fitted = Preprocessing.fit(examples, np.arange(30), "standard")
    assert set(fitted.inputs.example()) <= {name.strip() for name in hostile}
    same_bits(fitted, examples.inputs.to_dict("records"))
    script = tmp_path / "script.py"
    script.write_text(fitted.source() + "\nprint(len(encode(EXAMPLE)))\n", encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) == fitted.input_shape[0]


def test_a_constant_or_empty_column_is_left_out_and_nothing_left_is_refused():
    table = read_csv(b"a,b,c,y\n" + b"".join(b"0.1,,%d,%d\n" % (i, i % 2) for i in range(20)))
    fitted = Preprocessing.fit(Csv().examples(table), np.arange(20), "standard")
    said = {row["column"]: row["treatment"] for row in fitted.describe()}
    assert said["a"] == "left out: the same in every training row (0.1)" and said["b"].startswith("left out")
    with pytest.raises(BadValue, match="no column is left to learn from"):
        Preprocessing.fit(Csv(ignore="c").examples(table), np.arange(20), "standard")


def test_a_saved_preprocessing_is_checked_when_read():
    saved = prepare(Data(source=Iris())).preprocessing.model_dump(mode="json")
    for path, value in [
        ("shape", [0]),
        ("scale", [0, 1, 1, 1]),
        ("offset", [float("nan")] * 4),
        ("dtype", "object"),
    ]:
        broken = {**saved, "inputs": {**saved["inputs"], path: value}}
        with pytest.raises(ValueError, match=path):
            Preprocessing.model_validate(broken)
