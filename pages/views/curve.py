"""An activation function and its derivative."""

import numpy as np
import plotly.graph_objects as go


def curve(x: np.ndarray, y: np.ndarray, slope: np.ndarray) -> go.Figure:
    """The function as a line, its derivative dashed.

    Args:
        x: where it was sampled, in order.
        y: what it gives there.
        slope: its derivative there.
    """
    figure = go.Figure()
    figure.add_scatter(x=x, y=y, name="function", mode="lines", line={"width": 2.5})
    figure.add_scatter(x=x, y=slope, name="derivative", mode="lines", line={"width": 1.8, "dash": "dash"})
    figure.update_layout(
        height=260,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": 1.08, "x": 0},
        hovermode="x unified",
    )
    figure.update_xaxes(title=None, zeroline=True)
    figure.update_yaxes(title=None, zeroline=True)
    return figure
