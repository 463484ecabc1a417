"""Runs side by side: their curves along three axes, their results, their settings, where they came from."""

import math

import numpy as np
import pytest

import builder
import engines
from engines.runs.disk import Lines
from engines.runs.run import Run
from engines.runs.summary import summary
from engines.workspace import Workspace
from pages.parts.runs.compared import POINTS, Compared, Figure, results
from pages.parts.runs.tables import figures
from pages.views.overlay import Line, overlay
from tests.pages.putting import STEPS, put_run
from tests.pages.seen import Open, button, saved, words
from tests.tiny import project

HOSTILE = "<img src=x onerror=alert(1)> **b** [x](javascript:alert(1))"


def compared(*runs: Run) -> list[Compared]:
    return [Compared(place, summary(run.folder), run) for place, run in enumerate(runs)]


def tables(test: object) -> str:
    return "\n".join(one.proto.body for one in test.get("html") if "strata-table" in one.proto.body)  # type: ignore[attr-defined]


def test_axes_agree_with_what_the_run_told(workspace: object) -> None:
    """Against the run's own reading of its clock, and the definition of an epoch."""
    run = engines.train(project(6, batch=8), Workspace().runs / "000001-moons")
    (one,) = compared(run)
    count = len(run.curves())
    steps = np.arange(1.0, count + 1)
    assert one.along("step", steps).tolist() == steps.tolist()
    told = [run.curves().seconds(int(step)) for step in steps]
    assert one.along("time", steps) == pytest.approx(np.array(told, np.float64))
    assert one.along("epoch", steps) == pytest.approx(steps / (count / 6))
    assert one.along("epoch", np.array([2.0 * count])) == pytest.approx([12]), "also beyond what was measured"


def test_a_run_without_a_validation_part_is_drawn_by_epoch_too(workspace: object) -> None:
    run = put_run(accuracies=())
    lines = Lines(run.folder / "events.jsonl")
    lines.add({"type": "steps", "first": 1, "values": {"loss": [1.0, 0.5]}, "elapsed": 1.0})
    lines.close()
    told = Compared(0, summary(run.folder), run)
    assert told.measured("accuracy", "epoch") is None and told.metric == ""
    line = told.losses("epoch")
    assert line is not None and len(line.x) == 2


def test_a_branch_begins_where_it_branched_off(workspace: object) -> None:
    run = put_run(accuracies=())
    lines = Lines(run.folder / "events.jsonl")
    lines.add({"type": "steps", "first": 101, "values": {"loss": [0.5] * 10}, "elapsed": 1.0})
    lines.close()
    line = Compared(0, summary(run.folder), run).losses("step")
    assert line is not None and line.x[np.isfinite(line.y)].min() == 101


def test_a_million_steps_are_drawn_in_a_thousand_points(workspace: object) -> None:
    run = put_run(accuracies=())
    (run.folder / "events.jsonl").write_text("")
    lines = Lines(run.folder / "events.jsonl")
    for first in range(1, 1_000_001, 50_000):
        values = [1.0 / (first + n) for n in range(50_000)]
        values[777] = 9.0
        lines.add({"type": "steps", "first": first, "values": {"loss": values}, "elapsed": float(first)})
    lines.close()
    line = Compared(0, summary(run.folder), run).losses("time")
    assert line is not None and line.faint is not None
    assert len(line.x) <= POINTS and len(line.faint[0]) <= POINTS
    assert (line.faint[1] == 9.0).sum() == 20, "no spike is lost"
    assert all(trace.x.dtype == np.float32 for trace in overlay([line], "seconds").data)


def test_the_best_of_each_row_is_marked_and_only_where_runs_differ(workspace: object) -> None:
    runs = compared(put_run(), put_run(accuracies=(0.6, 0.95)), put_run(state="failed", accuracies=()))
    rows = {row.title: row for row in results(runs, "accuracy", [10, 12, None])}
    assert rows["Best validation accuracy"] == Figure(
        "Best validation accuracy", ("90.0 % · epoch 2", "95.0 % · epoch 2", "–"), (False, True, False)
    )
    assert rows["Last validation loss"].best == (False, True, False)
    assert rows["Test accuracy"].shown == ("80.0 %", "95.0 %", "–")
    assert rows["Test loss"].best == (False, False, False), "both are 0.5"
    assert (
        rows["Last training loss"].best == (False, False, False) or rows["Last training loss"].shown[2] == "–"
    )
    assert rows["Baseline on test: Mean, accuracy"].best == (False, False, False)
    assert rows["Parameters"].shown == ("10", "12", "–") and rows["Parameters"].best == (False, False, False)
    assert not any(any(row.best) for row in results(runs[:1], "accuracy", [10]))
    html = figures(runs, rows.values())
    assert html.count("★") == sum(sum(row.best) for row in rows.values())


def test_an_overlay_has_a_line_and_a_letter_for_each_run() -> None:
    x, y = np.arange(3.0), np.array([1.0, 0.5, math.nan])
    lines = [Line("<b>run 1</b>", "A", "#111111", x, y, (x, y)), Line("run 2", "B", "#222222", x, y)]
    figure = overlay(lines, "step", "%", log=True)
    drawn = [(trace.legendgroup, trace.mode, trace.line.color) for trace in figure.data if trace.line.color]
    assert drawn == [("A", "lines", "#111111"), ("A", "lines", "#111111"), ("B", "lines+markers", "#222222")]
    assert [trace.text for trace in figure.data if trace.text] == [("A",), ("B",)]
    assert [trace.x.tolist() for trace in figure.data if trace.text] == [[1.0], [1.0]], "at the last number"
    assert figure.data[1].name == "A · &lt;b&gt;run 1&lt;/b&gt;" and figure.layout.yaxis.type == "log"
    assert not overlay([], "step").data


def test_the_page_of_a_comparison(open_page: Open) -> None:
    saved(builder.template("digits-mlp"))
    first = put_run(HOSTILE, tags=("a",))
    project = builder.template("digits-mlp").with_fields(
        engine={"kind": "Supervised", "optimiser": {"kind": "SGD", "lr": 0.25}}
    )
    second = put_run("Branch", accuracies=(0.7,), project=project, parent=first.id, branched=STEPS)
    lines = Lines(second.folder / "events.jsonl")
    lines.add({"type": "changed", "step": 2, "values": {"batch": 8, "<b>x</b>": HOSTILE}})
    lines.close()
    test = open_page("runs", compare=f"{first.id},{second.id},{first.id}")
    assert not test.exception and "Run 1 and run 2, side by side." in words(test)
    shown = tables(test)
    assert "SGD" in shown and "0.25" in shown and "AdamW" in shown and "<img" not in shown
    assert "B · run 2** branched off from A · run 1 at step 4." in words(test)
    assert "was changed after step 2: batch to 8 and <b>x</b> to <img" in words(test)
    assert len(test.get("plotly_chart")) == 3
    for axis in ("epoch", "time"):
        test.segmented_control(key="along").set_value(axis).run()
        assert not test.exception
    test.selectbox(key="metric of runs").select("accuracy").run() if test.selectbox else None
    test.toggle(key="log loss").set_value(True).run()
    button(test, "All runs").click().run()
    assert "compare" not in test.query_params and not test.exception and test.button(key="compare")


def test_runs_that_are_set_alike_say_so(open_page: Open) -> None:
    one, other = put_run(), put_run()
    assert "These runs were set alike" in words(open_page("runs", compare=f"{one.id},{other.id}"))


def test_a_link_to_runs_that_are_gone_is_friendly(open_page: Open) -> None:
    kept, gone = put_run(), put_run()
    Workspace().delete_run(gone.id)
    test = open_page("runs", compare=f"{kept.id},{gone.id},../../etc,{HOSTILE}")
    assert not test.exception and "Run 2 was deleted" in words(test)
    assert "There is no run '../../etc' here" in words(test)
    button(test, "Restore it").click().run()
    assert "Run 1 and run 2, side by side." in words(test) and not test.exception
    assert not open_page("runs", compare="nothing").exception


def test_runs_that_have_told_nothing_or_nonsense_are_compared_all_the_same(open_page: Open) -> None:
    empty, odd = put_run(accuracies=(), state="failed"), put_run()
    (odd.folder / "project.json").write_text("{")
    (odd.folder / "events.jsonl").write_text('{"type": "steps", "first": 1, "values": {"loss": []}}\n{[')
    test = open_page("runs", compare=f"{empty.id},{odd.id}")
    assert not test.exception and "None of these runs has measured it yet." in words(test)


def test_the_history_of_compared_runs_is_taken_away(open_page: Open) -> None:
    one, other = put_run(), put_run()
    test = open_page("runs", compare=f"{one.id},{other.id}")
    test.session_state["history"] = True
    test.run()
    names = {one.proto.label for one in test.get("download_button")}
    assert names == {"CSV", "TensorBoard"} and not test.exception
