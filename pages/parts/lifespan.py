"""What lives as long as the server: the forkserver, the keeper, and torch, loaded while nobody waits for it."""

import gc
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from builder.graph import Graph, Node
from engines import aside
from engines.runs import keeper
from engines.runs.launch import Forkserver
from engines.runs.limits import limits
from engines.workspace import Workspace
from pages.parts.playground.routes import process

over = threading.Event()
"""Set when the server is to end: whatever waits for something must stop waiting."""
painted = threading.Event()
"""Set when a page has been shown."""
warm = threading.Event()
"""Set when torch is loaded, so that a page may use it without making anybody wait."""
begun = threading.Event()
"""Set when the server has begun to live; without one (in a test) nothing is loaded ahead."""
HAND_OVER = 0.0005
"""Seconds after which a thread that computes lets another one on. The event loop asks for its turn at each message that
it sends: with Python's 5 ms it takes half a second to send a page while another one is drawn."""
PATIENCE = 3.0
"""Seconds after which torch is loaded though nobody has come."""


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Start what the app needs; end it when the server ends. Runs go on."""
    limits()  # an environment variable that says nonsense is told now, in words
    begun.set()
    _keep_scripts_in_reach()
    _answer_at_once()
    sys.setswitchinterval(HAND_OVER)
    workspace = Workspace()
    forkserver = Forkserver()
    forkserver.start()
    _end_on(signal.SIGTERM)
    _end_on(signal.SIGINT)
    threading.Thread(target=keeper.watch, args=(workspace, over), daemon=True, name="keeper").start()
    threading.Thread(target=_warm, daemon=True, name="warm").start()
    _freeze()
    yield
    over.set()
    aside.close()
    await process.close()
    forkserver.close()


def torch_is_ready() -> bool:
    """Whether shapes can be had at once; where nothing loads torch ahead, whoever needs it waits for it."""
    return warm.is_set() or not begun.is_set()


def _keep_scripts_in_reach() -> None:
    """Keep Streamlit from changing where modules are looked for while another thread imports one.

    It puts the folder of its script first before each rerun, unless it is known, and takes it away afterwards: whoever
    goes through the places just then leaves one out, and a module that is there is not found.
    """
    folder = str(Path(__file__).parent)
    if folder not in sys.path:
        sys.path.append(folder)


def _answer_at_once() -> None:
    """Let no answer wait for the browser to confirm its headers, 40 ms each time.

    asyncio sees to that, but not for a socket that Streamlit opened; what is accepted has the options of the one that
    listens.
    """
    for one in gc.get_objects():
        if type(one) is socket.socket and one.family in (socket.AF_INET, socket.AF_INET6):
            with suppress(OSError):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _end_on(number: signal.Signals) -> None:
    """Tell open streams to end before the server waits for them."""
    if threading.current_thread() is not threading.main_thread():
        return
    before = signal.getsignal(number)

    def end(number: int, frame: Any) -> None:
        over.set()
        if callable(before):
            before(number, frame)

    signal.signal(number, end)


def _freeze() -> None:
    """Let collections look at no module again, which would stop everybody; only at what came after.

    The last collection, of nothing, tells Python how little there is now. It collects the oldest objects only when a
    quarter has been added to them; measured by what was frozen, sessions that have ended would be kept for hours.
    """
    gc.collect()
    gc.freeze()
    gc.collect()


def _warm() -> None:
    """Load what the pages need a moment later, once the first page is on the screen."""
    painted.wait(PATIENCE)
    if over.wait(0.3):
        return
    import torch

    import builder.shapes
    import engines.data
    import engines.supervised  # noqa: F401

    torch.set_num_threads(1)  # pages are drawn beside each other, and beside what trains
    # the first layer that is tried loads as much of torch again
    image = Node(id="image", kind="Input")
    builder.shapes.infer(Graph(nodes=(image, Node(id="layer", kind="Linear", inputs={"input": "image"}))))
    _freeze()
    warm.set()
