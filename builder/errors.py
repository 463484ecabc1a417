"""What can go wrong, in words that teach.

StrataError
├── BadFile    a file cannot be read, or is not what it claims to be
├── BadValue   a setting is refused; carries the problems
└── BadGraph   a graph cannot be compiled; carries the problems
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import ValidationError


class Setting(NamedTuple):
    """A setting of the engine that mends a problem."""

    words: str
    field: str
    value: Any


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where, the rule, the value, and what to do about it."""

    message: str
    node: str = ""
    field: str = ""
    rule: str = ""
    value: Any = None
    fix: str = ""
    edits: tuple[Any, ...] = ()
    """Edits that mend it, each by itself, tried before they are offered; the best first."""
    severity: Literal["error", "warning"] = "error"
    settings: tuple[Setting, ...] = ()
    """Settings of the engine that mend it, each by itself; the best first."""

    def __str__(self) -> str:
        return f"{self.message} {self.fix}".strip()


class StrataError(Exception):
    """Any error that Strata explains to the person who meets it."""


class BadFile(StrataError):
    """A file cannot be read, or is not what it claims to be."""


class _Problems(StrataError):
    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class BadValue(_Problems):
    """A setting is refused."""


class BadGraph(_Problems):
    """A graph cannot be compiled."""


WHOLE = "must be an integer"
EACH = "or a list with one for each dimension, such as 1, 7"
"""What else than one number a field of sides may hold."""
_BOUNDS = {"greater_than_equal": "ge", "greater_than": "gt", "less_than_equal": "le", "less_than": "lt"}
_LENGTHS = {"too_short": ("least", "min_length"), "too_long": ("most", "max_length")}


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant; "" if none is near."""
    return next(iter(get_close_matches(word, [*known], 1, 0.5)), "")


def field_problems(error: ValidationError, owner: str, model: type, node: str = "") -> list[Problem]:
    """Pydantic's complaints as problems that name owner, field, rule and value."""
    problems: dict[str, Problem] = {}
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]:
            continue  # pydantic does not count the entries that it refused
        path = [str(part) for part in detail["loc"]] or [""]
        place, last, named = _innermost(model, path)
        name = ".".join([*named, *(part for part in path if part.isdigit())])
        rule = _rule(detail, place, last)
        if name in problems and problems[name].rule != rule:  # the arms of a union complain one by one
            rule = f"{problems[name].rule} or {rule.removeprefix('must be ')}"
        if rule == WHOLE and not path[-1].isdigit() and _takes_lists(place, last):
            rule += f", {EACH}"
        value = detail.get("input")
        told = _of_entry(named[-1], rule, place) if path[-1].isdigit() else f"{name or 'value'} {rule}"
        message = f"{owner}: {told}. Got {shown(value)}."
        problems[name] = Problem(
            message, node, name, rule, value, _fix(detail, place, last) if place is model else ""
        )
    return list(problems.values())


def _takes_lists(model: type, name: str) -> bool:
    """Whether a field takes a number or a list of them, and no words as well."""
    info = _fields(model).get(name)
    waiting, origins = [info.annotation] if info else [], set()
    while waiting:
        one = waiting.pop()
        origins.add(get_origin(one))
        waiting += get_args(one)
    return tuple in origins and Literal not in origins


def _innermost(model: type, path: list[str]) -> tuple[type, str, list[str]]:
    """The model whose field a path ends in, that field, and the names on the way; arms of unions are skipped."""
    named = [path[0]]
    for part in path[1:]:
        info = _fields(model).get(named[-1])
        family = getattr(info.annotation if info else None, "registry", {}).values()
        owner = next((kind for kind in family if part in _fields(kind)), None)
        if owner is not None:
            model = owner
            named.append(part)
    return model, named[-1], named


def _of_entry(field: str, rule: str, model: type) -> str:
    """A rule about an entry of a list, told of the field: people do not count from zero."""
    info = _fields(model).get(field)
    usual = info.get_default(call_default_factory=True) if info and not info.is_required() else ()
    several = isinstance(usual, tuple) and len(usual) > 1
    example = f", as in {', '.join(map(str, usual))}" if rule == WHOLE and several else ""
    return f"{field}: each entry {rule}{example}"


def _rule(detail: Any, model: type, name: str) -> str:
    if detail["type"] == "extra_forbidden":
        return f"is not a field; the fields are {', '.join(_fields(model)) or 'none'}"
    if detail["type"] in _BOUNDS and (interval := _interval(model, name)):
        return f"must be {interval}"
    if limit := _LENGTHS.get(detail["type"]):
        words, number = limit[0], detail["ctx"][limit[1]]
        return f"must have at {words} {number} entr{'y' if number == 1 else 'ies'}"
    text = re.sub(r"^(Value error, |Input should be )", "", str(detail["msg"]))
    text = text.replace("a valid ", "a ").replace("a integer", "an integer").replace("a tuple", "a list")
    return text if text.startswith(("must", "is ", "unknown")) else f"must be {text}"


def _interval(model: type, name: str) -> str:
    """The bounds of a numeric field in mathematical notation, "" where it has none."""
    info = _fields(model).get(name)
    bounds = {
        key: getattr(rule, key)
        for rule in _constraints(info)
        for key in _BOUNDS.values()
        if getattr(rule, key, None) is not None
    }
    if not bounds:
        return ""
    low, high = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
    if high is None:
        return f"{'at least' if 'ge' in bounds else 'more than'} {low}"
    if low is None:
        return f"{'at most' if 'le' in bounds else 'less than'} {high}"
    return f"in {'[' if 'ge' in bounds else '('}{low}, {high}{']' if 'le' in bounds else ')'}"


def _constraints(info: Any) -> list[Any]:
    """The constraints of a field, also those that stand inside its annotation (`Annotated[int, Field(ge=0)] | …`)."""
    found, waiting = list(info.metadata) if info else [], [info.annotation] if info else []
    while waiting:
        annotation = waiting.pop()
        for extra in getattr(annotation, "__metadata__", ()):
            found += getattr(extra, "metadata", [extra])
        waiting += [part for part in get_args(annotation) if isinstance(part, type) or get_args(part)]
    return found


def _fix(detail: Any, model: type, name: str) -> str:
    info = _fields(model).get(name)
    if detail["type"] == "extra_forbidden":
        return "Remove it."
    if info is None or info.is_required():
        return "Give it a value." if detail["type"] == "missing" else ""
    default = info.get_default(call_default_factory=True)
    return f"The default is {getattr(default, 'kind', None) or repr(default)}."


def _fields(model: type) -> dict[str, Any]:
    return getattr(model, "model_fields", {})


def shown(value: Any) -> str:
    """A value as it stands in a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
