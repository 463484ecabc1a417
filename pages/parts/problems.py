"""Problems on a page: what is wrong, where, and a button that mends it."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from builder.errors import Problem, StrataError
from engines.data import prepare
from pages.parts import settings
from pages.parts.documents.fixing import fixes
from pages.parts.state import Opened
from pages.parts.words import plain


def training_problems(opened: Opened) -> list[Problem]:
    """Everything that keeps a project from being trained: in its network, its data, or between the two."""
    import builder

    problems = [problem for problem in builder.check(opened.graph) if problem.severity == "error"]
    if problems := [*settings.unreadable(opened.project), *problems]:
        return problems
    try:
        return settings.engine(opened).check(opened.project, prepare(settings.data(opened)))
    except StrataError as error:
        return [*getattr(error, "problems", ())] or [Problem(str(error))]


def problem_list(
    opened: Opened, problems: Sequence[Problem], key: str, edit: Callable[[Any], object] | None = None
) -> None:
    """Each problem with the fixes that we know; a click applies one, with `edit` where it is not the network itself."""
    for number, problem in enumerate(problems):
        with st.container(border=True, gap="xsmall", key=f"{key} problem {number}"):
            sign = ":material/error:" if problem.severity == "error" else ":material/warning:"
            colour = "red" if problem.severity == "error" else "orange"
            st.markdown(f":{colour}[{sign}] {plain(problem.message)}")
            if problem.fix and not fixes(problem):
                st.caption(plain(problem.fix))
            for place, setting in enumerate(problem.settings):
                st.button(
                    plain(setting.words),
                    key=f"{key} setting {number} {place} {setting.words}",
                    icon=":material/build:",
                    on_click=settings.set_engine,
                    args=(opened, setting.field, setting.value),
                )
            for place, (words, fix) in enumerate(fixes(problem)):
                st.button(
                    plain(words),
                    key=f"{key} fix {number} {place} {problem.node} {words}",
                    icon=":material/build:",
                    on_click=edit or opened.edit,
                    args=(fix,),
                )
