"""Reading in a process of its own: what a stranger's file costs or breaks there, nobody else feels."""

import subprocess
import sys
import tempfile
from pathlib import Path

from builder.errors import BadFile
from builder.files import load
from builder.project import Project

PATIENCE = 180.0
"""Seconds that reading, and running beside the original, may take."""
ROOT = Path(__file__).resolve().parents[2]


def read_apart(content: bytes, name: str, seconds: float = PATIENCE) -> Project:
    """The project that `python -m builder read` makes of a file: ONNX or Keras JSON.

    Raises:
        BadFile: it is refused, or takes too long.
    """
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "network", Path(folder) / "project.json"
        file.write_bytes(content)
        command = [sys.executable, "-m", "builder", "read", str(file), "-o", str(out)]
        try:
            answer = subprocess.run(
                command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired as error:
            minutes = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
            way = "Read it from the command line: python -m builder read FILE -o project.json."
            raise BadFile(f"Reading the file took longer than {minutes}, so it was stopped. {way}") from error
        if not out.exists():
            last = answer.stderr.strip().rpartition("\n")[2][:500]
            raise BadFile(
                last if answer.returncode == 1 and last else "Reading the file failed; it may be damaged."
            )
        return load(out).with_fields(name=Path(name).stem.strip()[:120] or "Network")
