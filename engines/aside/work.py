"""Tasks: what was asked to be computed beside the server, how far it is, and what came of it."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

from builder.errors import StrataError
from engines.aside.telling import unpacked
from engines.aside.worker import Worker
from engines.runs.limits import cores

MOST_RESULTS, MOST_BYTES = 64, 256 << 20
"""Results that are remembered, so that fifty who look at the same compute it once; in all, and in bytes."""
PATIENCE = 1.0
"""Seconds after which a worker that does not hear that its work is stopped is ended."""
LOST = "The process that computed this has ended. Try again; with fewer examples, if it was out of memory."

State = Literal["waiting", "working", "done", "failed", "stopped"]
_asker: ContextVar[str] = ContextVar("asker", default="")


@contextmanager
def asked_by(who: str) -> Iterator[None]:
    """What begins meanwhile is asked for by this person; those who ask take turns."""
    token = _asker.set(who)
    try:
        yield
    finally:
        _asker.reset(token)


@dataclass(eq=False)
class Work:
    """One computation, for all who asked for it."""

    number: int
    call: str
    arguments: dict[str, Any]
    by: str
    state: State = "waiting"
    share: float = 0.0
    words: str = ""
    partial: dict[str, Any] | None = None
    result: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    size: int = 0
    tries: int = 0
    wanted: set[int] = field(default_factory=set)
    """Numbers of the tasks that still want it."""
    over: threading.Event = field(default_factory=threading.Event)

    def end(self, state: State, message: str = "") -> None:
        """It is over."""
        self.state, self.message, self.partial = state, message, None
        self.over.set()


class Task:
    """What one caller asked for. Ask it as often as you like; it changes by itself."""

    _numbers = itertools.count()

    def __init__(self, work: Work) -> None:
        self._work, self._number, self._left = work, next(Task._numbers), False
        work.wanted.add(self._number)

    @property
    def state(self) -> State:
        """How it is doing."""
        return "stopped" if self._left else self._work.state

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1."""
        return 1.0 if self._work.state == "done" else self._work.share

    @property
    def words(self) -> str:
        """What is being done."""
        return self._work.words

    @property
    def partial(self) -> dict[str, Any] | None:
        """What was known at the last word, if anything was."""
        return self._work.partial

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in ("done", "failed", "stopped")

    def result(self) -> dict[str, Any]:
        """What was computed: arrays and plain values by name. Change nothing in it: others look at it too.

        Raises:
            StrataError: it failed, was stopped, or is not done yet.
        """
        if self.state == "done":
            return self._work.result
        stopped = "This was stopped." if self.state == "stopped" else ""
        raise StrataError(stopped or self._work.message or "This has not been computed yet.")

    def wait(self, seconds: float) -> bool:
        """Wait until it is over, but no longer than this; whether it is."""
        return self._left or self._work.over.wait(seconds)

    def stop(self) -> None:
        """Give it up. The work goes on for others who want it, and otherwise ends, even in a long call of a library."""
        if not self.over:
            self._left = True
            _pool.leave(self._work, self._number)


def begin(call: str, **arguments: Any) -> Task:
    """Have a function of ours computed beside the server: `begin("engines.embedding:project", …)`; returns at once.

    What was asked for before, with the same arguments, is not computed again, unless it failed or was stopped.

    Args:
        call: module and function, which gives a mapping of names to NumPy arrays and plain values.
        arguments: plain JSON values, by name: folders of runs, names, numbers.
    """
    return _pool.begin(call, arguments)


def close() -> None:
    """End all workers; what they were doing is stopped."""
    _pool.close()


class Pool:
    """All work and all workers of this process, under one lock."""

    def __init__(self) -> None:
        self.workers: list[Worker] = []
        self._changing = threading.Lock()
        self._known: OrderedDict[str, Work] = OrderedDict()
        self._served: dict[str, float] = {}
        self._numbers = itertools.count()

    def begin(self, call: str, arguments: dict[str, Any]) -> Task:
        """A task for work that is known, or begun."""
        key = json.dumps([call, arguments], sort_keys=True)
        with self._changing:
            work = self._known.get(key)
            if work is None or work.state in ("failed", "stopped") or not (work.wanted or work.over.is_set()):
                work = self._known[key] = Work(next(self._numbers), call, arguments, _asker.get())
            self._known.move_to_end(key)
            task = Task(work)
            self._hand_out()
        return task

    def leave(self, work: Work, number: int) -> None:
        """One who asked for work wants it no more."""
        with self._changing:
            work.wanted.discard(number)
            if work.wanted or work.over.is_set():
                return
            worker = next((one for one in self.workers if one.work is work), None)
            if worker is None:
                work.end("stopped")
                return
        threading.Thread(target=self._stop, args=(worker, work), daemon=True).start()

    def close(self) -> None:
        """End all workers, and forget everything."""
        with self._changing:
            for work in self._known.values():
                work.wanted.clear()
                if not work.over.is_set():
                    work.end("stopped")
            self._known.clear()
            workers = [*self.workers]
        for worker in workers:
            worker.end()

    def heard(self, worker: Worker, row: dict[str, Any], data: bytes) -> None:
        """A worker tells something."""
        result = unpacked(data) if data else None
        with self._changing:
            work: Work | None = worker.work
            if work is None or "taken" in row:
                return
            if "share" in row:
                work.share, work.words = row["share"], row["words"] or work.words
                work.partial = work.partial if result is None else result
                return
            worker.work = None
            if "done" in row:
                work.result, work.size = result or {}, len(data)
            if not work.over.is_set():
                state: State = "done" if "done" in row else "stopped" if "stopped" in row else "failed"
                work.end(state, row.get("failed", ""))
            self._forget()
            self._hand_out()

    def lost(self, worker: Worker) -> None:
        """A worker has ended: after a rest, or with work in its hands."""
        with self._changing:
            self.workers.remove(worker)
            work, worker.work = worker.work, None
            if work is not None and not work.over.is_set():
                if not work.wanted:
                    work.end("stopped")
                elif worker.taken or work.tries > 1:
                    work.end("failed", LOST)
                else:  # it was gone before it saw the work
                    work.state = "waiting"
            self._hand_out()

    def _stop(self, worker: Worker, work: Work) -> None:
        """Tell a worker that nobody wants its work, and take no for an answer only once."""
        worker.ask(stop=work.number)
        if not work.over.wait(PATIENCE) and worker.work is work:
            worker.kill()

    def _hand_out(self) -> None:
        """Give what waits to whoever is free, by turns among those who ask."""
        while waiting := [one for one in self._known.values() if one.state == "waiting"]:
            free = next((one for one in self.workers if one.work is None), None)
            if free is None:
                if len(self.workers) >= max(cores() - 1, 1):
                    return
                self.workers.append(free := Worker(self.heard, self.lost))
            busy = [one.work.by for one in self.workers if one.work]
            work = min(
                waiting, key=lambda one: (busy.count(one.by), self._served.get(one.by, 0.0), one.number)
            )
            self._served[work.by] = time.monotonic()
            work.state, work.words, work.tries = "working", "Starting …", work.tries + 1
            free.work, free.taken = work, False
            free.ask(number=work.number, call=work.call, arguments=work.arguments)

    def _forget(self) -> None:
        """Keep within the bounds what is remembered, the last asked for longest."""
        over = [(key, work.size) for key, work in self._known.items() if work.over.is_set()]
        while over and (len(over) > MOST_RESULTS or sum(size for _, size in over) > MOST_BYTES):
            del self._known[over.pop(0)[0]]
        for who in sorted(self._served, key=self._served.__getitem__)[:-1000]:
            del self._served[who]


_pool = Pool()
