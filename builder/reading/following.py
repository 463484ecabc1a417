"""What holds around a module while it is followed: it evaluates, sizes may be unknown, and nobody else hears of it."""

import contextlib
import io
import logging
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


@contextlib.contextmanager
def evaluating(module: "nn.Module") -> "Iterator[Callable[[], None]]":
    """While it is read, dropout and batch norm behave as they do after training; then all is as it was.

    It gives what brings back the attributes that the module itself has changed meanwhile.

    Transformers do not take torch's fast path, which answers other numbers for padding than they do in training.
    """
    import torch

    modes = [(one, one.training) for one in module.modules()]
    own = {*vars(module)}
    held = [(space, {**space}) for one, _ in modes for space in (vars(one), one._buffers, one._parameters)]

    def undo() -> None:
        for space, before in held:
            space.update((name, value) for name, value in before.items() if name != "training")

    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    for one, _ in modes:
        one.training = False
    try:
        with torch.no_grad():
            yield undo
    finally:
        undo()
        torch.backends.mha.set_fastpath_enabled(fast)
        for one, training in modes:
            one.training = training
        for name in {*vars(module)} - own:  # torch.fx keeps constants there
            delattr(module, name)


def is_plain(module: "nn.Module") -> bool:
    """Whether a module is torch's own, and does what its class does: nobody hooked into it or replaced its forward."""
    hooks = [*module._forward_hooks.values(), *module._forward_pre_hooks.values()]
    own = [getattr(one, "__module__", None) or type(one).__module__ for one in hooks]
    return (
        type(module).__module__.startswith("torch.nn")
        and "forward" not in vars(module)
        and all(one.startswith("torch.") for one in own)  # as weight norm hooks in
    )


@contextlib.contextmanager
def varying_sizes() -> "Iterator[None]":
    """torch.ones(rows, columns) and its like take sizes that torch.fx follows, as torch.ones((rows, columns)) does."""
    import torch
    from torch import fx

    kept = {name: getattr(torch, name) for name in ("ones", "zeros", "empty", "rand", "randn")}

    def following(make: Any) -> Any:
        def made(*sizes: Any, **options: Any) -> Any:
            if len(sizes) > 1 and any(isinstance(one, fx.Proxy) for one in sizes):
                sizes = (sizes,)
            return make(*sizes, **options)

        return made

    for name, make in kept.items():
        setattr(torch, name, following(make))
    try:
        yield
    finally:
        for name, make in kept.items():
            setattr(torch, name, make)


def is_packing(error: BaseException) -> bool:
    """Whether code failed where it packs sequences."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(one.name in ("pack_padded_sequence", "pack_sequence") for one in frames)


@contextlib.contextmanager
def quiet() -> "Iterator[None]":
    """Without what torch says of code that it cannot follow, which is told in our words."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
