"""The routes of the canvas: what they answer, what they refuse, and that nothing hostile gets through."""

import time
from pathlib import Path
from typing import Any

import pytest

import builder
from pages.parts import lifespan
from pages.parts.documents import board
from pages.parts.documents.wishes import read
from tests.graphs import chain
from tests.pages.asking import HOST, Answer, ask, post
from tests.pages.seen import project_of, saved

ONE = "/api/projects/mine"


@pytest.fixture(autouse=True)
def _mine(workspace: Path) -> None:
    saved(builder.template("digits-mlp"))


def config(n: int, node: str = "linear1", **fields: Any) -> dict[str, Any]:
    return {"n": n, "do": "edit", "edit": {"edit": "config", "node": node, "config": fields}}


def send(*edits: dict[str, Any], tab: str = "a", base: int = 0, **more: Any) -> Any:
    answer = post(f"{ONE}/edits", {"tab": tab, "role": "model", "base": base, "edits": edits, **more})
    assert answer.status == 200, answer.body
    return answer.json()


def refused(answer: Answer, status: int) -> str:
    """The words of an error, which show nothing of what lies behind."""
    assert answer.status == status, answer.body
    assert [*answer.json()] == ["error"]
    assert not any(word in answer.json()["error"] for word in ("Traceback", "/strata", ".py", "pydantic"))
    return str(answer.json()["error"])


def test_an_edit_is_applied_saved_and_acknowledged() -> None:
    """The answer is the whole scene."""
    told = send(config(5, units=40), config(6, units=41))
    assert (told["ack"], told["refused"], told["scene"]["revision"], told["scene"]["tab"]) == (6, [], 1, "a")
    assert project_of().graph["linear1"].config == {"units": 41}
    assert told["scene"]["nodes"][2]["about"]["shape"] == "B × 41" and told["scene"]["can_undo"]
    assert ask(f"{ONE}/revision").json() == {"revision": 1, "tab": "a"}
    assert ask(f"{ONE}/scene?role=model").json() == told["scene"]


def test_a_lost_answer_is_asked_for_again() -> None:
    """The same request again does nothing again."""
    first = send(config(5, units=40), {"n": 6, "do": "undo"}, config(7, units=42))
    again = send(config(5, units=40), {"n": 6, "do": "undo"}, config(7, units=42))
    assert again == first and again["scene"]["revision"] == 1


def test_two_tabs() -> None:
    """Each has numbers of its own; an undo that would take back what was not seen is refused with words."""
    send(config(100, units=40))
    assert send(config(1, "linear2", units=20), tab="b", base=1)["scene"]["revision"] == 2
    told = send({"n": 101, "do": "undo"}, base=1)
    assert told["ack"] == 101 and "nothing was undone" in told["refused"][0]["message"]
    assert project_of().graph["linear2"].config["units"] == 20
    assert send({"n": 102, "do": "undo"}, base=2)["refused"] == []
    assert project_of().graph["linear2"].config["units"] == 32
    assert send({"n": 103, "do": "redo"}, base=2)["scene"]["can_redo"] is False
    assert project_of().graph["linear2"].config["units"] == 20


def test_refused_edits_change_nothing_and_the_rest_is_made() -> None:
    """Each is told by number, in words."""
    edits = [
        {
            "n": 1,
            "do": "edit",
            "edit": {"edit": "connect", "source": "gone", "node": "relu1", "port": "input"},
        },
        {"n": 2, "do": "edit", "edit": {"edit": "explode"}},
        {"n": 3, "do": "edit", "edit": {"edit": "rename", "node": "relu1", "to": "Not A Name"}},
        {"n": 4, "do": "edit", "edit": {"edit": "move", "positions": {"relu1": [1e999, 0]}}},
        {"n": 5, "do": "edit"},
        config(6, units=40),
        {**config(7), "role": "critic"},
        {**config(8), "path": ["nowhere"]},
    ]
    told = send(*edits)
    assert [one["n"] for one in told["refused"]] == [1, 2, 3, 4, 5, 7, 8] and told["ack"] == 8
    words = " ".join(one["message"] for one in told["refused"])
    assert "Place it first" in words and "A name must begin" in words and "no network 'critic'" in words
    assert "pydantic" not in words
    assert project_of().graph["linear1"].config["units"] == 40


def test_what_is_typed_on_a_node_becomes_numbers_and_lists() -> None:
    """As in the forms: 1 × 8 × 8 is a list; a text that is no number stays for the field to refuse."""
    send(config(1, units="40"), config(2, "image", shape="1 × 16 × 16"), config(3, "linear2", units="many"))
    graph = project_of().graph
    assert graph["linear1"].config["units"] == 40 and graph["image"].config["shape"] == [1, 16, 16]
    assert graph["linear2"].config["units"] == "many"
    shown = {node["id"]: node["about"] for node in ask(f"{ONE}/scene").json()["nodes"]}
    assert shown["linear2"]["problems"][0]["field"] == "units"


def test_a_name_that_is_refused_is_told_in_one_sentence() -> None:
    block = {"edit": "make_block", "ids": ["linear1"], "name": "class"}
    wishes = [
        {"n": n, "do": "edit", "edit": {**block, "name": name}} for n, name in ((1, "class"), (2, "Big"))
    ]
    assert [one["message"] for one in send(*wishes)["refused"]] == [
        "A name must not be 'class', which Python or PyTorch uses itself.",
        "A name must begin with a letter, and have at most 64 small letters a–z, digits and underscores. Got 'Big'.",
    ]


def test_roles_and_blocks() -> None:
    """Edits go where `role` and `path` lead; after an undo the scene is that of what changed."""
    ids = ["linear1", "relu1", "linear2"]
    block = {"n": 1, "do": "edit", "edit": {"edit": "make_block", "ids": ids, "name": "pair"}}
    use = next(node for node in send(block)["scene"]["nodes"] if node["kind"] == "Block")["id"]
    told = send(config(2, units=48), path=[use])
    assert told["refused"] == [] and told["scene"]["path"][0]["block"] == "pair"
    assert project_of().graph.blocks["pair"]["linear1"].config["units"] == 48
    assert ask(f"{ONE}/scene?path={use}.gone").json()["path"] == told["scene"]["path"]
    arguments = {
        "n": 3,
        "do": "edit",
        "edit": {"edit": "arguments", "block": "pair", "arguments": {"width": 9}},
    }
    send(arguments, config(4, use, **{"arguments.width": "12"}))
    assert project_of().graph[use].config["arguments"] == {"width": 12}
    critic = send({"n": 5, "do": "edit", "edit": {"edit": "add_role", "role": "critic"}})
    assert [role["name"] for role in critic["scene"]["roles"]] == ["model", "critic"]
    steps = [{"n": n, "do": "undo"} for n in range(6, 10)]
    back = [send(one, role="critic", base=10)["scene"] for one in steps]
    assert [(one["role"], len(one["path"])) for one in back] == [("model", 0)] * 2 + [("model", 1)] * 2


def test_what_may_follow() -> None:
    """The kinds that take what a port gives, usual ones first."""
    assert ask(f"{ONE}/follow?node=image").json()["kinds"][0] != "LSTM"
    assert "Linear" in ask(f"{ONE}/follow?node=linear1&port=output").json()["kinds"]
    for query in ("node=gone", "node=linear1&port=x", "", "role=x&path=a..b&node=linear1"):
        assert isinstance(ask(f"{ONE}/follow?{query}").json()["kinds"], list)


def test_kinds_are_kept_by_the_browser() -> None:
    """They are sent once."""
    first = ask("/api/layers")
    assert first.status == 200 and "Linear" in first.json()["kinds"]
    again = ask("/api/layers", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("id", ["gone", "..%2fmine", "mine.json", "a" * 200, "%00", "Mine"])
@pytest.mark.parametrize("route", ["scene", "revision", "follow", "edits"])
def test_unknown_projects(id: str, route: str) -> None:
    """404, and no file is looked for outside."""
    address = f"/api/projects/{id}/{route}"
    answer = post(address, {"tab": "a"}) if route == "edits" else ask(address)
    assert answer.status == 404


HOSTILE = [
    b"",
    b"null",
    b"[]",
    b"{",
    b'{"tab": "a b"}',
    b'{"tab": "a", "edits": 5}',
    b'{"tab": "a", "edits": [{"n": -1}]}',
    b'{"tab": "a", "edits": [{"n": 1e400}]}',
    b'{"tab": "a", "edits": [{"n": 1, "do": "drop"}]}',
    b'{"tab": "a", "path": "ab"}',
    b'{"tab": "\\ud800"}',
    b"\xff\xfe",
    b'{"tab": "a", "base": ' + b"9" * 5000 + b"}",
    b'{"tab": "a", "edits": [' + b'{"n": 1},' * 6000 + b'{"n": 1}]}',
    b"[" * 100_000,
    b'{"tab":' * 300 + b"1" + b"}" * 300,
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_bodies(body: bytes) -> None:
    """400 in words, at once, and nothing changes."""
    before, began = project_of(), time.perf_counter()
    refused(post(f"{ONE}/edits", body), 400)
    assert time.perf_counter() - began < 1
    assert project_of() == before


ODD: list[Any] = [
    {"edit": "config", "node": "linear1", "config": {"units": 1e999}},
    {"edit": "config", "node": "linear1", "config": {"units": float("nan")}},
    {"edit": "add", "node": {"id": "x" * 70, "kind": "Linear"}},
    {"edit": "add", "node": {"id": "__class__", "kind": "Linear"}},
    {"edit": "several", "edits": [{"edit": "remove", "ids": ["linear1"]}, {"edit": "remove", "ids": 5}]},
    {
        "edit": "in_role",
        "role": "model",
        "inner": {"edit": "in_block", "block": "x", "inner": {"edit": "zzz"}},
    },
    {"edit": "remove_role", "role": "model"},
    {"edit": {"edit": "add"}},
    {"edit": "rename_block", "block": "x", "to": "y", "more": 1},
    {"edit": "connect", "source": "image", "node": {"a": 1}, "port": "input"},
]


@pytest.mark.parametrize("edit", ODD, ids=range(len(ODD)))
def test_odd_edits_are_refused_one_by_one(edit: Any) -> None:
    """In words; the project stays as it was."""
    before = project_of()
    told = send({"n": 1, "do": "edit", "edit": edit})
    assert [one["n"] for one in told["refused"]] == [1] and "fault" not in told["refused"][0]["message"]
    assert project_of() == before


def test_what_else_is_refused() -> None:
    """Another type, another site, too much."""
    body = {"tab": "a", "edits": [config(1, units=40)]}
    for type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        refused(post(f"{ONE}/edits", body, content_type=type), 415)
    for origin in ("http://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1.evil.example"):
        refused(post(f"{ONE}/edits", body, origin=origin), 403)
    refused(post(f"{ONE}/edits", body, sec_fetch_site="cross-site"), 403)
    refused(post(f"{ONE}/edits", b" " * (board.LARGEST + 1)), 413)
    assert ask(f"{ONE}/edits").status == 405 and ask(f"{ONE}/edits", "DELETE").status == 405
    assert ask(f"{ONE}/scene", origin="http://evil.example", host="evil.example").status in (200, 403)
    assert project_of().graph["linear1"].config["units"] == 64
    assert post(f"{ONE}/edits", body, origin=f"http://{HOST}").status == 200


def test_a_fault_of_ours_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is logged, and answered in words."""

    def broken(*_: object, **__: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(board, "scene", broken)
    assert "secret" not in refused(ask(f"{ONE}/scene"), 500)


def test_a_damaged_file_is_told(workspace: Path) -> None:
    """And a removed one is gone."""
    ask(f"{ONE}/scene")
    path = workspace / "projects/mine.json"
    path.write_text("{")
    refused(ask(f"{ONE}/scene"), 409)
    path.unlink()
    refused(ask(f"{ONE}/revision"), 404)
    refused(post(f"{ONE}/edits", {"tab": "a", "edits": [config(1, units=40)]}), 404)


def test_while_torch_is_loaded_the_scene_comes_without_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The canvas asks again; edits are taken already."""
    monkeypatch.setattr(lifespan.begun, "is_set", lambda: True)
    monkeypatch.setattr(lifespan.warm, "is_set", lambda: False)
    assert send(config(1, units=40))["scene"]["pending"]
    assert ask(f"{ONE}/follow?node=linear1").json() == {"kinds": [], "pending": True}
    monkeypatch.setattr(lifespan.warm, "is_set", lambda: True)
    assert ask(f"{ONE}/scene").json()["totals"]["errors"] == 0


def test_a_project_edit_is_read_as_it_stands() -> None:
    """Whatever role and path are open."""
    edit = read({"edit": "add_role", "role": "critic"}, "gone", ("nowhere",), {"model": chain()})
    assert edit.role == "critic"
