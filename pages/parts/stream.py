"""Stream: the news of a run since a position. Whoever watches a run reads it through the same `Source`, which reads the
files once, thins what it tells so that a chart never gets more points than it can show, and writes each text once."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

from builder.errors import StrataError
from engines.health import health
from engines.runs.curves import Curves
from engines.runs.queue import place
from engines.runs.run import Run
from engines.runs.status import Status
from engines.workspace import Workspace
from pages.parts.findings import look
from pages.parts.judging import metric_section, plan
from pages.parts.sentences import COLOURS, run_line, sentence, share, taken
from pages.parts.thinning import MOST_POINTS, number, rates, seconds, spread, stride_of, thinned
from pages.parts.tokens import token
from pages.parts.words import changed

MOST_PROBES = 300
"""How many probes are sent at most for a whole run."""
TOLD_MARKS = ("measured", "changed")
MOST_NOTICES = 3
AHEAD = 2
"""Points are told as of a run that grows so many times: a long run, too, has a curve from its first steps on."""
COARSER = 2
"""A reader whose points lie so much closer than they should is told everything anew: the run has become longer."""


@dataclass(frozen=True)
class Position:
    """How much of a run somebody knows."""

    rewinds: int = -1
    steps: int = 0
    marks: int = 0
    probes: int = 0
    stride: int = 1

    @classmethod
    def read(cls, text: str) -> Position:
        """The position that a browser gives back; the very beginning if it is not one of ours."""
        parts = text.split(":")
        if len(parts) != 5 or not all(
            part.isascii() and part.isdecimal() and len(part) < 16 for part in parts
        ):
            return cls()
        return replace(cls(*map(int, parts)), stride=max(int(parts[4]), 1))

    def __str__(self) -> str:
        if self.rewinds < 0:
            return ""
        return f"{self.rewinds}:{self.steps}:{self.marks}:{self.probes}:{self.stride}"


@dataclass(frozen=True)
class News:
    """What somebody is told."""

    text: str
    """A JSON object in a line."""
    position: Position
    """What they know then."""
    version: int
    """Of the source, when it told this."""


Key = tuple[Position, int, bool]
"""What the answer to a reader depends on: its position, the version that it saw, whether it wants the status only."""


class Source:
    """A run as all who watch it see it.

    Attributes:
        version: raised whenever there is something new.
        over: whether nothing more will come unless the run is started again.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.token = token(run)
        self.version = 0
        self.over = False
        self.looked = 0.0
        self._lock = threading.Lock()
        self._curves = Curves(run.folder / "events.jsonl")
        self._seen: Any = None
        self._sections: dict[str, tuple[Any, int]] = {}
        self._answers: dict[Key, News] = {}

    def curves(self) -> Curves:
        """All that the run has told so far; do not change it."""
        with self._lock:
            return self._curves.read()

    def look(self) -> bool:
        """Read what was written since; whether anything was. Takes milliseconds, and a second for a million steps."""
        with self._lock:
            self.looked = time.monotonic()
            there = self.run.exists()
            status = self.run.status()  # before the events, so that none comes after the last status
            curves = self._curves.read()
            queued = place(Workspace(), self.run.id) if status.state == "queued" else None
            told = curves.notices()[-MOST_NOTICES:]
            self.over = status.over or not there
            lengths = (curves.rewinds, len(curves), len(curves.marks), len(curves.probes))
            seen = (lengths, replace(status, updated=0, commands=0), status.commands, queued, there, told)
            if seen == self._seen:
                return False
            before, self._seen = self._seen, seen
            self.version += 1
            self._keep("status", self._status(status, queued, told, there))
            if before is None or before[0][2] != lengths[2]:
                self._keep("metric", metric_section(self.run, curves))
            if before is None or before[0][::3] != lengths[::3]:
                self._keep("health", _health(curves))
            if before is None or before[1].steps != status.steps:
                self._keep("plan", _plan(self.run, status.steps))
            standing = {(news.position, news.version, key[2]) for key, news in self._answers.items()}
            self._answers = {}
            for position, version, brief in [*standing][
                :8
            ]:  # where most readers are; others ask for themselves
                self._answer((position, version, brief))
            return True

    def known(self, position: Position, seen: int, brief: bool = False) -> News | None:
        """The answer to a reader, if it was given to another one already."""
        return self._answers.get((position, seen, brief))

    def since(self, position: Position, seen: int = -1, brief: bool = False) -> News:
        """What is new since a position, and of the state of things since version `seen`.

        {"run": token, "from", "position", "reset": true if all that was known before is to be forgotten,
        "steps": {"x", "seconds", name: […]}, "tail": steps that may yet be thinned, and replace those told before,
        "marks", "probes": {"x", "seconds", "layers": {layer: {measure: […]}}}, "status", "metric", "health", "plan"}

        Args:
            position: what the reader knows.
            seen: the version that it was told last; -1 if none.
            brief: tell the status, and nothing else.
        """
        with self._lock:
            return self.known(position, seen, brief) or self._answer((position, seen, brief))

    def _answer(self, key: Key) -> News:
        position, seen, brief = key
        told: dict[str, Any] = {"run": self.token}
        if not brief:
            told["from"] = str(position)
            position = self._steps(position, told)
            told["position"] = str(position)
        for name, (value, version) in self._sections.items():
            if version > seen and (name == "status" or not brief):
                told[name] = value
        text = json.dumps(told, separators=(",", ":"), allow_nan=False)
        news = self._answers[key] = News(text, position, self.version)
        return news

    def _steps(self, at: Position, told: dict[str, Any]) -> Position:
        """Add the new steps, marks and probes to what is told; the position after them."""
        curves = self._curves
        length = len(curves)
        foreseen = max(min(self._seen[1].steps, AHEAD * length), length) if self._seen else 0
        wanted = stride_of(foreseen)
        ahead = at.steps > length or at.marks > len(curves.marks) or at.probes > len(curves.probes)
        coarse = wanted > COARSER * at.stride and at.steps > MOST_POINTS
        if at.rewinds != curves.rewinds or ahead or coarse:
            at = Position(curves.rewinds, stride=wanted)
            told["reset"] = True
        end = max(length if self.over else length - (length - at.steps) % at.stride, at.steps)
        for name, start, until in (("steps", at.steps, end), ("tail", end, length)):
            if until > start:
                told[name] = thinned(curves.steps, start, until, at.stride)
                told[name]["seconds"] = seconds(curves.clock, told[name]["x"])
                if curves.rates:
                    told[name]["lr"] = rates(curves.rates, told[name]["x"])
        if marks := [self._mark(row) for row in curves.marks[at.marks :] if row["type"] in TOLD_MARKS]:
            told["marks"] = marks
        if len(curves.probes) > at.probes:
            told["probes"] = _columns(curves, at.probes)
        return replace(at, steps=end, marks=len(curves.marks), probes=len(curves.probes))

    def _mark(self, row: dict[str, Any]) -> dict[str, Any]:
        values = row["values"]
        if row["type"] == "measured":
            values = {name: number(value) for name, value in values.items()}
        else:
            row = {**row, "label": changed(values)[:120]}
        passed = self._curves.seconds(row["step"])
        return {**row, "values": values, "seconds": None if passed is None else round(passed, 2)}

    def _keep(self, name: str, value: Any) -> None:
        if name not in self._sections or self._sections[name][0] != value:
            self._sections[name] = (value, self.version)

    def _status(self, status: Status, place: Any, notices: list[Any], there: bool) -> dict[str, Any]:
        names = (
            "state step steps epoch epochs rate speed left elapsed memory device threads message node".split()
        )
        found = look(self.run, self._curves)
        return {
            **{name: _plain(getattr(status, name)) for name in names},
            "mean_loss": _plain(self._curves.loss()),
            "obeyed": status.commands,
            "over": self.over,
            "there": there,
            "share": round(share(status), 4),
            "sentence": sentence(status, place),
            "taken": taken(status),
            "line": run_line(self.run.id, status, place),
            "colour": COLOURS.get(status.state, ""),
            "notices": [{"level": row["level"], "text": row["text"][:500]} for row in notices]
            + found.notices,
            "findings": found.key,
            "place": place and {"position": place.position, "waiting": place.waiting, "wait": place.wait},
        }


def _plain(value: Any) -> Any:
    return number(value) if isinstance(value, float) else value


def _plan(run: Run, steps: int) -> dict[str, Any] | None:
    try:
        return plan(run, steps)
    except StrataError:
        return None  # the page tells what is wrong with the project's file


def _health(curves: Curves) -> dict[str, dict[str, str]]:
    """How each layer is doing."""
    told = [
        rate
        for _, rate in (*curves.rates[:: max(1, len(curves.rates) // 500)], *curves.rates[-1:])
        if rate > 0
    ]
    found = health(curves.probes, told[-1] / max(told) if told else 1.0)
    return {
        layer: {"state": one.state, "level": one.level, "words": one.words} for layer, one in found.items()
    }


def _columns(curves: Curves, start: int) -> dict[str, Any]:
    """The probes from a place on, by layer and measure."""
    rows = curves.probes[start:]
    rows = [rows[at] for at in spread(len(rows), MOST_PROBES)]
    layers: dict[str, dict[str, list[float | None]]] = {}
    for at, row in enumerate(rows):
        for layer, measures in row["layers"].items():
            for measure, value in (measures if isinstance(measures, dict) else {}).items():
                column = layers.setdefault(layer, {}).setdefault(measure, [None] * len(rows))
                column[at] = number(value)
    steps = [row["step"] for row in rows]
    return {"x": steps, "seconds": seconds(curves.clock, sorted(steps)), "layers": layers}


_SOURCES: OrderedDict[str, Source] = OrderedDict()
_MOST_SOURCES = 32
_SHARING = threading.Lock()


def source(run: Run) -> Source:
    """The source of a run, the same for all who watch it."""
    with _SHARING:
        key = str(run.folder)
        known = _SOURCES[key] = _SOURCES.pop(key, None) or Source(run)
        while len(_SOURCES) > _MOST_SOURCES:
            _SOURCES.popitem(last=False)
        return known
