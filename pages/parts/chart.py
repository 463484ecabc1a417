"""Static charts: a figure of pages/views, in the colours of the theme."""

from collections.abc import Callable
from typing import Any

import streamlit as st

CONFIG: dict[str, Any] = {"displayModeBar": False}


def chart(view: Callable[..., Any], *data: Any, key: str, alt: str) -> None:
    """Draw a view of data; `alt` says in words what it shows."""
    import pandas  # noqa: F401  (Plotly takes what it finds of it, half of it where another thread is just importing it)
    import streamlit.elements.plotly_chart  # noqa: F401  (sets the theme's template, which a figure takes when it is made)

    st.plotly_chart(view(*data), key=key, alt=alt, config=CONFIG)
