"""What stays and what goes in the Playground when the network changes: cards, legends, refused links."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.playing import READY


def test_a_card_follows_its_unit_and_goes_with_it(play: Callable[[str], Page]) -> None:
    page = play("?layers=4,2")
    page.locator('.unit[data-unit="tanh1 3"]').click()
    card = page.locator(".card")
    expect(card).to_contain_text("x₁")
    page.get_by_role("button", name="x₁x₂", exact=True).click()
    page.wait_for_function(READY)
    expect(card.locator("label")).to_have_count(4)  # bias, and three features
    page.get_by_role("button", name="Fewer neurons in layer 1").click()
    expect(card).to_be_hidden()
    page.wait_for_function(READY)
    page.get_by_role("button", name="One step").click()
    page.wait_for_function("() => strataPlayground.step === 1")


def test_a_change_while_it_plays_leaves_the_legend(play: Callable[[str], Page]) -> None:
    page = play("")
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_label("Activation").select_option("ReLU")
    page.wait_for_function("() => strataPlayground.playing && strataPlayground.step > 5")
    expect(page.locator(".legend")).to_contain_text("orange")
    page.locator('.unit[data-unit="relu1 0"]').hover()
    expect(page.locator(".legend .ramp")).to_be_visible()


def test_a_link_with_a_change_that_cannot_be_is_undone(play: Callable[[str], Page]) -> None:
    page = play("?changes=5:hidden9.weight.0.0=1&step=10")
    page.get_by_role("button", name="Undo this change").click()
    page.wait_for_function("() => !strataPlayground.refused && strataPlayground.frame")
    assert "hidden9" not in page.url


def test_a_saved_project_opens_itself_in_build(play: Callable[[str], Page]) -> None:
    page = play("?data=TwoSpirals")
    page.get_by_role("button", name="Open in Build").click()
    page.wait_for_url("**/build?project=*", timeout=60_000)
    id = page.url.rpartition("=")[2]
    play(f"?project={id}")
    page.get_by_role("button", name="Open in Build").click()
    page.wait_for_url(f"**/build?project={id}", timeout=60_000)
