"""Attention: which step looks at which, head by head."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from engines.probes.probe import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from engines.probes.probe import Arrays
    from engines.probes.sight import Call, Sight


class Attention(Probe):
    """How much each step takes from each other one, for the pinned example."""

    kept: ClassVar[dict[str, str]] = {
        "weights": "of an attention: (heads, steps that look, steps that are looked at), rows sum to 1"
    }

    def arrays(self, sight: Sight) -> Arrays:
        """The weights of every attention, those in layers of transformers too."""
        found = {("weights", path): weights(call) for path, call in sight.calls.items()}
        return {key: one for key, one in found.items() if one is not None}


def weights(call: Call) -> Tensor | None:
    """The weights (heads, to, from) with which a module attended for the first example; None if it does not attend."""
    import torch
    from torch import nn

    from builder.modules.attention import AdditiveAttention, ScaledDotProductAttention

    named = dict(call.named)
    with torch.no_grad():
        if isinstance(call.module, nn.MultiheadAttention):
            named |= {"need_weights": True, "average_attn_weights": False}
            told = cast("Tensor", call.module.forward(*call.inputs, **named)[1])
        elif _is(call.module, ScaledDotProductAttention):
            told = call.module.forward(*call.inputs, **{**named, "need_weights": True})[1]
        elif _is(call.module, AdditiveAttention):
            told = call.output[1].unflatten(0, (-1, 1))
        else:
            return None
    return told[0].reshape(-1, *told.shape[-2:]).float()


def _is(module: object, kind: type) -> bool:
    """Whether it is a module of ours: the source of a network has a class of its own of each."""
    return type(module).__name__ == kind.__name__
