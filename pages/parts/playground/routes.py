"""Routes of the Playground: its scripts, and frames of whatever is asked for."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from pages.parts.playground.component import SCRIPTS
from pages.parts.playground.process import Busy, PlaygroundProcess

LARGEST = 64 * 2**10
"""Bytes of a request."""
UNKEPT = {"cache-control": "no-store"}

process = PlaygroundProcess()
"""The server's one process of the Playground."""


def playground() -> list[BaseRoute]:
    """Every route of the Playground."""
    return [Route(SCRIPTS.route, SCRIPTS.serve), Route("/api/playground", frame, methods=["POST"])]


async def frame(request: Request) -> Response:
    """Train as asked, and answer with a frame (engines/playground/frame.py) as bytes."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _refused(415, "Requests are sent as application/json.")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            return _refused(413, f"At most {LARGEST // 2**10} KiB are taken at once.")
    try:
        answer = await process.ask(bytes(body))
    except Busy as error:
        return _refused(503, str(error))
    return Response(answer, media_type="application/octet-stream", headers=UNKEPT)


def _refused(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status, headers=UNKEPT)
