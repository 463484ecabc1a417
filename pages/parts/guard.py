"""Guard: refuses requests for other hosts, and tells browsers what a page of Strata may do."""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def _inline() -> str:
    """The hashes of the scripts that stand in Streamlit's own page, as a policy names them."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    hashes = [
        hashlib.sha256(script.encode()).digest()
        for script in re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    ]
    return " ".join(f"'sha256-{base64.b64encode(hash).decode()}'" for hash in hashes)


POLICY = "; ".join(
    [
        "default-src 'self'",
        # Streamlit loads the scripts of components from blobs
        f"script-src 'self' blob: 'wasm-unsafe-eval' {_inline()}",
        # Streamlit and Plotly write style attributes and style sheets
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
SAFE = ("GET", "HEAD", "OPTIONS")
HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
}
PERSON = "strata_person"
"""The cookie that tells people apart. It names nobody: the queue lets them take turns by it."""
_PERSON = re.compile(r"[0-9a-f]{32}")
A_YEAR = 365 * 86_400
FOREIGN = "This server takes changes from its own pages only."
REFUSED = "This server answers to its own name only. Open it at the address that it printed when it started."


class Guard:
    """Middleware around the whole app.

    A foreign page can make its own name point to this machine (DNS rebinding) and so read what Strata serves; its
    requests still carry that name as their Host, and are refused. It can also send requests to our own name; those that
    change something carry its Origin, and are refused.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is meant for us, and add the headers to the answer."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        if not allowed(_host(scope)):
            if scope["type"] == "http":
                return await PlainTextResponse(REFUSED, 403)(scope, receive, send)
            return await send({"type": "websocket.close", "code": 1008})
        if scope["type"] == "http" and scope["method"] not in SAFE and foreign(scope):
            return await JSONResponse({"error": FOREIGN}, 403)(scope, receive, send)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _ in message.get("headers", ())}
                more = [(name, value) for name, value in HEADERS.items() if name not in known]
                if scope["type"] == "http" and _is_page(message):
                    more.append((b"set-cookie", _cookie(scope)))
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        return await self.app(scope, receive, answer if scope["type"] == "http" else send)


def middleware(*kinds: Any) -> list[Middleware]:
    """The kinds as Starlette takes them."""
    return [Middleware(kind) for kind in kinds]


def allowed(host: str) -> bool:
    """Whether the Host of a request (name, colon, port) is one of `server.allowedHosts`; all are if none is named."""
    names = [name.strip().lower() for name in st.get_option("server.allowedHosts") or ()]
    name = host.lower().rsplit(":", 1)[0] if not host.endswith("]") else host.lower()
    return not names or "*" in names or name.strip("[]") in names


def foreign(scope: Scope) -> bool:
    """Whether a browser says that a page of somebody else makes this request; programs send no Origin."""
    origin = _header(scope, b"origin").lower()
    if not origin:
        return _header(scope, b"sec-fetch-site") in ("cross-site", "same-site")
    own = {_host(scope).lower(), _header(scope, b"x-forwarded-host").lower()} - {""}
    return origin.partition("://")[2] not in own


def person(cookies: Mapping[str, str]) -> str:
    """Who a browser's cookies say that it is, as a name from which the cookie cannot be told; "" if they do not say."""
    told = cookies.get(PERSON)
    known = isinstance(told, str) and _PERSON.fullmatch(told)
    return hashlib.sha256(told.encode()).hexdigest()[:16] if known else ""


def _is_page(message: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/html")
        for name, value in message.get("headers", ())
    )


def _cookie(scope: Scope) -> bytes:
    """The person's cookie for a year from now, or a new person's."""
    told = cookie_parser(_header(scope, b"cookie")).get(PERSON, "")
    value = told if _PERSON.fullmatch(told) else secrets.token_hex(16)
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    return f"{PERSON}={value}; Path=/; Max-Age={A_YEAR}; HttpOnly; SameSite=Lax{secure}".encode()


def _host(scope: Scope) -> str:
    return _header(scope, b"host")


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")
