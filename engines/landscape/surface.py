"""The loss at many places of a plane, quickly: the weights are one vector that is moved, or many networks at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.func import functional_call, vmap

if TYPE_CHECKING:
    from torch import Tensor

    from engines.landscape.plane import Plane
    from engines.landscape.site import Site

Places = np.ndarray
"""Places of a plane, float64 (n, 2): α and β."""
Way = Callable[[Places], np.ndarray]
"""Computes the losses of places."""
MOST_TOGETHER, MOST_PLACES = 2**21, 1024
"""Numbers that all networks that are computed together may give in one layer; and how many these are at most."""
FEW = 64
"""Places with which a way is tried."""
LARGEST_TOGETHER = 200_000
"""Parameters of a network of which many are computed at once: beyond, starting an operation costs nothing beside it."""
LONG = 0.001
"""Seconds of one place from which on two threads are worth their while."""


class Meter:
    """Measures the loss at places of a plane, in the way that is quickest for this network; it is tried out once.

    Args:
        site: the network and its examples; its `flat` is moved, and put back.
        plane: where.
        threads: how many may compute at once, each with torch's one.
    """

    def __init__(self, site: Site, plane: Plane, threads: int = 1) -> None:
        self._site, self._plane, self._threads = site, plane, threads
        self._here = site.flat.vector.clone()
        self._count = 0
        self._ways: list[Way] = []

    def __call__(self, places: Places, told: Callable[[int], None] = lambda done: None) -> np.ndarray:
        """The loss at places, float64 (n,) from α and β (n, 2); nan where it is no finite number.

        Args:
            places: as many as you like; what is computed at once has a bound.
            told: is called with how many places are done, often; what it raises ends the work.
        """
        found = np.full(len(places), np.nan)
        with torch.inference_mode(), _single_threaded(), self._coming_back():
            if len(places) and not self._ways:
                self._choose(places)
            if self._count:
                for start in range(0, len(places), self._count):
                    part = slice(start, start + self._count)
                    found[part] = self._ways[0](places[part])
                    told(min(part.stop, len(places)))
            elif len(places):
                _in_threads(self._ways, places, found, told)
        found[~np.isfinite(found)] = np.nan
        return found

    @contextmanager
    def _coming_back(self) -> Iterator[None]:
        """The network is where it was, whatever happens."""
        try:
            yield
        finally:
            self._site.flat.move(self._here)

    def _choose(self, places: Places) -> None:
        """Try which way is the quickest."""
        alone, count = _by_hand(self._site, self._plane), _together_at_most(self._site)
        seconds = _timed(alone, places[:1])
        self._ways = [alone]
        if count > 1 and (together := _together(self._site, self._plane)):
            few = places[: min(count, FEW)]
            if _succeeds(together, few) and _timed(together, few) < len(few) * seconds:
                self._ways, self._count = [together], count
                return
        if seconds > LONG:
            others = [_by_hand(self._site.beside(), self._plane) for _ in range(self._threads - 1)]
            self._ways += others


def _in_threads(ways: list[Way], places: Places, found: np.ndarray, told: Callable[[int], None]) -> None:
    """All places, each by the next of several threads; the first of them tells how far it is."""
    over: list[bool] = []

    def work(number: int, say: Callable[[int], None]) -> None:
        with torch.inference_mode():
            for place in range(number, len(places), len(ways)):
                found[place] = ways[number](places[place : place + 1])[0]
                say(place + 1)

    def go_on(done: int) -> None:
        if over:
            raise InterruptedError

    if len(ways) == 1:
        work(0, told)
        return
    with ThreadPoolExecutor(len(ways) - 1) as pool:
        others = [pool.submit(work, number, go_on) for number in range(1, len(ways))]
        try:
            work(0, told)
        except BaseException:
            over.append(True)
            raise
        for other in others:
            other.result()


def _by_hand(site: Site, plane: Plane) -> Way:
    """Computes the loss of places one after the other."""

    def compute(places: Places) -> np.ndarray:
        values = []
        for place in places:
            site.flat.move(plane.centre, *zip(place.tolist(), plane.directions, strict=False))
            values.append(float(site.loss()))
        return np.array(values)

    return compute


def _together(site: Site, plane: Plane) -> Way | None:
    """Computes the loss of many places as one network with one more dimension; None where that does not pay."""
    flat = site.flat
    if flat.learned > LARGEST_TOGETHER or any(len(one.shape) > 2 for one in flat.pieces):
        return None
    directions = torch.stack(plane.directions)

    def loss(tensors: dict[str, Tensor]) -> Tensor:
        outputs = [functional_call(flat.model, tensors, (one,)) for one in site.batches]
        return site.objective(torch.cat(outputs), site.targets)

    every = vmap(loss)

    def compute(places: Places) -> np.ndarray:
        far = torch.from_numpy(places[:, : len(directions)]).to(directions)
        return every(flat.tensors(plane.centre + far @ directions)).double().cpu().numpy()

    return compute


def _together_at_most(site: Site) -> int:
    """How many networks are computed together."""
    widest = max([*(max(one.shape, default=1) for one in site.flat.pieces), site.inputs[0].numel()])
    numbers = max(len(site.inputs) * widest, len(site.flat.vector))
    return min(MOST_PLACES, MOST_TOGETHER // numbers)


def _succeeds(compute: Way, places: Places) -> bool:
    """Whether it can be computed so: not all layers know how to be many at once."""
    try:
        return bool(len(compute(places)))
    except (RuntimeError, ValueError, NotImplementedError):
        return False


def _timed(compute: Way, places: Places) -> float:
    """Seconds that it takes the second time: the first always takes longer."""
    took = []
    for _ in range(2):
        begun = time.perf_counter()
        compute(places)
        took.append(time.perf_counter() - begun)
    return min(took)


@contextmanager
def _single_threaded() -> Iterator[None]:
    """One thread of torch's: more of them wait for each other in networks as small as these."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
