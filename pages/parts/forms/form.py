"""Forms derived from declared kinds: a widget for each field, from its type, bounds, default and description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from builder.errors import Problem
from builder.registry import label
from pages.parts.forms.fields import default, family
from pages.parts.forms.widgets import Form, draw, widget
from pages.parts.words import plain

__all__ = ["Form", "fields"]


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
        min_column_width=130,
        vertical_alignment="bottom",
    )
    for name in names:
        info = kind.model_fields[name]
        with grid, st.container(gap="xxsmall"):
            widget(form, name, info, values.get(name, default(info)))
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
        draw(
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

        key, below = f"{form.key} {name} {kind.__name__}", _below(form.problems, name)
        nested = replace(form, key=key, commit=commit, problems=below, plain=1, differ=())
        fields(nested, kind, inner)


def _below(problems: Sequence[Problem], name: str) -> list[Problem]:
    return [
        Problem(problem.message, field=problem.field.partition(".")[2])
        for problem in problems
        if problem.field.startswith(f"{name}.")
    ]
