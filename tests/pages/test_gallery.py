"""The ready networks: sixty on the start page, and a page for each."""

import importlib
import re
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import pytest
from playwright.sync_api import Page, expect

import builder
from builder.templates import TEMPLATES, about
from builder.templates.sketch import Sketch, Template
from engines.workspace import Workspace
from pages.parts.families import FAMILIES, families, related, searched
from pages.parts.finding import found
from tests.pages.seen import Open, button, words
from tests.server import Server


@pytest.fixture
def sixty(monkeypatch: pytest.MonkeyPatch) -> dict[str, Template]:
    """A registry of sixty ready networks in ten families, some without data, one with two roles."""
    known = [*TEMPLATES.values()]
    many = {one.name: one for one in known[:1]}
    while len(many) < 59:
        number = len(many)
        one = known[number % len(known)]
        name, title, data = f"{one.name}-{number}", f"{one.title} {number}", one.data if number % 3 else {}
        many[name] = replace(one, name=name, title=title, group=f"Family {number % 10}", data=data)
    many["toy-gan"] = Template("toy-gan", "Toy GAN", "Two that play against each other.", toy_gan, "Family 0")
    for module in ("builder.templates", "builder.reference", "pages.parts.families"):
        monkeypatch.setattr(importlib.import_module(module), "TEMPLATES", many)
    return many


def toy_gan(generator: Sketch, discriminator: Sketch) -> None:
    generator.output(generator("Linear", generator.input("noise", 4), units=2))
    discriminator.output(discriminator("Linear", discriminator.input("point", 2), units=1))


def test_sixty_networks_do_not_drown(open_page: Open, sixty: dict[str, Template]) -> None:
    """A row of each family; the others by name; a family, or what is searched for, in full."""
    test = open_page("start")
    assert not test.exception
    shown = words(test)
    assert all(one.title in shown for one in sixty.values())
    assert len(cards(test)) <= 4 * len(families()) < 60
    family = next(name for name, members in families().items() if len(members) > 4)
    button(test, f"Show all {len(families()[family])}").click().run()
    assert set(cards(test)) == {one.name for one in families()[family]}
    assert test.query_params["family"] == family


def cards(test: object) -> list[str]:
    """The names of the networks that have a card."""
    return [one.key.removeprefix("open ") for one in test.button if (one.key or "").startswith("open ")]  # type: ignore[attr-defined]


def test_drawing_sixty_again_is_quick(open_page: Open, sixty: dict[str, Template]) -> None:
    """Pictures are kept, and a family shows a row: about as long as the sixteen of before (60 ms)."""
    test = open_page("start")
    times = []
    for _ in range(7):
        began = time.perf_counter()
        test.run()
        times.append(time.perf_counter() - began)
    assert median(times) < 0.25


def test_networks_are_searched_by_title_layer_and_paper(open_page: Open) -> None:
    test = open_page("start")
    for typed, there, gone in (("lstm", "lstm-forecaster", "lenet-5"), ("lecun 1998", "lenet-5", "xor-mlp"),
                               ("skip connection", "digits-resnet", "xor-mlp")):  # fmt: skip
        test.text_input(key="find").set_value(typed).run()
        assert there in cards(test) and gone not in cards(test) and not test.exception
    test.text_input(key="find").set_value("no such *thing*").run()
    assert "No ready network has no such *thing*" in words(test) and not cards(test)
    button(test, "Show all networks").click().run()
    assert len(cards(test)) > 12


def test_titles_come_first_among_what_is_found() -> None:
    first = next(iter(searched(["lstm"]).values()))[0]
    assert "lstm" in first.title.lower()
    assert searched([]) == families()


def test_beginnings_of_words_come_before_their_inside() -> None:
    """GAN finds those, and not what "began"; an inside is found where there is nothing else."""
    groups = searched(["gan"])
    assert next(iter(groups)) == "Generative adversarial networks"
    assert {"alexnet", "self-organising-map"}.isdisjoint(one.name for some in groups.values() for one in some)
    assert "alexnet" in [one.name for members in searched(["lexne"]).values() for one in members]
    told = {
        "a": ("net", "it began"),
        "b": ("dcgan", ""),
        "c": ("net", "a gan"),
        "d": ("gan", ""),
        "e": ("organs", ""),
    }
    assert found(["gan"], told) == {"d": 0, "b": 1, "c": 2}
    assert found(["ega"], told) == {"a": 3} and found(["rga"], told) == {"e": 3}
    assert found(["gan", "net"], told) == {"c": 2} and not found(["x"], told)


def test_every_family_has_a_word_about_it() -> None:
    assert {one.group for one in TEMPLATES.values()} <= set(FAMILIES)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_network_names_its_source(name: str) -> None:
    """Who, when, and what it is called."""
    assert re.match(r"[^()]{4,}\((19|20)\d\d\), \S", about(name).reference)


def test_a_card_that_cannot_train_opens(open_page: Open) -> None:
    test = open_page("start", family="Convolutional networks")
    assert "train alexnet" not in [one.key for one in test.button]
    test.button(key="open alexnet").click().run()
    assert not test.exception and test.query_params["project"]
    assert Workspace().list_projects()[0].name == "AlexNet"


def test_a_network_has_a_page(open_page: Open) -> None:
    test = open_page("network", name="lenet-5")
    assert not test.exception
    metrics = {one.label: one.value for one in test.metric}
    assert metrics["Parameters"] == "61,706" and metrics["Depth"] == "5"
    assert metrics["Takes"] == "B × 1 × 32 × 32" and metrics["Gives"] == "B × 10"
    assert "LeCun et al. (1998)" in words(test) and about("lenet-5").about in words(test)
    table = test.dataframe[0].value
    assert dict(zip(table["Node"], table["Receptive field"], strict=True))["c3"] == 14
    assert table["Parameters"].sum() == 61_706 and table["Multiply–adds %"].sum() == pytest.approx(1)
    links = [one.proto.label for one in test.get("page_link")]
    assert any(label.startswith("Conv2d") for label in links)
    assert related(about("lenet-5"))[0].title in " ".join(links).replace("\\", "")
    button(test, "Open in Build").click().run()
    assert not test.exception and Workspace().list_projects()[0].name == "LeNet-5"


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name not in ("vgg-16", "vgg-11", "alexnet")])
def test_every_network_has_a_page(open_page: Open, name: str) -> None:
    test = open_page("network", name=name)
    assert not test.exception and about(name).title in words(test) and test.metric


def test_a_network_of_two_roles_shows_either(open_page: Open, sixty: dict[str, Template]) -> None:
    test = open_page("network", name="toy-gan")
    assert not test.exception
    assert next(one.value for one in test.metric if one.label == "Parameters") == "10"
    role = test.get("button_group")[0]
    role.set_value(["discriminator"] if isinstance(role.value, list) else "discriminator").run()
    assert next(one.value for one in test.metric if one.label == "Parameters") == "3" and not test.exception


@pytest.mark.parametrize(
    "name", ["", "lenet5", "nothing-here", "<script>alert(1)</script>", "../../etc/passwd"]
)
def test_an_unknown_network_is_told_with_the_way_on(open_page: Open, name: str) -> None:
    test = open_page("network", name=name)
    assert not test.exception
    labels = [one.proto.label for one in test.get("page_link")]
    assert "All ready networks" in labels
    assert ("Did you mean LeNet\\-5?" in labels) == (name == "lenet5")


def test_figures_wait_for_torch_and_the_page_does_not(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.parts.lifespan.torch_is_ready", lambda: False)
    monkeypatch.setattr("pages.parts.editing.here.torch_is_ready", lambda: False)
    from pages.parts import lifespan

    monkeypatch.setattr(lifespan.begun, "is_set", lambda: True)
    test = open_page("network", name="resnet-18")
    assert not test.exception and "PyTorch is still being loaded" in words(test) and not test.metric
    assert builder.template("resnet-18").name in words(test)


def test_a_journey_from_a_link_as_the_very_first_request(
    start_server: Callable[[], Server], page: Page, settle: Callable[..., None]
) -> None:
    """A cold server is asked for the page of a network; its layers lead to the reference, that to other networks."""
    server = start_server()
    page.goto(f"{server.url}/network?name=lenet-5")
    page.get_by_text("61,706", exact=True).first.wait_for(timeout=60_000)
    settle(page)
    page.get_by_test_id("stMain").get_by_role("link", name="Conv2d").first.click()
    page.wait_for_url("**/reference?layer=Conv2d")
    page.get_by_text("self.layer = nn.Conv2d(3, 32, kernel_size=3)").wait_for()
    page.get_by_test_id("stMain").get_by_role("link", name="U-Net").click()
    page.wait_for_url("**/network?name=u-net")
    page.get_by_text("31 M", exact=True).first.wait_for(timeout=60_000)
    page.get_by_test_id("stMain").get_by_role("link", name="LeNet-5").click()
    page.wait_for_url("**/network?name=lenet-5")
    page.get_by_text("61,706", exact=True).first.wait_for()
    page.go_back()
    expect(page.get_by_role("heading", name="U-Net")).to_be_visible()


def test_a_journey_through_the_families(app_url: str, page: Page, settle: Callable[..., None]) -> None:
    """A family is chosen, and stands in the address; searching finds across families; one click trains."""
    page.goto(app_url)
    settle(page)
    page.get_by_test_id("stButtonGroup").get_by_text("Tables", exact=True).click()
    page.wait_for_url("**/?family=Tables")
    settle(page)
    expect(page.locator(".st-key-open-lenet-5")).to_have_count(0)
    page.reload()
    settle(page)
    expect(page.locator(".st-key-open-iris-mlp")).to_be_visible()
    expect(page.locator(".st-key-open-lenet-5")).to_have_count(0)
    page.goto(app_url)
    settle(page)
    search = page.get_by_label("Search networks")
    search.fill("spiral")
    search.press("Enter")
    expect(page.locator(".st-key-open-lenet-5")).to_have_count(0)
    page.locator(".st-key-train-spiral-mlp button").click()
    page.wait_for_url("**/train?project=**")
