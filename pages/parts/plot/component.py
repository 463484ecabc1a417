"""Component: a Plotly figure that is drawn once and then changed, where `st.plotly_chart` would begin anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.live import SCRIPTS as LIVE
from pages.parts.scripts import Scripts

SCRIPTS = Scripts(Path(__file__).parent, "/api/plot")


def plot(figure: Any, key: str, alt: str, *, view: str = "", name: str = "figure") -> None:
    """Draw a figure; its camera and its zoom stay when it is drawn anew, also from another place on the page.

    Args:
        figure: of pages/views, a Plotly one.
        key: of the place.
        alt: what it shows, in words.
        view: what it shows: figures of one view keep one camera; by default the key.
        name: of the files that a person downloads.
    """
    data = {
        "figure": figure.to_json(), "alt": alt, "view": view or key, "name": name,
        "height": figure.layout.height or 450, "live": LIVE.address,
    }  # fmt: skip
    component = st.components.v2.component("strata_plot", js=SCRIPTS.loader(), isolate_styles=False)
    component(key=key, data=data)
