"""Attention: each query gathers what it needs from the values whose keys suit it."""

import torch
from torch import nn

PADDING = -1e9
"""What is added to the score of padding: so little that nothing comes from it, but no infinity."""


class ScaledDotProductAttention(nn.Module):
    """Values weighed by how well keys suit a query (Vaswani et al., 2017); nothing is learned here.

    Query, key, value: (batch, ..., steps, features), the features side by side for all heads. Keys
    and values may have fewer heads, which queries then share (Ainslie et al., 2023). Mask: (batch,
    ..., keys), true where a key counts. Bias: (batch, ..., heads, queries, keys), for the scores.
    """

    def __init__(
        self, heads: int = 1, causal: bool = False, scale: float | None = None, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.heads, self.causal, self.scale, self.dropout = heads, causal, scale, dropout

    def forward(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        mask: torch.Tensor | None = None,
        bias: torch.Tensor | None = None,
        need_weights: bool = False,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """What each query gathered and, where they are needed, the weights of each head."""
        groups = key.shape[-1] * self.heads // query.shape[-1]
        query, key, value = split(query, self.heads), split(key, groups), split(value, groups)
        if groups < self.heads:
            shared = self.heads // groups
            key, value = key.repeat_interleave(shared, -3), value.repeat_interleave(shared, -3)
        if mask is not None:
            padding = (mask == 0)[..., None, None, :].to(query.dtype) * PADDING
            bias = padding if bias is None else bias + padding
        dropout = self.dropout if self.training else 0.0
        alone = self.causal and bias is None and not need_weights
        if self.causal and not alone:
            later = query.new_full((query.shape[-2], key.shape[-2]), PADDING)
            bias = later.triu(1) if bias is None else bias + later.triu(1)
        if not need_weights:
            gathered = nn.functional.scaled_dot_product_attention(
                query, key, value, bias, dropout, is_causal=alone, scale=self.scale
            )
            return gathered.transpose(-2, -3).flatten(-2), None
        scale = query.shape[-1] ** -0.5 if self.scale is None else self.scale
        scores = query @ key.transpose(-2, -1) * scale
        weights = (scores if bias is None else scores + bias).softmax(dim=-1)
        gathered = nn.functional.dropout(weights, dropout) @ value
        return gathered.transpose(-2, -3).flatten(-2), weights


def split(x: torch.Tensor, heads: int) -> torch.Tensor:
    """The features of each head: (..., steps, features) -> (..., heads, steps, share)."""
    return x.unflatten(-1, (heads, -1)).transpose(-2, -3)


class AdditiveAttention(nn.Module):
    """A small network scores how well keys suit a query (Bahdanau et al., 2015).

    Query: (batch, queries, features) or, one for each example, (batch, features). Key and value:
    (batch, steps, features). Mask: (batch, steps), true where a step counts.
    """

    def __init__(self, query_width: int, key_width: int, units: int) -> None:
        super().__init__()
        self.query = nn.Linear(query_width, units, bias=False)
        self.key = nn.Linear(key_width, units, bias=False)
        self.score = nn.Linear(units, 1, bias=False)

    def forward(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        mask: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What each query gathered, and the weights, which sum to 1 over the steps."""
        queries = query if query.dim() == 3 else query[:, None]
        hidden = torch.tanh(self.query(queries)[:, :, None] + self.key(key)[:, None])
        scores = self.score(hidden)[..., 0]
        if mask is not None:
            scores = scores + (mask == 0)[:, None] * PADDING
        weights = scores.softmax(dim=-1)
        gathered = weights @ value
        return (gathered, weights) if query.dim() == 3 else (gathered[:, 0], weights[:, 0])
