"""Label: what a person writes on a run, kept in its folder beside what the worker tells."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from builder.errors import StrataError
from builder.files import write_atomically
from engines.runs.disk import read_json

LABEL = "label.json"
LONGEST_TAG, MOST_TAGS, LONGEST_NOTE = 40, 20, 10_000


@dataclass(frozen=True)
class Label:
    """Tags and a note."""

    tags: tuple[str, ...] = ()
    note: str = ""


def label(folder: Path) -> Label:
    """What is written on the run in a folder."""
    told = read_json(folder / LABEL)
    tags, note = told.get("tags"), told.get("note")
    kept = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return Label(tuple(kept), note if isinstance(note, str) else "")


def write_label(folder: Path, tags: Iterable[str], note: str) -> Label:
    """Write on the run in a folder; tags lose the spaces around them and what comes twice.

    Raises:
        StrataError: a tag or the note is too long, or there are too many tags.
    """
    kept = tuple(dict.fromkeys(" ".join(tag.split()) for tag in tags if tag.strip()))
    if long := [tag for tag in kept if len(tag) > LONGEST_TAG]:
        raise StrataError(f"A tag has at most {LONGEST_TAG} characters. {long[0][:60]!r} has {len(long[0])}.")
    if len(kept) > MOST_TAGS:
        raise StrataError(f"A run has at most {MOST_TAGS} tags. Got {len(kept)}.")
    if len(note) > LONGEST_NOTE:
        raise StrataError(f"A note has at most {LONGEST_NOTE:,} characters. Got {len(note):,}.")
    written = Label(kept, note)
    write_atomically(folder / LABEL, json.dumps(asdict(written)).encode())
    return written
