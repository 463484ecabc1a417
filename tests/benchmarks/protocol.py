"""Paired measurement: short blocks in random order, interleaved; the median ratio, and a control."""

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Work = Callable[[], object]
BLOCK = 0.012
CONTROL = 0.01


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    name: str
    value: float
    goal: str
    unit: str = "×"
    spread: tuple[float, float] | None = None
    control: float = 1.0
    wall: float | None = None

    def __str__(self) -> str:
        spread = f"[{self.spread[0]:.3f} … {self.spread[1]:.3f}]" if self.spread else ""
        wall = f"wall {self.wall:.3f}" if self.wall is not None else ""
        doubt = "" if abs(self.control - 1) <= CONTROL else f"INVALID: A/A control {self.control:.3f}"
        row = f"{self.name:<64} {self.value:>9.3f} {self.unit:<3} {spread:<18} {wall:<11} goal {self.goal}"
        return f"{row} {doubt}".rstrip()


def ratio(name: str, ours: Work, peer: Work, goal: str, rounds: int = 80, inverse: bool = False) -> Result:
    """CPU time of `ours` ÷ `peer` (inverse: how many times faster ours is), each in blocks of about 12 ms.

    A second series of `peer` beside it is the control; it must come within 1 % of the first.
    """
    works = {"ours": (ours, _count(ours)), "peer": (peer, count := _count(peer)), "again": (peer, count)}
    cpu: dict[str, list[float]] = {key: [] for key in works}
    wall: dict[str, list[float]] = {key: [] for key in works}
    for _ in range(rounds):
        for key in random.sample(list(works), len(works)):
            work, times = works[key]
            before, began = time.process_time(), time.perf_counter()
            for _ in range(times):
                work()
            cpu[key].append((time.process_time() - before) / times)
            wall[key].append((time.perf_counter() - began) / times)
    low, middle, high = statistics.quantiles(_over(cpu, "ours", "peer", inverse), n=4)
    control = statistics.median(_over(cpu, "again", "peer", False))
    return Result(
        name, middle, goal, "×", (low, high), control, statistics.median(_over(wall, "ours", "peer", inverse))
    )


def seconds(name: str, work: Work, goal: str, rounds: int = 15, unit: str = "ms") -> Result:
    """Wall time of `work`, the median in milliseconds."""
    work()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    low, middle, high = statistics.quantiles(times, n=4)
    return Result(name, middle, goal, unit, (low, high))


def _over(times: dict[str, list[float]], a: str, b: str, inverse: bool) -> list[float]:
    if inverse:
        a, b = b, a
    return [x / max(y, 1e-9) for x, y in zip(times[a], times[b], strict=True)]


def _count(work: Work) -> int:
    """How many calls make a block."""
    for _ in range(3):
        work()
    began = time.perf_counter()
    calls = 0
    while time.perf_counter() - began < 4 * BLOCK:
        work()
        calls += 1
    return max(1, round(calls / 4))
