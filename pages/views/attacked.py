"""An example under attack, beside what chance does to it; and how a network fares on many."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from pages.views.examples import LEGEND, MARGIN, brief
from pages.views.relevance import COLD, FOR, GREY, WARM, framed

LOOK = {"The example": "#4C6EF5", "Attacked": FOR, "With random signs": GREY}
"""The colours of the three."""


def picture(image: np.ndarray, low: np.ndarray, high: np.ndarray, pixels: int = 240) -> np.ndarray:
    """An image (channels, height, width) whose values go from low to high, ink on paper: uint8 (height, width, …).

    Unlike a montage it does not stretch what is there: the three pictures of an attack can be compared.
    """
    share = np.clip((image - low) / np.where(high > low, high - low, 1), 0, 1)[: 3 if len(image) == 3 else 1]
    sheet = np.moveaxis(share, 0, -1) if len(share) == 3 else 1 - share[0]
    return framed((255 * sheet).round().astype(np.uint8), pixels)


def change(delta: np.ndarray, epsilon: np.ndarray, pixels: int = 240) -> np.ndarray:
    """What was added to an image (channels, height, width): more in orange, less in blue, ε in full colour."""
    share = np.clip((delta / np.where(epsilon > 0, epsilon, 1)).mean(0), -1, 1)[..., None]
    sheet = 255 * (1 - np.abs(share)) + np.where(share > 0, WARM, COLD) * np.abs(share)
    return framed(sheet.round().astype(np.uint8), pixels)


def answers(names: Sequence[str], chances: Mapping[str, np.ndarray], most: int = 5) -> go.Figure:
    """How probable each class is (classes,), by what the network is given; those that are probable anywhere."""
    highest = np.max([*chances.values()], 0)
    order = np.argsort(-highest, kind="stable")[:most][::-1]
    figure = go.Figure()
    for title, values in [*chances.items()][::-1]:
        figure.add_bar(
            x=values[order].astype(np.float32), y=np.arange(len(order)), orientation="h",
            name=title, marker={"color": LOOK[title]}, text=[f"{values[one]:.1%}" for one in order],
            textposition="outside", cliponaxis=False, hoverinfo="skip",
        )  # fmt: skip
    figure.update_layout(
        height=90 + 48 * len(order), margin={**MARGIN, "r": 48}, barmode="group", bargap=0.25,
        legend={**LEGEND, "traceorder": "reversed"},
    )  # fmt: skip
    ticks = {"tickvals": np.arange(len(order)), "ticktext": [brief(names[one], 24) for one in order]}
    return figure.update_xaxes(range=[0, 1], tickformat=".0%").update_yaxes(**ticks)


def lines(given: Mapping[str, np.ndarray]) -> go.Figure:
    """A series (steps,) as it is, attacked, and with random signs."""
    figure = go.Figure()
    for title, values in given.items():
        steps = np.arange(1, len(values) + 1)
        figure.add_scatter(
            x=steps, y=values.astype(np.float32), name=title, mode="lines", line={"color": LOOK[title]}
        )
    figure.update_layout(height=300, margin=MARGIN, legend=LEGEND)
    return figure.update_xaxes(title="step").update_yaxes(title="value")


def robustness(
    epsilon: np.ndarray,
    attacked: np.ndarray,
    control: np.ndarray,
    simple: float,
    now: float,
    most: float,
    values: bool = False,
) -> go.Figure:
    """Accuracy (of values: the error) by ε, under attack and under random noise of the same size.

    Beside them what an answer reaches that is always the same; the ε that is looked at is marked. The axis goes up to
    `most` from the beginning, so that nothing jumps while the curve grows.
    """
    figure = go.Figure()
    for told, name, dash in ((attacked, "Attacked", "solid"), (control, "With random signs", "dot")):
        line = {"color": LOOK[name], "width": 2.5, "dash": dash}
        figure.add_scatter(x=epsilon, y=told, name=name, mode="lines+markers", line=line)
    always = "always the mean" if values else "always the commonest"
    figure.add_hline(
        y=simple, line={"color": GREY, "width": 1, "dash": "dash"}, annotation={"text": always, "font": {"size": 11}},
        annotation_position="top left",
    )  # fmt: skip
    figure.add_vline(x=now, line={"color": "#4C6EF5", "width": 1.5})
    figure.update_layout(height=320, margin=MARGIN, legend=LEGEND)
    figure.update_xaxes(title="ε", range=[0, most * 1.02])
    if values:
        return figure.update_yaxes(title="root mean squared error", rangemode="tozero")
    return figure.update_yaxes(title="accuracy", range=[0, 1.02], tickformat=".0%")
