"""Uploading a table: it is read and stored at once, or refused with the reason."""

from typing import Any

import streamlit as st

from builder.errors import StrataError
from engines.data import Data, familiar, store_csv, stored_table
from pages.parts import settings
from pages.parts.state import Opened, workspace
from pages.parts.words import count, plain

LARGEST = 50
"""Megabytes."""


def uploader(opened: Opened, data: Data) -> None:
    """The place to drop a CSV file, and what became of the last one."""
    key = f"csv {opened.id}"
    st.file_uploader(
        "File",
        type=["csv", "tsv", "txt"],
        key=key,
        max_upload_size=LARGEST,
        on_change=_store,
        args=(opened, key),
        help="One row for each example, names of the columns in the first row",
    )
    if refused := st.session_state.get(f"{key} refused"):
        st.error(plain(refused), icon=":material/error:")
    file = getattr(data.source, "file", "")
    if file:
        try:
            table = stored_table(file, workspace().uploads)
            st.caption(
                f":material/check: {plain(familiar(file))}: {count(len(table.frame))} rows, "
                f"{len(table.names)} columns are stored."
            )
        except StrataError as error:
            st.error(plain(error), icon=":material/error:")


def table_names(file: str) -> list[str]:
    """The columns of a stored table; [] if there is none."""
    try:
        return [*stored_table(file, workspace().uploads).names] if file else []
    except StrataError:
        return []


def _store(opened: Opened, key: str) -> None:
    file: Any = st.session_state.get(key)
    if file is None:
        return
    st.session_state.pop(f"{key} refused", None)
    try:
        stored = store_csv(file.getvalue(), file.name, workspace().uploads)
    except StrataError as error:
        st.session_state[f"{key} refused"] = str(error)
        return
    settings.set_data(opened, "source", {"kind": "Csv", "file": stored})
