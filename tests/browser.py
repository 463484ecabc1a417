"""The Chromium of the browser tests: where it is, how it starts, when a page has come to rest."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, Response, sync_playwright
from playwright.sync_api import Error as PlaywrightError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = {
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ),
    "win32": (
        r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
        r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
        r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
        r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
    ),
}
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --disable-dev-shm-usage"
).split()
OURS = ("127.0.0.1", "localhost")
AT_REST = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"


def candidates(platform: str = sys.platform) -> Iterator[str]:
    """Every Chromium that this machine may have, the one in the environment variable CHROMIUM first."""
    if chosen := os.environ.get("CHROMIUM"):
        yield chosen
    yield from filter(None, map(shutil.which, NAMES))
    yield from filter(os.path.isfile, map(os.path.expandvars, PLACES.get(platform, ())))
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if Path(own).is_file():
        yield own


def find() -> str:
    """The first Chromium of this machine that starts; "" if there is none."""
    return next(filter(starts, candidates()), "")


def starts(path: str) -> bool:
    """Whether the program is there and is a browser that shows a page."""
    try:
        with sync_playwright() as playwright, launched(playwright, path) as browser:
            page = browser.new_page()
            page.set_content("<title>ready</title>")
            return page.title() == "ready"
    except PlaywrightError:
        return False


@contextmanager
def launched(playwright: Playwright, path: str) -> Iterator[Browser]:
    """A headless browser, closed at the end."""
    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
    try:
        yield browser
    finally:
        browser.close()


def settle(page: Page, timeout: float = 30) -> None:
    """Wait until the script has run and nothing is being loaded any more.

    A page that ticks is never at rest for long: wait for its content there (`page.get_by_…().wait_for()`).

    Args:
        page: a page that shows the app.
        timeout: in seconds.
    """
    page.wait_for_timeout(155)  # a click reaches the server, and the state the page, only after a moment
    page.locator(AT_REST).wait_for(state="attached", timeout=timeout * 1000)
    page.wait_for_function(
        "() => document.querySelectorAll('[data-testid=stSkeleton]').length === 0", timeout=timeout * 1000
    )


def watch(page: Page) -> list[str]:
    """A list that fills with what goes wrong on the page: script errors, failed answers, requests to other hosts."""
    faults: list[str] = []

    def asked(request: Request) -> None:
        if foreign(request.url):
            faults.append(f"request to another host: {request.url}")

    def answered(response: Response) -> None:
        if response.status >= 500:
            faults.append(f"{response.status} from {response.url}")

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(f"console: {message.text}")

    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("request", asked)
    page.on("response", answered)
    page.on("console", said)
    page.on("websocket", lambda socket: asked(socket))
    return faults


def foreign(url: str) -> bool:
    """Whether a request to the URL leaves this machine."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in OURS
