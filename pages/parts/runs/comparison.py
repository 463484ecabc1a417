"""Several runs side by side: curves, results, settings, where they came from, and their networks."""

from collections.abc import Sequence

import streamlit as st

import builder
from builder.errors import StrataError
from engines.runs.score import LOSS
from engines.runs.settings import compare, settings, with_changes
from engines.runs.summary import Summary, summary
from pages.parts import state
from pages.parts.chart import chart
from pages.parts.header import ACTIVE, page_head, run_name
from pages.parts.lifespan import torch_is_ready
from pages.parts.runs import deleting, tables
from pages.parts.runs.compared import ACROSS, AXES, Compared, results
from pages.parts.runs.downloads import downloads
from pages.parts.runs.networks import networks
from pages.parts.runs.row import MOST_CHOSEN
from pages.parts.runs.wanted import named
from pages.parts.words import listed, metric_name, plain, short
from pages.views.overlay import overlay

SHARES = ("accuracy", "exact")


def comparison(ids: str) -> None:
    """The page that compares the runs that the URL names."""
    home, runs, lost = state.workspace(), [], []
    for id in named(ids, MOST_CHOSEN):
        try:
            run = home.run(id)
        except StrataError:
            lost.append(id)
        else:
            runs.append(Compared(len(runs), summary(run.folder), run))
    with page_head("Compare", _caption(runs)):
        if any(one.summary.state in ACTIVE for one in runs):
            st.button("Refresh", key="refresh", icon=":material/refresh:", help="A run still trains")
        if runs:
            with st.popover("History", icon=":material/download:", key="history", on_change="rerun") as open_:
                if open_.open:
                    st.caption("All that these runs told: losses, measurements, changes, by step.")
                    downloads([one.run for one in runs], "compared")
        st.button("All runs", key="back", icon=":material/arrow_back:", on_click=_back)
    deleting.deletion()
    for id in lost:
        _lost(id)
    if len(named(ids, MOST_CHOSEN + 1)) > MOST_CHOSEN:
        st.info(
            f"At most {MOST_CHOSEN} runs are compared at once; the others are left out.",
            icon=":material/info:",
        )
    if not runs:
        return
    st.html(tables.STYLE)
    _heads(runs)
    _curves(runs)
    metric = st.session_state.get("metric of runs", "")
    _results(runs, metric or _metrics(runs)[0])
    _settings(runs)
    networks(runs)
    _lineage(runs)


def _back() -> None:
    st.query_params.pop("compare", None)


def _caption(runs: Sequence[Compared]) -> str:
    if len(runs) < 2:
        return "Choose two or more runs in the list to see them side by side."
    return plain(
        f"{listed(one.name.capitalize() if not one.place else one.name for one in runs)}, side by side."
    )


def _lost(id: str) -> None:
    """What became of a run that the address names."""
    found = next((one for one in state.workspace().list_deleted_runs() if one.id == id), None)
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", gap="small", key=f"lost {id}"
    ):
        if found:
            st.markdown(f":material/delete: {plain(run_name(id).capitalize())} was deleted.", width="content")
            st.button("Restore it", key=f"restore {id}", on_click=deleting.restore, args=(found.key,))
        else:
            st.markdown(
                f":material/search_off: There is no run {plain(repr(short(id, 60)))} here.", width="content"
            )


def _heads(runs: Sequence[Compared]) -> None:
    """Letter, name and state of each run, with the way to it."""
    with st.container(horizontal=True, gap="medium", key="compared"):
        for one in runs:
            with st.container(horizontal=True, gap="small", vertical_alignment="center", width="content"):
                st.html(tables.letter(one), width="content")
                words = plain(f"{one.name.capitalize()} · {short(one.summary.name, 40)}")
                if one.summary.of:
                    query = {"project": one.summary.of, "run": one.run.id}
                    st.page_link(
                        st.session_state["pages"]["train"], label=words, query_params=query, width="content"
                    )
                else:
                    st.markdown(words, width="content")


def _metrics(runs: Sequence[Compared]) -> list[str]:
    """What was measured on validation parts beside the loss, first that by which runs are judged; [""] if nothing."""
    told = [name for one in runs for row in one.validation[-1:] for name in row["values"] if name != LOSS]
    return [*dict.fromkeys([*(one.metric for one in runs if one.metric not in ("", LOSS)), *told])] or [""]


def _curves(runs: Sequence[Compared]) -> None:
    metrics = _metrics(runs)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="axes"):
        axis = st.segmented_control(
            "Along", [*AXES], default="step", format_func=AXES.get, key="along", required=True
        )
        if len(metrics) > 1:
            metric = st.selectbox("Metric", metrics, format_func=metric_name, key="metric of runs", width=220)
        else:
            metric = metrics[0]
        log = st.toggle("Logarithmic loss", key="log loss")
    grid = st.grid(3, min_column_width=320)
    told = [
        ("Training loss", [one.losses(axis) for one in runs], "", log, "each step, smoothed"),
        ("Validation loss", [one.measured(LOSS, axis) for one in runs], "", log, "after each epoch"),
    ]
    if metric:
        name = f"Validation {metric_name(metric)}"
        unit = "%" if metric in SHARES else ""
        told.append((name, [one.measured(metric, axis) for one in runs], unit, False, "after each epoch"))
    for title, lines, unit, by_factors, how in told:
        there = [line for line in lines if line is not None]
        with grid, st.container(border=True, height="stretch"):
            st.markdown(f"**{plain(title)}** :gray[· {how}]")
            if there:
                alt = f"{title} of {listed(line.name for line in there)} by {ACROSS[axis]}"
                chart(overlay, there, ACROSS[axis], unit, by_factors, key=f"{title} chart", alt=alt)
            else:
                st.caption("None of these runs has measured it yet.")


def _results(runs: Sequence[Compared], metric: str) -> None:
    ready = torch_is_ready()
    parameters = [_parameters(one) if ready else None for one in runs]
    st.markdown("##### Results")
    with st.container(border=True):
        st.html(tables.figures(runs, results(runs, metric, parameters)))
        if len(runs) > 1:
            st.caption("★ marks the best of a row.")
    if not ready:
        _wait()


@st.fragment(run_every=0.5)
def _wait() -> None:
    """Draw the page anew once torch is loaded and the networks can be measured."""
    if torch_is_ready():
        st.rerun()


def _parameters(one: Compared) -> int | None:
    """How many numbers its networks learn; None if they cannot be built."""
    try:
        return sum(builder.summary(graph).parameters for graph in one.run.project.graphs.values())
    except StrataError:
        return None


def _settings(runs: Sequence[Compared]) -> None:
    """In what the runs were set differently, and, folded away, what they share."""
    st.markdown("##### Settings")
    try:
        rows = compare([with_changes(settings(one.run), one.curves.changes()) for one in runs])
    except StrataError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    different = [row for row in rows if row.differs]
    same = [row for row in rows if not row.differs]
    with st.container(border=True):
        if different:
            st.html(tables.settings(runs, different))
        elif len(runs) > 1:
            st.markdown("These runs were set alike. Their results have the same bits on the same machine.")
    if same:
        words = f"{len(same)} settings are the same" if len(runs) > 1 else f"{len(same)} settings"
        with st.expander(words, icon=":material/unfold_more:"):
            st.html(tables.settings(runs, same))


def _lineage(runs: Sequence[Compared]) -> None:
    """Which run branched off from which, and what was changed on the way."""
    names = {one.run.id: f"{one.letter} · {one.name}" for one in runs}
    lines = []
    for one in runs:
        me, told = names[one.run.id], one.summary
        if told.parent:
            lines.append(f"**{plain(me)}** branched off from {plain(_origin(told, names))}.")
        for change in one.curves.changes():
            set_to = listed(f"{name} to {value}" for name, value in change["values"].items())
            lines.append(
                f"**{plain(me)}** was changed after step {change['step']:,}: {plain(short(set_to, 200))}."
            )
    if lines:
        st.markdown("##### Where they came from")
        with st.container(border=True, gap="xsmall"):
            for line in lines[:40]:
                st.markdown(line)
            if len(lines) > 40:
                st.caption(f"and {len(lines) - 40} more changes")


def _origin(told: Summary, names: dict[str, str]) -> str:
    """`A · run 1 at step 120`."""
    gone = "" if told.parent in names or _is_there(told.parent) else " (deleted)"
    when = f" at step {told.branched:,}" if told.branched else ", with the same initial weights"
    return f"{names.get(told.parent, run_name(told.parent))}{gone}{when}"


def _is_there(id: str) -> bool:
    try:
        return state.workspace().run(id).exists()
    except StrataError:
        return False
