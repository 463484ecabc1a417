"""The warm process that others are forked from: `python -m engines.runs.forkserver`, a socket as its input.

A request is four bytes that tell its length, and JSON: {"folder"} of a run that wants a worker, or {"talk",
"arguments"}: a module whose `main` gets the socket that came along as input and output (engines/runs/child.py).
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FIRST = ("torch._dynamo", "engines.playground.asked", "engines.playground.__main__", "engines.aside.__main__")
"""What somebody may wait for already; torch._dynamo because the first optimiser of a process imports it."""
MODULES = (
    "safetensors.torch",
    "torchmetrics.functional.classification",
    "torchmetrics.functional.regression",
    "sklearn.dummy",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "sklearn.multiclass",
    "sklearn.pipeline",
    "pandas",
    "engines.runs.checkpoint",
    "engines.runs.worker",
)
"""What a training imports sooner or later."""
Request = tuple[dict[str, Any], list[int]]


def main() -> None:
    """Load, then fork for each request until the input ends, which it does when the owner has gone."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended workers leave no trace in the process table
    channel, later, cuda = socket.socket(fileno=0), list[Request](), False
    for cuda in warming():
        while select.select([channel], [], [], 0)[0]:
            request = _received(channel)
            if request is None:
                return
            if "folder" in request[0]:  # a run is begun sooner by what is warm than by what still loads
                later.append(request)
            else:
                _fork(request, cuda)
    for request in later:
        _fork(request, cuda)
    while request := _received(channel):
        _fork(request, cuda)


def _received(channel: socket.socket) -> Request | None:
    """The next request; None at the end of all."""
    size, ends, _, _ = socket.recv_fds(channel, 4, 2)
    row = channel.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
    return (json.loads(row), ends) if row else None


def _fork(request: Request, cuda: bool) -> None:
    row, ends = request
    if os.fork() == 0:
        _be(row, ends, cuda)
    for end in ends:
        os.close(end)


def warming() -> Iterator[bool]:
    """Load everything and prepare one training, without starting a thread: a forked child has none but its own.

    Yields:
        Between two pieces, from when the first requests can be served: whether there is CUDA, which a forked child
        cannot use once this process has asked.
    """
    import torch

    torch.set_num_threads(1)
    for name in FIRST:
        importlib.import_module(name)
    cuda = torch.cuda.is_available()
    yield cuda
    for name in MODULES:
        importlib.import_module(name)
        yield cuda
    _rehearse()
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.zeros(1)
    torch.optim.Adam([weight]).step()
    gc.collect()
    gc.freeze()  # so that collections in the children leave the shared pages shared
    yield cuda


def _rehearse() -> None:
    """Do what comes before the first step; no backward pass, for that one would start threads where there is CUDA."""
    from builder import compile, template
    from engines.data import Data, prepare
    from engines.engine import engine_of

    project = template("digits-mlp")
    splits = prepare(Data.parse(project.data))
    engine_of(project.engine).check(project, splits)
    compile(project.graph)(splits.train.inputs[:1])


def _be(row: dict[str, Any], ends: list[int], cuda: bool) -> None:
    """Be what was asked for from here on; never returns."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        if "folder" in row:
            code = _work(Path(row["folder"]), cuda)
        else:
            _talk(row["talk"], row["arguments"], ends, cuda)
            code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _work(folder: Path, cuda: bool) -> int:
    """Be the worker of a run; its exit status."""
    from engines.runs.run import Run
    from engines.runs.worker import main as work

    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    if cuda and Run(folder).about["device"] != "cpu":
        _anew("engines.runs.worker", str(folder))
    return work(folder)


def _talk(module: str, arguments: list[str], ends: list[int], cuda: bool) -> None:
    """Be a process that talks, and first tell its number."""
    end, log = ends
    os.write(end, f"{os.getpid()}\n".encode())
    for ours, theirs in ((end, 0), (end, 1), (log, 2)):
        os.dup2(ours, theirs)
    os.close(end)
    os.close(log)
    if cuda:
        _anew(module, *arguments)
    importlib.import_module(f"{module}.__main__").main(*arguments)


def _anew(module: str, *arguments: str) -> None:
    """Be a fresh process, which can use CUDA."""
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606  (no shell is meant)


if __name__ == "__main__":
    main()
