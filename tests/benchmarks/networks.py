"""Hand-written peers of the workloads: what an engineer would type, with the same weights as the compiled graph."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

import builder
from builder.templates.sketch import Sketch


@dataclass(frozen=True)
class Workload:
    """A network as a graph and by hand, with a batch."""

    name: str
    graph: builder.Graph
    hand: nn.Module
    batch: int
    shape: tuple[int, ...]
    classes: int

    def tied(self) -> tuple[nn.Module, nn.Module]:
        """The compiled and the hand-written module with the same weights."""
        ours = builder.compile(self.graph)
        self.hand.load_state_dict(dict(zip(self.hand.state_dict(), ours.state_dict().values(), strict=True)))
        return ours, self.hand

    def inputs(self) -> torch.Tensor:
        """A seeded batch."""
        return torch.randn(self.batch, *self.shape, generator=torch.Generator().manual_seed(0))


class HandCNN(nn.Module):
    """The digits CNN as one would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding="same")
        self.conv2 = nn.Conv2d(16, 32, 3, padding="same")
        self.fc1 = nn.Linear(128, 64)
        self.fc2 = nn.Linear(64, 10)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


def mlp(name: str, batch: int, *widths: int) -> Workload:
    """A ReLU network of these widths."""
    net = Sketch()
    x = net.input("x", widths[0])
    layers: list[nn.Module] = []
    for number, (before, width) in enumerate(pairwise(widths), 1):
        x = net("Linear", x, units=width)
        layers.append(nn.Linear(before, width))
        if number < len(widths) - 1:
            x = net("ReLU", x)
            layers.append(nn.ReLU())
    net.output(x)
    return Workload(name, net.finished(), nn.Sequential(*layers), batch, widths[:1], widths[-1])


def workloads() -> list[Workload]:
    """The workloads that exist so far."""
    cnn = builder.template("digits-cnn").graph
    return [
        mlp("pg 2-4-4-1", 10, 2, 4, 4, 1),
        mlp("spiral 2-32-32-2", 32, 2, 32, 32, 2),
        mlp("digits MLP 64-64-32-10", 64, 64, 64, 32, 10),
        Workload("digits CNN", cnn, HandCNN(), 64, (1, 8, 8), 10),
        mlp("MLP784", 128, 784, 256, 10),
    ]
