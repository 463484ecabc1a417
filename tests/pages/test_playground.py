"""The Playground: its page, and its process."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from playwright.sync_api import Page

import builder
from builder import Graph, Node, Project
from engines.playground import Settings, project_of
from pages.parts.playground.component import choices
from pages.parts.playground.process import Busy, PlaygroundProcess
from tests.pages.seen import Open, saved, words
from tests.playing import READY, read, session

KEY = "0123456789abcdef"


def component(test: object) -> dict:
    """What Python tells the scripts."""
    return json.loads(test.get("bidi_component")[-1].proto.json)  # type: ignore[attr-defined]


# -- the page ---------------------------------------------------------------------------------------------


def test_the_page_tells_the_scripts_the_settings_of_the_address(open_page: Open) -> None:
    test = open_page("playground", data="TwoSpirals", layers="8,8", lr="0.1", nonsense="1")
    assert not test.exception
    assert component(test)["query"] == {"data": "TwoSpirals", "layers": "8,8", "lr": "0.1"}


@pytest.mark.parametrize(
    "query", [{"layers": "4,999"}, {"lr": "<script>alert(1)</script>"}, {"points": "%00"}, {"changes": "1:x"}]
)
def test_a_hostile_address_is_refused_in_words(open_page: Open, query: dict[str, str]) -> None:
    test = open_page("playground", **query)
    assert not test.exception
    told = component(test)
    assert told["query"] == {} and next(iter(query)) in told["refused"]


def test_projects_and_networks_with_inputs_of_numbers_are_offered(open_page: Open) -> None:
    saved(builder.template("iris-mlp"), "flowers")
    told = component(open_page("playground"))
    assert {"id": "flowers", "title": "Iris"} in told["projects"]
    saved(builder.template("siamese"), "pairs")
    titles = [one["title"] for one in component(open_page("playground"))["projects"]]
    assert titles == ["Iris"]  # only what can be played with
    names = {one["name"] for one in choices()["templates"]}
    assert {"xor-mlp", "iris-mlp", "digits-cnn"} <= names and "tiny-gpt" not in names


def test_every_choice_is_one_that_the_settings_take() -> None:
    told = choices()
    for name, list_ in (
        ("data", told["data"]),
        ("activation", told["activations"]),
        ("optimiser", told["optimisers"]),
    ):
        for one in list_:
            assert getattr(Settings.read({name: one["kind"]}), name) == one["kind"]
    for task, losses in told["losses"].items():
        for one in losses:
            assert project_of(Settings.read({"problem": task, "loss": one["kind"]})).engine["loss"]["kind"]


def test_projects_lead_to_the_playground_where_they_can_be_played_with(open_page: Open) -> None:
    there = {
        name: any(
            one.label == "Play with it" for one in open_page("build", project=saved(project, name)).button
        )
        for name, project in (("flowers", builder.template("iris-mlp")), ("words", words_project()))
    }
    assert there == {"flowers": True, "words": False}


def words_project() -> Project:
    """A project whose network reads indices."""
    nodes = (Node(id="words", kind="Input", config={"shape": [5], "dtype": "int64"}),)
    return Project(name="Words", graphs={"model": Graph(nodes=nodes)}, data={"source": {"kind": "Xor"}})


def test_painted_points_are_counted_on_the_data_page(open_page: Open) -> None:
    points = [[float(x), float(x % 3), 1.0 if x % 2 else -1.0] for x in range(-6, 6)] * 3
    source = {"kind": "DrawnByHand", "problem": "classification", "points": points}
    project = builder.template("xor-mlp").with_fields(data={"source": source})
    test = open_page("data", project=saved(project))
    assert not test.exception
    assert "36 points were painted" in words(test)
    empty = project.with_fields(data={"source": {**source, "points": []}})
    test = open_page("data", project=saved(empty, "empty"))
    assert "at least 4 points of each colour" in words(test) and not test.exception


# -- the process ------------------------------------------------------------------------------------------


def body(**fields: object) -> bytes:
    return json.dumps({"key": KEY, "settings": {}, **fields}).encode()


async def reached(process: PlaygroundProcess, to: int, **fields: object) -> dict[str, Any]:
    """The header of a frame at a step, asked for until it is there: on a busy machine a turn is over before."""
    step = -1
    while step < to:
        header, _ = read(await process.ask(body(to=to, opening=True, **fields)))
        assert header["step"] > step or to == 0
        step = header["step"]
    return header


def test_the_process_answers_all_who_ask_with_their_own_frames() -> None:
    async def play() -> None:
        process = PlaygroundProcess()
        try:
            asked = [reached(process, 2 * n, key=f"{n:016x}", settings={"seed": str(n)}) for n in range(6)]
            for number, header in enumerate(await asyncio.gather(*asked)):
                one = session(seed=str(number))
                one.advance(2 * number)
                known = one.context.model.answer.weight.detach()
                told = header["edges"][-1]["weights"]
                assert header["step"] == 2 * number and told[0] == pytest.approx(known[0].tolist(), rel=1e-5)
        finally:
            await process.close()

    asyncio.run(play())


def test_a_process_that_was_killed_is_started_again() -> None:
    async def play() -> None:
        process = PlaygroundProcess()
        try:
            await process.ask(body(to=3))
            assert process.child and process.child.process
            waiting = asyncio.gather(
                *(process.ask(body(to=100_000)) for _ in range(3)), return_exceptions=True
            )
            await asyncio.sleep(0)
            process.child.process.kill()
            assert all(isinstance(one, Busy | bytes) for one in await waiting)
            assert (await reached(process, 3))["step"] == 3
        finally:
            await process.close()

    asyncio.run(play())


def test_the_process_ends_with_the_server(start_server: Callable[[], object], page: Page) -> None:
    server = start_server()
    page.goto(f"{server.url}/playground")  # type: ignore[attr-defined]
    page.wait_for_function(READY, timeout=90_000)
    children = psutil.Process(server.process.pid).children()  # type: ignore[attr-defined]
    forkserver = next(one for one in children if "engines.runs.forkserver" in one.cmdline())
    ours = forkserver.children()
    assert len(ours) == 1
    page.goto("about:blank")
    server.kill()  # type: ignore[attr-defined]
    gone, _ = psutil.wait_procs(ours, 20)
    assert gone == ours
