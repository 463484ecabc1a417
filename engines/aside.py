"""Work aside: what takes long is done by a few processes beside the server, so that its pages stay quick.

    task = aside.begin("engines.embedding:embed", folder, 3, None, "conv1")   # returns at once
    task.state, task.share, task.words, task.partial                          # how far it is
    task.result()                                                             # once task.state is "done"

A function says how far it is with `aside.tell(0.4, "Epoch 4 of 10")`. A thread would do without all this, but holds up
every page of the server for as long as it computes.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import IO, Any, Literal

from builder.errors import StrataError
from engines.runs.launch import ROOT
from engines.runs.limits import cores, limits
from engines.working import Stopped as Stopped
from engines.working import packed, receive, send
from engines.working import tell as tell

State = Literal["waiting", "working", "done", "failed", "stopped"]
MOST_BYTES, MOST_RESULTS = 256 << 20, 256
"""What is remembered of results; beyond, those that nobody asked for longest go."""
PATIENCE = 1.0
"""Seconds after which work that was stopped and goes on is ended with its process."""
KILLED = (
    "The process that worked on this was ended from outside, probably because the machine ran out of memory. "
    "Try again, with fewer examples if it happens again."
)
_asker: ContextVar[str] = ContextVar("asker", default="")


@contextmanager
def asked_by(who: str) -> Iterator[None]:
    """What begins meanwhile is asked for by this session; those who ask take turns."""
    token = _asker.set(who)
    try:
        yield
    finally:
        _asker.reset(token)


@dataclass(eq=False)
class _Work:
    """A computation, for all who asked for it."""

    number: int
    key: tuple[str, bytes]
    wish: bytes
    by: str
    state: State = "waiting"
    share: float = 0.0
    words: str = ""
    partial: Any = None
    value: Any = None
    size: int = 0
    tries: int = 0
    wanted: set[int] = field(default_factory=set)
    """Numbers of the tasks that still want it."""
    over: threading.Event = field(default_factory=threading.Event)

    def end(self, state: State, value: Any = None, size: int = 0) -> None:
        self.value, self.size, self.partial = value, size, None
        self.state = state
        self.over.set()


class Task:
    """What one caller asked for; others may have asked for the same, and it is computed once."""

    _numbers = itertools.count()

    def __init__(self, work: _Work) -> None:
        self._work, self._number, self._left = work, next(Task._numbers), False
        work.wanted.add(self._number)

    @property
    def state(self) -> State:
        """How it is doing."""
        return "stopped" if self._left else self._work.state

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1, as far as the work tells."""
        return 1.0 if self._work.state == "done" else self._work.share

    @property
    def words(self) -> str:
        """What is being done."""
        return self._work.words

    @property
    def partial(self) -> Any:
        """The last partial result; None if there is none."""
        return self._work.partial

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed", "stopped")

    def wait(self, seconds: float) -> bool:
        """Wait for the end, for so long at most; whether it has come."""
        return self._left or self._work.over.wait(seconds)

    def result(self) -> Any:
        """What the function gave; shared between all who asked, so change nothing in it.

        Raises:
            StrataError: it failed, in words; or it was stopped, or is not done yet.
        """
        if self.state == "failed":
            raise StrataError(self._work.value)
        if self.state != "done":
            raise StrataError(f"This has no result: it is {self.state}. Begin it again, or wait.")
        return self._work.value

    def stop(self) -> None:
        """Want it no more. The work itself ends when nobody else wants it either."""
        if not self.over:
            self._left = True
            _POOL.leave(self._work, self._number)


def begin(function: str, *args: Any, **kwargs: Any) -> Task:
    """Have a function called in a process beside this one; returns at once.

    Args:
        function: a function of a module, such as "engines.embedding:embed". It loads runs and data by itself.
        args: what it is given: paths, names and numbers. The same function and arguments are computed once, and
            remembered; what failed or was stopped is begun anew.
        kwargs: the same, by name.
    """
    return _POOL.begin(function, args, kwargs)


class _Worker:
    """A process, and the thread that reads what it tells."""

    def __init__(self, pool: _Pool) -> None:
        self.pool = pool
        self.work: _Work | None = None
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        one = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engines.working", str(60 * limits().idle_minutes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C ends the server, and with it its pipes
            env={**os.environ, **one, "PYTHONPATH": path},
        )
        assert self.process.stdin and self.process.stdout
        self.wishes: IO[bytes] = self.process.stdin
        threading.Thread(target=self._read, args=[self.process.stdout], daemon=True, name="aside").start()

    def do(self, work: _Work) -> None:
        """Give it something to do; if the process is gone, `_read` notices."""
        self.work, work.tries = work, work.tries + 1
        with suppress(OSError):
            send(self.wishes, work.wish)

    def stop(self, work: _Work) -> None:
        """Ask it to stop, and do not take no for an answer."""
        with suppress(OSError):
            send(self.wishes, packed(("stop", work.number)))
        if not work.over.wait(PATIENCE) and self.work is work:
            self.process.kill()

    def _read(self, news: IO[bytes]) -> None:
        taken = False
        while True:
            try:
                (kind, *detail), size = receive(news)
            except (EOFError, OSError):
                self.process.kill()
                self.process.wait()
                self.pool.lost(self, taken)
                return
            taken = kind in ("taken", "tell")
            self.pool.heard(self, kind, detail, size)


class _Pool:
    """All work and all workers of this process, under one lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._works: OrderedDict[tuple[str, bytes], _Work] = OrderedDict()
        self._workers: list[_Worker] = []
        self._served: dict[str, float] = {}
        self._numbers = itertools.count()

    def begin(self, function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Task:
        key = function, packed((args, sorted(kwargs.items())))
        with self._lock:
            known = self._works.get(key)
            if (
                known is None
                or known.state in ("failed", "stopped")
                or not (known.wanted or known.over.is_set())
            ):
                number = next(self._numbers)
                known = _Work(number, key, packed(("do", number, function, args, kwargs)), _asker.get())
                self._works[key] = known
            self._works.move_to_end(key)
            task = Task(known)
            self._hand_out()
        return task

    def leave(self, work: _Work, number: int) -> None:
        with self._lock:
            work.wanted.discard(number)
            if work.wanted or work.over.is_set():
                return
            worker = next((one for one in self._workers if one.work is work), None)
            if worker is None:
                work.end("stopped")
                return
        threading.Thread(target=worker.stop, args=[work], daemon=True).start()

    def heard(self, worker: _Worker, kind: str, detail: list[Any], size: int) -> None:
        with self._lock:
            work = worker.work
            if work is None or kind == "taken":
                return
            if kind == "tell":
                share, words, partial = detail
                work.share = work.share if share is None else min(max(float(share), 0.0), 1.0)
                work.words = words or work.words
                work.partial = work.partial if partial is None else partial
                return
            worker.work = None
            work.end(kind, detail[0] if detail else None, size)  # type: ignore[arg-type]
            self._forget()
            self._hand_out()

    def lost(self, worker: _Worker, taken: bool) -> None:
        """A process has ended: by itself after a while of rest, or with work in hand."""
        with self._lock:
            self._workers.remove(worker)
            work, worker.work = worker.work, None
            if work is not None and not work.wanted:
                work.end("stopped")
            elif work is not None and (taken or work.tries > 1):
                work.end("failed", KILLED)
            elif work is not None:  # it ended before it saw the work
                work.state = "waiting"
            self._hand_out()

    def _hand_out(self) -> None:
        """Give what waits to whoever is free, by turns among those who ask."""
        while waiting := [one for one in self._works.values() if one.state == "waiting"]:
            free = next((one for one in self._workers if one.work is None), None)
            if free is None:
                if len(self._workers) >= max(cores() - 1, 1):
                    return
                self._workers.append(free := _Worker(self))
            busy = [one.work.by for one in self._workers if one.work]
            work = min(waiting, key=lambda one: (busy.count(one.by), self._served.get(one.by, 0.0)))
            self._served[work.by] = time.monotonic()
            work.state = "working"
            free.do(work)

    def _forget(self) -> None:
        """Keep within the bounds; what somebody waits for stays."""
        for work in [*self._works.values()]:
            kept = [one for one in self._works.values() if one.over.is_set()]
            if len(kept) <= MOST_RESULTS and sum(one.size for one in kept) <= MOST_BYTES:
                break
            if work.over.is_set():
                del self._works[work.key]
        for who in sorted(self._served, key=self._served.__getitem__)[:-1000]:
            del self._served[who]


_POOL = _Pool()
