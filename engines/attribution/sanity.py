"""The sanity check: a map that stays as it is when the weights are drawn anew tells nothing of what was learned.

Adebayo et al. (2018), Sanity checks for saliency maps: cascading randomisation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engines.aside import tell

if TYPE_CHECKING:
    from torch import Generator, nn

    from engines.attribution.method import Method
    from engines.attribution.question import Question

MOST = 8
"""Stages that are tried at most."""
DRAWS = 5


@dataclass(frozen=True, eq=False)
class Sanity:
    """What becomes of a map while layers lose what they learned, from the output back to the input."""

    layers: list[str]
    """Up to which layer the weights were drawn anew, stage by stage."""
    alike: np.ndarray
    """Rank correlation (Spearman) of the sizes in the map with those of the trained network's, (draws, stages).

    1 is the same order, 0 none at all. It tells whether the map lies at the same places.
    """
    signed: np.ndarray
    """The same of the numbers themselves, (draws, stages): whether the same speaks for and against as well."""
    maps: np.ndarray
    """The trained network's map and those of the first draw, (1 + stages, …)."""


def sanity(method: Method, question: Question, draws: int = DRAWS, seed: int = 0) -> Sanity:
    """Draw the weights of more and more layers anew, several times, and compare the maps with that of the network."""
    import torch

    usual = _map(method, question)
    layers: list[str] = []
    alike, signed, maps = [], [], [usual]
    for number in range(draws):
        draw = torch.Generator().manual_seed(seed + number)
        rows, with_signs = [], []
        for path, share, module in _stages(question.module, draw):
            tell((number + share) / draws, f"Draw {number + 1} of {draws}, shuffled back to {path}")
            now = _map(method, question.of(module))
            rows.append(_correlation(np.abs(usual), np.abs(now)))
            with_signs.append(_correlation(usual, now))
            if number == 0:
                layers.append(path)
                maps.append(now)
        alike.append(rows)
        signed.append(with_signs)
    return Sanity(layers, np.array(alike), np.array(signed), np.stack(maps))


def _stages(module: nn.Module, draw: Generator) -> Iterator[tuple[str, float, nn.Module]]:
    """A copy of the network that loses one layer after the other, and how far that is."""
    import torch

    from builder.watch import copied
    from engines.probes.look import layers_of

    other = copied(module)
    learned = [(path, one) for path, one in layers_of(other) if [*one.parameters()]][::-1]
    last, few = len(learned) - 1, min(MOST, len(learned))
    told_at = {round(stage * last / max(few - 1, 1)) for stage in range(few)} | {last}
    for place, (path, layer) in enumerate(learned):
        for parameter in layer.parameters():
            spread = float(parameter.detach().std(correction=0)) or 1.0
            with torch.no_grad():
                parameter.copy_(torch.randn(parameter.shape, generator=draw) * spread)
        if place in told_at:
            yield path, place / len(learned), other


def _map(method: Method, question: Question) -> np.ndarray:
    return np.asarray(method.relevance(question).double().cpu().numpy())


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Of ranks; 0 where one of the two is the same everywhere, or no number."""
    from scipy.stats import spearmanr

    one, other = one.ravel(), other.ravel()
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.nan_to_num(spearmanr(one, other).statistic))
