"""Errors of a training in words: which layer failed, and what to do about it."""

from __future__ import annotations

import errno
import linecache
import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from builder.compile import filename
from builder.errors import StrataError
from builder.source import source

if TYPE_CHECKING:
    from builder.project import Project

CHANGED = (
    "The run's project.json was changed: its network no longer fits the checkpoint. Put the file back as it was, or "
    "train the changed project as a new run."
)
OTHER = re.compile(r"loading state_dict for|loaded state dict")
"""What torch says when weights, or an optimiser's state, are those of another network."""
CALLED = re.compile(r"self\.([a-z]\w*)\(")
"""A layer that is called, in a line of a network's source."""
FRAME = re.compile(r'File "(.+?)", line (\d+) in (\S+)')
"""A frame in a stack that faulthandler wrote."""
MEMORY = re.compile(r"out of memory|can't allocate memory|not enough memory", re.IGNORECASE)


def explain(error: Exception, batch: int = 0) -> tuple[str, str]:
    """What went wrong as a sentence, and the node at fault ("" if it is none's); `batch` is the batch size."""
    if isinstance(error, StrataError):
        problems = getattr(error, "problems", None)
        return str(error), problems[0].node if problems else ""
    if isinstance(error, OSError):
        return outside(error, "The last checkpoint is intact. Make room, then resume."), ""
    if OTHER.search(str(error)):
        return CHANGED, ""
    node = blamed(error)
    where = f"Layer {node!r} failed: " if node else ""
    if isinstance(error, MemoryError) or MEMORY.search(str(error)):
        return f"{where}The memory is full (out of memory). {_smaller(batch)}", node
    text = str(error).strip().split("\n")[0] or type(error).__name__
    return f"{where}{type(error).__name__}: {text}", node


def _smaller(batch: int) -> str:
    if batch == 1:
        return "Make the network smaller."
    tried = f"Try batch size {batch // 2:,} instead of {batch:,}" if batch else "Halve the batch size"
    return f"{tried}, or make the network smaller."


def outside(error: OSError, advice: str = "Make room, then try again.") -> str:
    """What the system refused, as a sentence; `advice` is for a full disk."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full. {advice}"
    named = f"{str(error.filename)!r}: " if error.filename else ""
    return f"A file cannot be read or written: {named}{error.strerror or error or type(error).__name__}."


def stuck_at(log: str, project: Project) -> tuple[str, str]:
    """Where a worker hung, from the stacks in its log: as words, and the node ("" if it was in none)."""
    ours = log.rfind("worker.py")  # the thread that trains, not the one that beats
    last = log[max(log.rfind("hread 0x", 0, max(ours, 0)), 0) :].split("\n\n")[0] if ours >= 0 else ""
    frames = FRAME.findall(last)
    lines = {filename(text := source(graph)): text.splitlines() for graph in project.graphs.values()}
    nodes = []
    for name, number, function in reversed(frames):  # written with the innermost first
        if name in lines and function == "forward" and int(number) <= len(lines[name]):
            found = CALLED.search(lines[name][int(number) - 1])
            nodes += [found[1]] if found else []
    if nodes:
        return f", in layer {'.'.join(nodes)!r}", ".".join(nodes)
    if not frames:
        return "", ""
    name, number, function = frames[0]
    return f", in {function} ({Path(name).name}, line {number})", ""


def blamed(error: Exception) -> str:
    """The node whose line of the network's source raised the error; inside blocks a path such as `stage.conv`."""
    nodes = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if file.startswith("<strata ") and frame.f_code.co_name == "forward":
            found = CALLED.search(linecache.getline(file, line))
            nodes += [found[1]] if found else []
    return ".".join(nodes)
