"""A run that takes no time: a tiny network on two moons, and what tests ask of runs."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import torch

from builder import Graph, Node, Project
from engines.runs import Run


def project(epochs: int = 3, batch: int = 32, *, layer: str = "Dropout", **engine: Any) -> Project:
    """A project with a layer of one's choice, named `middle`, between two linear ones."""
    nodes = (
        Node(id="point", kind="Input", config={"shape": [2]}),
        Node(id="hidden", kind="Linear", config={"units": 16}, inputs={"input": "point"}),
        Node(id="middle", kind=layer, inputs={"input": "hidden"}),
        Node(id="scores", kind="Linear", config={"units": 2}, inputs={"input": "middle"}),
        Node(id="answer", kind="Output", inputs={"input": "scores"}),
    )
    data = {"source": {"kind": "Moons", "samples": 60}}
    settings = {"kind": "Supervised", "epochs": epochs, "batch": batch, **engine}
    return Project(name="Moons", graphs={"model": Graph(nodes=nodes)}, data=data, engine=settings)


def equal(a: Run, b: Run) -> bool:
    """Whether two runs have the same weights, losses and measurements, to the bit."""
    left, right = a.weights(), b.weights()
    alike = list(left) == list(right) and all(torch.equal(left[name], right[name]) for name in left)
    return alike and a.curves().steps == b.curves().steps and a.curves().marks == b.curves().marks


def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this took too long"
        time.sleep(0.005)


def kill(run: Run, number: int = signal.SIGKILL) -> None:
    """Send a signal to a run's worker, and wait until it is gone."""
    os.kill(run.status().process, number)
    until(lambda: not run.alive())
