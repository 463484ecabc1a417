"""The keeper: sees that a worker has died, and starts another one from the last checkpoint."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from builder.errors import StrataError
from builder.files import write_atomically
from engines.runs.disk import Lines, read_json
from engines.runs.launch import LAUNCHED, LOG
from engines.runs.run import Run

if TYPE_CHECKING:
    from engines.workspace import Workspace

PERIOD = 1.0
"""Seconds between two looks."""
DEATHS = 3
"""Deaths at the same checkpoint after which a run has failed."""
BIRTH = 30.0
"""Seconds in which a worker that was asked for must have taken the lock."""


def keep(workspace: Workspace) -> list[Run]:
    """Resume every run whose worker is gone though it should be training; these runs.

    A run is resumed as often as it gets on. When it dies for the third time without a new checkpoint between, it has
    failed, and says why. Nothing need be known from before: after a restart of the server the folders tell it all.
    """
    resumed = []
    for run in workspace.list_runs():
        try:
            if run.status().state in ("starting", "running") and not _underway(run) and _bury(run):
                resumed.append(run)
        except (
            OSError,
            StrataError,
        ):  # a full disk, a folder that is just being removed: the others still count
            continue
    return resumed


def watch(workspace: Workspace, over: threading.Event) -> None:
    """Keep a workspace until `over` is set; the work of a daemon thread."""
    while not over.wait(PERIOD):
        keep(workspace)


def _underway(run: Run) -> bool:
    """Whether a worker holds the run, or was asked for a moment ago."""
    try:
        asked = (run.folder / LAUNCHED).stat().st_mtime
    except FileNotFoundError:
        asked = 0.0
    return abs(time.time() - asked) < BIRTH or run.alive()


def _bury(run: Run) -> bool:
    """Count a death; start another worker, or give the run up. Whether one was started."""
    known = read_json(run.folder / "deaths.json")
    latest = max(run.checkpoints.numbers(), default=0)
    deaths = known.get("deaths", 0) + 1 if known.get("checkpoint") == latest else 1
    write_atomically(
        run.folder / "deaths.json", json.dumps({"checkpoint": latest, "deaths": deaths}).encode()
    )
    if deaths < DEATHS:
        run.start()
        return True
    status = run.status()
    text = f"The worker died {deaths} times at the same place{_last_words(run)}. The last checkpoint is kept."
    run.report(replace(status, state="failed", message=text))
    lines = Lines(run.folder / "events.jsonl")
    lines.add(
        {"type": "state", "state": "failed", "step": status.step, "text": text, "node": "", "at": time.time()}
    )
    lines.close()
    return False


def _last_words(run: Run) -> str:
    """What the worker's log says of a fatal error, for example a segmentation fault."""
    try:
        log = (run.folder / LOG).read_text(errors="replace")[-20_000:]
    except OSError:
        return ""
    fatal = [line for line in log.splitlines() if line.startswith("Fatal Python error:")]
    return f" ({fatal[-1].removeprefix('Fatal Python error:').strip()})" if fatal else ""
