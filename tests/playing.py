"""Sessions of the Playground as tests begin them, and frames as the browser reads them."""

import json
from typing import Any

import numpy as np
import torch

from engines.playground import Settings
from engines.playground.session import Session


def session(**query: str) -> Session:
    """A session at its start, from what an address would tell."""
    return Session(Settings.read(query))


def weights(one: Session) -> dict[str, torch.Tensor]:
    """The weights of a session as they are now."""
    return {name: value.clone() for name, value in one.context.model.state_dict().items()}


def read(frame: bytes) -> tuple[dict[str, Any], np.ndarray]:
    """The header and the planes of a frame."""
    length = int.from_bytes(frame[:4], "little")
    return json.loads(frame[4 : 4 + length]), np.frombuffer(frame[4 + length :], np.uint8)


RESTS = "window.strataPlayground?.busy === false && (strataPlayground.frame || strataPlayground.refused)"
READY = f"() => {RESTS}"
"""In a browser: the Playground shows what it was asked for, and waits."""
