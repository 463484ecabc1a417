"""Tags and the note of a run, edited in its menu."""

from functools import partial

import streamlit as st

from builder.errors import StrataError
from engines.runs.label import LONGEST_NOTE, write_label
from engines.runs.summary import Summary
from pages.parts import state
from pages.parts.forms.refusing import reason, refuse
from pages.parts.runs.deleting import forget_deletion


def label_form(one: Summary, known: list[str]) -> None:
    """A form with the tags and the note of a run.

    Args:
        one: the run.
        known: the tags that other runs have.
    """
    tags, note = f"tags {one.id}", f"note {one.id}"
    with st.form(f"label {one.id}", border=False):
        reason(tags)
        st.multiselect(
            "Tags",
            [*dict.fromkeys([*one.tags, *known])],
            [*one.tags],
            key=tags,
            accept_new_options=True,
            placeholder="Type a tag, then Enter",
        )
        st.text_area(
            "Note",
            one.note,
            key=note,
            max_chars=LONGEST_NOTE,
            height=110,
            placeholder="What you tried, and what came of it",
        )
        st.form_submit_button(
            "Save", key=f"save label {one.id}", type="primary", on_click=partial(_save, one.id, tags, note)
        )


def _save(id: str, tags: str, note: str) -> None:
    """Write what the form holds; what is refused stays there, to be mended."""
    forget_deletion()
    refuse(tags, "")
    try:
        write_label(state.workspace().run(id).folder, st.session_state[tags], st.session_state[note].strip())
    except (StrataError, OSError) as error:  # it may just have been deleted in another tab
        refuse(tags, str(error))
    else:
        st.session_state[f"menu {id}"] = False
