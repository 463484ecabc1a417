"""The Playground: its page, its process, and a person who plays with it in a browser."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from playwright.sync_api import Page, expect

import builder
from builder import Graph, Node, Project
from engines.playground import Settings, project_of
from pages.parts.playground.component import choices
from pages.parts.playground.process import Busy, PlaygroundProcess
from tests.pages.seen import Open, saved, words
from tests.playing import read, session

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


def test_the_process_answers_all_who_ask_with_their_own_frames() -> None:
    async def play() -> None:
        process = PlaygroundProcess()
        try:
            asked = [body(key=f"{n:016x}", settings={"seed": str(n)}, to=2 * n) for n in range(6)]
            answers = [read(one) for one in await asyncio.gather(*map(process.ask, asked))]
            for number, (header, _) in enumerate(answers):
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
            header, _ = read(await process.ask(body(to=3)))
            assert header["step"] == 3
        finally:
            await process.close()

    asyncio.run(play())


# -- in a browser -----------------------------------------------------------------------------------------

RESTS = "window.strataPlayground?.busy === false && (strataPlayground.frame || strataPlayground.refused)"
READY = f"() => {RESTS}"


@pytest.fixture
def play(page: Page, app_url: str) -> Iterator[Callable[[str], Page]]:
    """Open the Playground at an address, once its first frame is there."""

    def opened(query: str = "") -> Page:
        page.goto(f"{app_url}/playground{query}")
        page.wait_for_function(READY, timeout=90_000)
        return page

    yield opened


def step_of(page: Page) -> int:
    return int(page.evaluate("() => strataPlayground.step"))


def weights_of(page: Page) -> list:
    return page.evaluate("() => strataPlayground.frame.edges.map((one) => one.weights)")


def paused(page: Page) -> None:
    page.get_by_role("button", name="Pause", exact=True).click()
    page.wait_for_function(READY)


def test_it_moves_within_a_second_of_the_first_click_and_a_link_shows_the_same(
    play: Callable[[str], Page], browser: object
) -> None:
    page = play("")
    picture = page.locator(".surface .map")
    before = picture.evaluate("(one) => one.toDataURL()")
    began = time.monotonic()
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(
        "(before) => document.querySelector('.surface .map').toDataURL() !== before", arg=before
    )
    assert time.monotonic() - began < 1
    page.wait_for_function("() => strataPlayground.step > 60")
    paused(page)
    step, weights, url = step_of(page), weights_of(page), page.url
    assert f"step={step}" in url
    page.reload()
    page.wait_for_function(f"() => {RESTS} && strataPlayground.step === {step}", timeout=60_000)
    assert weights_of(page) == weights
    page.get_by_role("button", name="Reset to the same first weights").click()
    page.wait_for_function(f"() => {RESTS} && strataPlayground.step === 0")
    first = weights_of(page)
    page.get_by_role("button", name="One step").click()
    page.wait_for_function(f"() => {RESTS} && strataPlayground.step === 1")
    assert weights_of(page) != first
    page.get_by_role("button", name="Reset to the same first weights").click()
    page.wait_for_function(f"() => {RESTS} && strataPlayground.step === 0")
    assert weights_of(page) == first


def test_the_network_is_changed_weights_are_set_and_it_becomes_a_project(play: Callable[[str], Page]) -> None:
    page = play("?data=Quadrants")
    page.get_by_role("button", name="Add a hidden layer").click()
    page.get_by_role("button", name="More neurons in layer 1").click()
    page.get_by_role("button", name="x₁x₂", exact=True).click()
    expect(page.get_by_text("3 hidden layers")).to_be_visible()
    page.wait_for_function(READY)
    page.get_by_role("button", name="hidden1 · Tanh, unit 2 of 5").click()
    weight = page.get_by_role("dialog").get_by_label("x₁x₂")
    weight.fill("1.5")
    weight.press("Enter")
    page.wait_for_function("() => strataPlayground.frame.edges[0].weights[1][2] === 1.5")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Open in Build").click()
    page.wait_for_url("**/build?project=*")
    expect(page.get_by_text("Playground: Exclusive or")).to_be_visible()


def test_points_are_painted_and_learned(play: Callable[[str], Page]) -> None:
    page = play("")
    page.get_by_role("button", name="Drawn by hand").click()
    expect(page.get_by_text("at least 4 points of each colour")).to_be_visible()
    box = page.locator(".surface").bounding_box()
    assert box
    for colour, height in (("Blue", 0.2), ("Orange", 0.8)):
        page.get_by_role("button", name=colour, exact=True).click()
        page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + height * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + height * box["height"], steps=20)
        page.mouse.up()
    page.wait_for_function("() => strataPlayground.frame && !strataPlayground.refused")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => strataPlayground.frame.test.right === 1", timeout=60_000)


def test_an_exploding_loss_is_explained_and_mended_by_a_button(play: Callable[[str], Page]) -> None:
    page = play("?problem=regression&activation=ReLU&lr=10")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("the learning rate 10 are so long", timeout=30_000)
    assert page.evaluate(
        "() => strataPlayground.frame.edges.flatMap((one) => one.weights.flat()).every(Number.isFinite)"
    )
    page.get_by_role("button", name="Start again with learning rate 1").click()
    page.wait_for_function("() => strataPlayground.step > 0 && strataPlayground.settings.lr === '1'")


def test_any_network_is_cut_by_a_plane_that_can_be_chosen(play: Callable[[str], Page]) -> None:
    page = play("?template=iris-mlp")
    expect(page.get_by_text("A slice through 4 inputs")).to_be_visible()
    page.get_by_label("Column of axis 1").select_option("2")
    expect(page.get_by_text("each of the other 2 inputs stays at its mean")).to_be_visible()
    assert "plane=2%2C0" in page.url


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
