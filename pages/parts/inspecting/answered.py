"""Answers on a whole part, computed once for all who look at the same moment of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engines.answers import Answers, answers

if TYPE_CHECKING:
    from engines.trained import Trained
    from pages.parts.inspecting.subject import Subject


def answered(subject: Subject, part: str) -> Answers:
    """What the network answers on a part.

    Raises:
        StrataError: there is nothing to answer, or the answers are no numbers.
    """
    return _answered(subject.trained, subject.moment, part)


@st.cache_resource(max_entries=24, show_spinner="Asking the network …")
def _answered(_trained: Trained, moment: tuple[str, int, int | None], part: str) -> Answers:
    return answers(_trained, part)  # type: ignore[arg-type]
