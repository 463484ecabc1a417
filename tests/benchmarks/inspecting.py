"""What looking inside costs: many maps as one picture, and what probes keep at one moment."""

from collections.abc import Callable, Iterator

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

import builder
from engines.data import Data, prepare
from engines.probes import Recording, Sight
from engines.probes.sight import objective_of, read
from engines.trained import Trained
from pages.views.tensor import pictured
from tests.benchmarks.protocol import Result, ratio, seconds

MAPS = np.random.default_rng(0).normal(size=(64, 28, 28))


def run() -> Iterator[Result]:
    """All rows about looking inside."""
    yield seconds("15 64 maps of 28 × 28, drawn as one image and written as PNG", picture, "≤100")
    yield ratio(
        "15 64 maps as one image ÷ 64 subplots: times faster", picture, subplots, "≥20", 8, inverse=True
    )
    for name in ("xor-mlp", "digits-mlp", "digits-cnn", "digits-resnet", "digits-transformer"):
        yield seconds(f"9  one moment of all arrays: {name}", keeping(name), "–")


def picture() -> None:
    """As the page does it."""
    pictured(MAPS, 560)


def subplots() -> None:
    """As one would do it without thinking."""
    figure = make_subplots(8, 8)
    for place, one in enumerate(MAPS):
        figure.add_trace(go.Heatmap(z=one), place // 8 + 1, place % 8 + 1)
    figure.to_json()


def keeping(name: str) -> Callable[[], object]:
    """What a worker does when it keeps a moment, of a network as it starts."""
    project = builder.template(name)
    part = prepare(Data.parse(project.data)).validation
    trained = Trained.untrained(project)
    loss = objective_of(project)

    def keep() -> object:
        sight = Sight(trained.module, (part.inputs,), part.targets, loss, graph=trained.graph)
        return read(sight, Recording())

    return keep
