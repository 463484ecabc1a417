"""Runs: a training is a folder, and a process of its own that outlives whoever started it."""

from engines.runs.launch import Forkserver
from engines.runs.run import Run
from engines.runs.status import Status

__all__ = ["Forkserver", "Run", "Status"]
