"""Fault 48: a pickle, however it is dressed, is refused by whatever reads files of people, and nothing in it runs."""

import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import builder
from builder.errors import BadFile
from engines.data.table.reading import read_csv
from engines.exports import load_bundle
from engines.rows import csv_rows


class Evil:
    """Makes a folder when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.canary),)


def raw(evil: Evil) -> bytes:
    """A plain pickle."""
    return pickle.dumps(evil)


def saved(evil: Evil) -> bytes:
    """What torch.save writes: a zip with a pickle inside."""
    file = io.BytesIO()
    torch.save({"weights": evil}, file)
    return file.getvalue()


def bundled(evil: Evil) -> bytes:
    """A zip that calls its pickle weights."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("weights.safetensors", pickle.dumps(evil))
        archive.writestr("manifest.json", '{"format": 1, "files": {}}')
    return file.getvalue()


def as_text(evil: Evil) -> bytes:
    """Protocol 0 is nearly readable."""
    return pickle.dumps(evil, protocol=0)


READERS: list[Callable[[bytes], object]] = [builder.loads, load_bundle, csv_rows, read_csv]


@pytest.mark.parametrize("disguise", [raw, saved, bundled, as_text])
@pytest.mark.parametrize("read", READERS)
def test_48_a_pickle_is_refused_and_never_runs(
    disguise: Callable[[Evil], bytes], read: Callable[[bytes], object], tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    data = disguise(Evil(canary))
    try:
        read(data)
    except BadFile as error:
        assert str(error)
    else:  # text that happens to be a table of one column is no danger: it is only text
        assert disguise is as_text and read in (csv_rows, read_csv)
    assert not canary.exists()
    pickle.loads(raw(Evil(canary)))
    assert canary.exists(), "the canary sings when it is let"


@pytest.mark.parametrize("name", ["weights.pt", "model.json"])
def test_48_a_pickle_under_the_name_of_a_project_is_refused(name: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    path = tmp_path / name
    path.write_bytes(saved(Evil(canary)))
    with pytest.raises(BadFile, match="no project file"):
        builder.load(path)
    assert not canary.exists()
