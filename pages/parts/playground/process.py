"""Process: the server's end of the pipe to the process that trains what people play with."""

from __future__ import annotations

import asyncio
import itertools
import json

from builder.errors import StrataError
from engines.runs.child import Child

PATIENCE = 60.0
"""Seconds that an answer may take: the process loads torch first."""
MOST_WAITING = 200
"""Requests that may wait at once; each tab has one."""
CROWDED = "Very many play at this moment, or with very large networks. Try again in a while."


class Busy(StrataError):
    """No answer can be had now."""


class PlaygroundProcess:
    """One process, started when it is first asked, and again if it has ended. It ends with us: its input closes.

    Attributes:
        child: the one that runs, or ran last; None before the first request.
    """

    def __init__(self) -> None:
        self.child: Child | None = None
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._numbers = itertools.count()
        self._starting = asyncio.Lock()
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def ask(self, request: bytes) -> bytes:
        """The answer to a request (see engines/playground/asked.py).

        Raises:
            Busy: too many wait, or the process has ended meanwhile.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise Busy(CROWDED)
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            writer = await self._running()
            writer.write(json.dumps({"id": number, "bytes": len(request)}).encode() + b"\n" + request)
            await writer.drain()
            return await asyncio.wait_for(answer, PATIENCE)
        except TimeoutError:
            raise Busy(CROWDED) from None
        except (OSError, EOFError, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and not answer.cancelled():
                raise
            raise Busy("The process that trains has ended. It starts again; go on.") from None
        finally:
            self._waiting.pop(number, None)

    async def _running(self) -> asyncio.StreamWriter:
        async with self._starting:
            if self._writer is None or self._reading is None or self._reading.done():
                self.child = Child("engines.playground")
                await asyncio.to_thread(self.child.meet)
                reader, self._writer = await asyncio.open_unix_connection(sock=self.child.socket)
                self._reading = asyncio.create_task(self._read(self.child, reader, self._writer))
            return self._writer

    async def _read(self, child: Child, news: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand each answer to whoever waits for it; when the process ends, tell all of them."""
        try:
            while line := await news.readline():
                row = json.loads(line)
                answer = await news.readexactly(row["bytes"])
                waiting = self._waiting.get(row["id"])
                if waiting and not waiting.done():
                    waiting.set_result(answer)
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            pass
        writer.close()
        await asyncio.to_thread(child.close)
        for waiting in [*self._waiting.values()]:
            waiting.cancel()

    async def close(self) -> None:
        """End the process; whoever waits for it is told."""
        if self.child:
            self.child.kill()
        if self._reading:
            await self._reading
