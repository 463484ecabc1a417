"""Forms derived from declared kinds: a widget for each field, from its type, bounds, default and description."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from builder.errors import Problem
from pages.parts.fields import (
    LARGEST,
    bounds,
    default,
    family,
    is_number,
    label,
    literals,
    step,
    understood,
    written,
)
from pages.parts.words import plain

Commit = Callable[[str, Any], None]
"""Is given a field's name and its new value, as plain JSON."""
A_NUMBER = "a number"


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
    """

    key: str
    commit: Commit
    problems: Sequence[Problem] = ()
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)
    columns: int = 2
    plain: int = 2
    disabled: bool = False


def fields(form: Form, kind: type[BaseModel], values: Mapping[str, Any], hide: Sequence[str] = ()) -> None:
    """Draw the widgets of a kind; fields that `values` does not hold have their defaults."""
    names = [name for name in kind.model_fields if name not in hide]
    simple = [name for name in names if not family(kind.model_fields[name])]
    more = simple[form.plain :] if len(simple) > form.plain + 1 else []
    for chosen, group in groupby(
        (name for name in names if name not in more), lambda name: name not in simple
    ):
        (_choices if chosen else _grid)(form, kind, values, [*group])
    if more:
        changed = sum(
            1 for name in more if name in values and values[name] != default(kind.model_fields[name])
        )
        with st.expander(
            f"More settings ({changed} changed)" if changed else "More settings", key=f"{form.key} more"
        ):
            _grid(form, kind, values, more)


def _grid(form: Form, kind: type[BaseModel], values: Mapping[str, Any], names: Sequence[str]) -> None:
    if not names:
        return
    grid = st.grid(
        min(form.columns, len(names)) if form.columns > 1 else 1,
        min_column_width=150,
        vertical_alignment="bottom",
    )
    for name in names:
        info = kind.model_fields[name]
        with grid, st.container(gap="xxsmall"):
            _field(form, name, info, values.get(name, default(info)))
            for problem in form.problems:
                if problem.field.split(".")[0] == name:
                    st.caption(f":red[{plain(problem.message)}]")


def _choices(form: Form, kind: type[BaseModel], values: Mapping[str, Any], names: Sequence[str]) -> None:
    if len(names) == 1:
        _choice(form, names[0], kind.model_fields[names[0]], values.get(names[0]))
        return
    grid = st.grid(min(3, len(names)), min_column_width=230)
    for name in names:
        with grid, st.container():
            _choice(replace(form, columns=1), name, kind.model_fields[name], values.get(name))


def _field(form: Form, name: str, info: FieldInfo, value: Any) -> None:
    """One widget. The project holds the value: the widget shows it, whatever the widget showed before."""
    annotation, key = info.annotation, f"{form.key} {name}"
    words, help = label(name, info)
    shared: dict[str, Any] = {
        "label": words,
        "help": plain(help) or None,
        "key": key,
        "disabled": form.disabled,
    }
    if name in form.options:
        return _several(form, name, info, value, shared)
    if annotation is bool and isinstance(value, bool):
        return _widget(form, name, st.toggle, value, shared)
    if annotation in (int, float) and is_number(value):
        return _number(form, name, info, value, shared, annotation is int)
    if get_origin(annotation) is Literal and value in get_args(annotation):
        return _widget(form, name, st.selectbox, value, {**shared, "options": get_args(annotation)})
    if (words := literals(annotation)) and (value in words or is_number(value)):
        return _word_or_number(form, name, info, value, shared, words)
    return _widget(
        form, name, st.text_input, written(value), shared, read=lambda text: understood(text, annotation)
    )


def _widget(
    form: Form,
    name: str,
    draw: Callable[..., Any],
    value: Any,
    shared: dict[str, Any],
    read: Callable[[Any], Any] | None = None,
) -> None:
    st.session_state[shared["key"]] = value
    draw(**shared, on_change=_changed, args=(form, name, shared["key"], read))


def _changed(form: Form, name: str, key: str, read: Callable[[Any], Any] | None) -> None:
    value = st.session_state[key]
    if value is not None:
        form.commit(name, read(value) if read else value)


def _number(
    form: Form, name: str, info: FieldInfo, value: float, shared: dict[str, Any], whole: bool
) -> None:
    least, most = bounds(info)
    kind: Any = int if whole else float
    limits = {"min_value": least, "max_value": min(most, LARGEST) if whole and most is not None else most}
    if any(
        limit is not None and (value < limit if side == "min_value" else value > limit)
        for side, limit in limits.items()
    ):
        limits = {}  # a value from a file that is out of bounds is shown as it is, with its problem
    limits = {side: kind(limit) for side, limit in limits.items() if limit is not None}
    shown = {"step": 1, "format": "%d"} if whole else {"step": step(info), "format": "%g"}
    _widget(form, name, st.number_input, kind(value), {**shared, **limits, **shown})


def _word_or_number(
    form: Form, name: str, info: FieldInfo, value: Any, shared: dict[str, Any], words: Sequence[str]
) -> None:
    number = is_number(value)
    fallback = default(info) if is_number(default(info)) else bounds(info)[0] or 0
    _widget(
        form,
        name,
        st.selectbox,
        A_NUMBER if number else value,
        {**shared, "options": [A_NUMBER, *words]},
        read=lambda chosen: fallback if chosen == A_NUMBER else chosen,
    )
    if number:
        inner = {**shared, "key": f"{shared['key']} number", "label_visibility": "collapsed"}
        _number(form, name, info, value, inner, isinstance(value, int))


def _several(form: Form, name: str, info: FieldInfo, value: Any, shared: dict[str, Any]) -> None:
    """Names of a list: several where the field is a tuple, else one."""
    known = [*form.options[name]]
    if get_origin(info.annotation) is tuple:
        chosen = [*value] if isinstance(value, list | tuple) else []
        return _widget(
            form, name, st.multiselect, chosen, {**shared, "options": [*known, *(set(chosen) - set(known))]}
        )
    options = known if value in known else [value, *known]
    return _widget(form, name, st.selectbox, value, {**shared, "options": options})


def _choice(form: Form, name: str, info: FieldInfo, value: Any) -> None:
    """One kind of a family, and its fields below it."""
    kinds = family(info)
    assert kinds is not None
    chosen = value if isinstance(value, Mapping) and value.get("kind") in kinds.registry else default(info)
    kind = kinds.registry[chosen["kind"]]
    inner = {key: item for key, item in chosen.items() if key != "kind"}
    words, help = label(name, info)
    with st.container(gap="xsmall"):
        shared = {
            "label": words,
            "help": plain(help) or None,
            "key": f"{form.key} {name}",
            "disabled": form.disabled,
        }
        _widget(
            form,
            name,
            st.selectbox,
            kind.__name__,
            {**shared, "options": [*kinds.registry], "format_func": lambda one: kinds.registry[one].title},
            read=lambda one: {"kind": one},
        )
        st.caption(plain(kind.help()))

        def commit(part: str, changed: Any) -> None:
            form.commit(name, {**chosen, part: changed})

        nested = Form(
            f"{form.key} {name} {kind.__name__}",
            commit,
            _below(form.problems, name),
            form.options,
            form.columns,
            1,
            form.disabled,
        )
        fields(nested, kind, inner)


def _below(problems: Sequence[Problem], name: str) -> list[Problem]:
    return [
        Problem(problem.message, field=problem.field.partition(".")[2])
        for problem in problems
        if problem.field.startswith(f"{name}.")
    ]
