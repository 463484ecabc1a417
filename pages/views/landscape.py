"""The loss around a network: as a surface, as contours, as a line; with the path of the training on it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise, product
from typing import Any

import numpy as np
import plotly.graph_objects as go

from pages.views.examples import LEGEND, escaped

COLOURS = "Viridis"
PATH, HERE, NOW = "#E8590C", "#E03131", "#F783AC"
"""Colours of a training's path, of the network itself, and of where it is now: none is in the scale."""
LITTLE = 0.005
"""A share of a way that is not worth a word."""
BETWEEN, MOST_CORNERS = 12, 400
"""Places between two corners of a path on the surface; one of more corners needs none."""
LEAST = 1e-12
"""What is drawn of a loss of zero, or below it, on a logarithmic scale."""
ASIDE = 0.7
"""The angle between the way of a path and the eye's."""
HEIGHT = 620
FRAME = {"l": 8, "r": 8, "t": 32, "b": 96}


def surface(found: Mapping[str, Any], log: bool = False, top: float | None = None) -> go.Figure:
    """A landscape over a plane, to be turned.

    Args:
        found: what engines/landscape/survey.py gives.
        log: heights as powers of ten.
        top: the highest loss that is drawn, so that a steep rim does not flatten all else.
    """
    heights, losses = _heights(found["values"], log, top), found["values"]
    figure = go.Figure()
    figure.add_surface(
        x=found["alpha"],
        y=found["beta"],
        z=heights.T,
        customdata=losses.T,
        colorscale=COLOURS,
        colorbar=_bar(heights, log),
        contours={"z": {"show": True, "usecolormap": True, "project": {"z": True}, "width": 1}},
        hovertemplate="loss in the plane %{customdata:.4g}<br>%{x:.3g}, %{y:.3g}<extra></extra>",
        name="loss",
    )
    for trace in _networks(found):
        lift = 0.01 * float(np.nanmax(heights) - np.nanmin(heights))  # or half of it lies within the surface
        places = _followed(trace["places"]) if trace["mode"] == "lines" else trace["places"]
        above = _heights(_between(found, places), log, top) + lift
        figure.add_scatter3d(x=places[:, 0], y=places[:, 1], z=above, **_drawn(trace, 4))
    axes = {"xaxis": {"title": found["names"][0]}, "yaxis": {"title": found["names"][1]}}
    figure.update_layout(
        scene={
            **axes,
            "zaxis": {"title": "loss, log₁₀" if log else "loss"},
            "aspectratio": {"x": 1.25, "y": 1.25, "z": 0.8},
            "camera": {"eye": _eye(found), "center": {"x": 0, "y": 0, "z": -0.16}},
        }
    )
    return _framed(figure, found)


def contours(found: Mapping[str, Any], log: bool = False, top: float | None = None) -> go.Figure:
    """A landscape over a plane, from above.

    Args:
        found: what engines/landscape/survey.py gives.
        log: heights as powers of ten.
        top: the highest loss that is drawn.
    """
    heights = _heights(found["values"], log, top)
    figure = go.Figure()
    figure.add_contour(
        x=found["alpha"],
        y=found["beta"],
        z=heights.T,
        customdata=found["values"].T,
        colorscale=COLOURS,
        colorbar=_bar(heights, log),
        ncontours=24,
        line={"width": 0.6},
        hovertemplate="loss in the plane %{customdata:.4g}<br>%{x:.3g}, %{y:.3g}<extra></extra>",
        name="loss",
    )
    for trace in _networks(found):
        x, y = trace["places"].T
        figure.add_scatter(x=x, y=y, **_drawn(trace, 2 if trace["mode"] == "lines" else 6))
    figure.update_xaxes(title=found["names"][0], zeroline=False, showgrid=False)
    figure.update_yaxes(title=found["names"][1], zeroline=False, showgrid=False)
    return _framed(figure, found)


def profile(found: Mapping[str, Any], log: bool = False, top: float | None = None) -> go.Figure:
    """The loss along the first direction, and along the second, through the network in the middle.

    Args:
        found: what engines/landscape/survey.py gives.
        log: losses on a logarithmic scale.
        top: the highest loss that is drawn.
    """
    figure = go.Figure()
    alpha, beta, values = found["alpha"], found["beta"], found["values"]
    middles = int(np.abs(alpha).argmin()), int(np.abs(beta).argmin())
    ways = [(alpha, values[:, middles[1]])]
    if len(beta) > 1:
        ways.append((beta, values[middles[0]]))
    for (places, losses), name in zip(ways, found["names"], strict=False):
        drawn = np.maximum(losses, LEAST) if log else losses
        drawn = drawn if top is None else np.where(drawn > top, np.nan, drawn)
        figure.add_scatter(x=places, y=drawn, name=escaped(name), mode="lines+markers", marker={"size": 4})
    for (place, _), name in zip(found["marks"], found["titles"], strict=True):
        if len(beta) == 1:
            figure.add_vline(x=place, line={"dash": "dot", "width": 1}, annotation_text=escaped(name))
    figure.update_xaxes(title="way from the network" if len(beta) > 1 else escaped(found["names"][0]))
    figure.update_yaxes(title="loss", type="log" if log else "linear")
    return _framed(figure, found)


def _eye(found: Mapping[str, Any]) -> dict[str, float]:
    """From where a landscape is looked at: a path comes towards the eye, a little from the side."""
    angle = -np.pi / 4
    if len(found["explained"]):
        spans = [float(np.ptp(found[name])) or 1.0 for name in ("alpha", "beta")]
        start = found["marks"][0] / spans
        angle = float(np.arctan2(-start[1], -start[0])) + ASIDE
    return {"x": 1.75 * float(np.cos(angle)), "y": 1.75 * float(np.sin(angle)), "z": 1.05}


def _heights(losses: np.ndarray, log: bool, top: float | None) -> np.ndarray:
    """What is drawn of losses; what is higher than the top is cut off."""
    cut = losses if top is None else np.where(losses > top, np.nan, losses)
    return np.log10(np.maximum(cut, LEAST)) if log else cut


def _bar(heights: np.ndarray, log: bool) -> dict[str, Any]:
    bar: dict[str, Any] = {"title": {"text": "loss", "side": "right"}, "thickness": 10, "len": 0.7}
    if log and np.isfinite(heights).any():
        ticks = np.linspace(np.nanmin(heights), np.nanmax(heights), 6)
        bar |= {"tickvals": ticks, "ticktext": [f"{10**one:.2g}" for one in ticks]}
    return bar


def _networks(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is drawn on a landscape: the path, other networks, the way since then, and the network in the middle."""
    traces: list[dict[str, Any]] = []
    way, marks, trail = (found.get(name, np.zeros((0, 2))) for name in ("path", "marks", "trail"))
    kept = {"places": marks, "name": "other networks", "words": _words(found)}
    if len(found["explained"]):
        kept["name"] = "where it was kept"
        way = {"places": way if len(way) else np.concatenate([marks, [[0.0, 0.0]]])}
        traces.append({**way, "name": "path", "mode": "lines", "colour": PATH})
    if len(marks):
        traces.append({**kept, "mode": "markers", "colour": PATH})
    here = {"places": np.zeros((1, 2)), "name": "this network", "mode": "markers", "colour": HERE}
    traces.append({**here, "words": [f"this network<br>loss {found['centre']:.4g}"]})
    if len(trail):
        since = {"places": np.concatenate([[[0.0, 0.0]], trail]), "name": "since then", "mode": "lines"}
        off = found.get("beside", 0.0)
        told = "the network now" + (f"<br>{off:.0%} of its way lies beside the plane" if off > LITTLE else "")
        now = {"places": trail[-1:], "name": "now", "mode": "markers", "words": [told]}
        traces += [{**since, "colour": NOW}, {**now, "colour": NOW}]
    return traces


def _words(found: Mapping[str, Any]) -> list[str]:
    """What is said of each network that is marked: its own loss, and how far beside the plane it is."""
    told = []
    true = found.get("true", np.full(len(found["marks"]), np.nan))
    for title, loss, off in zip(found["titles"], true, found["off"], strict=True):
        own = "" if np.isnan(loss) else f"<br>true loss {loss:.4g}"
        beside = f"<br>{off:.0%} of its way lies beside the plane" if off > LITTLE else ""
        told.append(f"{escaped(title)}{own}{beside}")
    return told


def _drawn(trace: Mapping[str, Any], size: float) -> dict[str, Any]:
    color, words = trace["colour"], trace.get("words")
    hover = (
        {"hoverinfo": "skip"} if words is None else {"hovertemplate": "%{text}<extra></extra>", "text": words}
    )
    drawn = {"name": trace["name"], "mode": trace["mode"], **hover}
    if trace["mode"] == "lines":
        return {**drawn, "line": {"color": color, "width": size}}
    return {**drawn, "marker": {"color": color, "size": size * (1 if color == PATH else 2)}}


def _followed(places: np.ndarray) -> np.ndarray:
    """Places with others between, so that a line follows the ground and does not cut through it."""
    if len(places) < 2 or len(places) > MOST_CORNERS:
        return places
    parts = np.linspace(0, 1, BETWEEN, endpoint=False)[:, None]
    ways = [one + parts * (other - one) for one, other in pairwise(places)]
    return np.concatenate([*ways, places[-1:]])


def _between(found: Mapping[str, Any], places: np.ndarray) -> np.ndarray:
    """The loss in the plane at places between those of the grid, by the four around each; nan outside of it."""
    ways, values = (found["alpha"], found["beta"]), found["values"]
    at = [
        np.interp(places[:, side], way, np.arange(len(way)), np.nan, np.nan) for side, way in enumerate(ways)
    ]
    corner = [
        np.minimum(np.nan_to_num(one).astype(int), len(way) - 2) for one, way in zip(at, ways, strict=True)
    ]
    down, across = (one - first for one, first in zip(at, corner, strict=True))
    heights = np.zeros(len(places))
    for row, column in product((0, 1), repeat=2):
        weight = (down if row else 1 - down) * (across if column else 1 - across)
        value = values[corner[0] + row, corner[1] + column]
        heights += np.where(weight == 0, 0, weight * value)  # what is no number counts only where it counts
    return heights


def caption(found: Mapping[str, Any]) -> str:
    """What a landscape is of, and what it is not, in one line."""
    of = (
        f"{found['examples']:,} {found['part']} examples"
        if found.get("part")
        else f"{found['examples']:,} examples"
    )
    explained = found["explained"]
    shares = f" · the plane holds {sum(explained):.0%} of the path's variance" if explained else ""
    return f"{found['places']:,} networks measured on {of} · {found['mode']}{shares}"


def _framed(figure: go.Figure, found: Mapping[str, Any]) -> go.Figure:
    figure.update_layout(height=HEIGHT, margin=FRAME, legend=LEGEND)
    figure.update_xaxes(automargin=True).update_yaxes(automargin=True)
    place = {
        "x": 0,
        "y": 0,
        "xref": "paper",
        "yref": "paper",
        "yshift": -44,
        "xanchor": "left",
        "yanchor": "top",
    }
    look = {"showarrow": False, "align": "left", "font": {"size": 11}, "opacity": 0.7}
    return figure.add_annotation(text=caption(found).replace(" · ", "<br>"), **place, **look)
