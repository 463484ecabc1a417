"""A Strata server for tests, in a process and with a home folder of its own."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Self

import psutil

ROOT = Path(__file__).resolve().parent.parent


class Server:
    """`streamlit run app.py` as a person starts it, on a free port of this machine.

    It can be killed and started again: port, home and log stay the same.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home.parent / f"{home.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, patience: float = 60) -> Self:
        """Start the server and wait until it answers."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        command += ["--server.headless=true", f"--server.port={self.port}"]
        environment = os.environ | {"STRATA_HOME": str(self.home), "PYTHONUNBUFFERED": "1"}
        environment.setdefault(
            "STRATA_SLOTS", "8"
        )  # whatever the machine: a test does not wait for another's run
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        end = time.monotonic() + patience
        while not self.healthy():
            assert self.process.poll() is None, f"the server ended: {self.logged()}"
            assert time.monotonic() < end, f"no answer within {patience} s: {self.logged()}"
            time.sleep(0.1)
        return self

    def healthy(self) -> bool:
        """Whether the server answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return answer.read() == b"ok"
        except OSError:
            return False

    def logged(self) -> str:
        """All that the server has printed."""
        return self.log.read_text(errors="replace")

    def stop(self, patience: float = 10) -> float:
        """Ask the server to end (SIGTERM); returns the seconds that it took. Its runs go on."""
        assert self.process
        began = time.monotonic()
        self.process.terminate()
        self.process.wait(patience)
        return time.monotonic() - began

    def kill(self) -> None:
        """End the server as kill -9 does. Its runs go on."""
        assert self.process
        self.process.kill()
        self.process.wait(10)

    def close(self) -> None:
        """End the server and everything that works in its home."""
        if self.process:
            self.kill()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get("STRATA_HOME") == str(self.home):
                    process.kill()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
