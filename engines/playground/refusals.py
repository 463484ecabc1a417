"""Refusals: what is wrong with a setting, in the words of the page."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from builder.errors import Problem, shown

PATTERNS = {
    "plane": "must be pca, or two columns such as 0,3",
    "points": "must be points as the Playground paints them",
}
_INTERVAL = re.compile(r"in ([\[(])([^,\])]+), ([^\])]+)([\])])")
_MOST_LETTERS = re.compile(r"String should have at most (\d+) characters")


def in_words(problem: Problem, model: Any) -> Problem:
    """A complaint about a setting as people say it: its name on the page, the rule, the value, and what to do."""
    name = problem.field.partition(".")[0]
    info = model.model_fields.get(name)
    title = info.description if info else name
    rule = _rule(name, problem.rule)
    if problem.field != name:
        rule = f"each {rule}"
    value = shown(problem.value).strip("'") if isinstance(problem.value, str) else shown(problem.value)
    listed = isinstance(problem.value, tuple | list)
    told = f" Got {len(problem.value)}." if listed else f" Got {value}."
    message = f"{title}: {rule}.{told}"
    fix = f"Leave {name} out of the address, or choose it on the page."
    return replace(problem, message=message, rule=rule, fix=fix)


def _rule(name: str, rule: str) -> str:
    if "match pattern" in rule:
        return PATTERNS[name]
    rule = re.sub(r", unable to parse string as an? \w+", "", rule)
    rule = _MOST_LETTERS.sub(r"have at most \1 letters", rule).replace("must be have", "must have")
    rule = rule.replace("an integer", "a whole number").replace("less than or equal to", "at most")
    rule = rule.replace("greater than or equal to", "at least").replace("'", "")
    return _INTERVAL.sub(_between, rule)


def _between(found: re.Match[str]) -> str:
    opens, low, high, closes = found.groups()
    if opens == "[" and closes == "]":
        return f"from {low} to {high}"
    return f"{'at least' if opens == '[' else 'above'} {low} and {'at most' if closes == ']' else 'below'} {high}"
