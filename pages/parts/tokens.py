"""Tokens: the address of a run's stream cannot be guessed, and stays the same when the server starts again."""

import hashlib
import hmac
import os
import secrets
from functools import cache
from pathlib import Path

from builder.errors import BadFile
from engines.runs.run import Run
from engines.workspace import Workspace


def token(run: Run) -> str:
    """The token of a run: its id and a keyed hash of it."""
    return f"{run.id}.{_hash(run.id)}"


def run_of(token: str) -> Run:
    """The run that a token leads to.

    Raises:
        BadFile: it leads to none.
    """
    id, _, hash = token.rpartition(".")
    if not id or not hmac.compare_digest(hash.encode(), _hash(id).encode()):
        raise BadFile("There is no such run.")
    return Workspace().run(id)


def _hash(id: str) -> str:
    return hmac.new(_secret(Workspace().home), id.encode(), hashlib.sha256).hexdigest()[:32]


@cache
def _secret(home: Path) -> bytes:
    """The key of this home folder, made when it is first needed and readable for its owner alone."""
    path = home / "secret"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(key := secrets.token_bytes(32))
    return key
