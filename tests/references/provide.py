"""Get the libraries with which ours is compared."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PLACE = ROOT / ".references"
LIST = Path(__file__).with_name("libraries.txt")
STAMP = PLACE / "libraries.txt"


def provided(patience: float = 900) -> bool:
    """Whether they are there, installed now if they were not, or are others than listed."""
    if STAMP.is_file() and STAMP.read_text() == LIST.read_text():
        return True
    print(f"Getting the networks of others, to compare with: {PLACE.name}/", flush=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--upgrade",
        "--target",
        str(PLACE),
        "-r",
        str(LIST),
    ]
    try:
        if subprocess.run(command, timeout=patience, check=False).returncode:
            return False
    except (OSError, subprocess.TimeoutExpired):
        return False
    STAMP.write_text(LIST.read_text())
    return True
