"""What a run computes on: which device, and how many CPU threads."""

from __future__ import annotations

import copy
import os
import time
from typing import TYPE_CHECKING

import psutil
import torch

from builder.errors import StrataError
from engines.runs import exact

if TYPE_CHECKING:
    from engines.context import Context

PROBED = 20
"""Steps that each thread count is tried for."""
PATIENCE = 0.2
"""Seconds after which a try has shown enough."""


def device_of(wanted: str) -> str:
    """The device that "auto" or a name stands for on this machine.

    Raises:
        StrataError: there is no such device here.
    """
    found = torch.cuda.is_available()
    if wanted == "auto":
        return "cuda" if found else "cpu"
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise StrataError(f"{wanted!r} is no device. Choose auto, cpu, cuda or cuda:1.") from error
    if device.type == "cuda" and (not found or (device.index or 0) >= torch.cuda.device_count()):
        raise StrataError(f"This machine has no device {wanted!r}. Choose auto or cpu.")
    return wanted


def memory(device: torch.device) -> int:
    """Bytes that this process holds in main memory, or on the CUDA device that it computes on."""
    if device.type == "cuda":
        return int(torch.cuda.memory_allocated(device))
    return psutil.Process().memory_info().rss


def check_threads(wanted: int) -> int:
    """The number of threads that is wanted, if it is one; 0 leaves the choice to the run.

    Raises:
        StrataError: it is no number of threads that this machine should start; torch ends the process at some.
    """
    most = min(256, max(8, 4 * (os.cpu_count() or 1)))  # 8, so that what `threads_for` picked holds elsewhere
    if not 0 <= wanted <= most:
        raise StrataError(
            f"threads must be in [0, {most}] on this machine. Got {wanted}. 0 picks the fastest number."
        )
    return wanted


def threads_for(context: Context, batch: int) -> int:
    """How many threads train this model fastest, tried on a copy of it; one core is left to whoever watches.

    The count changes the last bits of every sum, so a run records it and keeps it.
    """
    most = max(1, min(8, (os.cpu_count() or 1) - 1))
    if most == 1 or context.device.type != "cpu":
        return 1
    before = exact.capture()
    seconds = {threads: _seconds(context, batch, threads) for threads in (1, most)}
    exact.restore(before)
    return min(seconds, key=lambda threads: seconds[threads])


def _seconds(context: Context, batch: int, threads: int) -> float:
    """Seconds for a forward and backward pass with this many threads."""
    torch.set_num_threads(threads)
    model, inputs = copy.deepcopy(context.model), context.part("train")[0][:batch]
    begin, done = time.perf_counter(), 0
    while done < PROBED and (done < 2 or time.perf_counter() - begin < PATIENCE):
        outputs = model(inputs)
        first = outputs[0] if isinstance(outputs, tuple) else outputs
        first.float().sum().backward()
        done += 1
        if done == 1:  # the first pass pays for the threads themselves
            begin = time.perf_counter()
    return (time.perf_counter() - begin) / (done - 1)
