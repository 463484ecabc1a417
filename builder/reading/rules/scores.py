"""Attention that is written out: queries by keys, scaled, masked, softmax, by values."""

from dataclasses import dataclass
from typing import Any

from builder.reading.draft import Draft, Flow


@dataclass(frozen=True)
class Scores:
    """How much each query attends to each key, as far as it has been worked out."""

    query: Flow
    key: Flow
    scale: float = 1.0
    causal: bool = False
    soft: bool = False
    """Whether softmax has made weights of them."""
    dropout: float = 0.0


def scored(draft: Draft, made: Any, scores: Scores | None) -> Any:
    """What was drawn, with what it means for attention."""
    if scores is None:
        return made
    flow = made if isinstance(made, Flow) else Flow(made, draft.result, None, (draft.scope, draft.name))
    flow.scores = scores
    return flow


def hides_nothing(mask: Any) -> bool:
    """Whether a constant mask lets everything be seen."""
    import torch

    return bool(mask.all()) if mask.dtype is torch.bool else not bool(mask.any())


def is_lower(mask: Any, *, seen: bool) -> bool:
    """Whether a constant mask lets each step see itself and those before it, and no other.

    Args:
        mask: Of any number of dimensions, the last two are queries × keys.
        seen: Whether True in it means that something is seen (else that it is hidden).
    """
    import torch

    if isinstance(mask, Flow) or mask.ndim < 2 or mask.shape[-1] != mask.shape[-2]:
        return False
    steps = mask.shape[-1]
    later = torch.ones(steps, steps, dtype=torch.bool, device=mask.device).triu(1)
    if mask.dtype is torch.bool:
        return bool(((~mask if seen else mask) == later).all())
    return bool(((mask <= -1e4) == later).all()) and not bool(mask.masked_fill(later, 0).any())
