"""What a list tells of a run, and what a person writes on it."""

from pathlib import Path

import pytest

import engines
from builder.errors import StrataError
from engines.runs.label import Label, label, write_label
from engines.runs.summary import Summary, summary
from tests.tiny import project


def test_a_summary_tells_what_the_folder_tells(tmp_path: Path) -> None:
    run = engines.train(project(2), tmp_path / "run")
    run.describe(by="ada", parent="000001-moons", branched=7)
    write_label(run.folder, ["first try"], "a note")
    told, status = summary(run.folder), run.status()
    assert (told.id, told.by, told.parent, told.branched) == ("run", "ada", "000001-moons", 7)
    assert (told.state, told.step, told.measured) == ("finished", status.step, status.measured)
    assert (told.tags, told.note) == (("first try",), "a note")


def test_a_folder_that_tells_nothing_or_nonsense_is_summed_up_all_the_same(tmp_path: Path) -> None:
    assert summary(tmp_path) == Summary(tmp_path.name)
    (tmp_path / "run.json").write_text('{"of": 3, "created": "yesterday", "by": null}')
    (tmp_path / "label.json").write_text('{"tags": "no", "note": 5}')
    assert summary(tmp_path) == Summary(tmp_path.name)


def test_labels_are_tidied_and_bounded(tmp_path: Path) -> None:
    assert (
        write_label(tmp_path, [" a  b ", "", "a b", "c"], "n") == Label(("a b", "c"), "n") == label(tmp_path)
    )
    for tags, note in ([["x" * 41], ""], [[str(n) for n in range(21)], ""], [[], "x" * 10_001]):
        with pytest.raises(StrataError, match="at most"):
            write_label(tmp_path, tags, note)
    assert label(tmp_path).tags == ("a b", "c")
