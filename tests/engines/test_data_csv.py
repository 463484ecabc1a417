"""Tables: what is read, what is refused and in which words (ROBUSTNESS 40)."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builder.errors import BadFile, BadValue
from engines.data import Csv, Preprocessing, read_csv
from engines.data.table import reading

GOOD = b"age,city,y\n" + b"31,Bern,1\n45,Basel,0\n22,Bern,1\n64,Chur,0\n" * 6


def column(*cells, name="c", delimiter=","):
    """A column, read from a file of its own with a second one beside it."""
    lines = [f"{name}{delimiter}z", *(f"{cell}{delimiter}{i}" for i, cell in enumerate(cells))]
    return read_csv("\n".join(lines).encode())[name]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty.*first line should name"),
        (b"  \n\n", None),
        (b"a,b\n", "names but no rows"),
        (
            b"a,b\n1,2\n\n1,2,3\n4,5\n6\n",
            r"Line 4 has 3 cells, but the first line names 2 columns \(and 1 other",
        ),
        (b"a,b\n1\n", "Line 2 has 1 cell,.*Add the missing separators"),
        (b"a,b,a\n1,2,3\n", "Columns 1 and 3 are both called 'a'"),
        (b"a,b\n1,\x002\n", "Line 2 contains a NUL"),
        ("a,b\n1,2\n".encode("utf-16-le"), "Line 1 contains a NUL.*UTF-8"),
        (b"\xff\xfea", "says it is UTF-16"),
        (",".join(f"c{i}" for i in range(50_000)).encode() + b"\n", "50,000 columns; at most 2,000"),
        (b'a,b\n1,2\n3,"4\n5,6\n7,8\n', "quote opened in the row that begins on line 3 is not closed"),
        (b'a,b\n1,"2"x\n', "Line 2.*must end with its quote"),
        (b"a,b\n" + b"x" * 200_000 + b",1\n", "Line 2 has a cell of more than"),
        (b"x" * 300 + b",b\n1,2\n", "one name has 300 characters"),
        (b"PK\x03\x04....", r"spreadsheet \(.xlsx\)"),
    ],
)
def test_fault_40_bad_files_name_the_cause_and_the_line(data, said):
    with pytest.raises(BadFile, match=said):
        read_csv(data)


def test_a_file_over_the_limit_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(reading, "LARGEST_FILE", 2**20)
    (tmp_path / "large.csv").write_bytes(b"a,b\n" + b"1,2\n" * 2**18)
    for file in (tmp_path / "large.csv", (tmp_path / "large.csv").read_bytes()):
        with pytest.raises(BadFile, match="larger than 1 MB"):
            read_csv(file)
    with pytest.raises(BadFile, match=r"absent\.csv cannot be read"):
        read_csv(tmp_path / "absent.csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "latin-1"])
def test_delimiters_and_encodings_are_found(delimiter, encoding):
    text = (
        "name,größe,ort\r\n".replace(",", delimiter)
        + "é;,x\r\n".replace(";", delimiter).replace(",", delimiter) * 2
    )
    table = read_csv(text.encode(encoding))
    assert table.names == ("name", "größe", "ort") and table.frame["name"].tolist() == ["é", "é"]
    assert any("Western European" in note for note in table.notes) == (encoding in ("cp1252", "latin-1"))


def test_windows_quotes_and_bytes_that_only_latin_1_knows():
    assert read_csv(b"a,b\n\x93hi\x94,1\n").frame["a"][0] == "\u201chi\u201d"
    assert read_csv(b"a,b\n\x81\xe9,1\n").frame["a"][0] == "\x81é"


def test_quoted_cells_hold_delimiters_quotes_and_lines():
    table = read_csv(b'a,b\n"x, ""y""\nz",1\nw,2\n')
    assert table.frame["a"].tolist() == ['x, "y"\nz', "w"] and table.lines == (2, 4)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3e4", ""], "number"),
        (["1.5", "NA", "n/a", "?", "null", "2"], "number"),
        (['"1,234"', '"12,345.6"', "7"], "number"),
        (["1_000", "2", "3"], "category"),
        (["inf", "nan", "-inf"], "category"),
        (["yes", "no", "", "Yes"], "boolean"),
        (["TRUE", "false"], "boolean"),
        (["2024-01-31", "1999-12-01", ""], "date"),
        (["31.01.2024", "01.02.2024"], "date"),
        (["2024-01-31 10:00", "1999-12-01 23:59"], "date"),
        (["2024-02-30", "2024-01-01"], "category"),
        (["a", "b", "a"], "category"),
        ([f"text {i}" for i in range(11)], "text"),
        ([f"word {i % 60}" for i in range(600)], "text"),
        (["", "NA", " "], "empty"),
    ],
)
def test_column_types(cells, kind):
    assert column(*cells).type == kind


def test_missing_and_distinct_are_counted():
    found = column("1", "", "NA", "1", "2")
    assert (found.missing, found.distinct) == (2, 2)


def test_decimal_commas_are_read_where_commas_do_not_separate():
    table = read_csv(b"a;b\n1,5;x\n2,25;y\n;x\n")
    assert table.frame["a"].tolist()[:2] == [1.5, 2.25] and table["a"].decimal == ","
    assert "decimals" in table["a"].note


def test_points_group_thousands_where_commas_stand_before_decimals():
    prices = [f"{1 + i % 9}.{100 + i}.{i:03d},{i:02d}" if i % 3 else f"{i},05" for i in range(90)]
    found = column(*prices, delimiter=";")
    assert (found.type, found.decimal, found.missing) == ("number", ",", 0)
    table = read_csv(b"a;b\n1.234,05;x\n-12.345.678;y\n7;x\n")
    assert table.frame["a"].tolist() == [1234.05, -12345678, 7]
    # Without any comma, only what cannot be a decimal point makes points group thousands.
    assert read_csv(b"a;b\n1.234.567;x\n2.000;y\n").frame["a"].tolist() == [1234567, 2000]
    assert read_csv(b"a;b\n1.234;x\n2.5;y\n").frame["a"].tolist() == [1.234, 2.5]
    assert read_csv(b"a;b\n1,234.5;x\n2.5;y\n").frame["a"].tolist() == [1234.5, 2.5]


def test_a_column_of_numbers_and_too_much_else_says_so():
    found = column(*range(80), *[f"about {i}" for i in range(20)])
    assert found.type == "text" and "20 of 100 cells, such as 'about 0', are no numbers" in found.note


def test_numbers_that_are_too_large_are_told():
    found = column(*["1e400"] * 20)
    assert (
        found.type == "empty" and "20 cells are no usable number (line 2: '1e400', too large)" in found.note
    )
    rows = "".join(f"1e400,{i % 7},{i % 2}\n" for i in range(40))
    notes = load(f"x,z,y\n{rows}".encode()).notes
    assert any(note.startswith("'x': no cell has a value that can be used") for note in notes)
    assert column(*["too large", "small"] * 9).type == "category"
    some = column(*range(30), *["1e400"] * 10)
    assert some.type == "number" and some.missing == 10 and "line 32: '1e400', too large" in some.note
    with pytest.raises(BadValue, match="'y' is empty in every row: .*line 2: '1e400'"):
        load(cells(*["1e400"] * 20))


def test_a_text_that_says_too_large_is_no_number():
    """Only the number itself decides, never the words of an error about it."""
    found = column(*range(30), "1e31 is too large", "-1E400")
    assert found.type == "number" and found.missing == 2 and "line 32: '1e31 is too large')" in found.note
    found = column(*range(30), "-1E400", "1e31 is too large")
    assert "line 32: '-1E400', too large" in found.note


def test_few_unreadable_numbers_count_as_missing_and_are_told():
    found = column(*range(99), "oops")
    assert found.type == "number" and found.missing == 1
    assert "1 cell is no usable number (line 101: 'oops')" in found.note
    assert "too large" not in found.note and column(*range(99), "1e999").missing == 1


def test_ambiguous_dates_and_row_numbers_are_told():
    assert "Read as day first" in column("01/02/2024", "03/04/2024").note
    assert column("01/31/2024", "03/04/2024").form == "%m/%d/%Y"
    assert "counts the rows" in column(*range(1, 12)).note


def test_names_that_look_like_data_are_told():
    assert "looks like data" in read_csv(b"1,2\n3,4\n").notes[0]
    assert read_csv(b"a,\n3,4\n").names == ("a", "column 2")


def load(data, **fields):
    return Csv(**fields).examples(read_csv(data))


def cells(*rows):
    return ("\n".join(["x,y", *(f"{i},{row}" for i, row in enumerate(rows))]) + "\n").encode()


def test_the_last_column_is_the_target_and_the_task_is_found():
    examples = load(GOOD)
    assert (examples.task, examples.classes, examples.target) == ("classification", ("0", "1"), ("y",))
    assert examples.columns == ("age", "city") and examples.targets.tolist()[:2] == [1, 0]
    assert any("taken as classification: 'y' has 2 different numbers" in note for note in examples.notes)
    assert load(cells(*[i * 1.5 for i in range(20)])).task == "regression"
    assert load(cells(*["no", "yes"] * 5)).classes == ("no", "yes")
    several = load(b"x,a,b\n" + b"1,0,1\n2,1,1\n" * 6, target=["a", "b"])
    assert (
        several.task == "multi-label"
        and several.classes == ("a", "b")
        and several.targets.dtype == np.float32
    )


def test_rows_without_a_target_are_left_out_and_told():
    examples = load(cells(*["a", "", "b", "NA"] * 4))
    assert len(examples) == 8 and "8 of 16 rows have no target and are left out" in examples.notes[1]
    assert examples.inputs["x"].tolist()[:2] == [0, 2]


def test_a_target_that_is_no_number_is_told_with_its_line():
    examples = load(cells(*[i % 2 for i in range(150)], "lone", *[i % 2 for i in range(49)]))
    assert (examples.task, len(examples)) == ("classification", 199)
    assert "1 of 200 rows have no target and are left out" in examples.notes
    assert "'y': 1 cell is no usable number (line 152: 'lone')" in examples.notes


@pytest.mark.parametrize(
    ("data", "fields", "said"),
    [
        (GOOD, {"target": "agee"}, "no 'agee'. Did you mean 'age'"),
        (GOOD, {"ignore": ["city", "town"]}, "ignore must be columns.*'town'"),
        (GOOD, {"ignore": ["city", "city"]}, "names 'city' twice"),
        (GOOD, {"target": "y", "ignore": ["y"]}, "ignore names the target 'y'"),
        (GOOD, {"ignore": ["age", "city"]}, "leaves no column to learn from"),
        (b"only\n1\n2\n", {}, "leaves no column to learn from"),
        (
            GOOD,
            {"target": "city", "task": "regression"},
            "'city' must hold numbers for regression; line 2 has 'Bern'",
        ),
        (GOOD, {"target": "city", "task": "multi-label"}, "line 2 has 'bern'"),
        (GOOD, {"target": ["age", "y"], "task": "classification"}, "must be one column"),
        (cells(*["same"] * 9), {}, "'same' in every row: with one class there is nothing to learn"),
        (cells(*[""] * 9), {}, "'y' is empty in every row"),
        (cells(*[3] * 9), {"task": "regression"}, "3 in every row"),
        (cells(*range(40)), {"task": "classification"}, "40 different values in 40 rows.*regression"),
        (cells(*[f"name {i}" for i in range(40)]), {}, "too many for classes.*another column"),
        (cells(*["2024-01-01", "2024-01-02"] * 5), {}, "dates, which are no classes"),
    ],
)
def test_targets_that_cannot_be_learned_are_refused(data, fields, said):
    with pytest.raises(BadValue, match=said) as caught:
        load(data, **fields)
    assert caught.value.problems[0].field in ("target", "ignore") and caught.value.problems[0].fix


CELLS = (
    st.text("ab1., é", max_size=4)
    | st.floats().map(str)
    | st.sampled_from(["NA", "yes", "no", "2024-01-01", "7"])
)
TABLES = st.lists(st.lists(CELLS, min_size=3, max_size=3).map(";".join), min_size=1, max_size=12).map(
    lambda rows: "\n".join(["a;b;c", *rows])
)
BYTES = st.sampled_from(list(b',;"\n\r\t 0a.-e\x00\xff\xe9'))
EDITS = st.lists(st.tuples(st.integers(0, len(GOOD) - 1), BYTES), max_size=5)


def edited(edits):
    """A good file with a few bytes replaced."""
    data = bytearray(GOOD)
    for place, byte in edits:
        data[place] = byte
    return bytes(data)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.binary(max_size=80)
    | TABLES.map(str.encode)
    | TABLES.map(lambda t: t.encode("utf-16"))
    | EDITS.map(edited)
)
def test_any_bytes_are_read_or_refused_in_words(data):
    """No exception but ours; what is read can be fitted and encoded, or is refused."""
    try:
        table = read_csv(data)
        assert len(table.frame) == len(table.lines) > 0
        examples = Csv().examples(table)
        fitted = Preprocessing.fit(examples, np.arange(len(examples)), "standard")
        assert fitted.encode(examples.inputs).isfinite().all()
    except (BadFile, BadValue) as error:
        assert len(str(error)) > 20
