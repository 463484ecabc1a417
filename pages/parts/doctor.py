"""The training doctor on the Train page: what is wrong with a run, the numbers that show it, and what would help."""

from __future__ import annotations

import streamlit as st

from builder.errors import StrataError
from engines.doctor import Cure, Diagnosis
from engines.doctor.network import node_at
from engines.runs.run import Run
from engines.runs.status import Status
from pages.parts import looking, state
from pages.parts.findings import look
from pages.parts.lifespan import warm
from pages.parts.stream import source
from pages.parts.words import listed, plain

TRYING = 2.0
"""Seconds between two tries to offer cures, until torch is loaded."""
LOOKS = {"error": ("red", "error"), "warning": ("orange", "warning"), "hint": ("blue", "info")}
WHERE = {"loss": "On the loss curve", "metric": "On the curve of the metric", "data": "In the data"}


def panel(opened: state.Opened, run: Run, status: Status) -> None:
    """What the doctor has to say of a run. The page runs again when that changes (see `progress` in live.py)."""

    found, ready = look(run, source(run).curves()), warm.is_set()

    def cards() -> None:
        if warm.is_set() and not ready:
            st.rerun()  # nothing is waited for any more
        for number, diagnosis in enumerate(found.wrong):
            _card(opened, run, diagnosis, number)

    # In a fragment only as long as cures cannot be tried: one leads to another run, and the whole page must show it.
    if found.wrong and ready:
        cards()
    elif found.wrong:
        st.fragment(cards, run_every=TRYING)()
    elif found.well:
        words = f": {listed(found.well)}" if status.over else " so far"
        st.caption(f":material/stethoscope: {plain(f'The doctor sees nothing wrong{words}.')}")


def _card(opened: state.Opened, run: Run, diagnosis: Diagnosis, number: int) -> None:
    """A finding."""
    kind = diagnosis.kind
    colour, _ = LOOKS[kind.severity]
    with st.container(border=True, gap="small", key=f"doctor {number}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f":{colour}[:material/{kind.icon}:] **{plain(kind.title)}**", width="content")
            _place(opened, diagnosis, number)
        st.markdown(plain(diagnosis.what))
        grid = st.grid(max(len(diagnosis.figures), 3), min_column_width=150)
        for figure in diagnosis.figures:
            grid.metric(
                plain(figure.name),
                figure.value,
                plain(figure.beside) or None,
                delta_color="off",
                delta_arrow="off",
            )
        st.caption(plain(kind.why))
        _cures(opened, run, diagnosis, number)


def _place(opened: state.Opened, diagnosis: Diagnosis, number: int) -> None:
    """Where it shows: a way to the node or the data, or the name of the curve."""
    if diagnosis.place == "node" and diagnosis.path:
        name = " → ".join(diagnosis.path)
        graph = opened.project.graphs.get(diagnosis.role)
        if graph is None or node_at(graph, diagnosis.path) is None:
            st.caption(f"At {plain(name)}, which is not in the network any more", width="content")
        elif st.button(
            f"Show {plain(name)}",
            key=f"doctor place {number}",
            icon=":material/my_location:",
            type="tertiary",
        ):
            _show(opened, diagnosis)
    elif diagnosis.place == "data":
        if st.button("Open Data", key=f"doctor place {number}", icon=":material/table:", type="tertiary"):
            st.switch_page(st.session_state["pages"]["data"], query_params=state.parameters())
    else:
        st.caption(WHERE[diagnosis.place], width="content")


def _show(opened: state.Opened, diagnosis: Diagnosis) -> None:
    """Open Build with the node selected, inside the blocks that it lies in."""
    *path, node = diagnosis.path
    looking.look_at(opened.id, looking.Selection((node,), diagnosis.role, tuple(path)))
    looking.select(opened.id, (node,), path)
    st.switch_page(st.session_state["pages"]["build"], query_params=state.parameters(role=diagnosis.role))


def _cures(opened: state.Opened, run: Run, diagnosis: Diagnosis, number: int) -> None:
    """A button for each counter-measure, which says what it changes."""
    if not warm.is_set():
        st.caption("What would help is being tried …")
        return
    if not diagnosis.cures:
        return
    st.markdown("**Try it beside this run**")
    with st.container(gap="xsmall"):
        for place, cure in enumerate(diagnosis.cures):
            at = start_of(run, cure)
            begins = "from its beginning" if at is None else f"from step {at:,}"
            st.button(
                plain(cure.words),
                key=f"doctor cure {number} {place} {diagnosis.symptom}",
                icon=":material/fork_right:",
                type="primary" if number == place == 0 else "secondary",
                on_click=_try,
                args=(run, cure),
                help=f"A run of its own, {begins}, with this change alone; this one stays as it is. Both are drawn.",
            )


def start_of(run: Run, cure: Cure) -> int | None:
    """The last kept moment of a run before it went wrong; None begins anew."""
    if cure.before is None:
        return None
    kept = [step for step in run.snapshots.numbers() if 0 < step <= cure.before]
    return kept[-1] if kept else None


def _try(run: Run, cure: Cure) -> None:
    """Start the branch, and look at it."""
    at = start_of(run, cure)
    try:
        made = state.once(
            f"cure {run.id} {cure.words}",
            lambda: state.workspace().branch(run, cure.project, at, by=state.person()),
        )
    except StrataError as error:
        st.session_state["refused"] = str(error)
        return
    st.query_params.pop("at", None)
    st.query_params["run"] = made.id
