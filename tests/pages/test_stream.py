"""The live stream: what a chart is sent, and that nobody can guess or force its address."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette

import builder
from engines.runs.run import Run
from engines.runs.status import Status
from engines.workspace import Workspace
from pages.parts.guard import Guard, middleware
from pages.parts.routes import routes
from pages.parts.stream import MOST_POINTS, Position, Stream, thinned
from pages.parts.tokens import run_of, token


@pytest.fixture
def run(workspace: Path) -> Run:
    """A run that nobody trains."""
    return Run.create(Workspace().runs / "000001-test", builder.template("digits-mlp"), of="mine")


def told(run: Run, *rows: dict[str, Any]) -> None:
    """Write events as a worker does."""
    with (run.folder / "events.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def steps(first: int, *losses: float) -> dict[str, Any]:
    """The event of some steps."""
    return {"type": "steps", "first": first, "values": {"loss": list(losses)}}


def measured(step: int, loss: float) -> dict[str, Any]:
    """The event of a measurement."""
    return {"type": "measured", "step": step, "epoch": 1, "part": "validation", "values": {"loss": loss}}


def test_a_reader_gets_what_is_new(run: Run) -> None:
    stream = Stream(run, Position())
    told(run, steps(1, 3.0, 2.0), measured(2, 2.5))
    news = stream.read()
    assert news["reset"]
    assert news["steps"] == {"x": [1, 2], "loss": [3.0, 2.0]}
    assert [mark["values"] for mark in news["marks"]] == [{"loss": 2.5}]
    assert stream.read() == {}
    told(run, steps(3, 1.0))
    assert stream.read() == {"steps": {"x": [3], "loss": [1.0]}}


def test_a_reader_goes_on_where_it_was(run: Run) -> None:
    told(run, steps(1, 3.0, 2.0, 1.0), measured(3, 1.5))
    first = Stream(run, Position())
    first.read()
    told(run, steps(4, 0.5))
    again = Stream(run, Position.read(str(first.position)))
    assert again.read()["steps"] == {"x": [4], "loss": [0.5]}


def test_after_a_rewind_everything_is_told_anew(run: Run) -> None:
    stream = Stream(run, Position())
    told(run, steps(1, 3.0, 2.0, 1.0), measured(3, 1.5))
    stream.read()
    told(run, {"type": "resumed", "step": 1, "marks": 0}, steps(2, 2.25))
    news = stream.read()
    assert news["reset"]
    assert news["steps"] == {"x": [1, 2], "loss": [3.0, 2.25]}
    assert news.get("marks", []) == []


def test_half_a_line_is_left_for_later(run: Run) -> None:
    stream = Stream(run, Position())
    line = json.dumps(steps(1, 3.0)) + "\n"
    with (run.folder / "events.jsonl").open("a") as file:
        file.write(line[:10])
        file.flush()
        assert "steps" not in stream.read()
        file.write(line[10:])
    assert stream.read()["steps"]["x"] == [1]


@pytest.mark.parametrize("count", [10, MOST_POINTS, 1_000_000])
def test_long_runs_are_thinned_but_keep_their_extremes(count: int) -> None:
    losses = [1.0] * count
    losses[count // 3], losses[count // 2] = 9.0, -9.0
    stride = max(1, 2 * count // MOST_POINTS)
    sent = thinned({"loss": losses}, 0, count, stride)
    assert len(sent["x"]) <= MOST_POINTS + 2
    assert {max(sent["loss"]), min(sent["loss"])} == {9.0, -9.0}
    assert sent["x"] == sorted(sent["x"])


def test_what_is_no_number_is_a_gap() -> None:
    assert thinned({"loss": [1.0, float("nan")]}, 0, 2, 1)["loss"] == [1.0, None]
    assert thinned({"loss": [float("nan")] * 10}, 0, 10, 5)["loss"] == [None, None]


@pytest.mark.parametrize(
    "text", ["", "1", "a:b:c", "1:2:3:4", "-1:0:0", "9" * 40 + ":0:0", "1:2:٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣٣"]
)
def test_a_foreign_position_is_the_beginning(text: str) -> None:
    assert Position.read(text) == Position()


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body, read as UTF-8."""
        return self.body.decode()


Get = Callable[..., Answer]


@pytest.fixture
def get() -> Get:
    """`get(path, host=…, header=…)`: a request to the routes behind the guard."""
    app = Starlette(routes=routes(), middleware=middleware(Guard))

    def ask(path: str, **headers: str) -> Answer:
        given = {"host": "127.0.0.1", **{name.replace("_", "-"): value for name, value in headers.items()}}
        scope = {
            "type": "http",
            "method": "GET",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "http_version": "1.1",
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
            "root_path": "",
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(asyncio.wait_for(app(scope, receive, send), 20))
        body = b"".join(message.get("body", b"") for message in sent)
        return Answer(
            sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}, body
        )

    return ask


def test_the_stream_over_http_ends_with_the_run(get: Get, run: Run) -> None:
    told(run, steps(1, 3.0, 2.0))
    run.report(Status(state="finished", step=2, steps=2))
    answer = get(f"/api/runs/{token(run)}/stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert '"loss":[3.0,2.0]' in answer.text
    assert answer.text.rstrip().endswith("event: over\ndata: {}")
    position = next(line for line in answer.text.splitlines() if line.startswith("id: ")).removeprefix("id: ")
    assert '"loss"' not in get(f"/api/runs/{token(run)}/stream", last_event_id=position).text


@pytest.mark.parametrize(
    "guess", ["000001-test", "000001-test.", "000001-test." + "0" * 32, "..%2f..%2fetc", "%00", "é.é"]
)
def test_a_guessed_address_leads_nowhere(get: Get, run: Run, guess: str) -> None:
    assert get(f"/api/runs/{guess}/stream").status == 404


def test_a_token_outlives_the_server(run: Run) -> None:
    assert run_of(token(run)).folder == run.folder
    assert (Workspace().home / "secret").stat().st_mode & 0o77 == 0


def test_plotly_is_served_from_the_installed_package(get: Get) -> None:
    answer = get("/api/plotly.js")
    assert answer.status == 200
    assert b"plotly.js" in answer.body[:300]


def test_every_answer_carries_the_headers(get: Get) -> None:
    headers = get("/api/plotly.js").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"].replace("wasm-unsafe-eval", "")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", "", "localhost@evil.example"]
)
def test_a_rebound_host_is_refused(get: Get, host: str) -> None:
    assert get("/api/plotly.js", host=host).status == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:8501", "127.0.0.1:1", "LOCALHOST"])
def test_our_own_names_are_served(get: Get, host: str) -> None:
    assert get("/api/plotly.js", host=host).status == 200
