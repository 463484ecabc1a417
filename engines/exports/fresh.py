"""A fresh process that reads an exported file and says how far its outputs are from the network's."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from builder.errors import StrataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engines.trained import Trained

SCRIPT = Path(__file__).with_name("checks.py")
LONGEST = 900
"""Seconds after which a check is given up."""


class Fresh:
    """A Python process without Strata. It starts at once, so that it imports torch while the file is being made."""

    def __init__(self, format: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="strata-check-")
        # -E and -P: neither PYTHONPATH nor the current or the script's folder leads to Strata.
        command = [sys.executable, "-E", "-P", "-W", "ignore", str(SCRIPT), format]
        self._process = subprocess.Popen(
            command,
            cwd=self._folder.name,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()

    def compare(self, path: Path, trained: Trained, batches: Iterable[int]) -> tuple[float, float]:
        """The largest difference between the outputs of the file and the network's, and the largest output.

        Args:
            path: the file.
            trained: the network that it should agree with.
            batches: how many examples to show at a time.

        Raises:
            StrataError: the process could not read the file, or took too long.
        """
        import torch

        from builder import source

        cases = [self._case(trained, size) for size in batches]
        job = {
            "path": str(path), "threads": torch.get_num_threads(), "cases": [case for case, _ in cases],
            "source": source(trained.graph), "inputs": list(trained.inputs), "outputs": list(trained.outputs),
        }  # fmt: skip
        answer = self._ask(job)
        if "Strata" in answer:
            raise AssertionError(f"the fresh process could import Strata: {answer['Strata']}")
        return float(answer["difference"]), max(largest for _, largest in cases)

    def _case(self, trained: Trained, size: int) -> tuple[dict[str, Any], float]:
        """Inputs and what the network makes of them, in a file that holds nothing that runs; and the largest output."""
        import numpy as np

        inputs = trained.examples(size)
        outputs = trained.answers(inputs)
        path = Path(self._folder.name) / f"{size}.npz"
        arrays = {f"input{place}": tensor.numpy() for place, tensor in enumerate(inputs)}
        arrays |= {f"output{place}": tensor.numpy() for place, tensor in enumerate(outputs)}
        np.savez(path, **arrays)  # type: ignore[arg-type]
        finite = [tensor[tensor.isfinite()].float().abs() for tensor in outputs]
        largest = max(float(values.max()) if values.numel() else 0.0 for values in finite)
        return {"arrays": str(path), "rows": trained.rows(size)}, largest

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        try:
            told, complained = self._process.communicate(json.dumps(job), timeout=LONGEST)
        except subprocess.TimeoutExpired:
            raise StrataError(
                f"The file was made, but reading it back took more than {LONGEST} seconds."
            ) from None
        if self._process.returncode:
            last = (complained.strip().splitlines() or [f"exit code {self._process.returncode}"])[-1]
            raise StrataError(f"The file was made, but a fresh process cannot use it: {last[:300]}")
        return dict(json.loads(told.splitlines()[-1]))
