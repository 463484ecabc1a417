"""Board: the routes that the canvas talks to. Python applies and saves each edit and answers with the whole scene."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from builder.errors import StrataError
from builder.files import too_deep
from pages.parts.documents.document import Gone, Taken, document
from pages.parts.documents.glowing import glowing
from pages.parts.documents.kinds import kinds
from pages.parts.documents.scene import moved_to, output, scene
from pages.parts.documents.wishes import Wishes, words
from pages.parts.lifespan import torch_is_ready

LARGEST = 8 * 2**20
"""Bytes of a request."""
_json = TypeAdapter(Any)
Endpoint = Callable[[Request], Awaitable[Response]]


class Refused(StrataError):
    """A request that is not answered, and the status that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def board() -> list[BaseRoute]:
    """The routes of the canvas."""
    one = "/api/projects/{id}"
    return [
        Route("/api/layers", _told(layers)),
        Route(f"{one}/scene", _told(show)),
        Route(f"{one}/revision", _told(revision)),
        Route(f"{one}/edits", _told(edits), methods=["POST"]),
        Route(f"{one}/follow", _told(follow)),
        Route(f"{one}/glow", _told(glow)),
    ]


async def layers(request: Request) -> Response:
    """Every kind of layer; the browser keeps it until it changes."""
    body, tag = _layers()
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"etag": tag})
    return Response(body, media_type="application/json", headers={"etag": tag, "cache-control": "no-cache"})


async def show(request: Request) -> Response:
    """The scene of a role (`?role=`), or of the block in it that a path of Block nodes leads to (`?path=a.b`)."""
    role, path = _place(request)
    return await _answered(lambda: scene(document(_id(request)), role, path, shapes=torch_is_ready()))


async def revision(request: Request) -> Response:
    """The number of the newest state, and which tab made it."""

    def newest() -> dict[str, Any]:
        now = document(_id(request)).refresh()
        return {"revision": now.project.revision, "tab": now.tab}

    return await _answered(newest)


async def edits(request: Request) -> Response:
    """Make the edits of a canvas, in their order; those that were made before are left out."""
    body = await _body(request)
    return await _answered(lambda: _made(_id(request), _wishes(body)))


async def follow(request: Request) -> Response:
    """The kinds of layers that may read an output of a node (`?node=&port=`), usual ones first."""
    role, path = _place(request)
    query = request.query_params

    def fitting() -> dict[str, Any]:
        from builder.follow import followers

        if not torch_is_ready():
            return {"kinds": [], "pending": True}
        spec = output(document(_id(request)), role, path, query.get("node", ""), query.get("port", ""))
        return {"kinds": followers(spec) if spec else []}

    return await _answered(fitting)


async def glow(request: Request) -> Response:
    """What the newest run tells of the nodes that are shown (`?show=values|histogram&edges=weights|gradients`)."""
    role, path = _place(request)
    query = request.query_params

    def told() -> bytes:
        one = document(_id(request))
        one.refresh()
        return _json.dump_json(glowing(one, role, path, query.get("show", ""), query.get("edges", "")))

    body = await asyncio.to_thread(told)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _made(id: str, wishes: Wishes) -> dict[str, Any]:
    one = document(id)
    taken = one.take(wishes.steps(), wishes.tab, wishes.base)
    role, path = _looked_at(taken, wishes)
    return {
        "ack": taken.ack,
        "elsewhere": one.foreign(wishes.base, wishes.tab),
        "refused": [{"n": n, "message": message} for n, message in taken.refused],
        "scene": scene(one, role, path, shapes=torch_is_ready()),
    }


def _looked_at(taken: Taken, wishes: Wishes) -> tuple[str, tuple[str, ...]]:
    """What is open; or, after an undo that changed nothing there, what it did change."""
    if not taken.stepped:
        return wishes.role, wishes.path
    return moved_to(taken.before, taken.after, wishes.role, wishes.path)


def _told(endpoint: Endpoint) -> Endpoint:
    """The endpoint; whatever goes wrong is told in words, never as a traceback."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refused as error:
            return _error(error.status, str(error))
        except Gone as error:
            return _error(404, str(error))
        except StrataError as error:
            return _error(409, str(error))
        except Exception:
            logging.getLogger(__name__).exception("a request of the canvas failed")
            return _error(500, "Something went wrong in Strata itself. It was logged; try again.")

    return answer


async def _answered(make: Callable[[], Any]) -> Response:
    body = await asyncio.to_thread(lambda: _json.dump_json(make()))
    return Response(body, media_type="application/json", headers={"cache-control": "no-store"})


def _error(status: int, message: str) -> Response:
    body = _json.dump_json({"error": message})
    return Response(body, status, media_type="application/json", headers={"cache-control": "no-store"})


async def _body(request: Request) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "Edits are sent as application/json.")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise Refused(413, f"At most {LARGEST // 2**20} MiB are taken at once.")
    return bytes(body)


def _wishes(body: bytes) -> Wishes:
    try:
        if too_deep(body.decode()):
            raise Refused(400, "This request nests too deeply.")
        return Wishes.model_validate_json(body)
    except UnicodeDecodeError as error:
        raise Refused(400, "This request is not UTF-8 text.") from error
    except ValidationError as error:
        raise Refused(400, words(error)) from error


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _place(request: Request) -> tuple[str, tuple[str, ...]]:
    """The role and the path that a query names."""
    query = request.query_params
    return query.get("role", "")[:200], tuple(
        part for part in query.get("path", "")[:4000].split(".") if part
    )


@cache
def _layers() -> tuple[bytes, str]:
    body = _json.dump_json(kinds())
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
