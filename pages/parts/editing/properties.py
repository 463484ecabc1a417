"""What stands beside the canvas: the settings of what is selected in it, or the network at a glance."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.editing.glance import glance
from pages.parts.editing.here import Here
from pages.parts.editing.nodes import node_form
from pages.parts.editing.several import several_form
from pages.parts.words import plain


def properties(here: Here, ids: Sequence[str], keys: bool = True) -> None:
    """The form for the selected nodes; ids that are not there (any more) count for nothing."""
    if refused := st.session_state.pop("refused", ""):
        st.error(plain(refused), icon=":material/block:")
    nodes = [here.graph[id] for id in dict.fromkeys(ids) if id in here.graph]
    if not nodes:
        glance(here, keys)
    elif len(nodes) == 1:
        node_form(here, nodes[0])
    else:
        several_form(here, nodes)
