"""The cookie by which people take turns: set with the page, kept, and harmless whatever it says."""

import re
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page

from engines.runs.run import Run
from pages.parts.guard import PERSON, person
from tests.server import Server


def answered(server: Server, path: str = "/", cookie: str = "") -> list[str]:
    """The cookies that an answer sets."""
    asked = urllib.request.Request(f"{server.url}{path}", headers={"cookie": cookie} if cookie else {})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return answer.headers.get_all("set-cookie") or []


def test_the_page_brings_a_cookie_that_is_kept(server: Server) -> None:
    (cookie,) = answered(server)
    value = re.fullmatch(
        rf"{PERSON}=([0-9a-f]{{32}}); Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax", cookie
    )
    assert value and answered(server)[0] != cookie
    assert answered(server, cookie=f"a=b; {PERSON}={value[1]}") == [cookie]
    assert not [one for one in answered(server, "/_stcore/health") if one.startswith(PERSON)]


@pytest.mark.parametrize(
    "value", ["", "x", "A" * 32, "0" * 33, "../../etc/passwd", '"; Path=/evil', "é" * 32]
)
def test_a_spoofed_cookie_is_nobody_and_is_replaced(value: str, server: Server) -> None:
    assert person({PERSON: value}) == person({}) == ""
    (cookie,) = answered(server, cookie=f"{PERSON}={value}".encode().decode("latin-1"))
    assert re.match(rf"{PERSON}=[0-9a-f]{{32}}; Path=/; Max-Age", cookie)


def test_a_run_tells_who_started_it_but_not_the_cookie(
    start_server: object, page: Page, tmp_path: Path
) -> None:
    server: Server = start_server()  # type: ignore[operator]
    page.goto(server.url)
    page.locator(".st-key-train-digits-mlp button").click()
    page.wait_for_url("**/train?project=*")
    (value,) = [one["value"] for one in page.context.cookies() if one["name"] == PERSON]
    (about,) = [Run(path.parent).about for path in (server.home / "runs").glob("*/run.json")]
    assert about["by"] == person({PERSON: value}) != "" and value not in str(about)
