"""Layers that keep activations in range, and those that leave some out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.laying import along, same
from builder.reading.rules.convolution import unusual
from builder.reading.rules.dense import fixed
from builder.reading.rules.rule import rule
from builder.reading.rules.scores import scored

RANKS = {2: 1, 3: 1, 4: 2, 5: 3}


@rule("batch_norm")
def _batch_norm(
    draft: Draft, input: Flow, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None,
    training: bool = False, momentum: float | None = 0.1, eps: float = 1e-5,
) -> str:  # fmt: skip
    fixed(running_mean, running_var, weight, bias)
    if training or running_mean is None:
        raise Unreadable("it has no running statistics, so an answer would depend on the rest of the batch")
    owned = {"weight": weight, "bias": bias, "running_mean": running_mean, "running_var": running_var}
    if (weight is None) is not (bias is None):
        owned |= _both(weight, bias, running_mean)
    return draft(
        f"BatchNorm{RANKS[len(input.shape)]}d", input, weights=owned, eps=eps, momentum=momentum or 0.1,
        affine=weight is not None or bias is not None,
    )  # fmt: skip


@rule("aten.batch_norm")
def _aten_batch_norm(
    draft: Draft, input: Flow, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool,
    momentum: float, eps: float, *_: Any,
) -> str:  # fmt: skip
    return _batch_norm(draft, input, running_mean, running_var, weight, bias, training, momentum, eps)


@rule("_native_batch_norm_legit_no_training")
def _native_batch_norm(
    draft: Draft, input: Flow, weight: Any, bias: Any, running_mean: Any, running_var: Any, momentum: float,
    eps: float,
) -> tuple[str]:  # fmt: skip
    return (_batch_norm(draft, input, running_mean, running_var, weight, bias, False, momentum, eps),)


@rule("instance_norm")
def _instance_norm(
    draft: Draft, input: Flow, running_mean: Any = None, running_var: Any = None, weight: Any = None,
    bias: Any = None, use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> str:  # fmt: skip
    fixed(weight, bias)
    if not use_input_stats:
        raise Unreadable("it uses running statistics; BatchNorm does that")
    owned = {"weight": weight, "bias": bias}
    kind = f"InstanceNorm{RANKS[len(input.shape)]}d"
    return draft(kind, input, weights=owned, eps=eps, affine=weight is not None)


@rule("aten.instance_norm")
def _aten_instance_norm(
    draft: Draft, input: Flow, weight: Any, bias: Any, running_mean: Any, running_var: Any, use_input_stats: bool,
    momentum: float, eps: float, *_: Any,
) -> str:  # fmt: skip
    return _instance_norm(
        draft, input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


@rule("layer_norm", anywhere=True)
def _layer_norm(
    draft: Draft, input: Flow, normalized_shape: Sequence[int], weight: Any = None, bias: Any = None,
    eps: float = 1e-5, *_: Any,
) -> Any:  # fmt: skip
    fixed(weight, bias)
    count = len(normalized_shape)
    more = unusual(bias=(weight is None or bias is not None, True))

    def make(ref: str, _: list[int]) -> str:
        return draft("LayerNorm", ref, weights={"weight": weight, "bias": bias}, dimensions=count, eps=eps,
                     affine=weight is not None, **more)  # fmt: skip

    return along(draft, input, [*range(-count, 0)], make)


@rule("native_layer_norm", anywhere=True)
def _native_layer_norm(
    draft: Draft, input: Flow, normalized_shape: Sequence[int], weight: Any, bias: Any, eps: float
) -> tuple[Any]:
    result, draft.result = draft.result, draft.result[0]
    made = _layer_norm(draft, input, normalized_shape, weight, bias, eps)
    draft.result = result
    return (made,)


@rule("rms_norm", anywhere=True)
def _rms_norm(
    draft: Draft, input: Flow, normalized_shape: Sequence[int], weight: Any = None, eps: float | None = None
) -> Any:
    import torch

    fixed(weight)
    count = len(normalized_shape)
    small = torch.finfo(input.value.dtype).eps if eps is None else eps

    def make(ref: str, _: list[int]) -> str:
        return draft("RMSNorm", ref, weights={"weight": weight}, dimensions=count, eps=small,
                     affine=weight is not None)  # fmt: skip

    return along(draft, input, [*range(-count, 0)], make)


@rule("group_norm")
def _group_norm(
    draft: Draft,
    input: Flow,
    num_groups: int,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
    *_: Any,
) -> str:
    fixed(weight, bias)
    more = unusual(affine=(weight is not None, True))
    return draft(
        "GroupNorm", input, weights={"weight": weight, "bias": bias}, groups=num_groups, eps=eps, **more
    )


@rule("local_response_norm")
def _local_response_norm(
    draft: Draft, input: Flow, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> str:
    return draft("LocalResponseNorm", input, size=size, alpha=alpha, beta=beta, k=float(k))


@rule("normalize", anywhere=True)
def _normalize(draft: Draft, input: Flow, p: float = 2.0, dim: int = 1, eps: float = 1e-12, **_: Any) -> Any:
    return along(draft, input, [dim], lambda ref, places: draft("Normalize", ref, p=float(p), dim=places[0]))


def _both(weight: Any, bias: Any, like: Any) -> dict[str, Any]:
    """Scale and shift where the original has only one of them."""
    import torch

    return {
        "weight": torch.ones_like(like) if weight is None else weight,
        "bias": torch.zeros_like(like) if bias is None else bias,
    }


@rule("dropout", anywhere=True)
def _dropout(draft: Draft, input: Flow, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    made = _left_out("Dropout", draft, input, p)
    return scored(draft, made, replace(input.scores, dropout=float(p)) if input.scores else None)


@rule("dropout1d dropout2d dropout3d feature_dropout")
def _channels(draft: Draft, input: Flow, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    rank = len(input.shape) - 2
    return _left_out(f"Dropout{rank}d" if rank > 0 else "Dropout", draft, input, p)


@rule("alpha_dropout", anywhere=True)
def _alpha(draft: Draft, input: Flow, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    return _left_out("AlphaDropout", draft, input, p)


@rule("feature_alpha_dropout")
def _feature_alpha(
    draft: Draft, input: Flow, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Any:
    return _left_out("FeatureAlphaDropout", draft, input, p)


@rule("stochastic_depth")
def _stochastic_depth(draft: Draft, input: Flow, p: float, mode: str = "row", training: bool = True) -> Any:
    return _left_out("DropPath", draft, input, p)


@rule("drop_path")
def _drop_path(
    draft: Draft, input: Flow, drop_prob: float = 0.0, training: bool = False, scale_by_keep: bool = True
) -> Any:
    return _left_out("DropPath", draft, input, drop_prob)


def _left_out(kind: str, draft: Draft, input: Flow, rate: float) -> Any:
    """Dropout; none is drawn where nothing is left out."""
    return same(draft, kind, input, rate=float(rate)) if rate else input
