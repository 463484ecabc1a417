"""Arrays: what probes kept of a run's nodes, a file for each moment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from builder.errors import BadFile
from builder.files import write_atomically

if TYPE_CHECKING:
    import numpy as np

MOST = 64
"""Moments that are kept; when there are more, every other one goes."""
ROOM = 256 * 2**20
"""Bytes that they may take in all."""


class Arrays:
    """What probes kept of one run, by step and by name: `<probe>/<array>/<path of the node>`.

    Names and their arrays are told by `engines.probes.all_probes()`: `activations/histogram/conv1` and so on.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def steps(self) -> list[int]:
        """The steps of which something was kept, in order."""
        return sorted(int(path.stem) for path in self.folder.glob("*.safetensors") if path.stem.isdigit())

    def names(self, step: int) -> list[str]:
        """What was kept at a step; nothing if the file is gone or damaged."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self._path(step), "np") as file:
                return sorted(file.keys())
        except (OSError, SafetensorError):
            return []

    def read(self, step: int, name: str) -> np.ndarray:
        """One array.

        Raises:
            BadFile: it was not kept, or its file is damaged.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self._path(step), "np") as file:
                return file.get_tensor(name)
        except (OSError, SafetensorError) as error:
            raise BadFile(f"Of step {step:,} nothing was kept under {name!r}.") from error

    def over_time(self, name: str) -> tuple[list[int], list[np.ndarray]]:
        """The steps at which an array was kept, and what it was."""
        steps, found = [], []
        for step in self.steps():
            try:
                found.append(self.read(step, name))
            except BadFile:
                continue
            steps.append(step)
        return steps, found

    def cost(self) -> tuple[float, float]:
        """Seconds spent on it so far, and the share of the training that they are."""
        from safetensors import SafetensorError, safe_open

        for step in reversed(self.steps()):
            try:
                with safe_open(self._path(step), "np") as file:
                    told = file.metadata() or {}
                spent, elapsed = float(told["spent"]), float(told["elapsed"])
            except (OSError, SafetensorError, KeyError, ValueError):
                continue
            return spent, spent / elapsed if elapsed > 0 else 0.0
        return 0.0, 0.0

    def keep(self, step: int, arrays: dict[str, np.ndarray], spent: float, elapsed: float) -> None:
        """Keep what was read at a step, after so many seconds spent on reading, and of training.

        Raises:
            OSError: the disk is full; what was kept before is intact.
        """
        import numpy as np
        from safetensors.numpy import save

        self.folder.mkdir(exist_ok=True)
        plain = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
        data = save(plain, {"spent": f"{spent:.4f}", "elapsed": f"{elapsed:.4f}"})
        write_atomically(self._path(step), data, durable=False)
        steps = self.steps()
        if len(steps) > max(2, min(MOST, ROOM // max(len(data), 1))):
            for one in steps[1:-1:2]:
                self._path(one).unlink(missing_ok=True)

    def forget(self, beyond: int) -> None:
        """Forget what came after a step, to which the run went back."""
        for step in self.steps():
            if step > beyond:
                self._path(step).unlink(missing_ok=True)

    def _path(self, step: int) -> Path:
        return self.folder / f"{step:06d}.safetensors"
