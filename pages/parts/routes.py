"""What the server answers beside the pages: the live stream of a run, Plotly's script, and the canvas."""

import asyncio
import importlib.util
import json
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from builder.errors import BadFile
from pages.parts.documents.board import board
from pages.parts.lifespan import over
from pages.parts.stream import Position, Stream
from pages.parts.tokens import run_of

ROUTER = Path(__file__).with_name("router.py")
PERIOD = 0.25
"""Seconds between two looks at a run."""
QUIET = 15.0
"""Seconds of silence after which a comment shows that the stream is alive."""


def routes() -> list[BaseRoute]:
    """Every route of ours."""
    return [Route("/api/plotly.js", plotly), Route("/api/runs/{token}/stream", stream), *board()]


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
    """A run as server-sent events, from where `last-event-id` (or `?from=`) says; ends when the run is over.

    To read it without a browser: `curl -N ADDRESS/api/runs/TOKEN/stream`.
    """
    try:
        run = run_of(request.path_params["token"])
    except BadFile:
        return JSONResponse({"error": "There is no such run."}, 404)
    start = request.headers.get("last-event-id") or request.query_params.get("from", "")
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    events = _events(request, Stream(run, Position.read(start)))
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(request: Request, stream: Stream) -> AsyncIterator[str]:
    quiet = 0.0
    yield "retry: 1000\n\n"
    while not over.is_set():
        news = await asyncio.to_thread(stream.read)
        if news:
            quiet = 0.0
            yield f"id: {stream.position}\ndata: {json.dumps(news, separators=(',', ':'))}\n\n"
        elif stream.over:
            yield "event: over\ndata: {}\n\n"
            return
        elif quiet >= QUIET:
            quiet = 0.0
            yield ": still here\n\n"
        if await request.is_disconnected():
            return
        await asyncio.sleep(PERIOD)
        quiet += PERIOD
