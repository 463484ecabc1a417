"""What the server answers beside the pages: the news of runs, Plotly's script, the scripts of our live views, and the
canvas."""

import asyncio
import importlib.util
import json
import time
from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from builder.errors import BadFile
from pages.parts.documents.board import board
from pages.parts.live import SCRIPTS
from pages.parts.playground.routes import playground
from pages.parts.plot.component import SCRIPTS as PLOT
from pages.parts.stream import Position, source
from pages.parts.tokens import run_of
from pages.parts.watching import PERIOD, Reader, events

ROUTER = Path(__file__).with_name("router.py")
MOST_RUNS = 12
"""How many runs a page may watch through one stream."""


def routes() -> list[BaseRoute]:
    """Every route of ours."""
    return [
        Route("/api/plotly.js", plotly),
        Route(SCRIPTS.route, SCRIPTS.serve),
        Route(PLOT.route, PLOT.serve),
        Route("/api/stream", stream),
        Route("/api/news", news),
        Route("/api/runs/{token}/stream", stream),
        Route("/api/runs/{token}/news", news),
        *board(),
        *playground(),
    ]


async def plotly(request: Request) -> Response:
    """Plotly's own script, from the installed package."""
    spec = importlib.util.find_spec("plotly")
    assert spec is not None
    assert spec.origin is not None
    script = Path(spec.origin).parent / "package_data" / "plotly.min.js"
    return FileResponse(
        script, media_type="text/javascript", headers={"cache-control": "public, max-age=604800"}
    )


async def stream(request: Request) -> Response:
    """Runs as server-sent events, from where `last-event-id` (or `?from=`) says; ends when all of them are over.

    To read one without a browser: `curl -N ADDRESS/api/runs/TOKEN/stream`; several: `/api/stream?runs=TOKEN,TOKEN`.
    With `only=status` nothing but the state of things is told.
    """
    readers = await asyncio.to_thread(_readers, request)
    if not any(readers):
        return _no_run()
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    told = events(readers, request.query_params.get("only") == "status")
    return StreamingResponse(told, media_type="text/event-stream", headers=headers)


async def news(request: Request) -> Response:
    """The same as JSON, for who cannot read a stream: {"events": [what is new, for each run], "over"}.

    Ask again with `?from=` the positions that they tell, joined by commas in the order of the runs.
    """
    readers = [one for one in await asyncio.to_thread(_readers, request) if one]
    if not readers:
        return _no_run()
    brief = request.query_params.get("only") == "status"
    told = await asyncio.to_thread(_told, readers, brief)
    over = json.dumps(all(one.over for one, _ in readers))
    return Response(
        f'{{"events":[{",".join(told)}],"over":{over}}}',
        media_type="application/json",
        headers={"cache-control": "no-store"},
    )


def _no_run() -> Response:
    return JSONResponse({"error": "There is no such run."}, 404)


def _told(readers: Sequence[Reader], brief: bool) -> list[str]:
    for one, _ in readers:
        if time.monotonic() - one.looked > PERIOD:
            one.look()
    return [one.since(position, brief=brief).text for one, position in readers]


def _readers(request: Request) -> list[Reader | None]:
    """The runs that the address names, and what is known of each; None for one that is not there (any more)."""
    path = request.path_params.get("token")
    tokens = [path] if path is not None else request.query_params.get("runs", "").split(",")[:MOST_RUNS]
    given = request.headers.get("last-event-id") or request.query_params.get("from", "")
    positions = [*given.split(","), *[""] * MOST_RUNS]
    found: list[Reader | None] = []
    for token, position in zip(tokens, positions, strict=False):
        try:
            found.append((source(run_of(token)), Position.read(position)))
        except BadFile:
            found.append(None)
    return found
