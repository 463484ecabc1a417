"""How networks learn: engines, data, runs, exports. `train`, `resume` and `export` need no browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from builder.project import Project
    from engines.runs.run import Run
    from engines.runs.status import Status

__all__ = ["export", "resume", "train"]


def train(
    project: Project,
    out: str | Path,
    *,
    device: str = "auto",
    threads: int = 0,
    watch: Callable[[Status], None] | None = None,
) -> Run:
    """Train a project in this process and keep the run in the folder `out`.

    Args:
        project: what to train, for example `builder.template("digits-mlp")`.
        out: the run's folder, new or empty.
        device: "cpu", "cuda", "cuda:1" … or "auto", which takes CUDA where there is any.
        threads: CPU threads, at most four a core; 0 picks them. Other numbers give other last bits.
        watch: is called with the run's status about ten times a second.

    Raises:
        StrataError: the project cannot be trained, or its training failed or diverged; the message says why.
        KeyboardInterrupt: after Ctrl-C, when a checkpoint is taken; `resume` goes on from there.
    """
    from engines.runs.foreground import check_training, train_here
    from engines.runs.run import Run

    check_training(project, device, threads)  # first, for a refused project must leave no run behind
    return train_here(Run.create(out, project, device=device, threads=threads), watch)


def resume(folder: str | Path, *, watch: Callable[[Status], None] | None = None) -> Run:
    """Go on with the run in a folder, in this process, from its last checkpoint; as `train` otherwise.

    The result has the same bits as if the run had never been interrupted. A finished run is returned as it is.
    """
    from engines.runs.foreground import train_here
    from engines.runs.run import Run

    return train_here(Run(folder), watch)


def export(
    source: str | Path | Project,
    to: str,
    path: str | Path | None = None,
    at: int | None = None,
    role: str = "",
) -> Any:
    """Write a network as a file that works without Strata, and check the file.

    Args:
        source: a run's folder: its trained network; or a project: its network as it starts.
        to: "safetensors", "bundle", "onnx", "pt2" or "python".
        path: the file to write; by default in the run's folder, or in the folder where one is.
        at: the step of a snapshot (`Run.snapshots.numbers()`), to have the network as it was then.
        role: which graph of a project that has several; by default the first.

    Returns:
        A report with the path and the largest difference between the outputs of the file and of the network.
    """
    from builder.project import Project
    from engines.exports import write, write_untrained
    from engines.runs.run import Run

    if isinstance(source, Project):
        return write_untrained(source, to, path, role)
    return write(Run(source), to, path, at)
