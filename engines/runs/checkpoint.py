"""Checkpoints: all that a training needs to go on to the bit, in files that are refused when they are damaged.

A checkpoint is two files with one number. `000007.safetensors` holds the tensors. `000007.json` holds the rest and the
SHA-256 of both; it is renamed into place last, so a checkpoint exists when its JSON does.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from torch import Tensor

from builder.errors import BadFile
from builder.files import write_atomically
from engines.runs.tree import put_together, take_apart

FORMAT = 1
KEPT = 2


class Checkpoints:
    """The checkpoints of one run, newest last.

    Args:
        folder: where they lie.
        kept: how many of the newest stay when one is saved; None keeps all.
    """

    def __init__(self, folder: Path, kept: int | None = KEPT) -> None:
        self.folder, self.kept = folder, kept

    def numbers(self) -> list[int]:
        """The numbers of the checkpoints that are there, damaged or not."""
        return sorted(int(path.stem) for path in self.folder.glob("*.json") if path.stem.isdigit())

    def save(self, tree: Any, number: int | None = None, *, durable: bool = True) -> int:
        """Write a checkpoint and forget those that are not kept; the bytes that it takes.

        Args:
            tree: what to keep: plain values and tensors.
            number: of the checkpoint; the next one if none is given.
            durable: wait until it is on the disk. One that was not waited for may be found damaged after a power cut.

        Raises:
            OSError: the disk is full, or cannot be written; the earlier checkpoints are intact.
        """
        from safetensors.torch import save

        self.folder.mkdir(exist_ok=True)
        if number is None:
            found = (int(path.stem) for path in self.folder.iterdir() if path.stem.isdigit())
            number = max(found, default=0) + 1
        values, tensors = take_apart(tree)
        data = save(_apart(tensors))
        body = {"format": FORMAT, "tensors": hashlib.sha256(data).hexdigest(), "tree": values}
        text = json.dumps({**body, "checksum": _checksum(body)}).encode()
        write_atomically(self._path(number, "safetensors"), data, durable=durable)
        write_atomically(self._path(number, "json"), text, durable=durable)
        self._forget(number)
        return len(data) + len(text)

    def load(self) -> tuple[Any, list[str]]:
        """The newest checkpoint that is whole (None if there is none), and why newer ones were refused."""
        refused: list[str] = []
        numbers = self.numbers()
        for number in reversed(numbers):
            try:
                return self.read(number), refused
            except BadFile as error:
                if self.numbers() != numbers:  # a worker has written newer ones meanwhile, and removed this
                    return self.load()
                refused.append(str(error))
        return None, refused

    def discard_damaged(self) -> None:
        """Remove checkpoints that `load` would refuse, so that the two that are kept are good ones."""
        for number in self.numbers():
            try:
                self.read(number)
            except BadFile:
                self.remove(number)

    def read(self, number: int) -> Any:
        """The checkpoint with a number.

        Raises:
            BadFile: there is none, or it is damaged.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load

        try:
            body = json.loads(self._path(number, "json").read_bytes())
            checksum = body.pop("checksum")
            if body["format"] > FORMAT:
                raise BadFile(
                    f"Checkpoint {number} was written by a newer version of Strata (format "
                    f"{body['format']}, this one reads {FORMAT})."
                )
            data = self._path(number, "safetensors").read_bytes()
            if checksum != _checksum(body) or hashlib.sha256(data).hexdigest() != body["tensors"]:
                raise BadFile(f"Checkpoint {number} is damaged: its checksum does not match.")
            return put_together(body["tree"], load(data))
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            RecursionError,
            SafetensorError,
        ) as error:
            raise BadFile(
                f"Checkpoint {number} is damaged: it cannot be read ({type(error).__name__})."
            ) from error

    def _forget(self, newest: int) -> None:
        for path in self.folder.glob(".*.tmp"):  # left by a kill
            path.unlink(missing_ok=True)
        for path in self.folder.glob("*.safetensors"):
            if self.kept and path.stem.isdigit() and int(path.stem) <= newest - self.kept:
                self.remove(int(path.stem))

    def remove(self, number: int) -> None:
        """Forget a checkpoint."""
        for kind in ("json", "safetensors"):
            self._path(number, kind).unlink(missing_ok=True)

    def _path(self, number: int, kind: str) -> Path:
        return self.folder / f"{number:06d}.{kind}"


def _checksum(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _apart(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors on the CPU, none sharing memory with another, as safetensors wants them."""
    apart: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in tensors.items():
        plain = tensor.detach().cpu().contiguous()
        storage = plain.untyped_storage().data_ptr()
        apart[name] = plain.clone() if storage in seen else plain
        seen.add(storage)
    return apart
