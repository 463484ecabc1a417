"""What a run keeps of its nodes while it trains, what that costs, and how to choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from builder.errors import BadValue, StrataError
from builder.paths import placed
from engines.probes import Recording, all_probes
from engines.runs.probing import FREE
from engines.runs.recorded import record, recorded
from engines.runs.run import Run
from pages.parts.forms.bound import bound
from pages.parts.state import Opened
from pages.parts.words import plain, size


def keeping(opened: Opened, run: Run) -> None:
    """The button that unfolds what is kept of a run, now and in the project's next ones."""
    panel = st.popover(
        "What is kept",
        icon=":material/inventory_2:",
        key="keeping",
        on_change="rerun",
        help="Which readings of which nodes lie in the run's folder, and what that costs the training",
    )
    if panel.open:
        with panel:
            _panel(opened, run)


def _panel(opened: Opened, run: Run) -> None:
    try:
        now = recorded(run.folder, run.project.probes)
    except BadValue as error:
        st.error(plain(error), icon=":material/error:")
        now = Recording()
    st.caption(_told(run))

    def change(**fields: Any) -> None:
        try:
            wanted = Recording.of({**now.model_dump(mode="json"), **fields})
            if not run.status().over:
                record(run.folder, wanted)
            opened.keep(
                opened.project.with_fields(probes=wanted.model_dump(mode="json", exclude_defaults=True))
            )
        except (StrataError, OSError) as error:
            st.session_state["refused"] = str(error)

    if run.status().over:
        now = _of(opened)
        st.caption("This run is over: what you choose counts for the project's next runs.")
    _fields(f"keeping {run.id}", now, [*placed(run.project.graph)], change)


def _fields(key: str, now: Recording, places: list[str], change: Callable[..., None]) -> None:
    probes = all_probes()
    st.multiselect(
        "Readings",
        format_func=lambda name: probes[name].title,
        help="; ".join(f"{one.title}: {plain(one.help())}" for one in probes.values()),
        **bound(
            f"{key} probes",
            now.chosen(),
            lambda chosen: change(
                probes=None if len(chosen) == len(probes) else chosen
            ),  # and those yet to come
            [*probes],
        ),
    )
    nodes = [one for one in now.nodes or () if one in places]
    st.multiselect(
        "Nodes",
        placeholder="All of them",
        help="A block stands for all that is in it",
        **bound(f"{key} nodes", nodes, lambda chosen: change(nodes=chosen or None), places),
    )
    left, right = st.columns(2)
    left.number_input(
        "Seconds between", 0.05, 86_400.0, step=0.1, help="Between two moments, at least",
        **bound(f"{key} every", float(now.every), lambda value: change(every=value)),
    )  # fmt: skip
    right.number_input(
        "Share of the time, %", 0.01, 100.0, step=0.5, help="What keeping may cost the training, at most",
        **bound(f"{key} share", float(now.share * 100), lambda value: change(share=value / 100)),
    )  # fmt: skip


def _told(run: Run) -> str:
    """How much is kept, and what it cost."""
    arrays = run.arrays
    steps = arrays.steps()
    if not steps:
        return "Nothing has been kept yet."
    spent, share = arrays.cost()
    taken = sum(file.stat().st_size for file in arrays.folder.glob("*.safetensors"))
    return (
        f"{len(steps)} moments with {len(arrays.names(steps[-1]))} arrays each, {size(taken)}. Reading them took "
        f"{spent:.2g} s, **{share:.1%}** of the training; the first ones are kept in any case ({FREE:g} s)."
    )


def _of(opened: Opened) -> Recording:
    try:
        return Recording.of(opened.project.probes)
    except BadValue:
        return Recording()
