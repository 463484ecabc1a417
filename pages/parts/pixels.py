"""The pixel pad: a small picture to draw with the pointer or the keyboard."""

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_CSS = """
.pixel-pad { display: grid; width: min(100%, 280px); aspect-ratio: 1; touch-action: none; user-select: none;
  cursor: crosshair;
  border: 1px solid var(--st-border-color); border-radius: 8px; overflow: hidden; background: #FFF; }
.pixel-pad > i { outline: 1px solid rgba(134, 142, 150, .18); outline-offset: -1px; background: #FFF; }
.pixel-pad:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.pixel-pad > i.here { outline: 2px solid var(--st-primary-color); outline-offset: -2px; }
.pixel-pad:not(:focus-visible) > i.here { outline-width: 1px; outline-color: rgba(134, 142, 150, .18); }
.pixel-words { font-size: .85rem; opacity: .75; margin: 8px 0; }
.pixel-clear { font: inherit; font-size: .9rem; padding: 6px 12px; border-radius: 8px; cursor: pointer; color: inherit;
  background: transparent; border: 1px solid var(--st-border-color); }
"""


def pixel_pad(height: int, width: int, *, key: str) -> list[list[float]]:
    """A pad of height × width pixels; their ink from 0 to 1, by rows."""
    mount = st.components.v2.component(
        "strata_pixel_pad",
        js=(_HERE / "pixels.js").read_text(encoding="utf-8"),
        css=_CSS,
        isolate_styles=False,
    )
    empty = [[0.0] * width for _ in range(height)]
    result = mount(
        key=key,
        data={"height": height, "width": width},
        default={"pixels": empty},
        on_pixels_change=lambda: None,
    )
    given = result.pixels
    fits = (
        isinstance(given, list)
        and len(given) == height
        and all(isinstance(row, list) and len(row) == width for row in given)
    )
    if not fits or not all(isinstance(ink, int | float) and 0 <= ink <= 1 for row in given for ink in row):
        return empty
    return given
