"""Watching: what each node of a compiled network gives, as it gives it, functional nodes and nodes in blocks too.

The source of a network assigns what each node gives to a variable of the node's name. While a network is watched, its
modules run that very source with one call more behind each assignment; nothing stays behind, not even an empty hook.
"""

from __future__ import annotations

import ast
import builtins
import copy
import linecache
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import MethodType
from typing import TYPE_CHECKING, Any

from builder.modules import known
from builder.source import CLASS

if TYPE_CHECKING:
    from torch import Tensor, nn

    See = Callable[[str, Tensor], Tensor | None]

_TELL = "_tell"
"""The name of the call in the watched source; no node is called so, for ids begin with a letter."""
_locks: weakref.WeakKeyDictionary[Any, threading.RLock] = weakref.WeakKeyDictionary()
_making = threading.Lock()


@contextmanager
def watched(network: nn.Module, see: See) -> Iterator[None]:
    """Tell what each node gives whenever this thread runs the network, as long as this lasts.

    Args:
        network: as `compile` made it. Others who watch the same one wait; others who only run it are not seen.
        see: is given the node's path and what it gives: `image` (an Input), `conv1`, `residual1.0.conv1` (a node in a
            block, of which this is the first repeat); `lstm1__hidden` is a further output. A tensor that it returns
            goes on in place of what the node gave.

    Raises:
        ValueError: the network was not compiled from a graph.
    """
    owner = threading.get_ident()

    def tell(path: str, value: Any) -> Any:
        import torch

        if threading.get_ident() != owner or not isinstance(value, torch.Tensor):
            return value
        other = see(path, value)
        return value if other is None else other

    with _lock(network):
        forwards = _forwards(_text(network))
        bound = [(path, one) for path, one in network.named_modules() if _is_network(one)]
        try:
            for path, one in bound:
                prefix = f"{path}." if path else ""
                plain = forwards[type(one).__name__]
                one.forward = MethodType(_telling(plain, prefix, tell), one)
            yield
        finally:
            for _, one in bound:
                one.__dict__.pop("forward", None)


def copied(network: nn.Module) -> nn.Module:
    """A deep copy of a network that others may be watching, of which nothing must stay in the copy."""
    with _lock(network):
        return copy.deepcopy(network)


def _lock(network: nn.Module) -> threading.RLock:
    with _making:
        return _locks.setdefault(network, threading.RLock())


def _is_network(module: nn.Module) -> bool:
    """Whether it is the network itself or a block, and not a module that was pasted into the source."""
    kind = type(module)
    return kind.__module__ == "strata_network" and not known(kind.__name__)


def _text(network: nn.Module) -> str:
    name = type(network).forward.__code__.co_filename
    text = "".join(linecache.getlines(name)) if name.startswith("<strata ") else ""
    if not text:
        raise ValueError("Only a network that was compiled from a graph can be watched.")
    return text


def _telling(forward: Any, prefix: str, tell: Callable[[str, Any], Any]) -> Any:
    """The watched forward of one module: it tells the paths of its nodes."""

    def run(self: Any, *inputs: Any) -> Any:
        return forward(self, *inputs, **{_TELL: lambda name, value: tell(prefix + name, value)})

    return run


@lru_cache(16)
def _forwards(text: str) -> dict[str, Any]:
    """The watched forward of each network and block in a source, by class name."""
    tree = ast.parse(text)
    classes = [one for one in tree.body if isinstance(one, ast.ClassDef) and not known(one.name)]
    for one in classes:
        for method in one.body:
            if isinstance(method, ast.FunctionDef) and method.name == "forward":
                _watch(method, one.name == CLASS)
    world: dict[str, Any] = {"__name__": "strata_watched"}
    exec(builtins.compile(ast.fix_missing_locations(tree), "<strata watched>", "exec"), world)  # noqa: S102
    return {one.name: world[one.name].forward for one in classes}


def _watch(forward: ast.FunctionDef, outermost: bool) -> None:
    """Add a call behind each assignment, and one for each input of the outermost network."""
    inputs = [one.arg for one in forward.args.args[1:]] if outermost else []
    forward.args.kwonlyargs.append(ast.arg(_TELL))
    forward.args.kw_defaults.append(None)
    forward.body = [*map(_told, inputs), *(later for one in forward.body for later in _followed(one))]


def _followed(statement: ast.stmt) -> Iterator[ast.stmt]:
    if isinstance(statement, ast.For):  # the repeats of a block with several inputs
        statement.body = [later for one in statement.body for later in _followed(one)]
    yield statement
    if isinstance(statement, ast.Assign):
        names = [one for target in statement.targets for one in ast.walk(target) if isinstance(one, ast.Name)]
        _name_first(statement.targets[0], names)
        yield from (_told(one.id) for one in names if one.id != "_")


def _name_first(target: ast.expr, names: list[ast.Name]) -> None:
    """Name the first output of a node after it, though nobody reads it: `_, lstm1__hidden = …`."""
    first = target.elts[0] if isinstance(target, ast.Tuple) else None
    node = next((one.id.rpartition("__")[0] for one in names if "__" in one.id), "")
    if node and isinstance(first, ast.Name) and first.id == "_":
        first.id = node


def _told(name: str) -> ast.stmt:
    call = ast.Call(ast.Name(_TELL, ast.Load()), [ast.Constant(name), ast.Name(name, ast.Load())], [])
    return ast.Assign([ast.Name(name, ast.Store())], call)
