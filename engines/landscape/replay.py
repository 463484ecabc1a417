"""Replay: the path of a training with the noise of its batches, by training again what lies between its moments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from builder import compile
from builder.errors import StrataError
from engines.aside import tell
from engines.context import Context
from engines.engine import engine_of
from engines.events import Step
from engines.landscape.flat import Flat
from engines.landscape.kept import Landscapes
from engines.runs import exact
from engines.runs.run import Run
from engines.runs.worker import prepared

if TYPE_CHECKING:
    from torch import Tensor, nn

MOST = 5_000
"""Steps that are trained again at most: a path of more has no visible corners."""


def every_step(folder: str, kept: str, first: int, last: int) -> dict[str, Any]:
    """Where each step of a training led in the plane of a landscape; to be called aside.

    A training of one seed gives the same bits again, so its steps need not have been kept: it goes on from a snapshot.

    Args:
        folder: of the run.
        kept: the name of the landscape (see `survey`).
        first: the step of a snapshot, from which on it is followed.
        last: the last step that is followed; no more than MOST are.

    Returns:
        steps (n,), from `first` on; at (n, 2): the nearest places in the plane; exact: whether every snapshot on the
        way was reached to the bit: a training on a GPU, or one that was changed by hand, comes out near it only; back:
        whether the weights of an earlier step were put back at the end, by early stopping.

    Raises:
        StrataError: the landscape or the snapshot is gone, or the training cannot be done again.
    """
    run = Run(Path(folder))
    centre, directions = Landscapes(run).plane(kept)
    later = [step for step in run.snapshots.numbers() if first < step <= first + MOST]
    last = min(last, first + MOST)
    same: dict[int, bool] = {}
    with again(run, first) as context:
        project = _projector(context.model, centre, directions)
        engine, steps, places = engine_of(run.project.engine), [first], [project()]
        for event in engine.run(context):
            if not isinstance(event, Step):
                continue
            context.step_count += 1  # as the driver of a run does
            steps.append(context.step_count)
            places.append(project())
            tell((steps[-1] - first) / max(last - first, 1), "Training it again, step by step")
            if steps[-1] in later:
                with suppress(StrataError):  # thinned meanwhile
                    same[steps[-1]] = _equal(context.model, run.weights(at=steps[-1]))
            if steps[-1] >= last:
                break
    back = not same.get(run.status().step, True) and getattr(engine, "patience", 0) > 0
    exact = all(one for step, one in same.items() if not (back and step == run.status().step))
    return {"steps": np.array(steps, int), "at": np.stack(places), "exact": exact, "back": back}


@contextmanager
def again(run: Run, step: int) -> Iterator[Context]:
    """A training as it was after a step that was kept, on the CPU, ready to go on; nothing of it is written anywhere.

    Raises:
        StrataError: there is no such snapshot, or the data cannot be read any more.
    """
    project, before = run.project, torch.get_num_threads()
    engine = engine_of(project.engine)
    try:
        with exact.exact(project.seed):
            splits = prepared(engine, project)
            exact.seed_all(project.seed)
            models = {role: compile(project.graphs[role]) for role in engine.roles}
            torch.set_num_threads(run.about["threads"] or 1)
            context = Context(project, splits, models)
            context.restore(run.snapshots.read(step)["context"])
            yield context
    except OSError as error:
        raise StrataError(f"The data of this training cannot be read any more: {error}.") from error
    finally:
        torch.set_num_threads(before)


def _projector(model: nn.Module, centre: Tensor, directions: tuple[Tensor, ...]) -> Any:
    """Tells the nearest place in a plane to where the model is now, (2,), by its parameters."""
    flat = Flat(model)
    pieces = [one for one in flat.pieces if one.learned]
    own = dict(model.named_parameters())
    basis = torch.stack(directions)[:, : flat.learned].double()
    inverse = torch.linalg.inv(basis @ basis.T) @ basis
    ways = [(own[one.name].detach(), one.view(inverse.float())) for one in pieces]
    offset = inverse @ centre[: flat.learned].double()

    def project() -> np.ndarray:
        found = -offset
        for value, way in ways:
            found = found + (way * value).flatten(1).sum(1).double()
        return np.pad(found.numpy(), (0, 2 - len(found)))

    return project


def _equal(model: nn.Module, weights: dict[str, Tensor]) -> bool:
    return all(torch.equal(one, weights[name]) for name, one in model.state_dict().items())
