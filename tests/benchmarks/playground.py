"""What playing takes: steps and frames a second of the Playground, alone and in a class of 50."""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from pages.parts.playground.process import PlaygroundProcess
from tests import browser as chromium
from tests.benchmarks.protocol import Result
from tests.playing import read, session
from tests.server import Server

BLOCKS, STEPS = 40, 100
CLASS, WATCHED = 50, 10.0
"""Sessions of a class, and the seconds for which they play."""
READY = "() => window.strataPlayground?.busy === false && strataPlayground.frame"


def run() -> Iterator[Result]:
    """Every row about the Playground."""
    yield background()
    for count in (1, CLASS):
        yield from together(count)
    path = chromium.find()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = Server(Path(folder) / "strata").start()
        try:
            with sync_playwright() as playwright, chromium.launched(playwright, path) as browser:
                yield from watched(browser.new_page(viewport={"width": 1440, "height": 900}), server)
        finally:
            server.close()


def background() -> Result:
    """Steps per second of CPU time on pg (2-4-4-1, batch 10, SGD, 250 points), as the process makes them."""
    one = session(layers="4,4")
    one.advance(500)
    rates = []
    for _ in range(BLOCKS):
        began = time.process_time()
        one.advance(one.step + STEPS)
        rates.append(STEPS / (time.process_time() - began))
    low, middle, high = statistics.quantiles(rates, n=4)
    return Result("Playground, pg in the background", middle, "≥4500", "steps/s", (low, high))


def together(count: int) -> Iterator[Result]:
    """Steps and frames a second of so many sessions that play at once, each asking again when it has its frame."""
    steps, frames, used = asyncio.run(_together(count))
    yield Result(
        f"Playground, {count} playing: steps of all per CPU second", steps / used, "≥3000", "steps/s"
    )
    yield Result(f"Playground, {count} playing: frames of each", frames / count / WATCHED, "≥1", "frames/s")


async def _together(count: int) -> tuple[int, int, float]:
    process = PlaygroundProcess()
    steps, frames = [0] * count, [0] * count

    async def ask(number: int) -> None:
        asked = {"key": f"{number:016x}", "settings": {"layers": "4,4"}, "to": steps[number], "fast": True}
        header, _ = read(await process.ask(json.dumps(asked).encode()))
        steps[number], frames[number] = header["step"], frames[number] + 1

    async def play(number: int, end: float) -> None:
        while time.monotonic() < end:
            await ask(number)

    try:
        await asyncio.gather(*map(ask, range(count)))
        assert process.child and process.child.process
        trainer = process.child.process
        before, done = sum(trainer.cpu_times()[:2]), (sum(steps), sum(frames))
        end = time.monotonic() + WATCHED
        await asyncio.gather(*(play(number, end) for number in range(count)))
        return sum(steps) - done[0], sum(frames) - done[1], sum(trainer.cpu_times()[:2]) - before
    finally:
        await process.close()


def watched(page: Page, server: Server) -> Iterator[Result]:
    """In the browser, with 2-8-8-1: from the click to the first change, then frames and steps a second."""
    page.goto(f"{server.url}/playground?layers=8,8")
    page.wait_for_function(READY, timeout=90_000)
    began = time.perf_counter()
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => strataPlayground.step > 0")
    yield Result("Playground: click → first change", 1000 * (time.perf_counter() - began), "≤1000", "ms")
    for speed, goal in (("epochs", "≥10"), ("fast", "≥10")):
        page.evaluate(f"() => {{ strataPlayground.speed = '{speed}' }}")
        page.wait_for_timeout(1000)
        told = "() => [strataPlayground.frames, strataPlayground.step, performance.now()]"
        first = page.evaluate(told)
        page.wait_for_timeout(1000 * WATCHED)
        frames, steps, passed = (last - begin for last, begin in zip(page.evaluate(told), first, strict=True))
        yield Result(f"Playground, 2-8-8-1, {speed}: updates", 1000 * frames / passed, goal, "frames/s")
        yield Result(f"Playground, 2-8-8-1, {speed}: training", 1000 * steps / passed, "–", "steps/s")
