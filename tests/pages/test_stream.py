"""The live stream: what somebody who watches a run is told, from wherever they are."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

import builder
from engines.runs.run import Run
from engines.runs.status import Status
from engines.workspace import Workspace
from pages.parts.stream import MOST_PROBES, Position, Source, source
from pages.parts.thinning import MOST_POINTS
from tests.pages.telling import measured, probed, steps, told


@pytest.fixture
def run(workspace: Path) -> Run:
    """A run that nobody trains."""
    return Run.create(Workspace().runs / "000001-test", builder.template("digits-mlp"), of="mine")


class Reader:
    """Somebody who watches."""

    def __init__(self, run: Run, position: str = "") -> None:
        self.source = Source(run)
        self.position, self.seen = Position.read(position), -1

    def read(self) -> dict[str, Any]:
        """What is new; {} if nothing is."""
        if not self.source.look():
            return {}
        news = self.source.since(self.position, self.seen)
        self.position, self.seen = news.position, news.version
        return json.loads(news.text)


def test_a_reader_gets_what_is_new(run: Run) -> None:
    reader = Reader(run)
    told(run, steps(1, 3.0, 2.0, elapsed=0.5), measured(2, 2.5))
    news = reader.read()
    assert news["reset"] and news["run"].startswith(run.id)
    assert news["steps"] == {"x": [1, 2], "loss": [3.0, 2.0], "seconds": [0.25, 0.5]}
    assert [(mark["values"], mark["seconds"]) for mark in news["marks"]] == [({"loss": 2.5}, 0.5)]
    assert reader.read() == {}
    told(run, steps(3, 1.0, elapsed=1.0))
    after = reader.read()
    assert after["steps"] == {"x": [3], "loss": [1.0], "seconds": [1.0]}
    assert after["from"] == news["position"] and "reset" not in after and "marks" not in after
    assert "plan" not in after, "what did not change is not told again"


def test_a_reader_goes_on_where_it_was(run: Run) -> None:
    told(run, steps(1, 3.0, 2.0, 1.0), measured(3, 1.5), probed(3, conv=1.0))
    first = Reader(run)
    first.read()
    told(run, steps(4, 0.5))
    again = Reader(run, str(first.position)).read()
    assert again["steps"]["x"] == [4]
    assert not {"marks", "probes", "reset"} & again.keys()
    assert again["status"]["state"] == "created", "the state of things is told to whoever comes anew"


def test_after_a_rewind_everything_is_told_anew(run: Run) -> None:
    reader = Reader(run)
    told(run, steps(1, 3.0, 2.0, 1.0), measured(3, 1.5), probed(3, conv=1.0))
    reader.read()
    told(run, {"type": "resumed", "step": 1, "marks": 0}, steps(2, 2.25))
    news = reader.read()
    assert news["reset"]
    assert news["steps"]["loss"] == [3.0, 2.25]
    assert not {"marks", "probes"} & news.keys()


def test_half_a_line_is_left_for_later(run: Run) -> None:
    """Fault 22."""
    reader = Reader(run)
    line = json.dumps(steps(1, 3.0)) + "\n"
    with (run.folder / "events.jsonl").open("a") as file:
        file.write(line[:10])
        file.flush()
        assert "steps" not in reader.read()
        file.write(line[10:])
    assert reader.read()["steps"]["x"] == [1]


def test_all_readers_share_one_text(run: Run) -> None:
    """Fifty watch: the run is read once, and its news are written once."""
    told(run, steps(1, 3.0))
    run.report(Status(state="running", step=1, steps=10))
    one = source(run)
    assert source(Run(run.folder)) is one
    one.look()
    first = [one.since(Position()) for _ in range(50)]
    assert all(news is first[0] for news in first)
    told(run, steps(2, 2.0))
    assert one.look()
    assert one.known(first[0].position, first[0].version), "made ready for where most readers are"


def test_what_lies_in_an_unfinished_stride_is_told_for_the_moment(run: Run) -> None:
    """On a long and slow run a curve must not wait for the next two points."""
    run.report(Status(state="running", steps=30_000))
    reader = Reader(run)
    told(run, steps(1, *[1.0] * 15_000))
    assert "tail" not in reader.read()
    told(run, steps(15_001, *[1.0] * 20, 0.5, 2.0, 1.5))
    news = reader.read()
    assert news["steps"]["x"] == [15_001]
    assert (news["tail"]["x"], news["tail"]["loss"]) == ([15_021, 15_022], [0.5, 2.0])
    told(run, steps(15_024, *[1.5] * 17))
    after = reader.read()
    assert (after["steps"]["x"], after["steps"]["loss"]) == ([15_021, 15_022], [0.5, 2.0])
    assert "tail" not in after


def test_a_long_run_has_a_curve_from_its_first_steps_on(run: Run) -> None:
    """And no reader of it is ever told many more points than can be seen."""
    run.report(Status(state="running", steps=180_000))
    reader = Reader(run)
    told(run, steps(1, *[1.0 + 0.001 * (step % 7) for step in range(200)]))
    assert len(reader.read()["steps"]["x"]) == 200
    points = 200
    for first in range(201, 100_000, 500):
        told(run, steps(first, *[1.0 + 0.001 * (step % 7) for step in range(500)]))
        news = reader.read()
        points = len(news["steps"]["x"]) + (0 if news.get("reset") else points)
        assert points <= 2 * MOST_POINTS


def test_a_run_that_is_longer_than_it_seemed_is_told_anew_and_coarser(run: Run) -> None:
    reader = Reader(run)
    told(run, steps(1, *[1.0] * 2 * MOST_POINTS))
    assert len(reader.read()["steps"]["x"]) <= MOST_POINTS
    told(run, steps(2 * MOST_POINTS + 1, *[2.0] * 30 * MOST_POINTS))
    news = reader.read()
    assert news["reset"] and len(news["steps"]["x"]) <= MOST_POINTS


def test_probes_are_told_by_layer_with_their_health(run: Run) -> None:
    reader = Reader(run)
    told(run, steps(1, 1.0, elapsed=2.0), *[probed(1, conv1=1.0, relu1=None) for _ in range(3)])
    news = reader.read()
    assert news["probes"]["layers"]["conv1"]["gradient"] == [1.0] * 3
    assert news["probes"]["seconds"] == [2.0] * 3
    assert news["health"]["conv1"]["state"] == "learning"
    assert news["health"]["relu1"]["level"] == "error"
    told(run, *[probed(2, conv1=1.0) for _ in range(5)])
    news = reader.read()
    assert len(news["probes"]["x"]) == 5
    many = Reader(run)
    told(run, *[probed(step, conv1=1.0) for step in range(2, 4 * MOST_PROBES)])
    assert len(many.read()["probes"]["x"]) <= MOST_PROBES


def test_changed_settings_are_told_in_words(run: Run) -> None:
    told(run, steps(1, 1.0), {"type": "changed", "step": 1, "values": {"optimiser.lr": 0.0001, "batch": 64}})
    assert Reader(run).read()["marks"][0]["label"] == "learning rate 0.0001, batch size 64"


def test_the_status_is_told_in_words_too(run: Run) -> None:
    run.report(
        Status(state="running", step=760, steps=4000, epoch=1, epochs=10, speed=52, left=62.0, threads=1)
    )
    told(run, steps(1, 1.0), {"type": "notice", "step": 1, "level": "warning", "text": "Mind this."})
    status = Reader(run).read()["status"]
    assert status["sentence"] == "Epoch 2 of 10 · step 760 of 4,000 · 52 steps/s · about 1 min 2 s left"
    assert status["line"] == "Run 1 running · epoch 2 of 10"
    assert status["notices"] == [{"level": "warning", "text": "Mind this."}]


@pytest.mark.parametrize(("template", "name"), [("digits-mlp", "accuracy"), ("diabetes-mlp", "rmse")])
def test_the_metric_is_known_before_it_is_measured(workspace: Path, template: str, name: str) -> None:
    run = Run.create(Workspace().runs / "000001-test", builder.template(template))
    reader = Reader(run)
    assert reader.read()["metric"]["name"] == name
    told(run, measured(1, 0.5, exact=0.25, f1=0.5))
    assert reader.read()["metric"] == {"name": "f1", "label": "F1 score", "unit": ""}


def test_odd_files_are_told_as_far_as_they_make_sense(run: Run) -> None:
    rows = [
        {"type": "probed", "step": 1, "layers": {"a": 5, "b": {"gradient": "x"}, "c": {"gradient": True}}},
        {"type": "measured", "step": 1, "epoch": 0, "part": "validation", "values": {"loss": "much"}},
        {"type": "changed", "step": 1, "values": {"batch": [1]}},
        {"type": "notice", "step": 1, "level": "info", "text": "x" * 9000},
    ]
    told(run, *rows)
    with (run.folder / "events.jsonl").open("a") as file:
        file.write('{"type":"probed","step":2,"layers":{"a":{"gradient":NaN}}}\n')
    (run.folder / "project.json").write_text("{")
    news = Reader(run).read()
    assert news["plan"] is None and len(news["status"]["notices"][0]["text"]) == 500


@pytest.mark.parametrize(
    "text", ["", "1", "a:b:c:d:e", "1:2:3", "-1:0:0:0:1", "9" * 40 + ":0:0:0:1", "1:2:٣٣٣:0:1", "1:2:3:4:5:6"]
)
def test_a_foreign_position_is_the_beginning(text: str) -> None:
    assert Position.read(text) == Position()


@pytest.mark.slow
def test_35_a_million_steps_cost_little(run: Run) -> None:
    """The first reader waits for the file, those after it for nothing, and new steps cost what they did at first."""
    for first in range(1, 1_000_000, 1000):
        told(run, steps(first, *[1 + first / 1e6] * 1000, elapsed=first / 1000))
    run.report(Status(state="running", step=1_000_000, steps=1_200_000))
    one = Source(run)
    one.look()
    began = time.perf_counter()
    news = one.since(Position())
    whole = time.perf_counter() - began
    assert len(json.loads(news.text)["steps"]["x"]) <= MOST_POINTS and len(news.text) < 200_000
    told(run, steps(1_000_001, *[0.5] * 1600, elapsed=1001.0))
    began = time.perf_counter()
    assert one.look()
    after = one.since(news.position, news.version)
    assert time.perf_counter() - began < 0.1 and whole < 1
    assert len(json.loads(after.text)["steps"]["x"]) < 10
