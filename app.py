"""The server of Strata: `streamlit run app.py`."""

import streamlit as st

from pages.parts.guard import Guard, middleware
from pages.parts.lifespan import lifespan
from pages.parts.routes import ROUTER, routes

app = st.App(ROUTER, routes=routes(), middleware=middleware(Guard), lifespan=lifespan)

if __name__ == "__main__":
    app.run()
