"""What the tests of the pages share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from streamlit.testing.v1 import AppTest

from tests.pages.seen import Open
from tests.playing import READY

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def open_page(workspace: Path) -> Open:
    """`open_page("train", project=id)`: the page as its URL shows it, as the first request of a session."""

    def opened(page: str, **query: str) -> AppTest:
        test = AppTest.from_file(str(ROOT / "pages/parts/router.py"), default_timeout=60)
        for name, value in query.items():
            test.query_params[name] = value
        return test.run() if page == "start" else test.switch_page(f"../../pages/{page}.py").run()

    return opened


@pytest.fixture
def play(page: Page, app_url: str) -> Iterator[Callable[[str], Page]]:
    """Open the Playground at an address, once its first frame is there."""

    def opened(query: str = "") -> Page:
        page.goto(f"{app_url}/playground{query}")
        page.wait_for_function(READY, timeout=90_000)
        return page

    yield opened
