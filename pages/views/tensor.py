"""The numbers of a tensor as one picture: blue below zero, orange above, paper at zero."""

import io

import numpy as np
from PIL import Image

from pages.views.relevance import COLD, WARM, largest

MOST_MAPS = 64
PAPER = np.array([248.0, 249, 250])
DEEPEST = 126
"""How many shades there are on each side of zero."""
GAP, FRAME = 2 * DEEPEST + 1, 2 * DEEPEST + 2


def _palette() -> np.ndarray:
    """The colour of each shade, uint8 (shades, 3): from the coldest over paper to the warmest, then gap and frame."""
    share = np.abs(np.arange(-DEEPEST, DEEPEST + 1))[:, None] / DEEPEST
    end = np.array([*[COLD] * DEEPEST, *[WARM] * (DEEPEST + 1)])
    scale = (PAPER * (1 - share) + end * share).round()
    return np.array([*scale, (222, 226, 230), (33, 33, 33)], np.uint8)


PALETTE = _palette()


def shaded(values: np.ndarray) -> np.ndarray:
    """Numbers (…) as shades, uint8 (…): places in the palette; the largest size has the full colour."""
    finite = np.nan_to_num(np.asarray(values, np.float32))
    share = np.clip(finite * np.float32(DEEPEST / largest(finite)), -DEEPEST, DEEPEST)
    return (np.rint(share) + DEEPEST).astype(np.uint8)


def pictured(values: np.ndarray, pixels: int = 420, mark: int | None = None) -> bytes:
    """A tensor as one image, a PNG: numbers in rows, a matrix, or maps side by side.

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
    size = (rows * (height * zoom + gap), columns * (width * zoom + gap))
    sheet = np.full(np.maximum(size, 1), GAP, np.uint8)
    shades = shaded(maps).repeat(zoom, 1).repeat(zoom, 2)
    places = _places(values.shape, maps.shape)
    for number in range(count):
        top, left = number // columns * (height * zoom + gap), number % columns * (width * zoom + gap)
        sheet[top : top + height * zoom, left : left + width * zoom] = shades[number]
    if mark is not None and mark in places:
        number, row, column = (int(one) for one in np.unravel_index(places.index(mark), maps.shape))
        top = number // columns * (height * zoom + gap) + row * zoom
        left = number % columns * (width * zoom + gap) + column * zoom
        _frame(sheet[top : top + zoom, left : left + zoom])
    return _png(sheet)


def _png(sheet: np.ndarray) -> bytes:
    """Shades (height, width) as a PNG, packed lightly: it is made anew with every rerun."""
    image = Image.frombytes("P", sheet.shape[::-1], sheet.tobytes())
    image.putpalette(PALETTE.tobytes())
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=1)
    return data.getvalue()


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
        edge[:] = FRAME
