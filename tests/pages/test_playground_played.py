"""A person who plays in a browser: what is clicked, typed and painted, and what then stands in the address."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.playing import READY, RESTS


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
    expect(page.get_by_text("Starting …")).to_have_count(0)
    box = page.locator(".surface").bounding_box()
    assert box
    for colour, height in (("Blue", 0.2), ("Orange", 0.8)):
        page.get_by_role("button", name=colour, exact=True).click()
        page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + height * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + height * box["height"], steps=20)
        page.mouse.up()
    page.wait_for_function("() => strataPlayground.frame && !strataPlayground.refused")
    assert page.locator(".surface").bounding_box() == box  # it stays where it is painted
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


# -- changes by hand --------------------------------------------------------------------------------------


def at(page: Page, step: int) -> None:
    """Wait until a step is shown."""
    page.wait_for_function(f"() => {RESTS} && strataPlayground.step === {step}", timeout=60_000)


def search_of(page: Page) -> str:
    return str(page.evaluate("() => decodeURIComponent(location.search)"))


def test_a_change_names_the_step_that_is_reached_and_quick_ones_are_one(play: Callable[[str], Page]) -> None:
    page = play("?step=500")
    at(page, 500)
    page.get_by_role("button", name="hidden1 · Tanh, unit 2 of 4").click()
    bias = page.get_by_role("dialog").get_by_label("Bias")
    for value in ("0.1", "0.2", "0.3"):
        bias.fill(value)
        bias.press("Enter")
    page.wait_for_function("() => strataPlayground.frame.biases.tanh1.values[1] === 0.3")
    assert search_of(page) == "?changes=500:hidden1.bias.1=0.3&step=500" and step_of(page) == 500
    for refused in ("1e9", ""):  # what cannot be is not taken: the weight that is stands there again
        bias.fill(refused)
        bias.press("Enter")
        expect(bias).to_have_value("0.3")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => strataPlayground.step > 700")
    bias.fill("1.5")
    bias.press("Enter")
    page.wait_for_function("() => strataPlayground.changes().length === 2")
    paused(page)
    step, weights = step_of(page), weights_of(page)
    assert search_of(page).endswith(f"&step={step}")
    page.reload()
    at(page, step)
    assert weights_of(page) == weights


def test_a_change_too_many_says_why_it_is_not_made(play: Callable[[str], Page]) -> None:
    page = play("?changes=" + ";".join(f"{step}:answer.bias.0=0" for step in range(200)))
    at(page, 199)
    page.get_by_label("Learning rate").select_option("0.1")
    expect(page.get_by_role("alert")).to_contain_text("At most 200 changes by hand are kept")
    assert "lr=0.1" not in search_of(page)


def test_what_is_refused_leaves_the_address_and_can_be_undone(play: Callable[[str], Page]) -> None:
    page = play("?layers=3&penalty=L2")
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Optimiser").select_option("LBFGS")
    expect(page.get_by_role("alert")).to_contain_text("knows no L2")
    assert "LBFGS" not in search_of(page)
    page.get_by_role("button", name="Undo this change").click()
    page.wait_for_function("() => strataPlayground.frame && !strataPlayground.refused")
    assert search_of(page) == "?layers=3&penalty=L2"


def test_after_an_explosion_another_rate_in_the_list_begins_anew(play: Callable[[str], Page]) -> None:
    page = play("?problem=regression&activation=ReLU&lr=10")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => strataPlayground.broken", timeout=30_000)
    page.get_by_label("Learning rate").select_option("0.01")
    page.wait_for_function("() => !strataPlayground.broken && strataPlayground.step > 50")
    assert "lr=0.01" in search_of(page) and "changes" not in search_of(page)
    page.wait_for_function("() => location.search.includes('step=')")  # while playing, too
    page = play("?problem=regression&activation=ReLU&lr=10")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => strataPlayground.broken", timeout=30_000)
    page.get_by_role("button", name="answer, unit 1 of 1").click()
    page.get_by_role("dialog").get_by_label("Bias").fill("0.5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_enabled()


def test_a_link_says_where_it_goes_and_pause_ends_it_there(play: Callable[[str], Page]) -> None:
    page = play("")
    page.goto(page.url + "?step=900000")
    expect(page.get_by_text("Going to step 900,000, as the link asks")).to_be_visible()
    paused(page)
    step = step_of(page)
    assert 0 < step < 900_000 and search_of(page) == f"?step={step}"
    frames = page.evaluate("() => strataPlayground.frames")
    page.evaluate("() => { strataPlayground.target += 3000; strataPlayground.pump(); }")
    at(page, step + 3000)
    assert page.evaluate("() => strataPlayground.frames") == frames + 1  # nothing is drawn in between


# -- what is seen -----------------------------------------------------------------------------------------


def test_values_that_are_in_no_list_or_beyond_a_slider_are_shown(play: Callable[[str], Page]) -> None:
    page = play("?lr=0.0025&samples=5000&noise=0.123")
    rates = page.get_by_label("Learning rate").locator("option").all_inner_texts()
    assert page.get_by_label("Learning rate").input_value() == "0.0025" and rates.count("0.0025") == 1
    for text, slider in (("Points: 5000", "5000"), ("Noise: 12.3 %", "0.123")):
        assert page.get_by_label(text).input_value() == slider
    play("?lr=1.0")
    rates = page.get_by_label("Learning rate").locator("option").all_inner_texts()
    assert page.get_by_label("Learning rate").input_value() == "1" and len(rates) == len({*map(float, rates)})


def test_the_output_stays_large_while_a_card_is_open(play: Callable[[str], Page]) -> None:
    page = play("")
    title = page.locator(".answer h3")
    page.get_by_role("button", name="hidden1 · Tanh, unit 2 of 4").click()
    page.get_by_text("Change anything").hover()
    expect(title).to_have_text("Output")
    page.get_by_role("button", name="hidden2 · Tanh, unit 1 of 2").hover()
    expect(title).to_contain_text("tanh2, unit 1")
    expect(page.get_by_role("dialog").locator("figcaption").first).to_contain_text("hidden1")
    expect(page.locator(".axis")).to_contain_text("x₁: −6 to 6")


def test_the_keyboard_keeps_its_place_and_more_closes(play: Callable[[str], Page]) -> None:
    page = play("")
    more = page.get_by_role("button", name="More neurons in layer 1")
    box = more.bounding_box()
    assert box and min(box["width"], box["height"]) >= 24
    more.focus()
    for layers in ("5,2", "6,2"):
        page.keyboard.press("Enter")
        page.wait_for_function(f"() => {RESTS} && strataPlayground.settings.layers === '{layers}'")
        expect(more).to_be_focused()
    page.set_viewport_size({"width": 420, "height": 900})
    for close in (lambda: page.keyboard.press("Escape"), lambda: page.mouse.click(200, 880)):
        page.get_by_text("More", exact=True).click()
        inside = page.locator(".more .inside").bounding_box()
        assert inside and inside["x"] >= 0 and inside["x"] + inside["width"] <= 420
        close()
        expect(page.locator(".more .inside")).to_be_hidden()


def test_who_comes_back_finds_the_network_that_was_left(play: Callable[[str], Page]) -> None:
    page = play("?data=TwoSpirals&layers=5,5&step=50")
    at(page, 50)
    page.get_by_role("button", name="Open in Build").click()
    page.wait_for_url("**/build?project=*")
    page.go_back()
    page.wait_for_function(
        f"() => {RESTS} && strataPlayground.step === 50 && strataPlayground.settings.layers"
    )
    assert search_of(page) == "?data=TwoSpirals&layers=5,5&step=50"
    page.get_by_label("Play with").select_option("template:xor-mlp")
    page.wait_for_function(f"() => {RESTS} && !strataPlayground.simple")
    page.get_by_role("button", name="Spiral", exact=True).click()  # it learns the data sets of points, too
    page.wait_for_function(f"() => {RESTS} && strataPlayground.opening.data === 'TwoSpirals'")
    page.get_by_label("Play with").select_option("simple:")
    page.wait_for_function(f"() => {RESTS} && strataPlayground.simple")
    assert search_of(page) == "?data=TwoSpirals&layers=5,5"
    page.get_by_label("Play with").select_option("template:xor-mlp")
    page.get_by_role("button", name="Drawn by hand").click()
    expect(page.get_by_text("at least 4 points of each colour")).to_be_visible()
    expect(page.get_by_role("button", name="Spiral", exact=True)).to_be_visible()


def test_a_high_loss_is_told_until_it_is_low_again(play: Callable[[str], Page]) -> None:
    page = play("?problem=regression&activation=ReLU&lr=3&layers=8&step=1")
    told = page.get_by_role("alert")
    for _ in range(30):
        if told.is_visible():
            break
        page.get_by_role("button", name="One step").click()
        page.wait_for_function(READY)
    expect(told).to_contain_text("the learning rate 3 is likely too high")
    page.get_by_role("button", name="Start again with learning rate 0.3").click()
    page.wait_for_function("() => strataPlayground.settings.lr === '0.3' && !strataPlayground.frame?.far")
