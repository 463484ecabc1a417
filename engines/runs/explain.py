"""Errors of a training in words: which layer failed, and what to do about it."""

from __future__ import annotations

import errno
import linecache
import re
import traceback

from builder.errors import StrataError

CHANGED = (
    "The run's project.json was changed: its network no longer fits the checkpoint. Put the file back as it was, or "
    "train the changed project as a new run."
)
OTHER = re.compile(r"loading state_dict for|loaded state dict")
"""What torch says when weights, or an optimiser's state, are those of another network."""
MEMORY = re.compile(r"out of memory|can't allocate memory|not enough memory", re.IGNORECASE)


def explain(error: Exception) -> tuple[str, str]:
    """What went wrong as a sentence, and the node at fault ("" if it is none's)."""
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
        return f"{where}The memory is full. Halve the batch size, or make the network smaller.", node
    text = str(error).strip().split("\n")[0] or type(error).__name__
    return f"{where}{type(error).__name__}: {text}", node


def outside(error: OSError, advice: str = "Make room, then try again.") -> str:
    """What the system refused, as a sentence; `advice` is for a full disk."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full. {advice}"
    named = f"{str(error.filename)!r}: " if error.filename else ""
    return f"A file cannot be read or written: {named}{error.strerror or error or type(error).__name__}."


def blamed(error: Exception) -> str:
    """The node whose line of the network's source raised the error; inside blocks a path such as `stage.conv`."""
    nodes = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        filename = frame.f_code.co_filename
        if filename.startswith("<strata ") and frame.f_code.co_name == "forward":
            found = re.search(r"self\.([a-z]\w*)\(", linecache.getline(filename, line))
            nodes += [found[1]] if found else []
    return ".".join(nodes)
