"""The history of a run as files: read back by other programs, it is what the run told."""

import csv
import io
import math
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import engines
from builder.errors import StrataError
from engines.__main__ import main
from engines.exports.history import by_name, file_name, names, packed, write
from engines.exports.history.csv import safe
from engines.exports.history.tensorboard import tag_of
from engines.runs.axes import in_time
from engines.runs.disk import Lines
from engines.runs.run import Run
from engines.runs.status import Status
from tests.tiny import project


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of three epochs."""
    return engines.train(project(3, batch=16), tmp_path_factory.mktemp("history") / "000007-moons")


def told(folder: Path, *rows: dict[str, Any], **status: Any) -> Run:
    """A run that told these rows."""
    run = Run.create(folder, project(), device="cpu")
    run.describe(created=1000.0)
    lines = Lines(run.folder / "events.jsonl")
    lines.add(*rows)
    lines.close()
    run.report(Status(**status))
    return run


def table(run: Run) -> pd.DataFrame:
    (content,) = by_name("csv").files(run).values()
    return pd.read_csv(io.BytesIO(content))


def accumulated(run: Run, folder: Path) -> dict[str, list[tuple[float, int, float]]]:
    """What TensorBoard's own reader finds in the event file: (wall time, step, value) by tag."""
    from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator

    (path,) = write(run, "tensorboard", folder)
    reader = EventAccumulator(str(path.parent), size_guidance={SCALARS: 0}).Reload()
    return {
        tag: [(one.wall_time, one.step, one.value) for one in reader.Scalars(tag)]
        for tag in reader.Tags()["scalars"]
    }


def test_a_table_holds_every_number_to_the_bit(trained: Run) -> None:
    """Against pandas, which reads it, and the curves themselves."""
    found, curves = table(trained), trained.curves()
    steps = found[found["train loss"].notna()]
    assert steps["step"].tolist() == [*range(1, len(curves) + 1)]
    assert steps["train loss"].tolist() == list(curves.steps["loss"])
    each = len(curves) // 3
    assert steps["epoch"].tolist() == [1] * each + [2] * each + [3] * each
    assert steps["seconds"].tolist() == pytest.approx(
        [curves.seconds(n + 1) for n in range(len(curves))], abs=1e-6
    )
    for part in ("validation", "test", "baseline: Most frequent"):
        for row in curves.measured(part):
            for name, value in row["values"].items():
                assert found.loc[found["step"] == row["step"], f"{part} {name}"].item() == value
    assert len(found["step"].unique()) == len(found)


def test_tensorboard_reads_the_same_numbers_steps_and_moments(trained: Run, tmp_path: Path) -> None:
    found, curves = accumulated(trained, tmp_path), trained.curves()
    wanted = {"train/loss": [*enumerate(curves.steps["loss"], 1)]}
    for row in curves.marks:
        if row["type"] == "measured":
            for name, value in row["values"].items():
                tag = f"{tag_of(row['part'])}/{name}"
                wanted.setdefault(tag, []).append((row["step"], value))
    for row in curves.probes:
        for layer, measures in row["layers"].items():
            for name, value in measures.items():
                wanted.setdefault(f"probes {name}/{layer}", []).append((row["step"], value))
    assert {tag: [(step, value) for _, step, value in rows] for tag, rows in found.items()} == {
        tag: [(step, float(np.float32(value))) for step, value in rows] for tag, rows in wanted.items()
    }
    begun = next(row["at"] for row in curves.states if row.get("state") == "running")
    for moment, step, _ in found["train/loss"]:
        assert moment == pytest.approx(begun + (curves.seconds(step) or 0), abs=1e-3)


def test_changes_probes_gaps_and_rewinds_are_told(tmp_path: Path) -> None:
    run = told(
        tmp_path / "run",
        {
            "type": "steps",
            "first": 1,
            "values": {"loss": [1.0, None, 0.5], "d_loss": [None, 2.0, 3.0]},
            "elapsed": 3.0,
        },
        {"type": "changed", "step": 2, "values": {"optimiser.lr": 0.25, "=cmd|' /C calc'!A0": "@x"}},
        {"type": "probed", "step": 2, "layers": {"stage.conv1": {"gradient": 0.125, "weight": None}}},
        {"type": "steps", "first": 4, "values": {"loss": [9.0]}, "elapsed": 4.0},
        {"type": "resumed", "step": 3, "marks": 1},
        {"type": "steps", "first": 4, "values": {"loss": [0.25]}, "elapsed": 4.5},
        steps=4,
        epochs=2,
    )
    found = table(run)
    assert found["train loss"].tolist() == pytest.approx([1.0, math.nan, 0.5, 0.25], nan_ok=True)
    assert found["d_loss"].tolist() == pytest.approx([math.nan, 2.0, 3.0, math.nan], nan_ok=True)
    assert found["epoch"].tolist() == [1, 1, 2, 2] and found["probes gradient stage.conv1"][1] == 0.125
    assert '"optimiser.lr": 0.25' in found["changed"][1]
    scalars = accumulated(run, tmp_path / "out")
    assert {tag: [row[1:] for row in rows] for tag, rows in scalars.items()} == {
        "train/loss": [(1, 1.0), (3, 0.5), (4, 0.25)],
        "train/d_loss": [(2, 2.0), (3, 3.0)],
        "settings/optimiser.lr": [(2, 0.25)],
        "probes gradient/stage.conv1": [(2, 0.125)],
    }


def test_54_no_cell_is_a_formula(tmp_path: Path) -> None:
    """ROBUSTNESS.md 54: neither in the head nor below; numbers stay numbers."""
    evil = '=HYPERLINK("http://example.com")'
    run = told(
        tmp_path / "run",
        {"type": "steps", "first": 1, "values": {"loss": [-1.0], evil: [2.0], "+x": [-3.0]}},
        {"type": "measured", "step": 1, "epoch": 0, "part": "@part", "values": {"a": 1.0}},
        {"type": "changed", "step": 1, "values": {}},
    )
    (content,) = by_name("csv").files(run).values()
    head, first = csv.reader(io.StringIO(content.decode()))
    assert not [cell for cell in head if cell[:1] in "=+-@"] and f"'{evil}" in head
    assert first[head.index("train loss")] == "-1.0" and first[head.index("'+x")] == "-3.0"
    assert [safe(cell) for cell in ("=1", "-1", "@", "\tx", -1, "a=1")] == [
        "'=1",
        "'-1",
        "'@",
        "'\tx",
        -1,
        "a=1",
    ]


def test_pauses_count_as_moments_and_not_as_training(tmp_path: Path) -> None:
    def running(step: int, at: float) -> dict[str, Any]:
        return {"type": "state", "state": "running", "step": step, "text": "", "node": "", "at": at}

    run = told(
        tmp_path / "run",
        running(0, 2000.0),
        {"type": "steps", "first": 1, "values": {"loss": [1.0, 1.0]}, "elapsed": 2.0},
        running(2, 5000.0),
        {"type": "steps", "first": 3, "values": {"loss": [1.0, 1.0]}, "elapsed": 4.0},
    )
    assert in_time(np.arange(1, 5), run.curves(), 1000.0).tolist() == [2001, 2002, 5001, 5002]


def test_a_run_that_told_nothing_has_a_history_without_rows(tmp_path: Path) -> None:
    run = told(tmp_path / "run")
    assert by_name("csv").files(run) == {"run.csv": b"step,epoch,seconds\n"}
    assert accumulated(run, tmp_path / "out") == {}


def test_runs_are_packed_under_names_that_are_safe_everywhere(trained: Run, tmp_path: Path) -> None:
    odd = told(tmp_path / "CON ☃ <b>..%2f", {"type": "steps", "first": 1, "values": {"loss": [1.0]}})
    assert [*by_name("csv").files(odd)] == ["con-b-2f.csv"]
    assert packed([trained], "csv").startswith(b"step,epoch,seconds,train loss")
    kinds = defaultdict(list)
    for to in names():
        with zipfile.ZipFile(io.BytesIO(packed([trained, odd], to))) as archive:
            kinds[to] = archive.namelist()
            assert archive.testzip() is None
    assert kinds["csv"] == ["000007-moons.csv", "con-b-2f.csv"]
    assert all(name.startswith(("000007-moons/events.out.tfevents.", "con-b-2f/events.out.tfevents."))
               and name.endswith(".strata") for name in kinds["tensorboard"])  # fmt: skip
    assert file_name([trained], "csv") == "000007-moons.csv"
    assert file_name([trained, odd], "csv") == "runs-csv.zip"
    assert file_name([trained], "tensorboard") == "000007-moons-tensorboard.zip"
    with pytest.raises(StrataError, match="no format 'excel' for a history. Formats: csv, tensorboard"):
        packed([trained], "excel")


def test_from_the_command_line(trained: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", str(trained.folder), "--to", "csv", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "000007-moons.csv")
    assert main(["history", str(trained.folder), "--to", "tensorboard"]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.is_file() and path.parent.parent == trained.folder / "exports"
    assert main(["history", str(tmp_path / "none"), "--to", "csv"]) == 1
    assert "There is no run in 'none'" in capsys.readouterr().err
