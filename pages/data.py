import streamlit as st

from builder.errors import StrataError
from engines.data import Data, Dataset, DrawnByHand, Splits, prepare
from engines.data.table import csv
from pages.parts import settings, state
from pages.parts.forms.bound import bound
from pages.parts.forms.form import Form, fields
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
    """The data settings: where the data come from, then how they are split and scaled."""

    def commit(name: str, value: object) -> None:
        settings.set_data(opened, name, value)

    for problem in settings.refused("data"):
        st.error(f"{plain(problem)} The setting was left as it was.", icon=":material/block:")
    choose_source(opened, data)
    source_fields(opened, data)
    fields(Form(f"data {opened.id}", commit), Data, data.model_dump(mode="json"), hide=("source",))


def choose_source(opened: state.Opened, data: Data) -> None:
    """Which data set."""
    kinds = Dataset.registry
    st.selectbox(
        "Source",
        format_func=lambda kind: kinds[kind].title,
        **bound(
            f"data {opened.id} source",
            data.source.kind,
            lambda kind: settings.set_data(opened, "source", {"kind": kind}),
            [*kinds],
        ),
    )
    st.caption(plain(data.source.help()))


def source_fields(opened: state.Opened, data: Data) -> None:
    """All fields of the data set, none of them a click away; the file is chosen by uploading it."""
    source, options = data.source, {}
    if isinstance(source, csv.Csv):
        uploader(opened, data)
        names = table_names(source.file)
        options = {"target": names, "ignore": names}

    def commit(name: str, value: object) -> None:
        settings.set_data(opened, "source", {**source.dump(), name: value})

    key = f"data {opened.id} source {source.kind}"
    kind = type(source)
    fields(
        Form(key, commit, options=options, plain=len(kind.model_fields)),
        kind,
        source.dump(),
        ("file", "points"),
    )
    if isinstance(source, DrawnByHand):
        told = f"{len(source.points)} points were painted." if source.points else "No point was painted yet."
        st.caption(f"{told} Points are painted in the Playground, on the plane itself.")
        st.page_link(
            st.session_state["pages"]["playground"], query_params={"data": source.kind}, width="content"
        )


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
