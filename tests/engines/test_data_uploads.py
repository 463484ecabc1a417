"""Uploads: safe names, whole or not at all, and what the splits of one say (ROBUSTNESS 43, 44, 54)."""

import pandas as pd
import pytest

from builder.errors import BadFile, BadValue
from engines.data import Csv, Data, familiar, prepare, store_csv, stored_table, write_csv

GOOD = b"age,city,y\n" + b"31,Bern,1\n45,Basel,0\n22,Bern,1\n64,Chur,0\n" * 6
RARE = b"x,y\n" + b"1,a\n2,b\n" * 20 + b"3,rare\n"


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("STRATA_HOME", str(tmp_path))
    prepare.cache_clear()
    yield tmp_path
    prepare.cache_clear()


def test_an_upload_becomes_splits(home):
    stored = store_csv(GOOD, "People 2024.csv", home / "uploads")
    splits = prepare(Data(source=Csv(file=stored)))
    assert splits.input_shape == (1 + 4,) and splits.outputs == 2
    assert splits.raw("train").columns.tolist() == ["age", "city"]
    prepare.cache_clear()
    again = prepare(Data(source=Csv(file=stored)))
    assert again.train.inputs.equal(splits.train.inputs) and again.test.targets.equal(splits.test.targets)


def test_a_class_with_one_example_falls_back_to_a_random_split_and_is_told(home):
    stored = store_csv(RARE, "rare", home / "uploads")
    splits = prepare(Data(source=Csv(file=stored)))
    assert sum("only one example is left of 'rare'" in warning for warning in splits.warnings) >= 1


def test_no_file_yet(home):
    with pytest.raises(BadValue, match="file is empty.*Upload a CSV file first"):
        prepare(Data(source=Csv()))
    for outside in (
        "../people-0123456789abcdef.csv",
        "/etc/passwd",
        "people.csv",
        "a-0123456789abcdef.csv\n",
    ):
        with pytest.raises(BadValue, match="Csv: file must be the stored name of an upload"):
            Data.parse({"source": {"kind": "Csv", "file": outside}})
    with pytest.raises(BadFile, match="not among the uploads"):
        prepare(Data(source=Csv(file="gone-0123456789abcdef.csv")))


NAMES = [
    "🦊🦊.csv",
    "x" * 300 + ".csv",
    "CON",
    "../../etc/passwd",
    "a\\b\\C:.csv",
    "",
    ".csv",
    "Ünï cødé\0.CSV",
    "-.-",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_fault_43_any_name_gets_a_safe_one(tmp_path, name):
    stored = store_csv(GOOD, name, tmp_path)
    assert Csv(file=stored).file == stored and [path.name for path in tmp_path.iterdir()] == [stored]
    assert stored_table(stored, tmp_path).names == ("age", "city", "y")


def test_a_stored_name_is_shown_as_people_know_it(tmp_path):
    assert familiar(store_csv(GOOD, "My plants.csv", tmp_path)) == "my-plants.csv"
    assert familiar("people.csv") == "people.csv"


def test_case_collisions_and_repeats(tmp_path):
    first, second = (
        store_csv(GOOD, "Data.csv", tmp_path),
        store_csv(GOOD + b"9,Bern,1\n", "data.CSV", tmp_path),
    )
    assert first != second and store_csv(GOOD, "DATA", tmp_path) == first
    assert len(list(tmp_path.iterdir())) == 2


def test_fault_44_nothing_is_half_imported(tmp_path, monkeypatch):
    with pytest.raises(BadFile):
        store_csv(GOOD[:-2] + b',"cut', "cut.csv", tmp_path)
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(BadFile, match="No space left.*Nothing was kept"):
        store_csv(GOOD, "full.csv", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_changed_upload_is_refused(tmp_path):
    stored = store_csv(GOOD, "a", tmp_path)
    (tmp_path / stored).write_bytes(GOOD + b"1,Bern,1\n")
    with pytest.raises(BadFile, match="changed or damaged"):
        stored_table(stored, tmp_path)
    for outside in ("../" + stored, "/etc/passwd", "", stored + "\n"):
        with pytest.raises(BadFile, match="not the name of a stored table"):
            stored_table(outside, tmp_path)


def test_fault_54_formulas_are_neutralised_on_export():
    frame = pd.DataFrame({"=cmd": ["=1+1", "@x", "plain", None], "n": [-1.5, 2, 3, 4]})
    text = write_csv(frame).decode()
    assert text == "'=cmd,n\n'=1+1,-1.5\n'@x,2.0\nplain,3.0\n,4.0\n"
