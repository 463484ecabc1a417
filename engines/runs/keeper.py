"""The keeper: sees that a worker has died, hangs or is stopped, and starts another one from the last checkpoint.

It knows no time of day: a clock that is set must not look like a death.
"""

from __future__ import annotations

import json
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from builder.errors import StrataError
from builder.files import write_atomically
from engines.runs.disk import read_json
from engines.runs.explain import stuck_at
from engines.runs.heartbeat import DUMP, KILL, Beat, born, last_beat, send
from engines.runs.index import Index
from engines.runs.launch import LAUNCHED, LOG
from engines.runs.limits import limits, variable
from engines.runs.queue import Queue, announce, lock
from engines.runs.run import Run
from engines.runs.turns import ACTIVE

if TYPE_CHECKING:
    from engines.workspace import Workspace

PERIOD = 0.5
"""Seconds between two looks."""
CALM = 5
"""One look of so many sees to paused runs as well: there may be hundreds, and hardly anything happens to them."""
DEATHS = 3
"""Deaths at the same checkpoint after which a run has failed."""
BIRTH = 60.0
"""Seconds in which a worker that was asked for must have taken the lock."""
LAST_WORDS = 0.5
"""Seconds in which a worker that hangs writes down where."""
END = 1.0
"""Seconds in which a worker that was killed must have let go of the lock."""


@dataclass
class _Pulse:
    """What was seen of a worker: its last beat, and seconds since its counts changed."""

    beat: Beat
    silent: float = 0.0
    stuck: float = 0.0

    def see(self, beat: Beat, passed: float, training: bool) -> None:
        before, self.beat = self.beat, beat
        other = before.process != beat.process
        self.silent = 0.0 if other or before.beat != beat.beat else self.silent + passed
        self.stuck = 0.0 if other or not training or before.progress != beat.progress else self.stuck + passed


class Keeper:
    """Looks after the runs of a workspace, and serves its queue. There may be several: one lock decides."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._pulses: dict[str, _Pulse] = {}
        self._looked = time.monotonic()
        self._looks = -1

    def look(self) -> list[Run]:
        """Resume every run whose worker is gone, or is no use, though it should be training; these runs.

        A run is resumed as often as it gets on. When it dies for the third time without a new checkpoint between, it
        has failed, and says why. Nothing need be known from before: after a restart of the server the folders tell it.
        """
        now = time.monotonic()
        self._looks += 1
        # if this process itself was kept from looking, that is no silence of others
        passed, self._looked = min(now - self._looked, 2 * PERIOD), now
        resumed, seen = [], set()
        for one in Index(self.workspace).doing():
            training = one.state in ACTIVE
            if not training and one.state != "paused":
                continue
            seen.add(one.id)
            if not training and self._looks % CALM:
                continue
            try:
                run = Run(self.workspace.runs / one.id)
                if self._tend(run, passed if training else CALM * passed, training):
                    resumed.append(run)
            except (OSError, StrataError):  # a full disk, a folder that is removed: the others still count
                continue
        self._pulses = {id: pulse for id, pulse in self._pulses.items() if id in seen}
        Queue(self.workspace).serve()
        return resumed

    def _tend(self, run: Run, passed: float, training: bool) -> bool:
        """Look at one run; whether a worker was started for it."""
        if training and not _underway(run):
            return _bury(run)
        beat = last_beat(run.folder)
        if beat is None:
            self._pulses.pop(run.id, None)
            return False
        pulse = self._pulses.setdefault(run.id, _Pulse(beat))
        pulse.see(beat, passed, training)
        allowed = limits()
        if pulse.silent > allowed.heartbeat_seconds:
            ended = _end(run, beat)
        elif pulse.stuck > allowed.hang_seconds:
            ended = _end(run, beat, dump=True)
        else:
            return False
        del self._pulses[run.id]
        if ended and training:
            return _bury(run, hung=pulse.silent <= allowed.heartbeat_seconds)
        if ended and not training and run.unheard():
            run.start()
            return True
        return False


def keep(workspace: Workspace) -> list[Run]:
    """Look once, as one who knows nothing from before."""
    return Keeper(workspace).look()


def watch(workspace: Workspace, over: threading.Event) -> None:
    """Keep a workspace until `over` is set; the work of a daemon thread."""
    keeper = Keeper(workspace)
    while not over.wait(PERIOD):
        try:
            keeper.look()
        except Exception:  # whatever it is, the next look may do better, and nobody else keeps the runs
            traceback.print_exc()


def _underway(run: Run) -> bool:
    """Whether a worker holds the run, or was asked for a moment ago by a process that is still there."""
    at = read_json(run.folder / LAUNCHED).get("at")
    recent = isinstance(at, float) and 0 <= time.monotonic() - at < BIRTH
    return (recent and not _lost(run)) or run.alive()


def _lost(run: Run) -> bool:
    """Whether a worker was asked for, and whoever asked was killed before there was one. That is no worker's death."""
    asked = read_json(run.folder / LAUNCHED)
    return isinstance(who := asked.get("process"), int) and born(who) != asked.get("born")


def _end(run: Run, beat: Beat, dump: bool = False) -> bool:
    """Kill the process that gave a beat, and wait until it is gone; whether it is."""
    if dump and DUMP and send(beat, DUMP):
        time.sleep(LAST_WORDS)
    if not send(
        beat, KILL
    ):  # it is gone; the lock may be held by one that does not beat, such as a command line
        return not run.alive()
    end = time.monotonic() + END
    while run.alive():
        if (
            time.monotonic() > end
        ):  # it waits for a disk that does not answer: the system kills it when that does
            return False
        time.sleep(0.01)
    return True


def _bury(run: Run, hung: bool = False) -> bool:
    """Count a death; start another worker, or give the run up. Whether one was started."""
    with lock(run.folder.parent):
        status = run.status()
        if status.state not in ACTIVE or _underway(run):  # another keeper, or a person, was quicker
            return False
        if _lost(run):
            run.start()
            return True
        known = read_json(run.folder / "deaths.json")
        latest = max(run.checkpoints.numbers(), default=0)
        deaths = known.get("deaths", 0) + 1 if known.get("checkpoint") == latest else 1
        told = json.dumps({"checkpoint": latest, "deaths": deaths})
        write_atomically(run.folder / "deaths.json", told.encode())
        if deaths < DEATHS:
            run.start()
            return True
        log = _log(run)
        where, node = _last_words(log), ""
        if hung:
            with suppress(StrataError):
                where, node = stuck_at(log, run.project)
        text = f"The worker died {deaths} times at the same place{where}. The last checkpoint is kept."
        if hung:
            text = (
                f"The training hung: it got no further for {limits().hang_seconds:g} s "
                f"({variable('hang_seconds')}), {deaths} times at the same place{where}. The last checkpoint is kept; "
                "worker.log in the run's folder tells where each thread was."
            )
        announce(run, replace(status, state="failed", message=text, node=node))
        return False


def _log(run: Run) -> str:
    """The end of the worker's log."""
    try:
        return (run.folder / LOG).read_text(errors="replace")[-20_000:]
    except OSError:
        return ""


def _last_words(log: str) -> str:
    """What the worker's log says of a fatal error, for example a segmentation fault."""
    fatal = [line for line in log.splitlines() if line.startswith("Fatal Python error:")]
    return f" ({fatal[-1].removeprefix('Fatal Python error:').strip()})" if fatal else ""
