"""Choices of a section that stand in the URL, so that a link and a reload show the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.parts.forms.bound import bound


def chosen(name: str, key: str, options: Sequence[str], usual: str = "") -> tuple[str, dict[str, Any]]:
    """What the URL names of some options, or else the usual one, and what a select box is given to show and keep it."""
    there = st.query_params.get(name, "")
    value = there if there in options else usual or options[0]
    return value, bound(key, value, lambda one: _keep(name, one), options)


def chosen_number(
    name: str, key: str, least: float, most: float, usual: float
) -> tuple[float, dict[str, Any]]:
    """The number that the URL names, if it is within bounds, or else the usual one, and what its widget is given."""
    value = number(st.query_params.get(name, ""), usual)
    value = min(max(value, least), most)
    return value, bound(key, value, lambda one: _keep(name, one))


def number(text: str, usual: float) -> float:
    """The number that a text from a URL stands for, of the usual one's type; the usual one if it is none."""
    try:
        value = type(usual)(text)
    except (ValueError, OverflowError):
        return usual
    return value if abs(value) < 1e9 else usual  # no NaN either


def segmented(widget: dict[str, Any]) -> dict[str, Any]:
    """What `chosen` gives, as a segmented control takes it."""
    options = [*widget["options"]]
    return {
        **{name: one for name, one in widget.items() if name != "index"},
        "default": options[widget["index"]],
    }


def _keep(name: str, value: Any) -> None:
    if value is not None:
        st.query_params[name] = str(value)
