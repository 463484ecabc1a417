"""Static charts: a figure of pages/views, in the colours of the theme."""

from collections.abc import Callable
from typing import Any

import streamlit as st

CONFIG: dict[str, Any] = {"displayModeBar": False}


def chart(view: Callable[..., Any], *data: Any, key: str, alt: str) -> None:
    """Draw a view of data; `alt` says in words what it shows."""
    _ready()
    st.plotly_chart(view(*data), key=key, alt=alt, config=CONFIG)


def chosen(view: Callable[..., Any], *data: Any, key: str, alt: str, many: bool = False) -> list[Any]:
    """Draw a view of data in which points can be chosen by a click (many: also with a lasso); their custom data."""
    _ready()
    mode = ("points", "box", "lasso") if many else ("points",)
    config = {"displayModeBar": many, "displaylogo": False, "modeBarButtonsToRemove": ["toImage"]}
    told: Any = st.plotly_chart(
        view(*data), key=key, alt=alt, config=config, on_select="rerun", selection_mode=mode
    )
    return [_plain(one["customdata"]) for one in told["selection"]["points"] if "customdata" in one]


def _plain(data: Any) -> Any:
    """What a point carries: the browser tells a row of several numbers as {"0": …, "1": …}."""
    return [data[str(place)] for place in range(len(data))] if isinstance(data, dict) else data


def _ready() -> None:
    import pandas  # noqa: F401  (Plotly takes what it finds of it, half of it where another thread is just importing it)
    import streamlit.elements.plotly_chart  # noqa: F401  (sets the theme's template, which a figure takes when it is made)
