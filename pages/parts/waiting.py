"""Waiting: where a run stands in the queue."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from engines.runs.run import Run
from engines.workspace import Workspace


def place_of(run: Run) -> Any:
    """The place of a run that waits for room: its `position`, how many are `waiting`, seconds to `wait`; or None."""
    queue = _queue()
    return queue.place(Workspace(), run.id) if queue else None


@cache
def _queue() -> Any:
    try:
        return importlib.import_module("engines.runs.queue")
    except ModuleNotFoundError:
        return None
