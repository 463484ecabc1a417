import streamlit as st

from pages.parts.runs.comparison import comparison
from pages.parts.runs.listing import run_list

if compared := st.query_params.get("compare", ""):
    comparison(compared)
else:
    run_list()
