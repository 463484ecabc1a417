"""The numbers of a tensor as one picture: blue below zero, orange above, paper at zero."""

import numpy as np

from pages.views.relevance import COLD, WARM, largest

MOST_MAPS = 64
PAPER, GAP = np.array([248.0, 249, 250]), np.array([222.0, 226, 230])


def coloured(values: np.ndarray, top: float | None = None) -> np.ndarray:
    """Numbers (…) as colours, uint8 (…, 3); `top` is the size in full colour, by default the largest."""
    values = np.nan_to_num(values.astype(np.float64))
    share = np.clip(np.abs(values) / (top or largest(values)), 0, 1)[..., None]
    return (
        (PAPER * (1 - share) + np.where(values[..., None] > 0, WARM, COLD) * share).round().astype(np.uint8)
    )


def pictured(values: np.ndarray, pixels: int = 420, mark: int | None = None) -> np.ndarray:
    """A tensor as one image, uint8 (height, width, 3): numbers in rows, a matrix, or maps side by side.

    Args:
        values: of any number of dimensions; of more than three the first ones are laid one after the other.
        pixels: about how wide it becomes.
        mark: the place of a number, in the flattened tensor, that gets a dark frame.
    """
    maps = _maps(values)[:MOST_MAPS]
    count, height, width = maps.shape
    columns = min(count, max(1, round((count * height / max(width, 1)) ** 0.5)))
    rows = -(-count // columns)
    zoom = max(2, min(28, round(pixels / (columns * (width + (count > 1))))))
    gap = max(1, zoom // 6) if count > 1 else 0
    sheet = np.empty((rows * (height * zoom + gap), columns * (width * zoom + gap), 3), np.uint8)
    sheet[:] = GAP.astype(np.uint8)
    colours = coloured(maps).repeat(zoom, 1).repeat(zoom, 2)
    places = _places(values.shape, maps.shape)
    for number in range(count):
        top, left = number // columns * (height * zoom + gap), number % columns * (width * zoom + gap)
        sheet[top : top + height * zoom, left : left + width * zoom] = colours[number]
    if mark is not None and mark in places:
        number, row, column = (int(one) for one in np.unravel_index(places.index(mark), maps.shape))
        top = number // columns * (height * zoom + gap) + row * zoom
        left = number % columns * (width * zoom + gap) + column * zoom
        _frame(sheet[top : top + zoom, left : left + zoom])
    return sheet


def _maps(values: np.ndarray) -> np.ndarray:
    """A tensor as maps (count, height, width)."""
    if values.ndim <= 1:
        flat = values.ravel()
        columns = min(len(flat), 16) or 1
        rows = -(-len(flat) // columns)
        return np.pad(flat, (0, rows * columns - len(flat)), constant_values=np.nan).reshape(1, rows, columns)
    return values.reshape(-1, *values.shape[-2:])


def _places(shape: tuple[int, ...], maps: tuple[int, ...]) -> range:
    """The places of the flattened tensor that are drawn."""
    return range(min(int(np.prod(shape)), int(np.prod(maps))))


def _frame(cell: np.ndarray) -> None:
    thick = max(1, len(cell) // 8)
    for edge in (cell[:thick], cell[-thick:], cell[:, :thick], cell[:, -thick:]):
        edge[:] = 33
