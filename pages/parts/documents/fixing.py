"""Fixes: the edits that mend a problem, with words for each."""

from typing import Any

from builder.edits import Several
from builder.errors import Problem


def fixes(problem: Problem) -> list[tuple[str, Any]]:
    """The edits that mend a problem, with words for each; `check` offers them as alternatives."""
    texts = problem.fix.rstrip(".").split(" or ")
    if len(texts) == len(problem.edits):
        return [(text[:1].upper() + text[1:], edit) for text, edit in zip(texts, problem.edits, strict=True)]
    if len(problem.edits) == 1:
        return [(problem.fix.rstrip(".") or "Mend it", problem.edits[0])]
    return [("Mend it", Several(edits=problem.edits))] if problem.edits else []
