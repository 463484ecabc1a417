"""A person's browser, as far as the server sees it: a websocket that speaks Streamlit's protocol, and its page.

Nothing is drawn, so one process can be a class. All else is as in a browser: the address, the cookie, the values of all
widgets with every request, and the same session again when a lost connection comes back.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

PATIENCE = 60.0
"""Seconds after which a page that has not come counts as lost."""
NO_TOKEN = "PLACEHOLDER_AUTH_TOKEN"
"""What Streamlit's browser side sends where nobody has signed in."""


class Session:
    """One person at one page.

    Attributes:
        latencies: of each rerun that was asked for, in seconds, from the request to the page's end.
        bytes: received in all.
        faults: what went wrong, in words.
        tokens: of the runs that the page watches.
    """

    def __init__(self, url: str, page: str, query: str) -> None:
        self.url, self.page, self.query = url, page, query
        self.latencies: list[float] = []
        self.bytes = 0
        self.faults: list[str] = []
        self.tokens: list[str] = []
        self.elements: dict[str, Any] = {}
        """What the page shows that has a key or a value, by its id."""
        self._id, self._hash = "", ""
        self._person = secrets.token_hex(16)
        self._values: dict[str, WidgetState] = {}
        self._socket: ClientConnection | None = None

    async def open(self) -> Self:
        """Connect, and wait for the page."""
        await self._connect()
        await self._rerun()
        return self

    async def close(self) -> None:
        """Close the tab."""
        if self._socket:
            await self._socket.close()

    async def cut(self) -> None:
        """Lose the connection as a laptop does that is shut, connect again, and wait for the page."""
        assert self._socket
        self._socket.transport.abort()
        await self._socket.wait_closed()
        await self._connect()
        await self._rerun()

    async def rerun(self, values: Mapping[str, Any]) -> float:
        """Let the page run again with other values of widgets (by id); the seconds until it stands."""
        for id, value in values.items():
            self._put(id, value)
        taken = await self._rerun()
        self.latencies.append(taken)
        return taken

    def find(self, key: str) -> Any:
        """The element whose key begins so; None if the page shows none."""
        return next((one for id, one in self.elements.items() if id.split("-", 2)[2].startswith(key)), None)

    async def _connect(self) -> None:
        known = ["streamlit", NO_TOKEN, self._id] if self._id else ["streamlit", NO_TOKEN]
        self._socket = await connect(
            f"{self.url.replace('http', 'ws', 1)}/_stcore/stream",
            origin=self.url,  # type: ignore[arg-type]
            subprotocols=known,  # type: ignore[arg-type]
            additional_headers={"Cookie": f"strata_person={self._person}"},
            open_timeout=PATIENCE,
            max_size=None,
        )

    def _put(self, id: str, value: Any) -> None:
        """Set the value of a widget, as a person or a script of ours does."""
        one = self._values[id] = WidgetState(id=id)
        if isinstance(value, dict):
            one.json_value = json.dumps(value)
        elif isinstance(value, bool):
            one.bool_value = value
        elif isinstance(value, list):
            one.string_array_value.data.extend(value)
        elif isinstance(value, str):
            one.string_value = value
        else:
            one.double_value = value

    async def _rerun(self) -> float:
        state = ClientState(query_string=self.query, page_script_hash=self._hash)
        state.page_name = "" if self._hash else self.page
        state.widget_states.widgets.extend(
            one for id, one in self._values.items() if id in self.elements or not self.elements
        )
        state.context_info.url = f"{self.url}/{self.page}?{self.query}"
        state.context_info.timezone, state.context_info.locale = "Europe/Berlin", "de-DE"
        assert self._socket
        began = time.perf_counter()
        await self._socket.send(BackMsg(rerun_script=state).SerializeToString())
        await asyncio.wait_for(self._page(), PATIENCE)
        return time.perf_counter() - began

    async def _page(self) -> None:
        """Take in all that makes the page, until the script has finished."""
        assert self._socket
        while True:
            data = await self._socket.recv()
            self.bytes += len(data)
            message = ForwardMsg.FromString(data)  # type: ignore[arg-type]
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.elements, self.tokens = {}, []
                self._id = message.new_session.initialize.session_id
            elif kind == "navigation":
                self._hash = message.navigation.page_script_hash
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self._take(message.delta.new_element)
            elif kind == "delta" and (id := message.delta.add_block.expandable.id):
                self.elements[id] = message.delta.add_block.expandable
            elif kind == "script_finished" and message.script_finished == 0:
                return

    def _take(self, told: Any) -> None:
        kind = told.WhichOneof("type")
        element = getattr(told, kind)
        if kind == "exception":
            self.faults.append(f"exception on the page: {element.type} {element.message}")
        if not getattr(element, "id", ""):
            return
        self.elements[element.id] = element
        if kind == "bidi_component":
            token = json.loads(element.json or "{}").get("token")
            if token and token not in self.tokens:
                self.tokens.append(token)
        elif element.id not in self._values and (value := _first(kind, element)) is not None:
            self._put(element.id, value)


def _first(kind: str, element: Any) -> Any:
    """What a browser tells of a widget that nobody has touched."""
    if kind == "number_input":
        return element.default if element.HasField("default") else None
    if kind == "selectbox":
        return element.options[element.default] if element.HasField("default") else None
    if kind == "slider" and element.options:
        return [element.options[int(place)] for place in element.default]
    return element.default if kind in ("text_input", "checkbox") else None
