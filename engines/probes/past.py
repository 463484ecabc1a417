"""The past: an array at every moment of a run to which one can go back, computed anew from its snapshots."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def over_snapshots(folder: str, steps: list[int], name: str) -> dict[str, Any]:
    """An array at each snapshot of a run, for the first examples of the validation part; to be called aside.

    Args:
        folder: of the run.
        steps: of its snapshots; those that are gone meanwhile are left out.
        name: of the array: `<probe>/<array>/<path>`.

    Returns:
        `steps`, (n,), and `values`, (n, …); nothing where the array is never known.
    """
    import numpy as np

    from builder.errors import StrataError
    from engines.aside import tell
    from engines.data.data import Data, prepare
    from engines.probes.sight import MOST_EXAMPLES, read_at
    from engines.runs.run import Run
    from engines.trained import Trained

    run, (probe, _, path) = Run(Path(folder)), name.split("/", 2)
    splits = prepare(Data.parse(run.project.data))
    part = splits.validation if len(splits.validation) else splits.train
    owner = path.rsplit(".", 1)[0] if probe == "weights" else path
    known: list[int] = []
    found: list[np.ndarray] = []
    for place, step in enumerate(steps):
        tell(place / len(steps), f"Step {step:,}")
        try:
            trained = Trained(run.project, run.model(at=step))
        except StrataError:  # thinned meanwhile
            continue
        inputs, targets = part.inputs[:MOST_EXAMPLES], part.targets[:MOST_EXAMPLES]
        told = read_at(trained, (inputs,), targets, (probe,), (owner,))
        if name in told:
            known.append(step)
            found.append(told[name])
    return {"steps": np.array(known), "values": np.stack(found)} if found else {}
