"""The document that all tabs share: each change under a number of its own, one history, nothing lost or done twice."""

import threading
from functools import partial
from pathlib import Path

import pytest

import builder
from builder.edits import AddRole, InRole, Rename, SetConfig
from builder.errors import BadFile, BadValue, StrataError
from pages.parts.documents import document as module
from pages.parts.documents.document import Document, Gone, Step, document
from tests.pages.seen import project_of, saved


@pytest.fixture
def opened(workspace: Path) -> Document:
    return document(saved(builder.template("digits-mlp")))


def units(value: int, node: str = "linear1") -> InRole:
    return InRole(role="model", inner=SetConfig(node=node, config={"units": value}))


def step(n: int, value: int, node: str = "linear1") -> Step:
    return Step(n, "edit", lambda graphs: units(value, node))


def units_of(node: str = "linear1") -> int:
    return project_of().graph[node].config["units"]


def test_every_change_raises_the_revision_and_has_an_author(opened: Document) -> None:
    """One that changes nothing does not."""
    for value, expected in ((50, 1), (50, 1), (51, 2)):
        opened.edit(units(value), "a")
        assert (opened.revision, project_of().revision, units_of()) == (expected, expected, value)
    opened.change(lambda project: project.with_fields(name="Other"), "b")
    assert (opened.revision, opened.tab, project_of().name) == (3, "b", "Other")
    assert [*opened.changes] == [(1, "a"), (2, "a"), (3, "b")]


def test_all_sessions_share_one_document(opened: Document) -> None:
    """Its history too, so undo survives a refresh of the browser; it is found by its id alone."""
    opened.edit(units(50), "before the refresh")
    again = document("mine")
    assert again is opened
    again.undo("after the refresh", again.revision)
    assert (units_of(), again.revision) == (64, 2)
    with pytest.raises(Gone, match="no project"):
        document("../mine")
    with pytest.raises(Gone):
        document("other")


def test_what_another_process_wrote_is_taken_over(opened: Document) -> None:
    """The next change is made to it; what was done before can no longer be undone."""
    opened.edit(units(50), "a")
    other = project_of().with_fields(name="From elsewhere", revision=0)
    saved(other)
    opened.edit(units(60, "linear2"), "a")
    assert project_of().name == "From elsewhere"
    assert (units_of(), units_of("linear2"), opened.revision) == (50, 60, 3)
    with pytest.raises(StrataError, match="nothing was undone"):
        opened.undo("a", 1)
    assert [who for _, who in opened.changes] == ["a", "", "a"]


def test_a_touched_file_loses_no_history(opened: Document) -> None:
    """A backup program may write the same again."""
    opened.edit(units(50), "a")
    opened.path.write_text(opened.path.read_text())
    opened.undo("a", 1)
    assert units_of() == 64


def test_undo_takes_back_only_what_was_seen(opened: Document) -> None:
    """What another tab changed after that stays."""
    opened.edit(units(50), "a")
    opened.edit(units(51), "b")
    with pytest.raises(StrataError, match="nothing was undone"):
        opened.undo("a", 1)
    assert units_of() == 51
    opened.undo("a", 2)
    assert units_of() == 50
    opened.redo("a", 2)
    assert units_of() == 51


def test_a_retry_does_nothing_twice(opened: Document) -> None:
    """An answer that was lost is asked for again; numbers count for each tab by itself."""
    first = [step(7, 50), Step(9, "undo"), step(12, 52)]
    assert opened.take(first, "a", 0).ack == 12
    revision = opened.revision
    assert (revision, units_of()) == (1, 52)
    again = opened.take(first, "a", 0)
    assert (again.ack, again.refused, opened.revision) == (12, (), revision)
    opened.take([*first, step(13, 53)], "a", 0)
    opened.take([step(1, 60)], "b", 2)
    assert (opened.revision, units_of()) == (3, 60)


def test_a_refused_step_changes_nothing_and_stops_nobody(opened: Document) -> None:
    """Each is told by its number; also a fault of ours."""

    def broken(graphs: object) -> InRole:
        raise KeyError("a fault")

    wishes = [step(1, 50, "gone"), Step(2, "edit", broken), step(3, 51)]
    taken = opened.take(wishes, "a", 0)
    assert [n for n, _ in taken.refused] == [1, 2] and "removed meanwhile" in taken.refused[0][1]
    assert "KeyError" not in taken.refused[1][1]
    assert (units_of(), opened.revision) == (51, 1)


def test_a_change_that_cannot_be_saved_leaves_no_trace(
    opened: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full: nobody sees the change, and it may be sent again."""

    def full(*_: object) -> None:
        raise BadFile("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(module, "save", full)
        with pytest.raises(BadFile):
            opened.take([step(1, 50)], "a", 0)
    assert (opened.revision, opened.history.now) == (0, opened.project.graphs)
    assert opened.take([step(1, 50)], "a", 0).ack == 1
    assert units_of() == 50


def test_a_removed_file_is_told(opened: Document) -> None:
    """Nothing is written at its place."""
    opened.path.unlink()
    with pytest.raises(Gone, match="removed"):
        opened.edit(units(50), "a")
    assert not opened.path.exists()


def test_settings_and_graphs_are_merged(opened: Document) -> None:
    """Two that began with the same state change different things."""
    base = opened.project
    opened.edit(units(50), "a")
    opened.keep(base, base.with_fields(name="Renamed"), "b")
    assert (project_of().name, units_of()) == ("Renamed", 50)
    opened.undo("b", opened.revision)
    assert project_of().name == "Renamed" and units_of() == 64


def test_networks_are_edited_by_role(opened: Document) -> None:
    """A network more; one that is refused says why."""
    opened.edit(AddRole(role="critic"), "a")
    assert [*project_of().graphs] == ["model", "critic"]
    with pytest.raises(BadValue):
        opened.edit(InRole(role="critic", inner=Rename(node="none", to="other")), "a")
    opened.undo("a", 1)
    assert [*project_of().graphs] == ["model"]


def test_six_at_once_lose_nothing(opened: Document) -> None:
    """Each thread makes ten edits of its own node; a second document stands for another process."""
    other = Document(opened.id, opened.path)
    nodes = [node.id for node in opened.project.graph.nodes][:3]

    def work(number: int) -> None:
        one = (opened, other)[number % 2]
        for value in range(1, 11):
            inner = SetConfig(node=nodes[number // 2], config={f"note{number}": value})
            edit = InRole(role="model", inner=inner)
            one.take([Step(value, "edit", partial(lambda edit, graphs: edit, edit))], f"t{number}", 0)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    config = [project_of().graph[nodes[number // 2]].config[f"note{number}"] for number in range(6)]
    assert config == [10] * 6
    assert project_of().revision >= 60


def test_few_documents_stay_in_memory(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that somebody holds stays the same object, though many others are opened."""
    monkeypatch.setattr(module, "MOST_OPEN", 2)
    held = document(saved(builder.template("digits-mlp"), "held"))
    for number in range(5):
        document(saved(builder.template("digits-mlp"), f"other{number}"))
    assert document("held") is held
    assert len(module._recent) == 2
