"""Examples as points: where a layout puts them, coloured by what is known of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from pages.views.examples import LEGEND, MARGIN, escaped

MOST_NAMED = 10
"""Groups that have a colour of their own: as many as the theme has; the commonest, the others are one grey group."""
MOST_DRAWN = 1000
"""Points of a group that are drawn one by one; more are drawn by the graphics card."""
GREY = "rgba(134, 142, 150, 0.55)"


def embedded(
    points: np.ndarray, numbers: np.ndarray, told: Sequence[str], colours: Sequence[str] | np.ndarray, called: str,
    marked: Sequence[int] = (),
) -> go.Figure:  # fmt: skip
    """Points (n, 2 or 3); each has its example's number as its data, and words for who points at it.

    Args:
        points: where they lie.
        numbers: of the examples, (n,).
        told: what is said of each.
        colours: names of groups, or numbers that become a scale.
        called: what the colours stand for.
        marked: numbers of examples that get a ring.
    """
    figure = go.Figure()
    words = np.array([_lines(text) for text in told], object)
    if isinstance(colours, np.ndarray):
        bar = {"title": {"text": escaped(called), "side": "right"}, "thickness": 10}
        scale = {
            "color": colours.astype(np.float32),
            "colorscale": "Viridis",
            "showscale": True,
            "colorbar": bar,
        }
        _add(figure, points, numbers, words, np.arange(len(points)), called, scale)
    else:
        names = np.array([*map(str, colours)], object)
        for name, color in _groups(names):
            there = (
                np.flatnonzero(names == name)
                if color is None
                else np.flatnonzero(~np.isin(names, _named(names)))
            )
            _add(figure, points, numbers, words, there, name, {} if color is None else {"color": color})
    ringed = np.flatnonzero(np.isin(numbers, np.array([*marked], int)))
    if len(ringed):
        ring = {"symbol": "circle-open", "size": 13, "color": "#E03131", "line": {"width": 2}}
        figure.add_trace(_trace(points[ringed], name="chosen", marker=ring, hoverinfo="skip"))
    figure.update_layout(height=460, margin={**MARGIN, "t": 32}, dragmode="lasso", clickmode="event+select")
    figure.update_layout(legend={**LEGEND, "y": -0.02, "yanchor": "top", "itemsizing": "constant"})
    figure.update_scenes(xaxis_title="", yaxis_title="", zaxis_title="")
    axis: dict[str, Any] = {"showticklabels": False, "zeroline": False, "showgrid": False, "title": None}
    return figure.update_xaxes(**axis).update_yaxes(scaleanchor="x", **axis)


def _groups(names: np.ndarray) -> list[tuple[str, str | None]]:
    """Names of groups in order, and a colour where it is not the theme's."""
    named = _named(names)
    others = len(np.unique(names.astype(str))) - len(named)
    return [*((name, None) for name in named), *([(f"{others} others", GREY)] if others else [])]


def _named(names: np.ndarray) -> list[str]:
    found, counts = np.unique(names.astype(str), return_counts=True)
    most = MOST_NAMED if len(found) <= MOST_NAMED else MOST_NAMED - 1
    return [str(one) for one in np.sort(found[np.argsort(-counts, kind="stable")[:most]])]


def _add(
    figure: go.Figure, points: np.ndarray, numbers: np.ndarray, words: np.ndarray, there: np.ndarray, name: str,
    colour: dict[str, Any],
) -> None:  # fmt: skip
    marker = {"size": 7 if points.shape[1] == 2 else 4, "opacity": 0.8, **colour}
    figure.add_trace(
        _trace(
            points[there], customdata=numbers[there], hovertext=words[there], name=escaped(name), marker=marker,
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )  # fmt: skip


def _trace(points: np.ndarray, **more: Any) -> Any:
    points = points.astype(np.float32)
    if points.shape[1] == 3:
        return go.Scatter3d(x=points[:, 0], y=points[:, 1], z=points[:, 2], mode="markers", **more)
    unchosen = {"unselected": {"marker": {"opacity": 0.25}}}
    kind = go.Scatter if len(points) <= MOST_DRAWN else go.Scattergl
    return kind(x=points[:, 0], y=points[:, 1], mode="markers", **unchosen, **more)


def _lines(text: str) -> str:
    return "<br>".join(escaped(line) for line in text.split("\n"))
