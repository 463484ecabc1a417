"""Random valid graphs from the whole registry leave as ONNX and torch.export, and give the same numbers there."""

from pathlib import Path

import pytest

from builder.graph import Graph
from builder.project import Project
from engines.exports import Onnx, Pt2, onnx, pt2
from engines.exports.pt2 import traced
from engines.trained import Trained
from tests.graphs import together
from tests.growing import TAME, grown

AT_ONCE = 12
"""So many graphs are one: an export takes seconds, however small the graph is."""
GROUPS = [TAME[start : start + AT_ONCE] for start in range(0, len(TAME), AT_ONCE)]
SEED = 10


@pytest.mark.slow
@pytest.mark.parametrize("kinds", GROUPS, ids=lambda kinds: f"{kinds[0]}-{kinds[-1]}")
def test_grown_graphs_leave(kinds: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums are added in another order there, and what follows can enlarge the last digits.

    Kinds that are not tame leave alone, in test_exports_kinds: what follows a logarithm of less than nothing differs.
    """
    graph: Graph = together({kind.lower(): grown(kind, SEED, tame=True) for kind in kinds})
    trained = Trained.untrained(Project(name="grown", graphs={"model": graph}, seed=SEED))
    program = traced(trained)
    for module in (pt2, onnx):
        monkeypatch.setattr(module, "traced", lambda _: program)
    assert Pt2().write(trained, tmp_path).largest_difference < 1e-5
    assert Onnx().write(trained, tmp_path).largest_difference < 1e-4
