"""Requests to the routes of the app, in this process: what a browser sends, and what nobody should."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.types import Message

from pages.parts.documents.board import board
from pages.parts.guard import Guard

HOST = "127.0.0.1:8501"
app = Guard(Starlette(routes=board()))


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def ask(address: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
    """What the app answers to a request; `content_type` is the header content-type."""
    path, _, query = address.partition("?")
    named = {"host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "server": ("127.0.0.1", 8501),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }
    parts = [body[start : start + 65536] for start in range(0, len(body), 65536)] or [b""]
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))


def post(address: str, content: Any, **headers: str) -> Answer:
    """POST of JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return ask(address, "POST", body, **{"content_type": "application/json", **headers})
