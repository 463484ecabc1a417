"""How numbers are distributed, and how that changes."""

import numpy as np
import plotly.graph_objects as go

from pages.views.examples import MARGIN


def distribution(counts: np.ndarray, edges: np.ndarray, name: str) -> go.Figure:
    """A histogram: counts (bins,) between edges (bins + 1,)."""
    centres = ((edges[1:] + edges[:-1]) / 2).astype(np.float32)
    figure = go.Figure(go.Bar(x=centres, y=counts, width=np.diff(edges).astype(np.float32)))
    figure.update_layout(height=280, margin=MARGIN, bargap=0)
    return figure.update_xaxes(title=name).update_yaxes(title="values", rangemode="tozero")
