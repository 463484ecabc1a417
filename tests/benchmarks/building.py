"""Rows 1, 3 and 4: compiled against hand-written, JSON → module, one edit → all shapes."""

from collections.abc import Iterator

import torch

import builder
from builder.edits import SetConfig
from builder.shapes import infer
from tests.benchmarks.networks import Workload, workloads
from tests.benchmarks.protocol import Result, ratio, seconds


def run() -> Iterator[Result]:
    """All rows about building."""
    for workload in workloads():
        yield _compiled(workload)
    for size, goal in ((100, "≤6"), (1_000, ""), (10_000, "≤700")):
        text = builder.dumps(builder.Project(graphs={"model": chain(size)}))
        yield seconds(f"3  JSON → module, {size:,} nodes", lambda text=text: _built(text), goal, rounds=7)
    for size, goal in ((100, "≤5"), (1_000, "≤20"), (10_000, "≤100")):
        yield _edited(size, goal)


def chain(size: int) -> builder.Graph:
    """A chain of Linear and ReLU."""
    nodes = [builder.Node(id="x", kind="Input", config={"shape": [8]})]
    for number in range(size - 2):
        kind, config = ("ReLU", {}) if number % 2 else ("Linear", {"units": 8})
        nodes.append(builder.Node(id=f"n{number}", kind=kind, config=config, inputs={"input": nodes[-1].id}))
    nodes.append(builder.Node(id="y", kind="Output", inputs={"input": nodes[-1].id}))
    return builder.Graph(nodes=tuple(nodes))


def _compiled(workload: Workload) -> Result:
    ours, hand = workload.tied()
    x = workload.inputs()

    def both(module: torch.nn.Module) -> None:
        module(x).sum().backward()
        for weight in module.parameters():
            weight.grad = None

    return ratio(
        f"1  compiled ÷ by hand, forward+backward: {workload.name}",
        lambda: both(ours),
        lambda: both(hand),
        "≤1.01",
    )


def _built(text: str) -> torch.nn.Module:
    return builder.compile(builder.loads(text).graph)


def _edited(size: int, goal: str) -> Result:
    graph = chain(size)
    infer(graph)
    widths = iter(range(9, 10_000))

    def edit() -> None:
        infer(SetConfig(node=f"n{size // 2 // 2 * 2}", config={"units": next(widths)}).apply(graph))

    return seconds(f"4  one edit → all shapes, {size:,} nodes", edit, goal)
