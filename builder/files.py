"""Project files: read with suspicion, migrated, written atomically."""

import errno
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from builder.errors import BadFile
from builder.graph import MOST_NODES, shown
from builder.project import Project
from builder.uncollected import uncollected

LARGEST = 32 * 2**20
DEEPEST = 40
MIGRATIONS: list[Callable[[dict[str, Any]], dict[str, Any]]] = []
"""Append-only: the n-th turns a file of version n into one of version n + 1. Never change one that was released."""
VERSION = len(MIGRATIONS) + 1
_UP_TO_A_BRACKET = re.compile(r'(?:[^][{}"]++|"(?:[^"\\]++|\\.)*+"?)*+([][{}]?)', re.DOTALL)
"""Text in quotes, closed or not, and all else, then a bracket; without backtracking, so hostile text costs no more."""


def dumps(project: Project) -> str:
    """A project as the text of its file."""
    plain = project.model_dump(mode="json", exclude_defaults=True)
    return json.dumps({"strata": VERSION, **plain}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def loads(text: str | bytes) -> Project:
    """The project in a file's text, migrated to the present version.

    Raises:
        BadFile: it is no project file, or damaged, or too large, or of a later Strata; the message names the cause.
    """
    raw = _parsed(text)
    version = raw.pop("strata")
    for migrate in MIGRATIONS[version - 1 :]:
        raw = migrate(raw)
    try:
        return Project.model_validate(raw)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        parts = (str(part) if isinstance(part, int) else shown(part) for part in detail["loc"])
        place = ".".join(parts) or "the project"
        said = str(detail["msg"]).removeprefix("Value error, ").rstrip(".")
        got = "" if "Got " in said else f" Got {repr(detail.get('input'))[:80]}."
        raise BadFile(f"The project file is damaged: {place}: {said}.{got}") from error
    except RecursionError as error:
        raise BadFile(
            f"The project file nests its blocks too deeply; at most {DEEPEST} levels are read."
        ) from error


def load(path: str | os.PathLike[str]) -> Project:
    """The project in a file.

    Raises:
        BadFile: it cannot be read or is no project file.
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST:
            raise BadFile(f"{path.name} is larger than {LARGEST // 2**20} MiB, so it is no project file.")
        return loads(path.read_bytes())
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise BadFile(f"{path.name} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def save(project: Project, path: str | os.PathLike[str]) -> None:
    """Write a project; a crash leaves the old file or the new one, never half of it.

    Raises:
        BadFile: nothing can be written there.
    """
    path = Path(path)
    try:
        content = dumps(project).encode()
        if len(content) > LARGEST:
            raise ValueError(f"it would be larger than {LARGEST // 2**20} MiB, and could not be read again")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BadFile(f"{path.name[:80]!r} cannot be written: {reason}.") from error


def write_atomically(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Replace a file so that a reader, or a kill at any moment, finds the old content or the new, never half.

    A link is followed, and the file keeps its permissions. `durable` waits until it is on the disk, so that a power
    cut does not undo it either.

    Raises:
        OSError: it cannot be written; also where the path is a folder or a device.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_UMASK
    descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if durable and os.name != "nt":  # Windows cannot open a folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _umask() -> int:
    """The process's mask for new files, which can only be read by setting it."""
    os.umask(mask := os.umask(0o022))
    return mask


_UMASK = _umask()


def _parsed(text: str | bytes) -> dict[str, Any]:
    raw = parsed(text, "project file")
    if not isinstance(raw, dict) or type(raw.get("strata")) is not int:
        raise BadFile('The file is no Strata project: it does not begin with {"strata": version}.')
    if not 1 <= raw["strata"] <= VERSION:
        raise BadFile(
            f"The file is of version {raw['strata']}; this Strata reads versions 1 to {VERSION}. Update Strata."
        )
    return _bounded(raw)


def _bounded(raw: dict[str, Any]) -> dict[str, Any]:
    """The file, if none of its graphs and blocks has too many nodes: said before each of them is looked at."""
    waiting = [graphs for graphs in [raw.get("graphs")] if isinstance(graphs, dict)]
    while waiting:
        for name, graph in waiting.pop().items():
            inside = graph if isinstance(graph, dict) else {}
            count = len(inside["nodes"]) if isinstance(inside.get("nodes"), list) else 0
            if count > MOST_NODES:
                few = f"at most {MOST_NODES:,} are read. Use blocks."
                raise BadFile(f"Graph {name[:40]!r} has {count:,} nodes; {few}")
            if isinstance(inside.get("blocks"), dict):
                waiting.append(inside["blocks"])
    return raw


def parsed(text: str | bytes, kind: str) -> Any:
    """What JSON from anywhere says, with no doubled keys, no NaN, and no endless nesting.

    Raises:
        BadFile: it is no file of this kind.
    """
    if len(text) > LARGEST:
        raise BadFile(f"The file is larger than {LARGEST // 2**20} MiB, so it is no {kind}.")
    try:
        content = text.decode("utf-8-sig") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise BadFile(f"The file is no {kind}: it is not UTF-8 text (byte {error.start}).") from error
    if too_deep(content):
        raise BadFile(f"The file nests more than {DEEPEST} levels deep, so it is no {kind}.")
    try:
        with uncollected():
            return json.loads(content, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise BadFile(f"The file is no {kind}: it is not JSON ({error.msg}, line {error.lineno}).") from error
    except (ValueError, RecursionError) as error:
        raise BadFile(f"The file is no {kind}: {error}") from error


def too_deep(text: str) -> bool:
    """Whether brackets nest too deeply, text in quotes left out; counted before anything recursive reads it."""
    depth = 0
    for piece in _UP_TO_A_BRACKET.finditer(text):
        depth += 1 if piece[1] in ("[", "{") else -1 if piece[1] else 0
        if depth > DEEPEST:
            return True
    return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(
            f"{twice[:60]!r} stands twice in one object (a port or field can have one value only)."
        )
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number that a file may hold.")
