"""What tests share: a workspace, a running server, a browser."""

import os

# The number of threads changes the bits of a result; processes that a test starts inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from xdist.scheduler import LoadScopeScheduling

from tests import browser as chromium
from tests.server import Server

failed = pytest.StashKey[bool]()

# The same cases at every run; `--hypothesis-profile=default` draws new ones.
hypothesis.settings.register_profile("repeatable", derandomize=True)
hypothesis.settings.load_profile("repeatable")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


# Not `--dist=loadgroup`: pytest-xdist 3.8 forms no groups under pytest 9.2 (pytest-xdist issue 1386).
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """One worker runs all tests of the pages, which share a server; any other test goes to whoever is free."""
    return PagesTogether(config, log)


class PagesTogether(LoadScopeScheduling):
    """A scheduler that keeps the tests of the pages on one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return "pages" if nodeid.startswith("tests/pages/") else nodeid


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out what needs a CUDA device where there is none."""
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("needs a CUDA device")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Remember whether the test failed: the page then leaves a picture."""
    report = yield
    item.stash[failed] = item.stash.get(failed, False) or report.failed
    return report


@pytest.fixture(autouse=True, scope="session")
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test writes into the home of the person who runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRATA_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder (STRATA_HOME) for one test; it does not exist yet."""
    home = tmp_path / "strata"
    monkeypatch.setenv("STRATA_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that the tests share. Do not end it: `start_server` gives a test one of its own."""
    one = Server(tmp_path_factory.mktemp("server") / "strata")
    try:
        yield one.start()
    finally:
        one.close()
    assert "Traceback" not in one.logged(), one.logged()


@pytest.fixture(scope="session")
def app_url(server: Server) -> str:
    """The address of the server that the tests share, without a slash at its end."""
    return server.url


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[[], Server]]:
    """A function that starts a server for this test alone, to be stopped, killed and started again."""
    servers: list[Server] = []

    def start() -> Server:
        servers.append(Server(tmp_path / f"strata{len(servers)}"))
        return servers[-1].start()

    yield start
    for one in servers:
        one.close()
        assert "Traceback" not in one.logged(), one.logged()


# A module, not the session: while Playwright runs, its event loop is in the way of tests that start one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. Without one the tests fail: a browser test that was left out has shown nothing."""
    path = chromium.find()
    if not path:
        pytest.fail(
            "No Chromium that starts: run `python -m tests`, which gets one, or set CHROMIUM to its path."
        )
    with sync_playwright() as playwright, chromium.launched(playwright, path) as one:
        yield one


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    """An empty tab of 1440 × 900 with cookies of its own.

    At the end the test fails if the page met a fault: `page.faults` lists script errors, console errors, answers
    from 500 on and requests to other hosts. Clear the list where a test expects them.
    """
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    tab = context.new_page()
    tab.set_default_timeout(30_000)
    tab.faults = chromium.watch(tab)  # type: ignore[attr-defined]
    yield tab
    faults = list(tab.faults)  # type: ignore[attr-defined]
    if not tab.is_closed():
        shown = tab.get_by_test_id("stException").all_inner_texts()
        faults += [f"exception on the page: {text}" for text in shown]
        if faults or request.node.stash.get(failed, False):
            tab.screenshot(path=tmp_path / "failure.png", full_page=True)
            print(f"what the page looked like: {tmp_path / 'failure.png'}")
    context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def settle() -> Callable[..., None]:
    """`settle(page, timeout=30)`: wait until the script has run and nothing is being loaded any more."""
    return chromium.settle
