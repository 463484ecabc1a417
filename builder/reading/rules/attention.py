"""Attention of queries to keys, as one operator or as the products that it is made of."""

from math import prod, sqrt
from typing import Any

from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.laying import drawn, lies, straight
from builder.reading.layout import Axis, Groups, Layout, sizes
from builder.reading.rules.arithmetic import number_of, times
from builder.reading.rules.constant import constant
from builder.reading.rules.rule import RULES, rule
from builder.reading.rules.scores import Scores, hides_nothing, is_lower, scored


@rule("scaled_dot_product_attention", anywhere=True)
def _attention(
    draft: Draft, query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0,
    is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False,
) -> Any:  # fmt: skip
    import torch

    steps = query.shape[-2]
    fixed = attn_mask is not None and not isinstance(attn_mask, Flow) and not draft.known(attn_mask).learned
    if fixed and hides_nothing(attn_mask):
        attn_mask = None
    if attn_mask is not None and is_lower(attn_mask, seen=True) and steps == key.shape[-2]:
        attn_mask, is_causal = None, True
    refs: list[Flow | str] = []
    counts, layouts = [], []
    for one in (query, key, value):
        if not isinstance(one, Flow):
            raise Unreadable("it attends to fixed numbers")
        ref, count, layout = _by_head(draft, one)
        refs.append(ref)
        counts.append(count)
        layouts.append(layout)
    if len(set(counts)) > 1 and not (enable_gqa and counts[1] == counts[2]):
        raise Unreadable("queries have another number of heads than keys")
    more: dict[str, Any] = {}
    if scale is not None and abs(scale * sqrt(query.shape[-1]) - 1) > 1e-6:
        more["scale"] = float(scale)
    if isinstance(attn_mask, Flow) and attn_mask.value.dtype is torch.bool:
        refs += _seen(draft, attn_mask, query)
    elif attn_mask is not None:
        refs += ["", _bias(draft, attn_mask, query)]
    ref = draft("ScaledDotProductAttention", *refs, heads=counts[0], causal=bool(is_causal),
                dropout=float(dropout_p), **more)  # fmt: skip
    held, seen = layouts[0].held, layouts[0].seen
    wide = (Axis(value.shape[-1]),) if value.shape[-1] > 1 else ()
    across = tuple(axis for group in seen[:-2] for axis in group if not axis.batch)
    return Flow(ref, draft.result, Layout((*held[:2], (*across, *wide)), (*seen[:-1], wide)), query.origin)


def _seen(draft: Draft, mask: Flow, query: Flow) -> "list[Flow | str]":
    """A mask of what is seen: of keys for all queries alike, or as what is added to the scores."""
    if len(mask.shape) != len(query.shape):
        raise Unreadable("its mask has another number of dimensions than its queries")
    if all(side == 1 for side in mask.shape[1:-1]):
        whole, draft.result = draft.result, mask.value.reshape(mask.shape[0], mask.shape[-1])
        keys = RULES["reshape"].draw(draft, mask, tuple(draft.result.shape))
        keys = straight(draft, keys if isinstance(keys, Flow) else Flow(keys, draft.result))
        draft.result = whole
        return [keys]
    if len(query.shape) != 4:
        raise Unreadable("its mask is neither the causal one nor added to the scores of each head")
    number = draft("Cast", straight(draft, mask), dtype="float32")
    return ["", draft("Affine", number, scale=1e9, shift=-1e9)]


def _bias(draft: Draft, mask: Any, query: Flow) -> "Flow | str":
    """What is added to the scores, as heads × queries × keys."""
    import torch

    value = mask.value if isinstance(mask, Flow) else mask
    if len(query.shape) != 4 or value.dtype == torch.bool:
        raise Unreadable("its mask is neither the causal one nor added to the scores of each head")
    if isinstance(mask, Flow):
        return straight(draft, mask)
    return constant(draft, mask, query, rank=4)


def _by_head(draft: Draft, flow: Flow) -> tuple[str, int, Layout]:
    """A flow as batch × steps × features, with all heads side by side in the features; and how many there are."""
    layout = lies(flow)
    *leading, steps, wide = layout.seen
    axes = [axis for group in leading for axis in group]
    across = tuple(axis for axis in axes if not axis.batch)
    if len(axes) == len(across):
        raise Unreadable("the batch is among the steps")
    groups: Groups = (tuple(axis for axis in axes if axis.batch), steps, (*across, *wide))
    return (
        drawn(draft, flow.ref, Layout(layout.held, groups)),
        prod(axis.size for axis in across),
        Layout(groups, layout.seen),
    )


@rule("matmul bmm", anywhere=True)
def _matmul(draft: Draft, input: Any, other: Any) -> Any:
    if not (isinstance(input, Flow) and isinstance(other, Flow)):
        return _by_constant(draft, input, other)
    if len(input.shape) != len(other.shape) or len(input.shape) < 3:
        raise Unreadable("its inputs have different numbers of dimensions")
    if input.scores and input.scores.soft and (made := _gathered(draft, input, other)):
        return made
    first, second = lies(input), lies(other)
    turned = second.permuted([*range(len(second.seen) - 2), len(second.seen) - 1, len(second.seen) - 2])
    left, front, rest = _stacked(draft, input, first)
    plainly, swapped = _order(second), _order(turned)
    transpose = not plainly and swapped
    right, _, others = _stacked(draft, other, turned if transpose else second)
    if others != rest:
        raise Unreadable("its inputs are stacked in different ways")
    ref = draft("MatMul", left, right, transpose=transpose)
    columns = (Axis(draft.result.shape[-1]),) if draft.result.shape[-1] > 1 else ()
    layout = Layout((*front[:-1], columns), (*first.seen[:-1], columns))
    flow = Flow(ref, draft.result, layout, (draft.scope, draft.name))
    query, scale = _unscaled(draft, input)
    key, again = _unscaled(draft, Flow(other.ref, other.value.transpose(-1, -2), turned, other.origin))
    return scored(draft, flow, Scores(query, key, scale * again))


def _unscaled(draft: Draft, flow: Flow) -> tuple[Flow, float]:
    """A flow without the numbers by which it was multiplied, and those."""
    scale, ref = 1.0, flow.ref
    while ref in draft.nodes and (node := draft.nodes[ref]).kind == "Affine" and "shift" not in node.config:
        scale, ref = scale * node.config.get("scale", 1.0), node.inputs["input"]
    return Flow(ref, flow.value, flow.layout, flow.origin), scale


def _gathered(draft: Draft, weights: Flow, value: Flow) -> Any:
    """Attention as one layer; what it was written out with is no longer needed. None if it cannot be."""
    scores: Scores = weights.scores
    before = len(draft.nodes)
    try:
        made = _attention(
            draft, scores.query, scores.key, value, None, scores.dropout, scores.causal, scores.scale
        )
    except Unreadable:
        draft.forget(before)
        return None
    return made


def _order(layout: Layout) -> bool:
    """Whether what is seen needs no permutation of what is held."""
    from builder.reading.layout import runs

    order = runs(layout)[1]
    return [*order] == sorted(order)


def _stacked(draft: Draft, flow: Flow, layout: Layout) -> tuple[str, Groups, tuple[int, ...]]:
    """A flow with the batch first, then what is stacked, then rows and columns; and the sizes of the stack."""
    *leading, rows, columns = layout.seen
    axes = [axis for group in leading for axis in group]
    across = [axis for axis in axes if not axis.batch]
    if len(across) == len(axes):
        raise Unreadable("the batch is among its rows and columns")
    stack = (tuple(across),) if across else ()
    groups: Groups = (tuple(axis for axis in axes if axis.batch), *stack, rows, columns)
    return drawn(draft, flow.ref, Layout(layout.held, groups)), groups, sizes(stack)


def _by_constant(draft: Draft, input: Any, other: Any) -> Any:
    """A product with a fixed matrix: a Linear, if it stands on the right."""
    from builder.reading.laying import along
    from builder.reading.rules.dense import dense

    if not isinstance(input, Flow) or other.ndim != 2:
        raise Unreadable("it multiplies by fixed matrices that no Linear could hold")
    return along(draft, input, [-1], lambda ref, places: dense(draft, ref, places[0], other.t(), None))


@rule("baddbmm", anywhere=True)
def _baddbmm(
    draft: Draft, input: Any, batch1: Flow, batch2: Flow, *, beta: float = 1, alpha: float = 1
) -> Any:
    made = _matmul(draft, batch1, batch2)
    if alpha != 1:
        made = times(draft, made, alpha)
    if not beta or number_of(input) == 0:
        return made
    return RULES["add"].draw(draft, made, input if beta == 1 else times(draft, input, beta))


@rule("mm", anywhere=True)
def _mm(draft: Draft, input: Any, mat2: Any) -> Any:
    if isinstance(mat2, Flow):
        raise Unreadable("it multiplies across the batch")
    return _by_constant(draft, input, mat2)
