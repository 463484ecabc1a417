"""Row 14: from the command to the first step, warm (forkserver) and cold (a fresh process)."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import builder
from engines.runs.launch import Forkserver
from engines.runs.run import Run
from tests.benchmarks.protocol import Result

COLD = "import torch; w = torch.nn.Parameter(torch.zeros(1)); w.grad = torch.zeros(1); torch.optim.Adam([w]).step()"


def run() -> Iterator[Result]:
    """Both rows about starting."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        server = Forkserver()
        server.start()
        try:
            _first_step(place / "warm-up")  # waits until the forkserver has loaded torch
            warm = [_first_step(place / f"warm{number}") for number in range(7)]
        finally:
            server.close()
        yield Result("14 run → first step, warm", statistics.median(warm) * 1000, "≤50", "ms")
        cold, bare = [], []
        for number in range(3):
            cold.append(_first_step(place / f"cold{number}"))
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", COLD], check=True)
            bare.append(time.perf_counter() - began)
        yield Result(
            "14 run → first step, cold ÷ spawn, import, first Adam",
            statistics.median(cold) / statistics.median(bare),
            "≤1.1",
        )


def _first_step(folder: Path) -> float:
    """Seconds until the first step of a run stands in its folder."""
    run = Run.create(folder, builder.template("digits-mlp"), threads=1)
    events = folder / "events.jsonl"
    began = time.perf_counter()
    run.start()
    while not (events.exists() and b'"steps"' in events.read_bytes()):
        time.sleep(0.002)
    taken = time.perf_counter() - began
    run.send("stop")
    while run.alive():
        time.sleep(0.01)
    return taken
