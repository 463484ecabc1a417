"""The doctor in a real browser: a run goes wrong while a page watches, and a click tries what helps beside it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.pages.telling import Pretender, told
from tests.server import Server

LONG = 60_000


def test_a_finding_appears_by_itself_and_a_click_opens_the_branch(
    server: Server, page: Page, settle: Callable[..., None]
) -> None:
    with Pretender(server.home, "doctored") as worker:
        worker.train(250)
        page.goto(f"{server.url}/{worker.address}")
        settle(page)
        expect(page.get_by_text("The doctor sees nothing wrong")).to_be_visible(timeout=LONG)
        told(
            worker.run,
            {"type": "steps", "first": 251, "values": {"loss": [7.0, 900.0, None]}, "elapsed": 9.0},
        )
        worker.report(state="paused", step=253)
        expect(page.get_by_text("The doctor: the loss is not a number")).to_be_visible(timeout=LONG)
        card = page.locator(".st-key-doctor-0")
        expect(card).to_contain_text("step 253")
        card.get_by_role("button", name="Lower the learning rate from 0.001 to 0.0001").first.click(
            timeout=LONG
        )
        page.wait_for_url(lambda url: worker.run.id not in url, timeout=LONG)
        settle(page)
        expect(page.locator(".st-key-doctor-0")).to_have_count(0)
        expect(page.get_by_text("Adam")).not_to_have_count(0)
        expect(page.get_by_text("0.0001").first).to_be_visible(timeout=LONG)
    assert not page.locator(".stException").count()
