"""What a person uploads to have predicted, as rows: a CSV table or a picture. Both are read with suspicion."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builder.errors import BadFile, StrataError
from engines.predict import MOST_ROWS

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    from engines.trained import Trained

LARGEST_PICTURE = 20 * 2**20
MOST_PIXELS = 50_000_000
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")


def csv_rows(data: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file as text by column name; which columns there must be, encoding says.

    Raises:
        BadFile: it is no text, empty, or a line has more or fewer cells than there are names.
    """
    from engines.data.table.reading import decode, find_delimiter

    text, _ = decode(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=find_delimiter(text), strict=True)
    rows: list[dict[str, str]] = []
    try:
        names = [name.strip() for name in next(reader, [])]
        for row in (row for row in reader if row):
            if len(row) != len(names):
                raise BadFile(
                    f"Line {reader.line_num} has {len(row)} cells where the first line names {len(names)} columns."
                )
            rows.append(dict(zip(names, row, strict=True)))
            if len(rows) > MOST_ROWS:
                raise BadFile(f"The file has more than {MOST_ROWS:,} rows. Give it in parts.")
    except csv.Error as error:
        raise BadFile(
            f"Line {reader.line_num} cannot be read: {error}. Look for a quote that is not closed."
        ) from None
    if twice := {name for name in names if names.count(name) > 1}:
        raise BadFile(f"Two columns are called {min(twice)!r}. Rename one of them.")
    if not rows:
        raise BadFile(
            "The file has no rows. Its first line names the columns, and each further line is a row."
        )
    return rows


@dataclass(frozen=True)
class Picture:
    """A picture as a network takes it."""

    pixels: np.ndarray
    """(channels, height, width) in the range of the training data."""
    told: tuple[str, ...]
    """What was done to it, in words."""


def picture(data: bytes, of: Trained) -> Picture:
    """A picture in the size, colours and range of the images that a network was trained on.

    Raises:
        BadFile: it is no picture, damaged, or too large.
        StrataError: the network takes no images.
    """
    shape = of.preprocessing.input_shape if of.preprocessing else ()
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise StrataError(
            f"This network takes no pictures: an example is {' × '.join(map(str, shape)) or 'not known'}."
        )
    told: list[str] = []
    image = _opened(data, told)
    wanted = ("L", "grey") if shape[0] == 1 else ("RGB", "three colours")
    if image.mode != wanted[0]:
        told.append(f"turned to {wanted[1]}")
        image = image.convert(wanted[0])
    if image.size != (shape[2], shape[1]):
        from PIL.Image import Resampling

        told.append(f"resized from {image.width} × {image.height} to {shape[2]} × {shape[1]} pixels")
        image = image.resize(
            (shape[2], shape[1]), Resampling.BOX if image.width >= shape[2] else Resampling.BICUBIC
        )
    return _in_range(image, of, told)


def _opened(data: bytes, told: list[str]) -> Image:
    """The first frame, upright, on white where it is transparent, with 8 bits a channel."""
    from PIL import Image, ImageOps

    most = f"at most {MOST_PIXELS:,} are read. Make it smaller."
    if len(data) > LARGEST_PICTURE:
        raise BadFile(f"The picture is larger than {LARGEST_PICTURE // 2**20} MB. Make it smaller.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise BadFile(f"The picture has {image.width * image.height:,} pixels; {most}")
            if getattr(image, "is_animated", False):
                told.append("its first frame taken")
            upright = ImageOps.exif_transpose(image)
    except BadFile:
        raise
    except Image.DecompressionBombError:
        raise BadFile(f"The picture has far too many pixels; {most}") from None
    except Exception as error:  # Pillow's readers raise what they like at damaged files
        raise BadFile(
            f"The file is no picture that can be read ({', '.join(FORMATS)}), or it is damaged."
        ) from error
    if upright.mode.startswith("I"):
        told.append("reduced from 16 to 8 bits")
        upright = upright.point(lambda value: value / 257).convert("L")
    if upright.has_transparency_data:
        told.append("laid on white where it is transparent")
        colours = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours).convert("RGB")
    return upright


def _in_range(image: Image, of: Trained, told: list[str]) -> Picture:
    """Pixels in the range of the training images, swapped where those have a ground of the other brightness."""
    import numpy as np

    values = np.asarray(image, np.float64) / 255
    pixels = values[None] if values.ndim == 2 else values.transpose(2, 0, 1)
    known: Any = of.splits.raw("train") if of.splits else None
    low, high = 0.0, 1.0
    if isinstance(known, np.ndarray) and known.shape[1:] == pixels.shape:
        low, high = float(known.min()), float(known.max())
        if (_margin(pixels) > 0.5) != ((_margin(known[:500]) - low) / (high - low or 1.0) > 0.5):
            ground = "dark" if _margin(pixels) > 0.5 else "light"
            told.append(f"light and dark swapped, for the training images have a {ground} ground")
            pixels = 1 - pixels
    told.append(f"pixels from {low:g} (black) to {high:g} (white)")
    return Picture((low + pixels * (high - low)).astype(np.float32), tuple(told))


def _margin(images: np.ndarray) -> float:
    """The mean of the pixels at the edge."""
    import numpy as np

    edges = [images[..., 0, :], images[..., -1, :], images[..., :, 0], images[..., :, -1]]
    return float(np.median(np.concatenate([edge.ravel() for edge in edges])))
