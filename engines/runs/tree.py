"""Nested values with tensors in them, taken apart into JSON and named tensors and put together again, to the bit."""

from __future__ import annotations

from typing import Any

from torch import Tensor


def take_apart(tree: Any) -> tuple[Any, dict[str, Tensor]]:
    """The tree as JSON in which {"$tensor": name} stands for each tensor, and the tensors by name.

    Tuples and dictionaries whose keys are not text, which JSON lacks, are marked too. A name is the path to the tensor.

    Raises:
        TypeError: the tree holds something other than JSON values, tuples and tensors.
    """
    tensors: dict[str, Tensor] = {}
    return _apart(tree, (), tensors), tensors


def _apart(value: Any, path: tuple[str, ...], tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        tensors["/".join(path)] = value
        return {"$tensor": "/".join(path)}
    if isinstance(value, dict):
        items = [(key, _apart(item, (*path, str(key)), tensors)) for key, item in value.items()]
        if all(isinstance(key, str) and not key.startswith("$") for key, _ in items):
            return dict(items)
        return {"$items": [list(item) for item in items]}
    if isinstance(value, list | tuple):
        parts = [_apart(item, (*path, str(index)), tensors) for index, item in enumerate(value)]
        return parts if isinstance(value, list) else {"$tuple": parts}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a {type(value).__name__} cannot be kept in a checkpoint (at {'/'.join(path)})")


def put_together(value: Any, tensors: dict[str, Tensor]) -> Any:
    """The tree that `take_apart` took apart."""
    if isinstance(value, list):
        return [put_together(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    if "$tensor" in value:
        return tensors[value["$tensor"]]
    if "$tuple" in value:
        return tuple(put_together(item, tensors) for item in value["$tuple"])
    if "$items" in value:
        return {key: put_together(item, tensors) for key, item in value["$items"]}
    return {key: put_together(item, tensors) for key, item in value.items()}
