"""Run every test, slow and browser tests included: `python -m tests [arguments for pytest]`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests import browser
from tests.references import provide as references

ROOT = Path(__file__).resolve().parent.parent
WORKERS = min(2, os.cpu_count() or 1)


def main(arguments: Sequence[str]) -> int:
    """Provide a browser and the networks of others, then run pytest; returns its exit code."""
    environment = dict(os.environ)
    if path := provided():
        environment["CHROMIUM"] = path
        print(f"Browser: {path}", flush=True)
    else:
        print(
            "NO BROWSER. None was found, and none could be installed: the browser tests WILL FAIL.\n"
            "Install Chromium or Google Chrome, or set the environment variable CHROMIUM to its path.",
            flush=True,
        )
    if not references.provided():
        print(
            "NO NETWORKS OF OTHERS to compare with: they could not be installed, and those comparisons are left out.",
            flush=True,
        )
    command = [sys.executable, "-m", "pytest", f"--numprocesses={WORKERS}", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def provided() -> str:
    """A Chromium that starts, installed now if there was none; "" if nothing helped."""
    if path := browser.find():
        return path
    for install in installers():
        print("Getting a browser:", " ".join(install), flush=True)
        if succeeds(install) and (path := browser.find()):
            return path
    return ""


def installers() -> Iterator[list[str]]:
    """Commands that may bring a Chromium, best first: Playwright's own, then Debian's with all that it needs."""
    yield [sys.executable, "-m", "playwright", "install", "chromium"]
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        yield ["sh", "-c", "apt-get update -q && apt-get install -qy --no-install-recommends chromium"]


def succeeds(command: Sequence[str], patience: float = 600) -> bool:
    """Run a command that may fail; whether it did what it should within this many seconds."""
    environment = os.environ | {
        "DEBIAN_FRONTEND": "noninteractive",
        "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "20000",
    }
    try:
        return subprocess.run(command, env=environment, timeout=patience, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
