"""One field of a form as a widget. The project holds the value: the widget shows it, whatever it showed before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

from builder.errors import Problem
from builder.registry import label
from pages.parts.editing.formulas import Names, outcome
from pages.parts.forms.bound import bound
from pages.parts.forms.fields import (
    LARGEST,
    bounds,
    default,
    holds_number,
    is_number,
    literals,
    step,
    takes_sides,
    understood,
    written,
)
from pages.parts.words import plain

Commit = Callable[[str, Any], None]
"""Is given a field's name and its new value, as plain JSON."""
A_NUMBER = "a number"
SEVERAL = "several"
"""What a field shows whose value differs among the nodes."""


@dataclass(frozen=True)
class Form:
    """What all fields of a form share.

    Args:
        key: of the form's widgets; also of its fields, with their names behind.
        commit: is called with a field and its value whenever a person changes one.
        problems: shown under the fields that they name.
        options: for a field that names things of the project: the names to choose from.
        columns: fields that stand side by side.
        plain: how many fields are shown at once, besides the choices; the others are one click away.
        names: inside a block, what a number may be a formula of, with their values.
        differ: fields whose value is not the same for all that the form is about; they show "several".
    """

    key: str
    commit: Commit
    problems: Sequence[Problem] = ()
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)
    columns: int = 2
    plain: int = 2
    disabled: bool = False
    names: Names = field(default_factory=dict)
    differ: Collection[str] = ()


def widget(form: Form, name: str, info: FieldInfo, value: Any) -> None:
    """The widget of a field, from its type, bounds and description."""
    annotation = info.annotation
    words, help = label(name, info)
    key = f"{form.key} {name}"
    shared: dict[str, Any] = {
        "label": words, "help": plain(help) or None, "key": key, "disabled": form.disabled,
    }  # fmt: skip
    if name in form.differ:
        return _differing(form, name, info, shared)
    if name in form.options:
        return _names(form, name, info, value, shared)
    if annotation is bool and isinstance(value, bool):
        return draw(form, name, st.toggle, value, shared)
    if annotation in (int, float) and form.names:
        return _formula(form, name, info, value, shared)
    if annotation in (int, float) and is_number(value):
        return _number(form, name, info, value, shared, annotation is int)
    if get_origin(annotation) is Literal and value in get_args(annotation):
        return draw(form, name, st.selectbox, value, {**shared, "options": get_args(annotation)})
    if (choices := literals(annotation)) and (
        value in choices
        or is_number(value)
        or isinstance(value, list)
        or (form.names and isinstance(value, str))
    ):
        return _word_or_number(form, name, info, value, shared, choices)
    return _formula(form, name, info, value, shared)


def draw(
    form: Form,
    name: str,
    element: Callable[..., Any],
    value: Any,
    shared: dict[str, Any],
    read: Callable[[Any], Any] | None = None,
) -> None:
    """Show a value in an element of Streamlit; what a person makes of it is committed."""

    def commit(chosen: Any) -> None:
        if chosen is not None:
            form.commit(name, read(chosen) if read else chosen)

    element(**{**shared, **bound(shared["key"], value, commit, shared.get("options"))})


def _number(
    form: Form, name: str, info: FieldInfo, value: float, shared: dict[str, Any], whole: bool
) -> None:
    draw(form, name, st.number_input, (int if whole else float)(value), _limits(info, value, whole, shared))


def _limits(info: FieldInfo, value: float | None, whole: bool, shared: dict[str, Any]) -> dict[str, Any]:
    """The options of a number's input: its bounds, its step and its format."""
    least, most = bounds(info)
    kind: Any = int if whole else float
    limits = {"min_value": least, "max_value": min(most, LARGEST) if whole and most is not None else most}
    if value is not None and any(
        limit is not None and (value < limit if side == "min_value" else value > limit)
        for side, limit in limits.items()
    ):
        limits = {}  # a value from a file that is out of bounds is shown as it is, with its problem
    limits = {side: kind(limit) for side, limit in limits.items() if limit is not None}
    shown = {"step": 1, "format": "%d"} if whole else {"step": step(info), "format": "%g"}
    return {**shared, **limits, **shown}


def _formula(form: Form, name: str, info: FieldInfo, value: Any, shared: dict[str, Any]) -> None:
    """A value as text; inside a block it may hold formulas, and what they give stands beside it."""
    annotation = info.annotation

    def read(text: str) -> Any:
        return understood(text, annotation)

    if not form.names or not holds_number(annotation):
        draw(form, name, st.text_input, written(value), shared, read)
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        draw(form, name, st.text_input, written(value), shared, read)
        if told := outcome(value, form.names):
            st.markdown(f":gray[{plain(told)}]", width="content")


def _word_or_number(
    form: Form, name: str, info: FieldInfo, value: Any, shared: dict[str, Any], words: Sequence[str]
) -> None:
    number = value not in words
    fallback = default(info) if is_number(default(info)) else bounds(info)[0] or 0
    draw(
        form,
        name,
        st.selectbox,
        A_NUMBER if number else value,
        {**shared, "options": [A_NUMBER, *words]},
        read=lambda chosen: fallback if chosen == A_NUMBER else chosen,
    )
    if number:
        inner = {**shared, "key": f"{shared['key']} number", "label_visibility": "collapsed"}
        if form.names or takes_sides(info.annotation):
            _formula(form, name, info, value, inner)
        else:
            _number(form, name, info, value, inner, isinstance(value, int))


def _names(form: Form, name: str, info: FieldInfo, value: Any, shared: dict[str, Any]) -> None:
    """Names of a list: several where the field is a tuple, else one."""
    known = [*form.options[name]]
    if get_origin(info.annotation) is tuple:
        chosen = [*value] if isinstance(value, list | tuple) else []
        options = [*known, *(set(chosen) - set(known))]
        return draw(form, name, st.multiselect, chosen, {**shared, "options": options})
    options = known if value in known else [value, *known]
    return draw(form, name, st.selectbox, value, {**shared, "options": options})


def _differing(form: Form, name: str, info: FieldInfo, shared: dict[str, Any]) -> None:
    """An empty widget for values that differ; what is put in is committed for all."""
    annotation = info.annotation
    shared = {**shared, "key": f"{shared['key']} {SEVERAL}", "placeholder": SEVERAL}
    options = form.options.get(name) or (get_args(annotation) if get_origin(annotation) is Literal else ())
    if annotation is bool:
        choose = {"options": [True, False], "format_func": lambda on: "On" if on else "Off"}
        return draw(form, name, st.selectbox, None, {**shared, **choose})
    if options and get_origin(annotation) is not tuple:
        return draw(form, name, st.selectbox, None, {**shared, "options": options})
    if annotation in (int, float) and not form.names:
        return draw(form, name, st.number_input, None, _limits(info, None, annotation is int, shared))
    return draw(form, name, st.text_input, None, shared, lambda text: understood(text, annotation))
