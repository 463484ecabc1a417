"""The routes of the live stream: its events over HTTP, and that nobody can guess or force its address."""

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
from pages.parts.live import SCRIPTS
from pages.parts.routes import routes
from pages.parts.tokens import run_of, token
from tests.pages.telling import steps, told


@pytest.fixture
def run(workspace: Path) -> Run:
    """A run that is over."""
    return finished("000001-test", 3.0, 2.0)


def finished(id: str, *losses: float) -> Run:
    """A run that has told these losses and is over."""
    run = Run.create(Workspace().runs / id, builder.template("digits-mlp"), of="mine")
    told(run, steps(1, *losses))
    run.report(Status(state="finished", step=len(losses), steps=len(losses)))
    return run


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
            "path": unquote(path.partition("?")[0]),
            "raw_path": path.partition("?")[0].encode(),
            "query_string": path.partition("?")[2].encode(),
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


def heard(text: str) -> list[dict[str, Any]]:
    """The news of a stream."""
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith('data: {"run')]


def test_the_stream_over_http_ends_with_the_run(get: Get, run: Run) -> None:
    answer = get(f"/api/runs/{token(run)}/stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.startswith("retry: 1000\nevent: hello\n"), "whoever waits for it must hear at once"
    assert heard(answer.text)[0]["steps"]["loss"] == [3.0, 2.0]
    assert answer.text.rstrip().endswith("event: over\ndata: {}")
    position = next(line for line in answer.text.splitlines() if line.startswith("id: ")).removeprefix("id: ")
    assert '"loss"' not in get(f"/api/runs/{token(run)}/stream", last_event_id=position).text


def test_several_runs_through_one_stream(get: Get, run: Run) -> None:
    """Each event names its run; the position is that of all of them, and a run that is gone is passed over."""
    other = finished("000002-test", 1.0)
    runs = f"{token(run)},000009-gone.{'0' * 32},{token(other)}"
    answer = get(f"/api/stream?runs={runs}")
    assert [news["run"] for news in heard(answer.text)] == [token(run), token(other)]
    position = [line for line in answer.text.splitlines() if line.startswith("id: ")][-1].removeprefix("id: ")
    told(other, steps(2, 0.5))
    again = heard(get(f"/api/stream?runs={runs}", last_event_id=position).text)
    assert [news.get("steps", {}).get("x") for news in again] == [None, [2]]


def test_the_same_without_a_stream(get: Get, run: Run) -> None:
    """For who sits behind a proxy that holds streams back."""
    for address in (f"/api/news?runs={token(run)}", f"/api/runs/{token(run)}/news?"):
        told_first = json.loads(get(address).text)
        assert told_first["over"] and told_first["events"][0]["steps"]["loss"] == [3.0, 2.0]
        position = told_first["events"][0]["position"]
        assert "steps" not in json.loads(get(f"{address}&from={position}").text)["events"][0]


def test_a_header_hears_of_the_status_only(get: Get, run: Run) -> None:
    (news,) = heard(get(f"/api/stream?runs={token(run)}&only=status").text)
    assert news.keys() == {"run", "status"}
    assert news["status"]["line"] == "Run 1 finished"


@pytest.mark.parametrize(
    "guess", ["000001-test", "000001-test.", "000001-test." + "0" * 32, "..%2f..%2fetc", "%00", "é.é"]
)
def test_a_guessed_address_leads_nowhere(get: Get, run: Run, guess: str) -> None:
    assert get(f"/api/runs/{guess}/stream").status == 404
    assert get(f"/api/runs/{guess}/news").status == 404
    assert get(f"/api/news?runs={guess}").status == get("/api/stream").status == 404


def test_a_token_outlives_the_server(run: Run) -> None:
    assert run_of(token(run)).folder == run.folder
    assert (Workspace().home / "secret").stat().st_mode & 0o77 == 0


def test_plotly_is_served_from_the_installed_package(get: Get) -> None:
    answer = get("/api/plotly.js")
    assert answer.status == 200
    assert b"plotly.js" in answer.body[:300]


def test_the_scripts_of_the_live_views_are_served(get: Get) -> None:
    """As modules that browsers keep, under an address that changes with them; and nothing else is."""
    for name, script in SCRIPTS.files.items():
        answer = get(f"{SCRIPTS.address}/{name}")
        assert answer.body == script and "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"].startswith(("text/javascript", "text/css"))
        assert get(f"/api/live/old/{name}").headers["cache-control"] == "no-store"
    assert get(f"{SCRIPTS.address}/..%2fguard.py").status == get(f"{SCRIPTS.address}/none.js").status == 404


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
