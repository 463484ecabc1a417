"""The libraries with which ours is compared: found beside the project, where `python -m tests` puts them."""

import importlib
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.references.provide import PLACE


@pytest.fixture(scope="session")
def library() -> Callable[[str], Any]:
    """`library("torchvision.models")`: the module, or the test is left out and says what is missing."""
    if PLACE.is_dir() and str(PLACE) not in sys.path:
        sys.path.append(str(PLACE))

    def found(name: str) -> Any:
        _declared()
        try:
            return importlib.import_module(name)
        except ImportError as error:
            return pytest.skip(f"{name} is not there ({error}); `python -m tests` tries to get it")

    return found


def _declared() -> None:
    """torchvision's own operators, which we need not, are declared: its wheel may be for another build of torch."""
    import torch

    if "torchvision" in sys.modules:
        return
    space = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            space.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _kept.append(space)


_kept: list[Any] = []
"""A declaration lasts as long as its library."""
