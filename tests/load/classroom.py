"""A classroom: a server with trainings, and people who watch them."""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

import builder
from builder.project import Project
from engines.runs.run import Run
from engines.runs.status import Status
from engines.workspace import Workspace
from tests.load.session import Session
from tests.load.viewer import Viewer
from tests.server import Server

KINDS = (("digits-mlp", 600_000), ("digits-cnn", 40_000))
"""What is trained, and for how many epochs: longer than anybody watches, and as unlike as two networks are."""
AT_ONCE = 4
"""Pages that are opened at the same moment."""
MIX = ("state",) * 6 + ("moment",) * 2 + ("settings",) * 2
"""What makes a page run again, for watching needs no reruns: most of all a run that has changed its state (the page's
own script asks for it), then a step along the slider of time travel, and the settings of the next run, unfolded and
folded again. Who has gone to a moment, or unfolded the settings, goes back with the next step of that kind."""
THINKING = (5.0, 10.0)
"""Seconds between two reruns of a person."""


class Classroom:
    """A server of its own, with runs that train.

    Args:
        folder: where its home and its log lie.
        trainings: how many runs train.
    """

    def __init__(self, folder: Path, trainings: int) -> None:
        self.home = Workspace(folder / "home")
        self.server = Server(folder / "home")
        self.trainings = trainings
        self.runs: list[Run] = []
        self.sessions: list[Session] = []
        self.viewers: list[Viewer] = []
        self.draw = random.Random(0)

    def begin(self) -> None:
        """Start the server and the trainings, and wait until all of it is warm."""
        self.server.start()
        for number in range(self.trainings):
            template, epochs = KINDS[number % len(KINDS)]
            project = builder.template(template)
            project = project.with_fields(engine={**project.engine, "kind": "Supervised", "epochs": epochs})
            builder.save(project, self.home.projects / f"class{number}.json")
            self.runs.append(self._queue(project, f"class{number}"))
        until(lambda: all(run.status().step > 100 for run in self.runs), 120)
        until(self._warm, 60)

    def _queue(self, project: Project, id: str) -> Run:
        """Leave a run to the server: its keeper starts it, in a process that ends with the server's home."""
        run = Run.create(self.home.runs / f"{len(self.runs) + 1:06d}-{id}", project, threads=1, of=id)
        run.report(Status(state="queued"))
        return run

    def close(self) -> None:
        """End everything."""
        self.server.close()

    def _warm(self) -> bool:
        """Whether the server has loaded torch: it tells shapes then."""
        with urllib.request.urlopen(f"{self.server.url}/api/projects/class0/scene", timeout=30) as answer:
            return not json.load(answer)["pending"]

    def training(self) -> bool:
        """Whether all the trainings still train."""
        return all(run.status().state == "running" for run in self.runs)

    def session(self, number: int) -> Session:
        """The page of one of the runs, not yet opened."""
        run = self.runs[number % len(self.runs)]
        return Session(self.server.url, "train", f"project={run.about['of']}&run={run.id}")

    async def fill(self, count: int) -> None:
        """Let people open their pages until there are so many, each with a few reruns behind it."""
        room = asyncio.Semaphore(AT_ONCE)

        async def come(session: Session) -> None:
            async with room:
                await session.open()
                for wish in ("state", "moment", "moment"):
                    await act(session, wish, self.draw)
                session.latencies.clear()

        more = [self.session(number) for number in range(len(self.sessions), count)]
        await asyncio.gather(*(come(session) for session in more))
        self.sessions += more

    async def watch(self) -> None:
        """Let each page open its stream, and wait until each has been told what there is."""
        self.viewers = [Viewer(self.server.url, session.tokens) for session in self.sessions]
        await asyncio.gather(*(viewer.open() for viewer in self.viewers))
        await eventually(lambda: all(viewer.events for viewer in self.viewers))

    async def look_away(self) -> None:
        """Let each page close its stream."""
        await asyncio.gather(*(viewer.close() for viewer in self.viewers))

    async def work(self, seconds: float, thinking: tuple[float, float] = THINKING) -> None:
        """Let everybody work for so long."""
        end = time.monotonic() + seconds

        async def person(session: Session, first: float) -> None:
            await asyncio.sleep(first)
            while time.monotonic() < end:
                await act(session, self.draw.choice(MIX), self.draw)
                await asyncio.sleep(self.draw.uniform(*thinking))

        first = thinking[1]
        await asyncio.gather(*(person(one, self.draw.uniform(0, first)) for one in self.sessions))

    async def leave(self) -> None:
        """Let everybody go."""
        await self.look_away()
        await asyncio.gather(*(session.close() for session in self.sessions))

    def faults(self) -> list[str]:
        """All that went wrong so far: pages that broke, points that were lost or doubled, tracebacks of the server."""
        curves = {token: run.curves() for run in self.runs for token in self._tokens(run)}
        found = [fault for one in [*self.sessions, *self.viewers] for fault in one.faults]
        for viewer in self.viewers:
            found += [said for token in viewer.tokens if (said := viewer.missing(token, curves[token]))]
        return found + (["traceback in the log"] if "Traceback" in self.server.logged() else [])

    def _tokens(self, run: Run) -> Iterator[str]:
        for viewer in self.viewers:
            yield from (token for token in viewer.tokens if token.startswith(f"{run.id}."))

    # -- what it costs -------------------------------------------------------------------------------------

    def cpu(self) -> float:
        """The seconds of a core that the server has taken so far: its processes, without the workers."""
        assert self.server.process
        one = psutil.Process(self.server.process.pid)
        workers = {run.status().process for run in self.runs}
        family = [one, *(child for child in one.children(recursive=True) if child.pid not in workers)]
        return sum(sum(process.cpu_times()[:2]) for process in family)

    def busy(self) -> tuple[float, float]:
        """The seconds of a core that this machine has worked so far, and those of all that is ours."""
        told = psutil.cpu_times()
        workers = sum(sum(psutil.Process(run.status().process).cpu_times()[:2]) for run in self.runs)
        return sum(told) - told.idle - told.iowait, workers + self.cpu() + time.process_time()

    def memory(self) -> float:
        """The main memory of the server in bytes (RSS)."""
        assert self.server.process
        return float(psutil.Process(self.server.process.pid).memory_info().rss)

    def descriptors(self) -> int:
        """The files and connections that the server holds open."""
        assert self.server.process
        return int(psutil.Process(self.server.process.pid).num_fds())

    def waited(self) -> tuple[float, float]:
        """The seconds for which the server's event loop ran, and those for which it waited for a core."""
        assert self.server.process
        ran, waited, _ = Path(f"/proc/{self.server.process.pid}/schedstat").read_text().split()
        return int(ran) / 1e9, int(waited) / 1e9


async def act(session: Session, wish: str, draw: random.Random) -> float:
    """Do one of the things that make a page run again; the seconds that it took."""
    if wish == "moment" and (slider := session.find("travel ")):
        options = [*slider.options]
        then = draw.choice(options[-8:-1]) if "at=" not in session.query and len(options) > 1 else options[-1]
        return await session.rerun({slider.id: [then]})
    if wish == "settings" and (folder := session.find("settings ")):
        return await session.rerun({folder.id: not folder.expanded})
    return await session.rerun({session.find("live progress").id: {"seen": f"{draw.random()}"}})


async def eventually(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for a condition while others work."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this took too long"
        await asyncio.sleep(0.02)


def until(condition: Callable[[], object], seconds: float) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this took too long"
        time.sleep(0.1)


@contextmanager
def at_home(folder: Path) -> Iterator[None]:
    """Let this process have the same home as the server: the tokens of runs hang on it."""
    before = os.environ.get("STRATA_HOME")
    os.environ["STRATA_HOME"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("STRATA_HOME")
        if before is not None:
            os.environ["STRATA_HOME"] = before


def middle(values: Sequence[float]) -> float:
    """The median."""
    return sorted(values)[len(values) // 2]
