"""The queue: runs start when the machine has room, by turns among the people who wait.

All that is known of it lies in the folders of the runs: `queued` in the status, and a number in `ticket`. Any process
may serve it, one at a time, under a lock; so it does not matter who is killed, or how many servers there are.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from builder.files import write_atomically
from engines.runs.disk import Lines, read_json, read_lines
from engines.runs.index import Index
from engines.runs.run import Run
from engines.runs.status import OVER, Status
from engines.runs.summary import Summary
from engines.runs.turns import ACTIVE, Line, Place, Room, forecast

if TYPE_CHECKING:
    from engines.workspace import Workspace

LOCK, BOOK, TICKET = ".queue.lock", ".queue.json", "ticket"
MOST_PEOPLE = 1000
"""People of whom is remembered when they were served last."""
FRESH = 0.5
"""Seconds for which a forecast holds."""


class Queue:
    """The runs of a workspace that wait for room."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.lock = lock(workspace.runs)

    def add(self, run: Run) -> None:
        """Let a run that is new, or over but not finished, start when there is room; at once if there is room now."""
        with self.lock:
            status = run.status()
            if status.state not in ("created", *OVER) or status.state == "finished":
                return
            book = self._book()
            book.last += 1
            write_atomically(run.folder / TICKET, json.dumps(book.last).encode(), durable=False)
            book.write(self.workspace.runs / BOOK)
            run.report(replace(status, state="queued", message="", node="", updated=time.time()))
            for _ in self._serve():
                pass

    def serve(self) -> list[Run]:
        """Start what there is room for; these runs."""
        if not any(one.state == "queued" for one in Index(self.workspace).doing()):
            return []
        with self.lock:
            return list(self._serve())

    def _serve(self) -> Iterable[Run]:
        known, book = Index(self.workspace).doing(), self._book()
        active = Counter(one.by for one in known if one.state in ACTIVE)
        line, room = Line(self._waiting(known), active, book.served), Room(known)
        while room and (one := line.next()):
            run = Run(self.workspace.runs / one.id)
            if run.status().state != "queued" or run.alive():  # a worker that is just ending
                continue
            book.last += 1
            book.served[one.by] = book.last
            book.write(self.workspace.runs / BOOK)
            run.start()
            active[one.by] += 1
            room.take()
            yield run

    def places(self) -> dict[str, Place]:
        """The places of all runs that wait, by id."""
        known = Index(self.workspace).doing()
        active = Counter(one.by for one in known if one.state in ACTIVE)
        return forecast(Line(self._waiting(known), active, self._book().served), known)

    def _waiting(self, known: Iterable[Summary]) -> list[Summary]:
        """The runs that wait, oldest first."""
        waiting = [(self._ticket(one.id), one.id, one) for one in known if one.state == "queued"]
        return [one for *_, one in sorted(waiting, key=lambda item: item[:2])]

    def _ticket(self, id: str) -> int:
        try:
            return int((self.workspace.runs / id / TICKET).read_text())
        except (OSError, ValueError):
            return 0

    def _book(self) -> _Book:
        """The book; where it was lost, new tickets go on from those that are out."""
        path = self.workspace.runs / BOOK
        if (book := _Book.read(path)).last == 0:
            book.last = max(map(self._ticket, Index(self.workspace).ids()), default=0)
        return book


@dataclass
class _Book:
    """The last number that was given, and the one at which each person was served last.

    Nothing but the order hangs on it.
    """

    last: int = 0
    served: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> _Book:
        told = read_json(path)
        last, served = told.get("last"), told.get("served")
        if not isinstance(last, int) or not isinstance(served, dict):
            return cls()
        return cls(last, {who: at for who, at in served.items() if isinstance(at, int)})

    def write(self, path: Path) -> None:
        if len(self.served) > MOST_PEOPLE:
            latest = sorted(self.served, key=self.served.__getitem__)[-MOST_PEOPLE:]
            self.served = {who: self.served[who] for who in latest}
        text = json.dumps({"last": self.last, "served": self.served})
        write_atomically(path, text.encode(), durable=False)


def lock(runs: Path) -> FileLock:
    """The lock under which it is decided which runs of a folder start."""
    return FileLock(runs / LOCK, poll_interval=0.005)


def stop_idle(run: Run) -> bool:
    """Stop a run that waits in the queue, or is paused and has no worker; whether it was one of these."""
    before = run.status().state
    if before not in ("queued", "paused"):
        return False
    try:
        with lock(run.folder.parent) if before == "queued" else run.lock():
            status = run.status()
            if status.state != before:
                return False
            obeyed = read_lines(run.folder / "commands.jsonl")[1]
            announce(run, replace(status, state="stopped", commands=obeyed))
            return True
    except Timeout:  # paused, with a worker that will obey
        return False


def announce(run: Run, status: Status) -> None:
    """Write the status of a run that has no worker, and tell of its state in the events."""
    run.report(replace(status, updated=time.time()))
    lines = Lines(run.folder / "events.jsonl")
    told = {"state": status.state, "step": status.step, "text": status.message, "node": status.node}
    lines.add({"type": "state", **told, "at": time.time()})
    lines.close()


def place(workspace: Workspace, id: str) -> Place | None:
    """Where a run stands in the queue; None if it does not wait (any more). Told anew twice a second."""
    with _LOOKING:
        known = _FORECASTS.get(workspace.runs)
        if known is None or time.monotonic() - known[0] > FRESH or id not in known[1]:
            known = _FORECASTS[workspace.runs] = time.monotonic(), Queue(workspace).places()
        return known[1].get(id)


_FORECASTS: dict[Path, tuple[float, dict[str, Place]]] = {}
_LOOKING = threading.Lock()
