"""Pages are drawn in turns: two that are drawn at once both take as long as both together, and longer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 0.25
"""Seconds after which a page is drawn beside one that takes long."""
_turn = threading.Lock()


@contextmanager
def turn() -> Iterator[None]:
    """Wait until no other page is being drawn, for a while."""
    mine = _turn.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if mine:
            _turn.release()
