"""The sanity check: a map that stays as it is when the weights are shuffled tells nothing of what was learned.

Adebayo et al. (2018), Sanity checks for saliency maps: cascading randomisation.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engines.attribution.method import Method
    from engines.attribution.question import Question

MOST = 8
"""Stages that are tried at most."""


def sanity(method: Method, question: Question, seed: int = 0) -> list[tuple[str, float]]:
    """How alike the map remains while layers lose what they learned, from the output back to the input.

    Returns:
        Pairs of the layer up to which the weights were drawn anew and the rank correlation (Spearman) of the sizes in
        the map with those in the map of the trained network: 1 is the same order, 0 none at all.
    """
    import torch
    from scipy.stats import spearmanr

    from engines.probes.look import layers_of

    usual = method.relevance(question).abs().flatten().cpu().numpy()
    other = copy.deepcopy(question.module)
    learned = [(path, one) for path, one in layers_of(other) if [*one.parameters()]][::-1]
    told_at = {
        round(stage * (len(learned) - 1) / max(min(MOST, len(learned)) - 1, 1)) for stage in range(MOST)
    }
    draw, found = torch.Generator().manual_seed(seed), []
    for place, (path, layer) in enumerate(learned):
        for parameter in layer.parameters():
            spread = float(parameter.detach().std(correction=0)) or 1.0
            with torch.no_grad():
                parameter.copy_(torch.randn(parameter.shape, generator=draw) * spread)
        if place in told_at:
            now = method.relevance(question.of(other)).abs().flatten().cpu().numpy()
            still = usual.std() == 0 or now.std() == 0
            found.append((path, 0.0 if still else float(spearmanr(usual, now).statistic)))
    return found
