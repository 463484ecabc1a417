"""What a list of runs is made of: summaries, glances, scores, settings that differ; against independent references."""

import math
from array import array
from pathlib import Path

import numpy as np
import pytest

import builder
import engines
from engines.runs import glance as glancing
from engines.runs.disk import Lines
from engines.runs.glance import glance, words
from engines.runs.run import Run
from engines.runs.score import Best, best, best_of, judged_by
from engines.runs.settings import compare, of_project, with_changes
from engines.runs.thin import extremes, means, smoothed
from tests.tiny import project


def test_a_glance_agrees_with_the_run_and_reads_only_news(tmp_path: Path) -> None:
    assert glance(tmp_path / "none") == glance(tmp_path)
    run = engines.train(project(3), tmp_path / "run")
    seen, told = glance(run.folder), run.curves()
    validation = [row["values"]["accuracy"] for row in told.measured("validation")]
    assert seen.metric == "accuracy"
    first = validation.index(max(validation))
    assert seen.best == Best(max(validation), first, len(told) // 3 * (first + 1))
    assert (seen.last, seen.test) == (validation[-1], run.status().measured["test"]["accuracy"])
    assert seen.curve == tuple(told.steps["loss"])
    lines = Lines(run.folder / "events.jsonl")
    lines.add({"type": "steps", "first": len(told) + 1, "values": {"loss": [0.25]}})
    lines.add({"type": "changed", "step": len(told), "values": {"batch": 8}})
    lines.close()
    assert glance(run.folder).curve == (*told.steps["loss"][: len(seen.curve)], 0.25)
    assert glance(run.folder).changes == 1
    assert glancing._known[run.folder] is glancing.curves_of(run.folder)


def test_settings_can_be_searched(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", project(5, optimiser={"kind": "SGD", "lr": 0.25}))
    assert {"optimiser=sgd", "optimiser.lr=0.25", "epochs=5", "source=moons"} <= {*words(run.folder).split()}
    assert words(tmp_path) == ""
    (run.folder / "project.json").write_text("{")
    assert words(run.folder) == ""


@pytest.mark.parametrize(
    ("names", "metric"),
    [
        (("loss", "accuracy", "f1"), "accuracy"),
        (("loss", "accuracy", "f1", "exact"), "f1"),
        (("loss", "mae", "r2", "rmse"), "rmse"),
        (("loss", "odd"), "odd"),
        (("loss",), "loss"),
        ((), ""),
    ],
)
def test_a_run_is_judged_by_the_usual_metric_of_its_task(names: tuple[str, ...], metric: str) -> None:
    assert judged_by(names) == metric


def test_the_best_is_the_greatest_or_the_least_and_the_first_of_equals() -> None:
    rows = [
        {"values": {"accuracy": value, "loss": value}, "epoch": number, "step": 10 * number}
        for number, value in enumerate((0.5, None, 0.9, 0.2, 0.9, math.nan, 0.2))
    ]
    assert best("accuracy", rows) == Best(0.9, 2, 20) and best("loss", rows) == Best(0.2, 3, 30)
    assert best("rmse", rows) is None and best("loss", []) is None
    assert best_of("rmse", [None, 2.0, 1.5, math.inf]) == 1.5 and best_of("r2", [0.1, 0.3]) == 0.3
    assert best_of("loss", [None]) is None


def test_settings_differ_where_and_only_where_they_were_set_differently() -> None:
    one = project(5, optimiser={"kind": "SGD", "lr": 0.25, "momentum": 0.9})
    other = one.with_fields(engine={**one.engine, "optimiser": {"kind": "Adam", "lr": 0.25}}, seed=3)
    rows = {row.name: row for row in compare([of_project(one), of_project(other)])}
    different = {name: row.values for name, row in rows.items() if row.differs}
    assert different["engine.optimiser"] == ("SGD", "Adam")
    assert different["engine.optimiser.momentum"] == (0.9, None)
    assert different["engine.optimiser.beta1"] == (None, 0.9)
    assert different["seed"] == (0, 3)
    assert {name.rpartition(".")[0] for name in different} == {"engine", "engine.optimiser", ""}
    assert rows["engine.optimiser.lr"].title == "Optimiser · Learning rate"
    names = [*rows]
    assert names.index("engine.optimiser.momentum") < names.index("engine.schedule")
    assert not [row for row in compare([of_project(one)] * 3) if row.differs]


def test_a_default_that_is_written_out_makes_no_difference() -> None:
    bare = builder.template("digits-mlp").with_fields(engine={"kind": "Supervised"}, data={})
    full = bare.with_fields(engine={"kind": "Supervised", "epochs": 10, "batch": 64}, data={"test": 0.25})
    assert not [row for row in compare([of_project(bare), of_project(full)]) if row.differs]


def test_settings_of_no_kind_of_ours_are_compared_as_they_stand() -> None:
    odd = project().with_fields(
        engine={"kind": "Alchemy", "gold": [1, 2]}, data={"source": {"kind": "Nowhere"}}
    )
    rows = {row.name: row.values for row in compare([of_project(odd), of_project(project())]) if row.differs}
    assert rows["engine.kind"] == ("Alchemy", None) and rows["engine.gold"] == ("1, 2", None)
    assert rows["data.source.kind"] == ("Nowhere", None)


def test_networks_differ_by_what_is_in_them_and_not_by_where_nodes_lie() -> None:
    one, other = project(), project(layer="Tanh")
    moved = one.with_graph(
        one.graph.with_nodes(
            tuple(node.model_copy(update={"position": (1.0, 2.0)}) for node in one.graph.nodes)
        )
    )
    rows = {row.name: row for row in compare([of_project(one), of_project(moved)])}
    assert not rows["graphs.model"].differs
    rows = {row.name: row for row in compare([of_project(one), of_project(other)])}
    assert rows["graphs.model"].differs


def test_thinning_keeps_ends_and_spikes() -> None:
    values = np.sin(np.arange(100_000) / 5000)
    values[54_321] = 9
    kept = extremes(values, 1000)
    assert len(kept) <= 1000 and 54_321 in kept and (np.diff(kept) > 0).all()
    assert extremes([3.0, math.nan, 1.0], 1000).tolist() == [0, 1, 2]
    gap = np.full(5000, math.nan)
    gap[:2500] = 1
    assert np.isnan(gap[extremes(gap, 100)]).any(), "a gap stays one"
    assert len(extremes(array("d"), 10)) == 0


def test_means_of_neighbours() -> None:
    assert means([1.0, math.nan, 3.0], 5) == [1, 3] and means([], 5) == []
    assert means([float(n) for n in range(12)], 3) == [1.5, 5.5, 9.5]
    assert len(means(array("d", range(1001)), 60)) == 60


@pytest.mark.parametrize("window", [1, 4, 50])
def test_smoothing_is_the_mean_around(window: int) -> None:
    values = np.random.default_rng(0).normal(size=40)
    values[7] = math.nan
    for place, value in enumerate(smoothed(values, window)):
        reach = min(place, 39 - place, window // 2)
        around = values[place - reach : place + reach + 1]
        assert (
            value == pytest.approx(np.nanmean(around), nan_ok=True)
            if np.isfinite(around).any()
            else math.isnan(value)
        )


def test_settings_tell_what_they_were_changed_to() -> None:
    told = of_project(project(3))
    changed = with_changes(told, [{"values": {"batch": 8, "dropout": 0.5}}, {"values": {"batch": 4}}])
    rows = {row.name: row for row in compare([told, changed]) if row.differs}
    before = {one.name: one.value for one in told}
    assert rows["engine.batch"].values == (before["engine.batch"], f"{before['engine.batch']} → 8 → 4")
    assert rows["dropout"].values == (None, "→ 0.5") and len(rows) == 2
