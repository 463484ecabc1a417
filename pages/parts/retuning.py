"""Settings that a person changes while a run trains: a field each, obeyed from the next step on."""

from __future__ import annotations

from typing import Any

import streamlit as st

from builder.errors import StrataError
from builder.registry import label
from engines.engine import engine_of
from engines.runs.run import Run
from engines.tuning import Tunable, differing, tunables
from pages.parts.forms.widgets import Form, widget
from pages.parts.stream import source
from pages.parts.words import plain


def retune(run: Run) -> None:
    """The button that unfolds the fields of a run that is at work, with what is so now."""
    panel = st.popover(
        "Adjust",
        icon=":material/instant_mix:",
        key="adjust",
        on_change="rerun",
        help="Change the learning rate, the batch and the like while it trains",
    )
    if not panel.open:
        return  # fields take long to draw, and who watches does not need them
    engine, graph = engine_of(run.project.engine), run.project.graphs.get("model")
    known = asked(run)
    with panel:
        st.caption("Counts from the next step on, in this run alone, and is marked on the curves.")
        if refused := st.session_state.pop(f"refused {run.id}", ""):
            st.error(plain(refused), icon=":material/block:")

        def commit(name: str, value: Any) -> None:
            try:
                changed = differing(engine, graph, known, {name: value}, run.status().epoch) if graph else {}
                if changed:
                    run.send("set", values=changed)
                    st.session_state[f"asked {run.id}"] = {**known, **changed}
            except StrataError as error:
                st.session_state[f"refused {run.id}"] = str(error)

        grid = st.grid(2, min_column_width=130, vertical_alignment="bottom")
        for one in tunables(engine, graph, known):
            _field(grid, Form(f"retune {run.id}", commit), one)


def asked(run: Run) -> dict[str, Any]:
    """The settings that were changed so far, those that the worker is yet to obey included."""
    told: dict[str, Any] = {}
    for row in source(run).curves().changes():
        told |= row["values"]
    return {**told, **st.session_state.get(f"asked {run.id}", {})}


def _field(place: Any, form: Form, one: Tunable) -> None:
    differ = ("",) if one.value is not None else (one.name,)
    with place:
        widget(Form(form.key, form.commit, differ=differ), one.name, one.info, one.value)


def written(run: Run, values: dict[str, Any]) -> str:
    """Changed settings in words: `learning rate 0.01, batch 32`."""
    infos = {
        one.name: one.info for one in tunables(engine_of(run.project.engine), run.project.graphs.get("model"))
    }
    words = {name: label(name, infos[name])[0].lower() if name in infos else name for name in values}
    return ", ".join(f"{words[name]} {value:g}" for name, value in values.items())
