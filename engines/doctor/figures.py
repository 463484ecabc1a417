"""Measured numbers as people read them."""

from __future__ import annotations

import math


def number(value: float | None) -> str:
    """Three digits that count: 0.0123, 4.56, 1,234, 3.2e-07."""
    if value is None or not math.isfinite(value):
        return "not a number"
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.2g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{float(f'{value:.3g}'):g}"


def percent(share: float) -> str:
    """A share in percent; what is not all is not called all."""
    text = f"{100 * share:.0f}"
    if (share < 1 and text == "100") or (share > 0 and text == "0"):
        text = f"{100 * share:.1f}"
    return f"{text} %"


def times(factor: float) -> str:
    """So many times: `3.2 times`, `1,200 times`."""
    return f"{number(float(f'{factor:.2g}'))} times"
