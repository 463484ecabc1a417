"""Limits: how much of the machine runs may take. Each has a default and an environment variable that sets it."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from builder.errors import StrataError

MB = 1 << 20
PREFIX = "STRATA_"


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main_memory() -> int:
    """Bytes of main memory: the machine's, or the container's if that has less."""
    total = int(psutil.virtual_memory().total)
    try:
        told = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return total
    return min(total, int(told)) if told.isdecimal() else total


class Limits(BaseModel):
    """What runs may take of the machine. `variable(name)` is the environment variable that sets a field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slots: int = Field(
        default_factory=lambda: max(2, cores()),
        ge=1,
        le=10_000,
        description="Runs at once; by default one a core, and at least 2. Paused ones do not count",
    )
    free_memory_mb: int = Field(
        500, ge=0, le=10_000_000, description="Main memory that must be free before one more run starts"
    )
    memory_mb: int = Field(
        default_factory=lambda: max(main_memory() * 3 // 4 // MB, 256),
        ge=256,
        le=10_000_000,
        description="Main memory that one run may take; by default three quarters of the machine's (Linux only)",
    )
    training_hours: float = Field(
        24.0, gt=0, le=100_000, description="Hours that one run may train; pauses do not count"
    )
    run_disk_mb: int = Field(
        2_000, ge=1, le=100_000_000, description="Disk that the folder of one run may fill"
    )
    free_disk_mb: int = Field(
        200, ge=0, le=100_000_000, description="Disk that must stay free: no run starts or goes on below"
    )
    heartbeat_seconds: float = Field(
        10.0,
        ge=1,
        le=3600,
        description="A worker that gives no sign of life for so long is killed and started again",
    )
    hang_seconds: float = Field(
        600.0, ge=1, le=1e6, description="The same for a worker that lives, but gets no further"
    )
    idle_minutes: float = Field(
        10.0, gt=0, le=100_000, description="A paused worker that nobody asks for anything ends after so long"
    )


def variable(name: str) -> str:
    """The environment variable that sets a limit."""
    return PREFIX + name.upper()


def limits() -> Limits:
    """The limits that hold here: the defaults, and what the environment says instead.

    Raises:
        StrataError: a variable has a value that its limit cannot have.
    """
    return _read(tuple(os.environ.get(variable(name)) for name in Limits.model_fields))


@cache
def _read(told: tuple[str | None, ...]) -> Limits:
    values = {name: value for name, value in zip(Limits.model_fields, told, strict=True) if value is not None}
    return parse(values)


def parse(values: Mapping[str, str]) -> Limits:
    """Limits by name, from text.

    Raises:
        StrataError: one has a value that it cannot have.
    """
    try:
        return Limits.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise StrataError(
            f"The environment variable {variable(name)} is {values.get(name, '')!r}: {first['msg'].lower()}. "
            f"It sets: {Limits.model_fields[name].description}."
        ) from error


def cap_memory() -> None:
    """Let no more main memory be had by this process than it holds now and `memory_mb` beyond, on Linux.

    What goes beyond fails as an exception, which can be explained; the system would end the process without a word.
    """
    if not sys.platform.startswith("linux"):
        return
    import resource

    told = Path("/proc/self/status").read_text()
    held = next((int(line.split()[1]) for line in told.splitlines() if line.startswith("VmData:")), 0)
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = held * 1024 + limits().memory_mb * MB
    if most == resource.RLIM_INFINITY or wanted < most:
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))


def die_first() -> None:
    """Let this process be the first that ends when the machine runs out of memory, before the server, on Linux."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def step_back() -> None:
    """Let the server, and with it the page that shows a run, come before this process.

    Linux may weigh sessions of processes against each other and heed a priority only within one; a worker, which has a
    session of its own, would then be equal to the server in spite of it. So its session steps back too.
    """
    if not hasattr(os, "nice"):
        return
    nice = os.nice(10)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(nice))


class Watch:
    """Looks whether a run may go on, each time that a checkpoint is due; the folder is measured now and then."""

    PERIOD = 5.0
    """Seconds between two looks at the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._due = 0.0

    def check(self, elapsed: float) -> str:
        """Why a run must stop that has trained for `elapsed` seconds, naming the limit; "" if it may go on."""
        allowed = limits()
        if elapsed >= allowed.training_hours * 3600:
            return (
                f"The run has trained for {elapsed / 3600:.3g} h, and {allowed.training_hours:g} h are allowed "
                f"({variable('training_hours')}). Its last checkpoint is kept; raise the limit to go on."
            )
        if time.monotonic() < self._due:
            return ""
        self._due = time.monotonic() + self.PERIOD
        if (size := folder_size(self.folder)) > allowed.run_disk_mb * MB:
            return (
                f"The run's folder fills {size // MB:,} MB of the disk, and {allowed.run_disk_mb:,} MB are allowed "
                f"({variable('run_disk_mb')}). Its last checkpoint is kept; raise the limit to go on."
            )
        return full(self.folder)


def full(folder: Path) -> str:
    """Why nothing more may be written beside a folder: the disk is nearly full; "" if there is room."""
    free, wanted = shutil.disk_usage(folder).free, limits().free_disk_mb * MB
    if free >= wanted:
        return ""
    return (
        f"The disk is nearly full: {free // MB:,} MB are free, and {wanted // MB:,} MB must stay so "
        f"({variable('free_disk_mb')}). All that was saved is intact. Make room, then go on."
    )


def folder_size(folder: Path) -> int:
    """Bytes of all files in a folder and below."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # replaced meanwhile
            size += path.stat().st_size
    return size
