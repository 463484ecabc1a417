"""The warm process that workers are forked from: `python -m engines.runs.forkserver`, run folders on its input."""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
from pathlib import Path

MODULES = (
    "torch._dynamo",
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
"""What a training imports sooner or later; torch._dynamo because the first Adam of a process imports it."""


def main() -> None:
    """Load, then fork a worker for each line until the input ends, which it does when the owner has gone."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended workers leave no trace in the process table
    cuda = warm()
    for line in iter(sys.stdin.buffer.readline, b""):
        if os.fork() == 0:
            _work(Path(json.loads(line)), cuda)


def warm() -> bool:
    """Load everything and prepare one training, without starting a thread: a forked child has none but its own.

    Returns:
        Whether there is CUDA, which a forked child cannot use once this process has asked.
    """
    import torch

    torch.set_num_threads(1)
    for name in MODULES:
        importlib.import_module(name)
    _rehearse()
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.zeros(1)
    torch.optim.Adam([weight]).step()
    gc.collect()
    gc.freeze()  # so that collections in the children leave the shared pages shared
    return torch.cuda.is_available()


def _rehearse() -> None:
    """Do what comes before the first step; no backward pass, for that one would start threads where there is CUDA."""
    from builder import compile, template
    from engines.data import Data, prepare
    from engines.engine import engine_of

    project = template("digits-mlp")
    splits = prepare(Data.parse(project.data))
    engine_of(project.engine).check(project, splits)
    compile(project.graph)(splits.train.inputs[:1])


def _work(folder: Path, cuda: bool) -> None:
    """Be a worker from here on; never returns."""
    from engines.runs.run import Run
    from engines.runs.worker import main as work

    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        if cuda and Run(folder).about["device"] != "cpu":
            command = [sys.executable, "-m", "engines.runs.worker", str(folder)]
            os.execv(sys.executable, command)  # noqa: S606  (no shell is meant)
        code = work(folder)
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
