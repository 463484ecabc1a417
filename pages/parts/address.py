"""The address of a page that shows one thing of many, kept true."""

import streamlit as st

_LAST = "last address"


def keep(name: str, value: str) -> None:
    """Let the address tell what is shown.

    A link from a page to the same page with another query changes what is shown, but not the address in the browser;
    Streamlit 1.67 tells that only if it is set here.
    """
    last = st.session_state.get(_LAST, {})
    if value:
        st.query_params[name] = value
    elif last.get(name):
        st.query_params[name] = ""
        del st.query_params[name]
    st.session_state[_LAST] = {**last, name: value}
