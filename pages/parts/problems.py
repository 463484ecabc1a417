"""Problems on a page: what is wrong, where, and a button that mends it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from builder.edits import Several
from builder.errors import Problem, StrataError
from engines.data import prepare
from engines.losses import Loss
from engines.tasks import Task
from pages.parts import settings
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


def problem_list(opened: Opened, problems: Sequence[Problem], key: str) -> None:
    """Each problem with the fixes that we know; a click applies one."""
    for number, problem in enumerate(problems):
        with st.container(border=True, gap="xsmall", key=f"{key} problem {number}"):
            sign = ":material/error:" if problem.severity == "error" else ":material/warning:"
            colour = "red" if problem.severity == "error" else "orange"
            st.markdown(f":{colour}[{sign}] {plain(problem.message)}")
            if problem.fix and not fixes(problem):
                st.caption(plain(problem.fix))
            if problem.field == "loss" and problem.rule.startswith("suits "):
                _loss_button(opened, f"{key} loss {number}")
            for place, (words, edit) in enumerate(fixes(problem)):
                st.button(
                    plain(words),
                    key=f"{key} fix {number} {place}",
                    icon=":material/build:",
                    on_click=opened.edit,
                    args=(edit,),
                )


def _loss_button(opened: Opened, key: str) -> None:
    """A button that sets the usual loss of the data's task, where the present one does not suit it."""
    loss = usual_loss(prepare(settings.data(opened)).task)
    st.button(
        f"Take {loss.title}",
        key=key,
        icon=":material/build:",
        on_click=settings.set_engine,
        args=(opened, "loss", {"kind": loss.__name__}),
    )


def usual_loss(task: Task) -> type[Loss]:
    """The first loss that is made for a task, or else the first that suits it."""
    suitable = [kind for kind in Loss.registry.values() if task in kind.tasks]
    return min(suitable, key=lambda kind: kind.tasks.index(task))


def fixes(problem: Problem) -> list[tuple[str, Any]]:
    """The edits that mend a problem, with words for each; `check` offers them as alternatives."""
    texts = problem.fix.rstrip(".").split(" or ")
    if len(texts) == len(problem.edits):
        return [(text[:1].upper() + text[1:], edit) for text, edit in zip(texts, problem.edits, strict=True)]
    if len(problem.edits) == 1:
        return [(problem.fix.rstrip(".") or "Mend it", problem.edits[0])]
    return [("Mend it", Several(edits=problem.edits))] if problem.edits else []
