"""Process: the server's end of the pipe to the process that trains what people play with."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from pathlib import Path

from builder.errors import StrataError

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0
"""Seconds that an answer may take: the process loads torch first."""
MOST_WAITING = 200
"""Requests that may wait at once; each tab has one."""


class Busy(StrataError):
    """No answer can be had now."""


class PlaygroundProcess:
    """One process, started when it is first asked, and again if it has ended. It ends with us: its input closes.

    Attributes:
        process: the one that runs, or ran last; None before the first request.
    """

    def __init__(self) -> None:
        self.process: asyncio.subprocess.Process | None = None
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._numbers = itertools.count()
        self._starting = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None

    async def ask(self, request: bytes) -> bytes:
        """The answer to a request (see engines/playground/asked.py).

        Raises:
            Busy: too many wait, or the process has ended meanwhile.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise Busy("Very many play at this moment. Try again in a while.")
        process = await self._running()
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            assert process.stdin
            process.stdin.write(json.dumps({"id": number, "bytes": len(request)}).encode() + b"\n" + request)
            await process.stdin.drain()
            return await asyncio.wait_for(answer, PATIENCE)
        except (OSError, TimeoutError, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and not answer.cancelled():
                raise
            raise Busy("The process that trains has ended. It starts again; go on.") from None
        finally:
            self._waiting.pop(number, None)

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self.process is None or self.process.returncode is not None:
                path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
                self.process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "engines.playground",
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    start_new_session=True,
                    env={**os.environ, "PYTHONPATH": path},
                )
                self._reading = asyncio.create_task(self._read(self.process))
            return self.process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Hand each answer to whoever waits for it; when the process ends, tell all of them."""
        assert process.stdout
        try:
            while line := await process.stdout.readline():
                row = json.loads(line)
                answer = await process.stdout.readexactly(row["bytes"])
                waiting = self._waiting.get(row["id"])
                if waiting and not waiting.done():
                    waiting.set_result(answer)
        except (asyncio.IncompleteReadError, ValueError):
            pass
        await process.wait()
        for waiting in [*self._waiting.values()]:
            waiting.cancel()

    async def close(self) -> None:
        """End the process; whoever waits for it is told."""
        if self.process and self.process.returncode is None:
            self.process.kill()
        if self._reading:
            await self._reading
