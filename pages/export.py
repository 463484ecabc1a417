from typing import Any

import streamlit as st

from builder.errors import StrataError
from engines.runs.run import Run
from pages.parts import state
from pages.parts.header import go, page_head, project_page, run_name
from pages.parts.predicting import predict_panel
from pages.parts.words import metric_name, metric_value, plain, size


def made(run: Run) -> dict[str, Any]:
    """What was exported from this run in this tab, by the format's name."""
    moment = run.status().step if at is None else at
    return st.session_state.setdefault(f"exports {run.id} {moment}", {})


def export(run: Run, to: str, title: str) -> None:
    """Make a file, and remember what became of it."""
    from engines.exports import write

    with st.spinner(f"Writing {title}, and reading it back in a fresh process …"):
        try:
            made(run)[to] = write(run, to, at=at)
        except StrataError as error:
            made(run)[to] = str(error)


def format_row(run: Run, to: str, kind: type) -> None:
    """One format: what it is for, the button that makes it, and what was made."""
    with st.container(border=True, height="stretch", gap="small"):
        row = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
        row.markdown(f":material/{kind.icon}: **{plain(kind.title)}**", width="content")
        clicked = row.button("Export", key=f"export {to}", type="secondary")
        st.caption(plain(kind.help()))
        st.caption(f"Needs {plain(kind.needs)}")
        if clicked:
            export(run, to, kind.title)
        report = made(run).get(to)
        if isinstance(report, str):
            st.error(plain(report), icon=":material/error:")
        elif report is not None:
            outcome(to, report)


def outcome(to: str, report: Any) -> None:
    """What was made: how well it agrees with the network, and the file to download."""
    difference = report.largest_difference
    words = "the same outputs to the last bit" if difference == 0 else f"largest difference {difference:.1e}"
    st.badge(
        f"Checked: {words}",
        icon=":material/verified:",
        color="green",
        help="A fresh process read the file back, and its outputs were compared with the network's",
    )
    for note in report.notes:
        st.caption(plain(note))
    name = report.path.name
    if report.path.is_file():
        st.download_button(
            f"Download {plain(name)} ({size(report.bytes)})",
            report.path.read_bytes(),
            name,
            key=f"download {to}",
            icon=":material/download:",
            type="primary",
            on_click="ignore",
        )


def score(run: Run) -> str:
    """How the run did on the test part, in words."""
    told = run.status().measured.get("test", {})
    name = next((one for one in ("accuracy", "f1", "rmse") if one in told), None)
    return f" · {metric_name(name)} {metric_value(name, told[name])} on the test part" if name else ""


opened = project_page("Export")
run = state.current_run(opened.id)
at = state.moment(run)
page_head(
    "Export",
    f"{run_name(run).capitalize()} · {run.status().state}{score(run) if at is None else ''}"
    if run
    else "The trained network, as files that work without Strata.",
)
if run is None:
    with st.container(border=True):
        st.markdown("**Nothing has been trained yet**")
        st.caption(
            "Once this network has been trained, it can be taken away as files here, and asked for predictions."
        )
        if st.button("Go to Train", type="primary", icon=":material/monitoring:"):
            go("train")
    st.stop()
if not run.checkpoints.numbers():
    with st.container(border=True):
        st.markdown("**There are no weights yet**")
        st.caption("The run has not saved any. Come back in a moment.")
        st.button("Look again", icon=":material/refresh:")
    st.stop()
if at is not None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/history: The network as it was after **step {at:,}**.", width="content")
        if st.button("Take the newest weights", key="newest"):
            go("export")
if not run.project.trains_like(opened.project):
    st.info(
        "The project was changed since this run began. Files and predictions are those of the run.",
        icon=":material/info:",
    )

files, ask = st.tabs(["Take it away", "Predict"], key="export tabs")
with files:
    import engines.exports  # noqa: F401
    from engines.exports.export import Export

    grid = st.grid(3, min_column_width=280)
    for kind in Export.registry.values():
        with grid:
            format_row(run, kind.name(), kind)
with ask:
    predict_panel(run, at)
