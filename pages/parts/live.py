"""The live chart: a component of ours that owns its Plotly chart and is fed by the stream of a run."""

from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent
_CSS = """
.live-chart { width: 100%; position: relative; }
.live-chart .note { position: absolute; inset: auto 12px 8px auto; font-size: 0.8rem; opacity: 0.7; }
"""


_AHEAD = """
export default function () { setTimeout(() => plotly().catch(() => {}), 1000); }
"""


def fetch_ahead() -> None:
    """Let the browser load Plotly while a person still chooses what to train."""
    st.components.v2.component("strata_fetch_ahead", js=_script("plotly.js") + _AHEAD, isolate_styles=False)(
        key="fetch ahead", height=1
    )


def live_chart(
    token: str, kind: str, title: str, alt: str, *, key: str, height: int = 320, **more: Any
) -> None:
    """A chart that grows while a run trains.

    Args:
        token: of the run, see tokens.py.
        kind: "loss" (of every step, and on the validation part) or "metric" (one number an epoch, with baselines).
        title: above the chart.
        alt: what the chart shows, in words.
        key: of the element.
        height: in pixels.
        more: what the kind needs: for a metric its `name`, `unit` ("%" or "") and `label`.
    """
    # Registered on every run: the components of a restarted runtime know nothing of what was registered before.
    mount = st.components.v2.component(
        "strata_live_chart", js=_script("plotly.js") + _script("live.js"), css=_CSS, isolate_styles=False
    )
    data = {"token": token, "kind": kind, "title": title, "alt": alt, "height": height, **more}
    mount(key=key, data=data, height=height)


def _script(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
