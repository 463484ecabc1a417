"""What watching costs: frames a second of live charts, a viewer's share of the server, a run of a million steps."""

import http.client
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

import builder
from engines.runs.run import Run
from engines.runs.status import Status
from engines.workspace import Workspace
from pages.parts.stream import Position, Source
from pages.parts.tokens import token
from tests import browser as chromium
from tests.benchmarks.canvas import WATCH
from tests.benchmarks.protocol import Result
from tests.pages.telling import Pretender, steps, told
from tests.server import Server

VIEWERS = 50
WATCHED = 15.0
"""Seconds for which the viewers watch."""
PERIOD = 0.1
"""Seconds between two lines of events, as a worker writes them."""
MILLION = 1_000_000


def run() -> Iterator[Result]:
    """Every row about watching."""
    path = chromium.find()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["STRATA_HOME"] = str(Path(folder) / "million")
        yield from a_million()
        os.environ["STRATA_HOME"] = str(Path(folder) / "strata")
        server = Server(Path(folder) / "strata").start()
        try:
            with training(server) as worker:
                yield viewer(server, worker)
                with sync_playwright() as playwright, chromium.launched(playwright, path) as browser:
                    yield frames(browser.new_page(viewport={"width": 1440, "height": 1300}), server, worker)
        finally:
            server.close()


@contextmanager
def training(server: Server) -> Iterator[Pretender]:
    """A run in the server's home that makes 200 steps a second and takes no time of this machine for it."""
    over = threading.Event()
    with Pretender(server.home, "watched", steps=20_000) as worker:
        worker.layers = {f"layer{number}": {"gradient": 0.5, "update": 1e-3} for number in range(8)}
        worker.train(4000)

        def work() -> None:
            while not over.wait(PERIOD):
                worker.train(20)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield worker
        finally:
            over.set()
            thread.join()


def viewer(server: Server, worker: Pretender) -> Result:
    """The share of a core that a viewer costs: what the server takes with many, less what it takes with one."""
    assert server.process
    process = psutil.Process(server.process.pid)

    def taken(count: int) -> float:
        over = threading.Event()
        threads = [
            threading.Thread(target=_read, args=(server, token(worker.run), over)) for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        time.sleep(3)  # each is told everything first
        before = sum(process.cpu_times()[:2])
        time.sleep(WATCHED)
        after = sum(process.cpu_times()[:2])
        over.set()
        for thread in threads:
            thread.join()
        return 100 * (after - before) / WATCHED

    taken(1)  # the server loads torch behind its first page, and reads the run
    one = taken(1)
    return Result(
        f"a viewer of a stream, of {VIEWERS}", (taken(VIEWERS) - one) / (VIEWERS - 1), "≤1.5", "% of a core"
    )


def _read(server: Server, address: str, over: threading.Event) -> None:
    """Read a stream until it is enough."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", f"/api/stream?runs={address}")
    answer = connection.getresponse()
    while not over.is_set():
        assert answer.readline(), "the stream has ended"
    connection.close()


def frames(page: Page, server: Server, worker: Pretender) -> Result:
    """Frames a second of the Train page with five live charts, three of them in sight."""
    page.add_init_script(WATCH)
    page.goto(f"{server.url}/{worker.address}")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.live-chart')].filter((one) => one.data).length >= 3",
        timeout=60_000,
    )
    page.wait_for_timeout(3000)
    times = page.evaluate("frames(8)")
    return Result("live charts on Train", 1000 * (len(times) - 1) / (times[-1] - times[0]), "≥40", "frames/s")


def a_million() -> Iterator[Result]:
    """A run of a million steps: the first reading, what a viewer is told, and what new steps cost from then on."""
    one = Run.create(Workspace().runs / "000001-long", builder.template("digits-mlp"))
    for first in range(1, MILLION, 1000):
        told(one, steps(first, *[1 + first / 1e6] * 1000, elapsed=first / 1000, lr=[0.001] * 1000))
    one.report(Status(state="running", step=MILLION, steps=MILLION))
    source = Source(one)
    times = [time.perf_counter()]
    source.look()
    times.append(time.perf_counter())
    news = source.since(Position())
    times.append(time.perf_counter())
    first, whole = (1000 * (later - sooner) for sooner, later in pairwise(times))
    yield Result("a million steps: reading them, once for all viewers", first, "–", "ms")
    yield Result(
        f"a million steps: what a viewer is told, {len(news.text) / 1000:.0f} kB", whole, "≤100", "ms"
    )
    later = []
    for round in range(20):
        told(one, steps(MILLION + 1 + 20 * round, *[0.5] * 20, elapsed=1000 + round / 10, lr=[0.001] * 20))
        began = time.perf_counter()
        source.look()
        news = source.since(news.position, news.version)
        later.append(1000 * (time.perf_counter() - began))
    assert json.loads(news.text)["position"]
    low, middle, high = statistics.quantiles(later, n=4)
    yield Result("a million steps: news of 20 more", middle, "≤5", "ms", (low, high))
