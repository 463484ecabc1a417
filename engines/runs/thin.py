"""Long curves in as many points as can be seen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def means(values: Sequence[float], most: int) -> list[float]:
    """At most so many means of neighbours, in order; what is not finite is left out."""
    import numpy as np

    numbers = np.asarray(values, np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) <= most:
        return [float(value) for value in numbers]
    edges = np.linspace(0, len(numbers), most + 1).astype(int)
    return [float(value) for value in np.add.reduceat(numbers, edges[:-1]) / np.diff(edges)]


def extremes(values: Any, most: int) -> np.ndarray:
    """Which of the values (n,) to draw, at most so many: the least and the greatest of each stretch, in order."""
    import numpy as np

    return np.arange(len(values)) if len(values) <= most else ends(values, -(-len(values) // (most // 2)))


def ends(values: Any, stretch: int) -> np.ndarray:
    """Where in every `stretch` of the values (n,) the least and the greatest lie, in order.

    So a spike is seen however long the curve is (Jugel et al. 2014, M4, without the first and last points). Of a
    stretch without a finite value its first is drawn, as a gap.
    """
    import numpy as np

    numbers = np.asarray(values, np.float64)
    if not len(numbers):
        return np.arange(0)
    whole = np.pad(numbers, (0, -len(numbers) % stretch), constant_values=np.nan).reshape(-1, stretch)
    finite, first = np.isfinite(whole), np.arange(len(whole)) * stretch
    low = np.where(finite, whole, np.inf).argmin(1) + first
    high = np.where(finite, whole, -np.inf).argmax(1) + first
    return np.unique(np.concatenate([low, high]))


def smoothed(values: Any, window: int) -> np.ndarray:
    """The mean of the finite values among the `window` around each (n,); NaN where there is none."""
    import numpy as np

    numbers = np.asarray(values, np.float64)
    finite = np.isfinite(numbers)
    sums, counts = (
        np.concatenate([[0.0], np.cumsum(one)]) for one in (np.where(finite, numbers, 0.0), finite)
    )
    places = np.arange(len(numbers))
    reach = np.minimum(np.minimum(places, len(numbers) - 1 - places), window // 2)
    low, high = places - reach, places + reach + 1
    with np.errstate(invalid="ignore"):
        return (sums[high] - sums[low]) / (counts[high] - counts[low])
