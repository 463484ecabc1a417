"""The EventSource of a page: it reads the live stream, keeps what it is told, and looks for points that were lost."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from engines.runs.curves import Curves
from pages.parts.thinning import thinned

LINE = 2**24
"""The longest line that is read, in bytes."""
PATIENCE = 60.0


@dataclass
class Heard:
    """What a viewer knows of a run."""

    position: str = ""
    steps: dict[int, float | None] = field(default_factory=dict)
    """The loss of each step that was told for good."""
    status: dict[str, Any] = field(default_factory=dict)
    resets: int = 0
    """How often it was told to forget everything, though not for coarser points of a run that has become longer."""

    @property
    def stride(self) -> int:
        """How many steps become two points; 0 as long as nothing was told."""
        return int(self.position.rsplit(":", 1)[1]) if self.position else 0

    @property
    def told(self) -> int:
        """How many steps it was told for good."""
        return int(self.position.split(":")[1])


class Viewer:
    """One EventSource.

    Attributes:
        heard: by token, what is known of each run.
        faults: points that were lost or told twice, in words.
        events, bytes: how much came.
        over: whether the server has said that nothing more will come.
    """

    def __init__(self, url: str, tokens: list[str]) -> None:
        self.host, port = url.removeprefix("http://").split(":")
        self.port = int(port)
        self.tokens = tokens
        self.heard = {token: Heard() for token in tokens}
        self.faults: list[str] = []
        self.events, self.bytes, self.over = 0, 0, False
        self._last = ""
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> Self:
        """Ask for the stream, from the last event that was heard."""
        reader, self._writer = await asyncio.open_connection(self.host, self.port, limit=LINE)
        lines = [
            f"GET /api/stream?runs={','.join(self.tokens)} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            "Accept: text/event-stream",
            *([f"Last-Event-ID: {self._last}"] if self._last else []),
        ]
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        self._task = asyncio.create_task(self._listen(reader))
        return self

    def stop(self) -> None:
        """Read nothing more, as a browser that has stopped, or a laptop that is shut."""
        assert self._task
        self._task.cancel()
        self._task = None

    async def close(self) -> None:
        """Close it, at once, without a word."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._writer:
            self._writer.transport.abort()
        self._task = self._writer = None

    async def cut(self) -> None:
        """Lose the connection, and go on from the last event, as a browser does."""
        await self.close()
        await self.open()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        id, event = "", ""
        try:
            while line := await reader.readline():
                self.bytes += len(line)
                if line.startswith(b"id: "):
                    id = line[4:].decode().strip()
                elif line.startswith(b"event: "):
                    event = line[7:].decode().strip()
                elif line.startswith(b"data: "):
                    self.over = self.over or event == "over"
                    if not event:
                        self._take(json.loads(line[6:]))
                        self._last = id
                    event = ""
        except ConnectionError:
            return  # the server was killed

    def _take(self, told: dict[str, Any]) -> None:
        self.events += 1
        known = self.heard[told["run"]]
        known.status = told.get("status", known.status)
        if "position" not in told:
            return
        before = known.stride
        if told.get("reset"):
            known.steps.clear()
        elif told["from"] != known.position:
            self.faults.append(f"told from {told['from']}, but {known.position} was known")
        last = max(known.steps, default=0)
        points = told.get("steps", {"x": [], "loss": []})
        if points["x"] != sorted(set(points["x"])):
            self.faults.append("steps out of order")
        if points["x"] and points["x"][0] <= last:
            self.faults.append(f"step {points['x'][0]} after step {last}")
        known.steps.update(zip(points["x"], points["loss"], strict=True))
        known.position = told["position"]
        known.resets += bool(told.get("reset")) and not 0 < before < known.stride

    def missing(self, token: str, curves: Curves) -> str:
        """How what was heard differs from what the run has told; "" if it does not."""
        known = self.heard[token]
        if not known.position:
            return "nothing was heard"
        true = thinned(curves.steps, 0, known.told, known.stride)
        if [*known.steps] == true["x"] and [*known.steps.values()] == true["loss"]:
            return ""
        lost, more = {*true["x"]} - {*known.steps}, {*known.steps} - {*true["x"]}
        return f"{len(lost)} points lost, {len(more)} too many, of {len(true['x'])}"
