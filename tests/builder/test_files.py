"""Project files: what was saved comes back; what is damaged, hostile or of a later time is refused in words."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

import builder
from builder import files
from builder.project import Project
from tests.graphs import long

GOLDEN = Path(__file__).parent.parent / "golden" / "project-v1.json"
BYTES = GOLDEN.read_bytes()
TREE = json.loads(BYTES)


def refused(text: str | bytes) -> str:
    """Why a text is refused, within a second."""
    start = time.process_time()
    with pytest.raises(builder.BadFile) as caught:
        builder.loads(text)
    assert time.process_time() - start < 1
    return str(caught.value)


def changed(**fields: Any) -> str:
    """The golden file with other fields at the top."""
    return json.dumps({**TREE, **fields})


def test_the_golden_file_is_read() -> None:
    """A file of version 1, which never changes: every later Strata must read it as this one does."""
    project = builder.load(GOLDEN)
    assert project.name == "Golden “project” №1 – ünïcødé"
    assert project.seed == 2**40 + 1
    assert project.notes == 'Line one.\nLine two: "quoted".'
    assert list(project.graphs) == ["model", "critic"]
    assert project.engine["optimiser"] == {"kind": "Adam", "lr": 0.003}
    graph = project.graphs["model"]
    assert builder.check(graph) == []
    assert builder.summary(graph).parameters == 2_404
    assert graph["embed"].position == (0, 80.5)
    assert graph["again"].shares == "head"


def test_the_golden_file_is_what_we_write() -> None:
    """As long as version 1 is the present one."""
    assert files.VERSION > 1 or builder.dumps(builder.load(GOLDEN)).encode() == BYTES


def test_saving_and_loading(tmp_path: Path) -> None:
    """Equal, in a folder that did not exist; a second save replaces the first and leaves nothing beside it."""
    path = tmp_path / "new" / "project.json"
    project = builder.template("digits-cnn")
    builder.save(project, path)
    builder.save(project, path)
    assert builder.load(path) == project
    assert [one.name for one in path.parent.iterdir()] == ["project.json"]


@pytest.mark.parametrize("moment", ["fsync", "write", "replace"])
def test_a_crash_while_saving_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Whole, with nothing beside it."""
    path = tmp_path / "project.json"
    builder.save(builder.template("digits-mlp"), path)

    def crash(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    match moment:
        case "fsync":
            monkeypatch.setattr(os, "fsync", crash)
        case "write":
            monkeypatch.setattr(os, "fdopen", crash)
        case "replace":
            monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(builder.BadFile, match="No space left"):
        builder.save(builder.template("digits-cnn"), path)
    monkeypatch.undo()
    assert builder.load(path) == builder.template("digits-mlp")
    assert [one.name for one in tmp_path.iterdir()] == ["project.json"]


def test_migrations_run_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of version n goes through the n-th and all later ones."""
    steps = [
        lambda raw: {**raw, "notes": raw["notes"] + " one"},
        lambda raw: {**raw, "notes": raw["notes"] + " two"},
    ]
    monkeypatch.setattr(files, "MIGRATIONS", steps)
    monkeypatch.setattr(files, "VERSION", 3)
    assert builder.loads(changed(strata=1, notes="")).notes == " one two"
    assert builder.loads(changed(strata=2, notes="")).notes == " two"
    assert builder.loads(changed(strata=3, notes="")).notes == ""


def test_versions() -> None:
    """Of the future, or none."""
    assert refused(changed(strata=99)) == (
        f"The file is of version 99; this Strata reads versions 1 to {files.VERSION}. Update Strata."
    )
    for version in (0, -1, True, 1.0, "1", None):
        assert "version" in refused(changed(strata=version))
    assert 'it does not begin with {"strata": version}' in refused('{"name": "x"}')
    for text in ("", "[]", "1", "null", "{}", '"strata"', "\x00", "<html>"):
        assert refused(text)


def test_what_no_project_file_holds() -> None:
    """NaN, doubled keys, another encoding, numbers without end: each with its cause."""
    text = BYTES.decode()
    assert "NaN is not a number" in refused(text.replace("0.25", "NaN"))
    assert "-Infinity is not a number" in refused(text.replace("0.25", "-Infinity"))
    assert "test must be finite. Got inf" in refused(text.replace("0.25", "1e999"))
    assert "'seed' stands twice" in refused(text.replace('"seed"', '"seed": 1, "seed"'))
    assert "'input' stands twice" in refused(
        text.replace('"input": "embed"', '"input": "embed", "input": "words"')
    )
    assert "not UTF-8 text (byte 0)" in refused(text.encode("utf-16"))
    assert "not UTF-8" in refused(text.encode("latin-1", "replace"))
    assert "damaged" in refused(text.replace(str(2**40 + 1), "9" * 400))
    assert refused(text.replace(str(2**40 + 1), "9" * 5000))
    assert "damaged" in refused(text.replace('"units": 8', '"units": "\\ud800"'))
    assert builder.loads(b"\xef\xbb\xbf" + BYTES) == builder.load(GOLDEN), "a byte order mark does no harm"


def test_what_is_damaged_is_named() -> None:
    """The place in the file, the rule and the value."""
    assert "damaged: graphs.model.nodes.0.id: must begin with a letter" in refused(
        changed(graphs={"model": {"nodes": [{"id": "A b", "kind": "ReLU"}]}})
    )
    assert "damaged: name: " in refused(changed(name=3))
    assert "damaged: surprise: " in refused(changed(surprise=3))
    for name in ("__proto__", "constructor", "Model", "a.b", ""):
        refused(changed(graphs={name + "!": {}}))
    assert "damaged" in refused(changed(graphs={"__proto__": {}}))


def test_37_too_many_nodes() -> None:
    """100,000."""
    nodes = [
        {"id": f"n{number}", "kind": "ReLU", "inputs": {"input": f"n{number - 1}"}}
        for number in range(100_000)
    ]
    assert "has 100,000 nodes; at most 20,000 are read" in refused(
        changed(graphs={"model": {"nodes": nodes}})
    )
    within = {"model": {"blocks": {"inner": {"nodes": nodes}}}}
    assert "'inner' has 100,000 nodes" in refused(changed(graphs=within))


@pytest.mark.parametrize("deep", [
    "[" * 1000 + "]" * 1000, '{"a":' * 1000 + "1" + "}" * 1000, "[" * 10_000_000, '{"a":[' * 1_000_000,
    '{"blocks": {"b": ' * 1000 + "{}" + "}}" * 1000,
])  # fmt: skip
def test_37_too_deep(deep: str) -> None:
    """1,000 levels, closed or not, anywhere in the file."""
    assert "nests more than 40 levels" in refused('{"strata": 1, "graphs": {"model": ' + deep + "}}")
    assert "nests more than 40 levels" in refused(deep)


def test_37_brackets_in_text_do_not_count() -> None:
    """Notes may hold what they like, quotes and backslashes included."""
    notes = "[{" * 500 + '\\"[[[' * 50 + "\\"
    assert builder.loads(changed(notes=notes)).notes == notes


@pytest.mark.parametrize(
    "text", ['"' + '\\"' * 5_000_000, '"\\' * 5_000_000, '{"a":"' * 2_000_000, "{" + '"' * 9_999_999]
)
def test_53_text_that_is_slow_to_read(text: str) -> None:
    """Quotes and backslashes that a careless pattern goes through again and again."""
    refused(text)


def test_53_an_object_of_many_names() -> None:
    """The doubled one comes last."""
    names = ", ".join(f'"n{number}": 1' for number in range(200_000))
    assert "'n199999' stands twice" in refused('{"strata": 1, "data": {' + names + ', "n199999": 2}}')


def test_files_that_are_too_large(tmp_path: Path) -> None:
    """Refused before they are read."""
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(files.LARGEST + 1)
    with pytest.raises(builder.BadFile, match=r"large.json is larger than 32 MiB"):
        builder.load(path)
    assert "larger than 32 MiB" in refused(b" " * (files.LARGEST + 1))


def test_a_project_that_could_not_be_read_again_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file stays as it was."""
    path = tmp_path / "project.json"
    builder.save(Project(), path)
    monkeypatch.setattr(files, "LARGEST", 5_000)
    with pytest.raises(builder.BadFile, match="'project.json' cannot be written: it would be larger than"):
        builder.save(Project(notes="x" * 6_000), path)
    assert builder.load(path) == Project()


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    """None, a folder, a name that no file has."""
    for path in (tmp_path / "none.json", tmp_path, tmp_path / "a\x00b", tmp_path / ("n" * 300)):
        with pytest.raises(builder.BadFile, match="cannot be read"):
            builder.load(path)


def test_a_large_project_is_read_quickly() -> None:
    """A bound against quadratic code, not a benchmark."""
    text = builder.dumps(Project(graphs={"model": long(10_000)}))
    start = time.process_time()
    builder.loads(text)
    assert time.process_time() - start < 2


def test_a_saved_file_keeps_its_permissions_and_its_links(tmp_path: Path) -> None:
    project, real, link = builder.template("xor-mlp"), tmp_path / "real.json", tmp_path / "link.json"
    builder.save(project, real)
    real.chmod(0o640)
    link.symlink_to(real)
    builder.save(project.with_fields(name="Other"), link)
    assert link.is_symlink() and builder.load(real).name == "Other"
    assert real.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["", "nul\0.json", "n" * 300, "file/x.json"])
def test_a_place_that_cannot_hold_a_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(builder.BadFile, match="cannot be written"):
        builder.save(builder.template("xor-mlp"), tmp_path / name)


def test_fields_of_a_project_are_refused_in_words() -> None:
    with pytest.raises(builder.BadValue, match=r"Project: seed must be in \[0, .* Got -1"):
        builder.template("xor-mlp").with_fields(seed=-1)


@pytest.mark.parametrize("place", ["inputs", "shares"])
def test_36_text_that_cannot_be_written_is_refused(place: str) -> None:
    broken = {"inputs": {"input": "\ud800"}} if place == "inputs" else {"shares": "\ud800"}
    file = {"strata": 1, "graphs": {"model": {"nodes": [{"id": "a", "kind": "ReLU", **broken}]}}}
    with pytest.raises(builder.BadFile, match="unicode"):
        builder.loads(json.dumps(file))
