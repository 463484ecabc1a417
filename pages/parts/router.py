"""The script of the app: navigation around one page. It lies beside no page, or a page could be run without it."""

from pathlib import Path

import streamlit as st

from pages.parts.header import sidebar
from pages.parts.lifespan import painted
from pages.parts.turns import turn
from pages.parts.waiting import let_go

ROOT = Path(__file__).resolve().parents[2]
SIDEBAR = 210
"""Its width in pixels where there is room for it: what a person works on needs the rest."""
PAGES = {
    "start": st.Page(ROOT / "pages/start.py", title="Start", icon=":material/home:", default=True),
    "runs": st.Page(
        ROOT / "pages/runs.py", title="Runs", icon=":material/stacked_line_chart:", url_path="runs"
    ),
    "playground": st.Page(
        ROOT / "pages/playground.py", title="Playground", icon=":material/toys_fan:", url_path="playground"
    ),
    "network": st.Page(ROOT / "pages/network.py", title="Network", icon=":material/hub:", url_path="network"),
    "reference": st.Page(
        ROOT / "pages/reference.py", title="Reference", icon=":material/menu_book:", url_path="reference"
    ),
    "build": st.Page(
        ROOT / "pages/build.py", title="Build", icon=":material/account_tree:", url_path="build"
    ),
    "data": st.Page(ROOT / "pages/data.py", title="Data", icon=":material/database:", url_path="data"),
    "train": st.Page(ROOT / "pages/train.py", title="Train", icon=":material/monitoring:", url_path="train"),
    "inspect": st.Page(
        ROOT / "pages/inspect.py", title="Inspect", icon=":material/frame_inspect:", url_path="inspect"
    ),
    "landscape": st.Page(
        ROOT / "pages/landscape.py", title="Landscape", icon=":material/landscape:", url_path="landscape"
    ),
    "export": st.Page(
        ROOT / "pages/export.py", title="Export", icon=":material/ios_share:", url_path="export"
    ),
}

st.set_page_config("Strata", str(ROOT / "assets/icon.svg"), layout="wide", initial_sidebar_state=SIDEBAR)
st.logo(str(ROOT / "assets/logo.svg"), icon_image=str(ROOT / "assets/icon.svg"), size="large")
page = st.navigation([*PAGES.values()], position="hidden")
st.session_state["pages"] = PAGES
with turn():
    sidebar(PAGES)
    page.run()
let_go()
painted.set()
