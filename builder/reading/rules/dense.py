"""Weighted sums over the features, and look-up tables."""

from typing import TYPE_CHECKING, Any

from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.laying import along
from builder.reading.rules.rule import rule

if TYPE_CHECKING:
    import torch


@rule("linear", anywhere=True)
def _linear(draft: Draft, input: Flow, weight: Any, bias: Any = None) -> Any:
    fixed(weight, bias)
    return along(draft, input, [-1], lambda ref, places: dense(draft, ref, places[0], weight, bias))


def dense(draft: Draft, ref: str, place: int, weight: "torch.Tensor", bias: "torch.Tensor | None") -> str:
    """A Linear over the last dimension, or the weights of an earlier node turned round."""
    owner = draft.owner_of(weight, "Embedding") or draft.owner_of(weight.t(), "Linear")
    if owner:
        tied = draft("TiedLinear", ref, shares=owner)
        if bias is None:
            return tied
        sides = (1,) * (place - 1) + tuple(bias.shape)
        return draft(
            "Add", tied, draft("Parameter", ref, weights={"weight": bias.reshape(sides)}, shape=[*sides])
        )
    return draft("Linear", ref, weights={"weight": weight, "bias": bias}, units=weight.shape[0],
                 bias=bias is not None)  # fmt: skip


@rule("addmm", anywhere=True)
def _addmm(draft: Draft, input: Any, mat1: Flow, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    fixed(mat2, input)
    if not isinstance(mat1, Flow) or input.ndim != 1 or (beta, alpha) != (1, 1):
        raise Unreadable("only a bias and weights that are the same for all are read")
    return along(draft, mat1, [-1], lambda ref, places: dense(draft, ref, places[0], mat2.t(), input))


def _unbounded(max_norm: Any) -> None:
    if max_norm:
        raise Unreadable("it shortens the vectors that it looks up (max_norm), in the table itself")


@rule("embedding", anywhere=True)
def _embedding(
    draft: Draft,
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: Any = None,
    *_: Any,
    **__: Any,
) -> Any:
    _unbounded(max_norm)
    if isinstance(weight, Flow):  # torch.ops has them the other way round
        input, weight = weight, input
    fixed(weight)
    from builder.reading.laying import lies
    from builder.reading.layout import Axis, Layout

    wide = (Axis(weight.shape[1]),)
    ref = draft(
        "Embedding", input, weights={"weight": weight}, entries=weight.shape[0], width=weight.shape[1]
    )
    if not input.layout:
        return ref
    layout = lies(input)
    return Flow(ref, draft.result, Layout((*layout.held, wide), (*layout.seen, wide)), input.origin)


@rule("embedding_bag")
def _embedding_bag(
    draft: Draft, input: Flow, weight: Any, offsets: Any = None, max_norm: Any = None, norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, per_sample_weights: Any = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> str:  # fmt: skip
    if offsets is not None or per_sample_weights is not None:
        raise Unreadable("its bags have different sizes, or weights of their own")
    return _bag(draft, input, weight, mode, padding_idx, max_norm)


@rule("bag")
def _bag(
    draft: Draft, input: Flow, weight: Any, mode: str, padding_idx: int | None, max_norm: Any = None
) -> str:
    fixed(weight)
    _unbounded(max_norm)
    entries, width = weight.shape
    return draft("EmbeddingBag", input, weights={"weight": weight}, entries=entries, width=width, mode=mode,
                 padding=padding_idx)  # fmt: skip


@rule("bilinear")
def _bilinear(draft: Draft, input1: Flow, input2: Flow, weight: Any, bias: Any = None) -> str:
    fixed(weight, bias)
    return draft("Bilinear", input1, input2, weights={"weight": weight, "bias": bias}, units=weight.shape[0],
                 bias=bias is not None)  # fmt: skip


def fixed(*weights: Any) -> None:
    """Weights must not depend on what the network is given.

    Raises:
        Unreadable: they do.
    """
    if any(isinstance(one, Flow) for one in weights):
        raise Unreadable("its weights depend on the input")
