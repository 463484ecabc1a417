"""The data page with a table of one's own: what to predict stands beside the file, and nothing is hidden twice."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

import builder
from builder.project import Project
from engines.data import store_csv
from engines.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
TABLE = "age,city,member\n" + "31,Bern,yes\n45,Basel,no\n22,Bern,yes\n64,Chur,no\n" * 10


def data_page(source):
    """The data page of a project with this source."""
    builder.save(Project(name="Mine", data={"source": source}), Workspace().projects / "mine.json")
    test = AppTest.from_file(str(ROOT / "pages/parts/router.py"), default_timeout=60)
    test.query_params["project"] = "mine"
    return test.run().switch_page("../../pages/data.py").run()


def saved():
    """The data settings on the disk."""
    return builder.load(Workspace().projects / "mine.json").data


def in_expanders(test):
    """The labels of all fields that are a click away."""
    return {
        field.label
        for one in test.expander
        for kind in (one.multiselect, one.selectbox, one.number_input, one.toggle)
        for field in kind
    }


def test_the_target_of_a_table_is_a_plain_field(workspace):
    file = store_csv(TABLE.encode(), "Mixed.csv", Workspace().uploads)
    test = data_page({"kind": "Csv", "file": file})
    assert not test.exception
    labels = [one.label for one in test.expander]
    assert len(labels) == len(set(labels))
    assert not {"Target", "Ignore", "Task"} & in_expanders(test)
    shown = " ".join(str(one.value).replace("\\", "") for one in test.caption)
    assert "mixed.csv: 40 rows, 3 columns are stored" in shown and file not in shown
    source = next(one for one in test.selectbox if one.label == "Source")
    assert "CSV file" in source.options and "XOR" in source.options
    next(one for one in test.multiselect if one.label == "Target").select("city").run()
    assert not test.exception and saved()["source"]["target"] == ["city"]
    assert saved()["source"]["file"] == file
    next(one for one in test.multiselect if one.label == "Ignore").select("city").run()
    assert "names the target" in " ".join(str(one.value) for one in test.error)
    assert not test.exception


def test_every_source_is_chosen_with_all_its_fields(workspace):
    test = data_page({"kind": "Gaussians"})
    for kind in ("Spirals", "Xor", "Csv", "Iris"):
        next(one for one in test.selectbox if one.label == "Source").select(kind).run()
        assert not test.exception and saved()["source"]["kind"] == kind
        assert len(test.expander) == len({one.label for one in test.expander})
