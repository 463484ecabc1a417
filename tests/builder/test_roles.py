"""Edits of a project's graphs by role, under one history."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

import builder
from builder.edits import (
    AddRole,
    History,
    InBlock,
    InRole,
    Move,
    ProjectEdit,
    RemoveRole,
    RenameRole,
    SetConfig,
    Several,
)
from builder.graph import Graph
from builder.project import Project
from tests.graphs import chain, scaled

START = {"model": chain(("Linear", {"units": 8})), "critic": scaled(1, 5)}


def units(value: int, gesture: str = "") -> InRole:
    """Another width of the model."""
    return InRole(role="model", inner=SetConfig(node="linear1", config={"units": value}, gesture=gesture))


def test_an_edit_in_a_role_leaves_the_others() -> None:
    """The same objects."""
    after = units(3).apply(START)
    assert after["model"]["linear1"].config == {"units": 3} and after["critic"] is START["critic"]
    assert [*after] == [*START]
    with pytest.raises(builder.BadValue, match="There is no network 'judge'; there is model, critic"):
        InRole(role="judge", inner=units(3).inner).apply(START)


def test_roles_come_and_go() -> None:
    """The last one stays; names are free and of Python's kind."""
    more = AddRole(role="judge").apply(START)
    assert more["judge"] == Graph() and [*more] == ["model", "critic", "judge"]
    assert [*RenameRole(role="model", to="generator").apply(more)] == ["generator", "critic", "judge"]
    assert [*RemoveRole(role="model").apply(more)] == ["critic", "judge"]
    assert RenameRole(role="model", to="model").apply(START) == START
    for edit, words in (
        (AddRole(role="critic"), "There is a network 'critic' already"),
        (RenameRole(role="model", to="critic"), "There is a network 'critic' already"),
        (RemoveRole(role="judge"), "There is no network 'judge'"),
    ):
        with pytest.raises(builder.BadValue, match=words):
            edit.apply(START)  # type: ignore[attr-defined]
    with pytest.raises(builder.BadValue, match="must have a network"):
        RemoveRole(role="model").apply({"model": Graph()})
    with pytest.raises(builder.BadValue, match="at most 20 networks"):
        AddRole(role="one").apply({f"r{number}": Graph() for number in range(20)})
    for name in ("class", "Two words", "in", "__init__"):
        with pytest.raises(ValidationError):
            AddRole(role=name)


def test_one_history_for_all_roles() -> None:
    """Undo finds the role by itself; gestures merge as inside."""
    history = History(START)
    units_in_block = InBlock(block="wide", inner=SetConfig(node="dense", config={"units": 9}, gesture="b"))
    for edit in (units(1, "a"), units(2, "a"), InRole(role="critic", inner=units_in_block), AddRole(role="judge"),
                 InRole(role="model", inner=Several(edits=(units(7).inner,), gesture="c")), units(9, "c")):  # fmt: skip
        history.do(edit)
    steps = []
    while history.can_undo:
        history.undo()
        steps.append((len(history.now), history.now["model"]["linear1"].config["units"]))
    assert steps == [(3, 2), (2, 2), (2, 2), (2, 8)] and history.now == START
    while history.can_redo:
        history.redo()
    assert history.now["model"]["linear1"].config["units"] == 9


def test_project_edits_travel_as_json() -> None:
    """As those of graphs; these are no project edits, and project edits are none of them."""
    adapter: TypeAdapter[Any] = TypeAdapter(ProjectEdit)
    for edit in (units(3, "drag"), AddRole(role="a"), RemoveRole(role="a"), RenameRole(role="a", to="b")):
        assert adapter.validate_json(edit.model_dump_json()) == edit  # type: ignore[attr-defined]
    for text in ('{"edit": "config", "node": "a", "config": {}}', '{"edit": "in_role", "role": "a"}',
                 '{"edit": "in_role", "role": "a", "inner": {"edit": "add_role", "role": "b"}}'):  # fmt: skip
        with pytest.raises(ValidationError):
            adapter.validate_json(text)


def test_the_revision_is_kept_with_the_project() -> None:
    """Left out of the file while it is 0; never negative."""
    project = Project(graphs=START)
    assert "revision" not in builder.dumps(project)
    later = project.with_fields(revision=7)
    assert builder.loads(builder.dumps(later)).revision == 7
    with pytest.raises(builder.BadValue, match="revision"):
        project.with_fields(revision=-1)


def test_what_a_run_compares() -> None:
    """Not the revision, the name, or where nodes lie, in blocks neither."""
    project = Project(graphs=START)
    moved = InRole(role="critic", inner=InBlock(block="wide", inner=Move(positions={"dense": (3, 4)}))).apply(
        {**START, "model": Move(positions={"linear1": (1, 2)}).apply(START["model"])}
    )
    later = project.with_fields(revision=9, name="Later", notes="So far", graphs=moved)
    assert later != project and later.trains_like(project)
    for other in (project.with_fields(seed=3), project.with_fields(graphs=units(3).apply(START)),
                  project.with_fields(data={"kind": "Digits"}),
                  project.with_fields(graphs={"model": START["model"]})):  # fmt: skip
        assert not other.trains_like(project)
