"""Modules of ours that torch lacks: imported by name when training, pasted into exported source."""

import ast
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

Texts = dict[str, str]
"""Names that a file defines, and the text of each definition."""


def ours(name: str) -> Any:
    """The class of this name in one of the files of this package; None if there is none. Imports torch."""
    found = _file(name)
    return getattr(importlib.import_module(f"{__name__}.{found}"), name) if found else None


def known(name: str) -> bool:
    """Whether a file of this package defines this name."""
    return bool(_file(name))


def pasted(names: Iterable[str]) -> list[str]:
    """The texts of these classes and of what they use of their files, each once, what is used first."""
    found: Texts = {}
    for name in names:
        texts = _definitions()[_file(name)]
        found |= {one: texts[one] for one in _needed(name, texts)}
    return [*found.values()]


def _file(name: str) -> str:
    return next((file for file, texts in _definitions().items() if name in texts), "")


@cache
def _definitions() -> dict[str, Texts]:
    """What each file defines, read from its text: for that nothing need be imported."""
    folders = [Path(folder) for folder in __path__]
    names = sorted(file.name for file in pkgutil.iter_modules(__path__))
    return {
        name: dict(_defined((folder / f"{name}.py").read_text(encoding="utf-8")))
        for folder in folders
        for name in names
    }


def _defined(text: str) -> Iterator[tuple[str, str]]:
    """Classes, functions and constants."""
    lines = text.splitlines()
    for statement in ast.parse(text).body:
        match statement:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                first = min([statement.lineno, *(one.lineno for one in statement.decorator_list)])
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                first = statement.lineno
            case _:
                continue
        yield name, "\n".join(lines[first - 1 : statement.end_lineno])


def _needed(name: str, texts: Texts) -> Iterator[str]:
    """The names that a definition uses of its file, before itself."""
    used = {node.id for node in ast.walk(ast.parse(texts[name])) if isinstance(node, ast.Name)}
    for other in texts:
        if other in used and other != name:
            yield from _needed(other, texts)
    yield name
