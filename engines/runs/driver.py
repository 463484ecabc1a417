"""The driver: takes events out of an engine, and does between two of them all that an engine must not know of.

Pausing, stopping, checkpoints and the writing of events happen here. An engine yields thousands of steps a second, so
everything but a comparison of clocks waits for the tick, ten times a second.
"""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import replace
from typing import Any

from builder.errors import BadValue
from engines.context import Context
from engines.engine import Engine
from engines.events import Event, State, Step
from engines.runs.disk import read_lines
from engines.runs.limits import Watch, limits
from engines.runs.machine import memory
from engines.runs.probing import Probing
from engines.runs.record import Record
from engines.runs.saving import Saving
from engines.tuning import differing

TICK = 0.1
"""Seconds between two looks at clocks, commands and tensors."""
REPORT = 0.25
"""Seconds between two writings of the status, a file that is replaced each time."""


class Halted(Exception):
    """The run is to end here, in this state."""

    def __init__(self, state: State, message: str = "") -> None:
        super().__init__(message)
        self.state = state


class Rewind(Exception):
    """The weights are no use any more: build everything again and go on from the last good checkpoint."""


class Driver:
    """Drives one engine to its end, obeying commands.

    Args:
        engine: what to drive.
        context: what it works with.
        record: where its events go.
        asked: states that signal handlers want the run to end in.
        attended: whether anybody could resume it after its loss went out of bounds; if not, it ends paused.
    """

    def __init__(
        self, engine: Engine, context: Context, record: Record, asked: list[State], attended: bool = True
    ) -> None:
        self.engine, self.context, self.record = engine, context, record
        self.asked, self.attended = asked, attended
        self._paused = False
        self._pause_at: float = math.inf
        self._pause_after_epoch = False
        self._resumable = True
        self._limits = Watch(record.run.folder)
        self._elapsed = 0.0
        self.saving, self.probing = Saving(context, record), Probing(context, record)
        self._since = self._due = self._report_due = time.monotonic()
        self._pace: deque[tuple[float, int]] = deque(maxlen=30)

    # -- the life of a run ---------------------------------------------------------------------------------

    def drive(self, elapsed: float = 0.0) -> None:
        """Train to the end, or until halted, after `elapsed` seconds of training; what was wanted before counts now."""
        self._elapsed, self._since = elapsed, time.monotonic()
        self._paused = self.record.status.state == "paused"
        self.context.boundary = self._boundary
        if (
            not self.record.run.checkpoints.numbers()
        ):  # else a start would look like progress between two deaths
            self._save()
        if wanted := self.record.status.wanted:
            self._tune(wanted)
            self.record.status = replace(self.record.status, wanted={})
        events = self.engine.run(self.context)
        try:
            self._obey()
            self.record.state("paused" if self._paused else "running")
            if self._paused:
                self._hold()
            self.probing.aim()
            for event in events:
                self._take(event)
            self._finish()
        except Halted as halted:
            self._save_if_sound()
            self._end(halted.state, str(halted))
        finally:
            events.close()  # type: ignore[attr-defined]

    def _finish(self) -> None:
        """The engine is done; what it told last cannot be told again, so no command is obeyed any more."""
        self._resumable = False
        self._progress(time.monotonic())
        bad = self.record.write()
        if bad is not None:
            self._diverged(bad)
        self._save(finished=True)
        self.probing.keep(self._elapsed_until(time.monotonic()))
        self._end("finished", "")

    def _end(self, state: State, message: str) -> None:
        self._progress(time.monotonic())
        self.record.state(state, message)

    def _take(self, event: Event) -> None:
        context = self.context
        if type(event) is not Step:
            self.record.mark(event, context.step_count, context.epoch)  # type: ignore[arg-type]
            return
        context.step_count += 1
        self.record.step(event)
        if self.probing.aimed:
            self._look()
        elif context.step_count >= self.probing.milestone:
            self.probing.aim()
        if context.step_count >= self._pause_at:
            self._paused = True
            self._tick()
        elif time.monotonic() >= self._due:
            self._tick()

    def _look(self) -> None:
        """Let probes look at the step; where they keep what they see, the weights are kept beside it."""
        self.probing.look(self._elapsed_until(time.monotonic()))
        if self.probing.kept and self.saving.sound():
            self.saving.keep(self._elapsed_until(time.monotonic()), self.probing.early)

    def _boundary(self) -> None:
        """Between two epochs."""
        if self._pause_after_epoch:
            self._paused = True
            self._tick()
        elif time.monotonic() >= self._due:
            self._tick()

    def _tick(self) -> None:
        """Write what has gathered, obey, and save when it is time; may wait here, or end the run."""
        self._progress(time.monotonic())
        bad = self.record.write()
        if bad is not None:
            self._diverged(bad)
        self._obey()
        if self._paused:
            self._hold()
        if self.asked:
            raise Halted(self.asked[0])
        if self.saving.due():
            if self.attended and (why := self._limits.check(self._elapsed_until(time.monotonic()))):
                raise Halted("stopped", why)
            self._save()
        elif self.saving.snapshots.wanted(self.context.step_count) and self.saving.sound():
            self.saving.keep(self._elapsed_until(time.monotonic()))
        if self.probing.due():
            self.probing.aim()
        now = time.monotonic()
        if now >= self._report_due:
            self.record.report()
            self._report_due = now + REPORT
        self._due = now + TICK

    # -- commands ------------------------------------------------------------------------------------------

    def _obey(self) -> None:
        """Obey the commands that have come in."""
        status = self.record.status
        rows, offset = read_lines(self.record.run.folder / "commands.jsonl", status.commands)
        for row in rows:
            command = row.get("command")
            if command == "stop":
                raise Halted("stopped", status.message)
            if command == "set":
                self._tune(row.get("values"))
            if command in ("pause", "resume", "step", "epoch"):
                self._paused = command == "pause"
                self._pause_at = self.context.step_count + 1 if command == "step" else math.inf
                self._pause_after_epoch = command == "epoch"
            if command == "step":
                self.probing.aim()
        if rows:
            self.record.status = replace(self.record.status, commands=offset)

    def _tune(self, wanted: Any) -> None:
        """Change settings from the next step on.

        A checkpoint is taken before that step and before the command counts as obeyed: whenever the worker is killed,
        the run goes on with the change at this very step, or obeys the command again.
        """
        context, status = self.context, self.record.status
        sound = self.saving.sound()
        try:
            values = differing(
                self.engine,
                context.project.graphs[self.engine.roles[0]],
                context.tuned if sound else {**context.tuned, **status.wanted},
                wanted if isinstance(wanted, dict) else {},
                context.epoch,
            )
        except BadValue as error:
            self.record.notice(str(error), "warning")
            return
        if values and not sound:  # there is no going on from here; they count where it goes on
            self.record.status = replace(status, wanted={**status.wanted, **values})
        elif values:
            context.tune(values)
            self.record.changed(context.step_count, values)
            self._save()

    def _hold(self, message: str = "", save: bool = True) -> None:
        """Stay paused until a command or a signal says otherwise."""
        self._elapsed += time.monotonic() - self._since
        self._pace.clear()
        if save:
            self._save()
        self._paused, self._pause_at, self._pause_after_epoch = True, math.inf, False
        if self.record.status.state != "paused" or message:
            self.record.state("paused", message)
        idle = time.monotonic() + limits().idle_minutes * 60
        while self._paused and not self.asked and time.monotonic() < idle:
            time.sleep(TICK / 2)
            if not self.record.run.exists():
                raise FileNotFoundError("the folder of the run has been removed")
            self._obey()
        if self._paused and self.asked[:1] != ["stopped"]:
            raise Halted("paused", self.record.status.message)  # without a worker; the next command wakes it
        self._since = time.monotonic()
        if not self.asked:
            self.record.state("running")

    # -- checkpoints ---------------------------------------------------------------------------------------

    def _save(self, finished: bool = False) -> None:
        """Take a checkpoint, unless the weights are not numbers any more."""
        if not self.saving.sound():
            self._diverged(self.context.step_count)
        self.saving.save(self._elapsed_until(time.monotonic()), finished)

    def _save_if_sound(self) -> None:
        if self.record.write() is None and self._resumable and self.saving.sound():
            self._save()

    def _diverged(self, step: int) -> None:
        """Pause, keep the last good checkpoint, and explain. Goes on only if the weights are still of use."""
        rate = self.context.rate
        message = (
            f"The loss stopped being a finite number at step {step}. The last good checkpoint is kept. Lower the "
            f"learning rate{f' (it is {rate:g})' if rate else ''}, clip the gradient, or look for extreme "
            "values in the data; then train again."
        )
        if not self.attended:
            raise Halted("paused", message)
        self._hold(message, save=False)
        if self.asked:
            raise Halted(self.asked[0], message)
        if not self.saving.sound():
            raise Rewind

    # -- progress ------------------------------------------------------------------------------------------

    def _elapsed_until(self, now: float) -> float:
        return self._elapsed + (0.0 if self._paused else now - self._since)

    def _progress(self, now: float) -> None:
        """Bring the status up to date."""
        context = self.context
        self._pace.append((now, context.step_count))
        seconds, steps = now - self._pace[0][0], context.step_count - self._pace[0][1]
        speed = steps / seconds if steps else self.record.status.speed
        left = (context.steps - context.step_count) / speed if speed and context.steps else None
        values: dict[str, Any] = {
            "step": context.step_count,
            "steps": context.steps,
            "epoch": context.epoch,
            "epochs": context.epoch_count,
            "speed": speed,
            "left": left,
            "elapsed": self._elapsed_until(now),
            "rate": context.rate,
            "memory": memory(context.device),
        }
        self.record.status = replace(self.record.status, **values)
