"""A choice among kinds that stands in the URL, as buttons side by side."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from builder.registry import Registered
from pages.parts.forms.bound import bound


def choose(key: str, parameter: str, kinds: Mapping[str, type[Registered]], label: str) -> str:
    """The kind that the URL names, or else the first; and the others to choose from.

    Args:
        key: of the widget.
        parameter: of the URL.
        kinds: by the name that stands in the URL.
        label: what is chosen, for those who do not see it.
    """
    named = st.query_params.get(parameter, "")
    chosen = named if named in kinds else next(iter(kinds))
    options = bound(key, chosen, lambda one: st.query_params.update({parameter: one}), [*kinds])
    options["default"] = [*kinds][options.pop("index")]
    st.segmented_control(
        label,
        format_func=lambda one: f":material/{kinds[one].icon}: {kinds[one].title}",
        required=True,
        label_visibility="collapsed",
        **options,
    )
    return chosen
