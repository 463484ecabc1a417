"""What makes a run repeatable to the bit: seeds, random states, thread count and deterministic kernels."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
import torch.utils.deterministic


@contextmanager
def exact(seed: int, threads: int = 1) -> Iterator[None]:
    """Within this, torch computes the same bits every time; afterwards all is as it was, random states included.

    Thread count is part of it: sums are split among threads, and floating point addition is not associative.
    """
    states, threads_before, settings = capture(), torch.get_num_threads(), _settings()
    # CUDA reads it when it starts; without it cuBLAS is not repeatable.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    try:
        torch.set_num_threads(threads)
        # Only a warning where torch has no deterministic kernel: a run that differs in the last bits beats none.
        # Filling memory that nobody reads would find bugs, and costs time.
        _set(deterministic=True, warn=True, fill=False, benchmark=False)
        seed_all(seed)
        yield
    finally:
        torch.set_num_threads(threads_before)
        _set(**settings)
        restore(states)


def _settings() -> dict[str, bool]:
    return {
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "warn": torch.is_deterministic_algorithms_warn_only_enabled(),
        "fill": torch.utils.deterministic.fill_uninitialized_memory,  # type: ignore[attr-defined]
        "benchmark": torch.backends.cudnn.benchmark,
    }


def _set(deterministic: bool, warn: bool, fill: bool, benchmark: bool) -> None:
    torch.use_deterministic_algorithms(deterministic, warn_only=warn)
    torch.utils.deterministic.fill_uninitialized_memory = fill  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = benchmark


def seed_all(seed: int) -> None:
    """Seed every source of random numbers that a layer or an engine may draw from."""
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)


def capture() -> dict[str, Any]:
    """The states of the random number generators of torch (CPU and CUDA), Python and NumPy."""
    version, words, gauss = random.getstate()
    name, keys, *rest = np.random.get_state(legacy=True)
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
        "python": (version, torch.tensor(words), gauss),
        "numpy": (
            str(name),
            torch.from_numpy(np.asarray(keys).astype(np.int64)),
            *(float(value) for value in rest),
        ),
    }


def restore(tree: dict[str, Any]) -> None:
    """Put back captured states. CUDA's are left alone when the number of devices has changed."""
    torch.set_rng_state(tree["torch"])
    if tree["cuda"] and len(tree["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(tree["cuda"])
    version, words, gauss = tree["python"]
    random.setstate((version, tuple(words.tolist()), gauss))
    name, keys, position, has_gauss, cached = tree["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), int(position), int(has_gauss), cached))
