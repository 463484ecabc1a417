"""Working: what one unit computes, written out in numbers, and the chain rule at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engines.motion.film import Film

if TYPE_CHECKING:
    from torch import Tensor

SHOWN = 8
"""Terms of a sum that are written out; the others are added up."""
CLOSE = 1e-6


@dataclass(frozen=True)
class Term:
    """A number that the unit reads, and what it has to do with the unit."""

    source: str
    """The path of the node that gives it."""
    index: tuple[int, ...]
    """Its place in what that node gives."""
    factor: float
    """∂unit/∂it: in a weighted sum its weight."""
    value: float
    slope: float | None
    """∂L/∂it, through all units that read it; None if it is not known."""

    @property
    def product(self) -> float:
        """Weight times value."""
        return self.factor * self.value


@dataclass(frozen=True)
class Weight:
    """A parameter that the unit multiplies or adds."""

    name: str
    index: tuple[int, ...]
    value: float
    factor: float
    """∂unit/∂it: what it is multiplied with."""
    slope: float | None
    """∂L/∂it, through all units that use it."""


@dataclass(frozen=True)
class Working:
    """What one unit of a node computes."""

    path: str
    unit: tuple[int, ...]
    value: float
    terms: tuple[Term, ...]
    """What it reads, the largest contribution first: at most eight."""
    others: int
    """How many more it reads."""
    rest: float
    """What those add up to."""
    constant: float
    """What is added besides: a bias."""
    exact: bool
    """Whether the value is the sum of factor × value over all that it reads, and the constant; otherwise the factors
    are slopes: how much the unit changes when what it reads changes by a little."""
    slope: float | None
    """∂L/∂unit."""
    weights: tuple[Weight, ...]
    """The parameters that matter most to the unit, at most eight."""


def work_out(film: Film, path: str, unit: int) -> Working:
    """What a unit computes, from the node's own inputs and parameters, by autograd.

    For a weighted sum, such as a Linear or a convolution, the derivative to what is read *is* the weight, and what is
    left of the value is the bias; so this holds for every kind of layer that computes one.

    Args:
        film: the example.
        path: of the node.
        unit: its place in the flattened value.
    """
    import torch

    sources = [one for one in dict.fromkeys(film.wires[path]) if film.values[one].is_floating_point()]
    leaves = {one: film.values[one][None].clone().requires_grad_() for one in sources}
    learned = {name: one for name, one in film.module.named_parameters() if _owned(film, path, name)}
    given = _local(film, path, leaves).flatten()[unit]
    wanted = [*leaves.values(), *learned.values()]
    found: Sequence[Tensor | None] = [None] * len(wanted)
    if given.requires_grad:
        found = torch.autograd.grad(given, wanted, allow_unused=True)
    factors = dict(zip(leaves, found, strict=False))
    value = float(given.detach())
    total = sum(
        float((factor * leaves[one].detach()).sum()) for one, factor in factors.items() if factor is not None
    )
    terms, others, rest = _terms(film, factors)
    constant, slope = value - total, film.slopes.get(path)
    return Working(
        path,
        _index(unit, tuple(film.values[path].shape)),
        value,
        terms,
        others,
        rest,
        0.0 if abs(constant) < 1e-12 else constant,
        _is_sum(film, path, unit, sources, constant),
        None if slope is None else float(slope.flatten()[unit]),
        _weights(film, dict(zip(learned, found[len(leaves) :], strict=True)), learned),
    )


def _local(film: Film, path: str, leaves: dict[str, Tensor]) -> Tensor:
    """What a node gives when what it reads is replaced, (1, …); a part of autograd's graph."""
    from builder.watch import watched
    from engines.probes.sight import learning

    kept: list[Tensor] = []

    def see(one: str, value: Tensor) -> Tensor | None:
        if one == path:
            kept.append(value)
        return leaves.get(one)

    with learning(film.module), watched(film.module, see):
        film.module(*film.inputs)
    return kept[-1][0]


def _is_sum(film: Film, path: str, unit: int, sources: list[str], constant: float) -> bool:
    """Whether nothing is left of the unit but the constant when all that it reads is 0."""
    if not sources:
        return False
    import torch

    zeros = {one: torch.zeros_like(film.values[one])[None] for one in sources}
    with torch.no_grad():
        nothing = float(_local(film, path, zeros).flatten()[unit].detach())
    return abs(nothing - constant) <= CLOSE * max(1.0, abs(constant))


def _owned(film: Film, path: str, name: str) -> bool:
    """Whether a parameter belongs to a node, or to the one whose weights it shares."""
    owner, _, _ = path.rpartition(".")
    shares = film.places[path].node.shares
    home = f"{owner}.{shares}" if owner and shares else shares or path
    return name.startswith(f"{home}.")


def _terms(film: Film, factors: dict[str, Tensor | None]) -> tuple[tuple[Term, ...], int, float]:
    """The largest terms, how many others are not nothing, and their sum."""
    import torch

    found: list[Term] = []
    count, total = 0, 0.0
    for source, factor in factors.items():
        if factor is None:
            continue
        flat, values = factor[0].flatten(), film.values[source].flatten()
        products = flat * values
        used = flat != 0
        count, total = count + int(used.sum()), total + float(products.sum())
        size = products.abs() + 1e-9 * flat.abs()  # of those that are 0 the ones with a weight first
        slopes = film.slopes.get(source)
        for place in torch.topk(size, min(SHOWN, len(size))).indices.tolist():
            if bool(used[place]):
                slope = None if slopes is None else float(slopes.flatten()[place])
                index = _index(place, tuple(film.values[source].shape))
                found.append(Term(source, index, float(flat[place]), float(values[place]), slope))
    found.sort(key=lambda one: -abs(one.product))
    shown = tuple(found[:SHOWN])
    return shown, count - len(shown), total - sum(one.product for one in shown)


def _weights(
    film: Film, factors: Mapping[str, Tensor | None], learned: Mapping[str, Tensor]
) -> tuple[Weight, ...]:
    """The parameters with the largest influence on the unit."""
    import torch

    found: list[Weight] = []
    for name, factor in factors.items():
        if factor is None:
            continue
        flat, slope = factor.flatten(), film.weights.get(name)
        for place in torch.topk(flat.abs(), min(SHOWN, len(flat))).indices.tolist():
            if flat[place] != 0:
                told = None if slope is None else float(slope.flatten()[place])
                value = float(learned[name].detach().flatten()[place])
                found.append(
                    Weight(name, _index(place, tuple(factor.shape)), value, float(flat[place]), told)
                )
    found.sort(key=lambda one: -abs(one.factor))
    return tuple(found[:SHOWN])


def _index(place: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The place in a flattened array as one in the array."""
    index: list[int] = []
    for side in reversed(shape):
        index.append(place % side)
        place //= side
    return tuple(reversed(index))
