"""What the doctor found last in each run: looked for once for all who watch, and not in a hurry."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any, NamedTuple

from engines.doctor import Diagnosis, examine, signs
from engines.runs.curves import Curves
from engines.runs.run import Run

PERIOD = 3.0
"""Seconds between two looks at a run that goes on."""
MOST = 200
"""Runs whose findings are remembered."""


class Found(NamedTuple):
    """What the doctor has to say of a run."""

    wrong: list[Diagnosis]
    """The worst first."""
    well: list[str]
    """What is well, if nothing is wrong."""

    @property
    def key(self) -> str:
        """What is wrong and where, in a word that changes when that does."""
        return " ".join(f"{one.symptom}:{'.'.join(one.path)}" for one in self.wrong)

    @property
    def notices(self) -> list[dict[str, str]]:
        """The worst in a line, for the top of the page."""
        if not self.wrong:
            return []
        worst, more = self.wrong[0], len(self.wrong) - 1
        where = f" in {' → '.join(worst.path)}" if worst.path else ""
        others = f", and {more} more" if more else ""
        title = worst.kind.title[:1].lower() + worst.kind.title[1:]
        text = f"The doctor: {title}{where}{others}. What would help stands below the charts."
        return [{"level": worst.kind.severity.replace("hint", "info"), "text": text}]


NOTHING = Found([], [])
_known: OrderedDict[tuple[str, str], tuple[tuple[Any, ...], float, Found]] = OrderedDict()
"""By home and run: stamp, when, findings."""


def look(run: Run, curves: Curves) -> Found:
    """What the doctor has to say of a run that has told `curves`; looked at anew only when it has told more."""
    status, key = run.status(), (str(run.folder.parent), run.id)
    stamp = (status.step, status.state, status.epoch, curves.rewinds)
    known = _known.get(key)
    hurry = known and known[0][1] == "running" == status.state and time.monotonic() - known[1] < PERIOD
    if known and (hurry or known[0] == stamp):
        return known[2]
    try:
        branched = int(run.about.get("branched", 0))
        wrong = examine(run.project, curves, status, branched)
        found = Found(wrong, [] if wrong else signs(run.project, curves, status, branched))
    except (
        Exception
    ):  # a project that cannot be read any more, say: no page and no stream may end for want of advice
        found = NOTHING
    if known:
        _keep_tried(known[2].wrong, found.wrong)
    _known[key] = stamp, time.monotonic(), found
    _known.move_to_end(key)
    while len(_known) > MOST:
        _known.popitem(last=False)
    return found


def _keep_tried(before: list[Diagnosis], now: list[Diagnosis]) -> None:
    """What was tried once for a finding need not be tried again while it goes on."""
    tried = {(one.symptom, one.path): one for one in before if "cures" in one.__dict__}
    for one in now:
        if same := tried.get((one.symptom, one.path)):
            one.__dict__["cures"] = same.cures
