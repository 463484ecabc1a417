import streamlit as st

from builder.errors import StrataError
from engines.data import Data, Splits, prepare
from engines.data.table import csv
from pages.parts import settings, state
from pages.parts.form import Form, fields
from pages.parts.header import go, page_head, project_page
from pages.parts.preview import preview, shares
from pages.parts.problems import problem_list
from pages.parts.uploading import table_names, uploader
from pages.parts.words import count, listed, plain


def described(splits: Splits) -> str:
    """The data in a line."""
    task = {
        "classification": f"{len(splits.classes)} classes",
        "multi-label": f"{len(splits.classes)} labels",
        "regression": f"regression of {listed(splits.examples.target) or 'a number'}",
    }[splits.task]
    return f"{count(len(splits.examples))} examples · {' × '.join(map(str, splits.input_shape))} · {task}"


def form(opened: state.Opened, data: Data) -> None:
    """The data settings."""

    def commit(name: str, value: object) -> None:
        settings.set_data(opened, name, value)

    options = {}
    if isinstance(data.source, csv.Csv):
        uploader(opened, data)
        names = table_names(data.source.file)
        options = {"target": names, "ignore": names, "file": [data.source.file] if data.source.file else []}
    for problem in settings.refused("data"):
        st.error(f"{plain(problem)} The setting was left as it was.", icon=":material/block:")
    values = data.model_dump(mode="json")
    fields(Form(f"data {opened.id}", commit, options=options, columns=2, plain=2), Data, values)


def shown(data: Data) -> Splits | None:
    """The data, split; None after an explanation if they cannot be."""
    try:
        return prepare(data)
    except StrataError as error:
        for problem in getattr(error, "problems", [error]):
            st.error(plain(problem), icon=":material/error:")
        st.caption("Nothing can be trained on these settings yet. The rest of the project is untouched.")
        return None


opened = project_page("Data")
data = settings.data(opened)
if not opened.project.data:
    caption = "This project has no data yet. Choose a data set, or upload a table of your own."
    data_given = False
else:
    caption, data_given = plain(type(data.source).help()), True
with page_head("Data", caption):
    if st.button("Train", icon=":material/arrow_forward:", icon_position="right", type="primary", key="next"):
        go("train")

left, right = st.columns([2, 3], gap="medium")
with left, st.container(border=True):
    form(opened, data)
with right:
    if not data_given:
        with st.container(border=True):
            st.markdown("**Nothing is chosen**")
            st.caption(
                "Choose a data set on the left. Its examples are shown here before anything is trained."
            )
            st.button(
                "Take the handwritten digits",
                icon=":material/looks_one:",
                on_click=settings.set_data,
                args=(opened, "source", {"kind": "Digits"}),
            )
        st.stop()
    splits = shown(data)
    if splits:
        st.markdown(f"**{plain(described(splits))}**")
        shares(splits)
        for warning in splits.warnings:
            st.info(plain(warning[:1].upper() + warning[1:]), icon=":material/info:")
        problem_list(opened, settings.engine(opened).check(opened.project, splits), "fit")
        preview(splits)
