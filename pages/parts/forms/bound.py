"""Widgets that show what the project holds, also where it is changed elsewhere: on the canvas, or in another tab.

A browser tells the value of every widget with each request. One that has not yet heard that a value was changed
elsewhere tells the old one, and one that has not heard that a widget is gone still tells of it; Streamlit takes both
for a wish of the person. So a widget gets a new key, and thereby becomes a new widget, whenever its value was changed
by something other than itself: what the old one tells is lost. And what a widget was drawn with is no wish.

The value is the element's default, never set in the session: where a run is overtaken by the next one, the browser does
not hear of a value that was set, takes the element for empty, and tells so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class _Shown:
    """What a widget showed or was set to last, and how often that was changed elsewhere."""

    own: str
    value: Any
    times: int = 0

    def is_at(self, value: Any) -> bool:
        """Whether it shows this value; a number is no text, and 1 is not True."""
        return type(self.value) is type(value) and bool(self.value == value)


def bound(
    key: str, value: Any, commit: Callable[[Any], object], options: Sequence[Any] | None = None
) -> dict[str, Any]:
    """What an element of Streamlit is given so that it shows the value and commits what a person makes of it.

    Args:
        key: tells the place of the value from all others: it names the project, and of a graph the role, the open block
            and the node.
        value: what the project holds; None where nothing is chosen or put in.
        commit: called in a callback with another value.
        options: to choose from; the value is one of them, or a list of some.
    """
    shown = _places()
    last = shown.get(key)
    if last is None or not last.is_at(value):
        times = last.times + 1 if last else 0
        last = shown[key] = _Shown(f"{key} {times}" if times else key, value, times)
    return {
        **_default(value, options),
        "key": last.own,
        "on_change": _changed,
        "args": (last.own, key, commit),
    }


def _places() -> dict[str, _Shown]:
    """What each widget showed last, by its place.

    In one entry of the session: Streamlit goes through all of them for each field that it draws.
    """
    return st.session_state.setdefault("shown", {})


def _default(value: Any, options: Sequence[Any] | None) -> dict[str, Any]:
    if options is None:
        return {"value": value}
    if isinstance(value, list):
        return {"options": options, "default": value}
    return {"options": options, "index": [*options].index(value) if value in options else None}


def _changed(own: str, place: str, commit: Callable[[Any], object]) -> None:
    """Commit what a person made of the value, if it is still this widget that shows it."""
    last = _places().get(place)
    if last is None or last.own != own or own not in st.session_state:
        return
    value = st.session_state[own]
    if not last.is_at(value):
        _places()[place] = _Shown(own, value, last.times)
        commit(value)
