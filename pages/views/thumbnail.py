"""A curve as small as a word, for a row of a list."""

from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache

WIDTH, HEIGHT, EDGE = 104, 30, 3


@lru_cache(4096)
def thumbnail(values: Sequence[float], colour: str = "#4C6EF5") -> str:
    """An SVG of values in order, from the least at the bottom to the greatest at the top; a line of none is empty.

    Args:
        values: finite numbers, a tuple.
        colour: of the line.
    """
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
    if not values:
        return (
            f'{frame}<path d="M{EDGE} {HEIGHT / 2}H{WIDTH - EDGE}" stroke="#868E96" stroke-opacity=".5" '
            'stroke-dasharray="2 4"/></svg>'
        )
    low, high = min(values), max(values)
    reach = high - low or 1.0
    across = (WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    points = [
        (EDGE + across * place, HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - low) / reach)
        for place, value in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return (
        f'{frame}<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.6" '
        f'stroke-linejoin="round"/><circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}"/></svg>'
    )


@lru_cache(4096)
def as_image(values: Sequence[float]) -> str:
    """The thumbnail as the address of an image, for HTML of ours: drawings within HTML are not let through."""
    return f"data:image/svg+xml;base64,{b64encode(thumbnail(values).encode()).decode()}"
