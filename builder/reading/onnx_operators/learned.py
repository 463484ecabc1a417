"""Operators that have weights, and windows."""

from collections.abc import Sequence
from typing import Any

from builder.reading.draft import Flow, Unreadable
from builder.reading.onnx_operators.operation import Operation, operator, rank
from builder.reading.padding import LOWEST, keeping, padded


@operator("MatMul")
def _matmul(operation: Operation, a: Any, b: Any) -> Any:
    import torch
    from torch.nn import functional

    if isinstance(a, Flow) and not isinstance(b, Flow) and b.ndim == 2:
        return operation(functional.linear, a, b.t())
    return operation(torch.matmul, a, b)


@operator("Gemm")
def _gemm(operation: Operation, a: Any, b: Any, c: Any = None) -> Any:
    import torch
    from torch.nn import functional

    if operation.get("transA", 0):
        a = operation(torch.t, a)
    weight = b if operation.get("transB", 0) else operation(torch.t, b)
    alpha, beta = operation.get("alpha", 1.0), operation.get("beta", 1.0)
    if isinstance(b, Flow) or isinstance(c, Flow):
        made = operation(torch.matmul, a, operation(torch.t, weight))
        made = made if alpha == 1.0 else operation(torch.mul, made, alpha)
        return (
            made
            if c is None
            else operation(torch.add, made, c if beta == 1.0 else operation(torch.mul, c, beta))
        )
    weight = weight if alpha == 1.0 else weight * alpha
    if c is None or c.numel() == weight.shape[0] or c.numel() == 1:
        bias = None if c is None else (c if beta == 1.0 else c * beta).reshape(-1).expand(weight.shape[0])
        return operation(functional.linear, a, weight, bias)
    return operation(torch.add, operation(functional.linear, a, weight), c * beta)


def _pads(
    operation: Operation, x: Any, kernel: Sequence[int], strides: Any, dilations: Any
) -> tuple[Any, Any]:
    """What is added before and after each side of the input."""
    count = len(kernel)
    mode = operation.get("auto_pad", "NOTSET")
    if mode in ("NOTSET", ""):
        pads = operation.get("pads", [0] * 2 * count)
        return pads[:count], pads[count:]
    if mode == "VALID":
        return [0] * count, [0] * count
    return keeping(x.shape[2:], kernel, strides, dilations, upper=mode == "SAME_UPPER")


@operator("Conv")
def _conv(operation: Operation, x: Any, weight: Any, bias: Any = None) -> Any:
    from torch.nn import functional

    kernel = operation.get("kernel_shape", [*weight.shape[2:]])
    count = len(kernel)
    strides, dilations = operation.get("strides", [1] * count), operation.get("dilations", [1] * count)
    x, padding = padded(operation, x, *_pads(operation, x, kernel, strides, dilations))
    function = getattr(functional, f"conv{count}d")
    return operation(function, x, weight, bias, strides, padding, dilations, operation.get("group", 1))


@operator("ConvTranspose")
def _conv_transpose(operation: Operation, x: Any, weight: Any, bias: Any = None) -> Any:
    from torch.nn import functional

    count = rank(weight) - 2
    strides, dilations = operation.get("strides", [1] * count), operation.get("dilations", [1] * count)
    pads = operation.get("pads", [0] * 2 * count)
    more = operation.get("output_padding", [0] * count)
    if operation.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID") or operation.get("output_shape"):
        raise Unreadable("its padding follows from the size of its output")
    if pads[:count] != pads[count:]:
        raise Unreadable("it cuts off more on one side than on the other")
    function = getattr(functional, f"conv_transpose{count}d")
    return operation(
        function, x, weight, bias, strides, pads[:count], more, operation.get("group", 1), dilations
    )


@operator("MaxPool")
def _max_pool(operation: Operation, x: Any) -> Any:
    from torch.nn import functional

    kernel = operation.get("kernel_shape")
    count = len(kernel)
    strides, dilations = operation.get("strides", [1] * count), operation.get("dilations", [1] * count)
    x, padding = padded(operation, x, *_pads(operation, x, kernel, strides, dilations), value=LOWEST)
    function = getattr(functional, f"max_pool{count}d")
    ceil = bool(operation.get("ceil_mode", 0))
    if operation.outputs > 1:
        return operation(function, x, kernel, strides, padding, dilations, ceil, True)
    return operation(function, x, kernel, strides, padding, dilations, ceil)


@operator("AveragePool")
def _average_pool(operation: Operation, x: Any) -> Any:
    from torch.nn import functional

    kernel = operation.get("kernel_shape")
    count = len(kernel)
    strides = operation.get("strides", [1] * count)
    if any(one != 1 for one in operation.get("dilations", [1])):
        raise Unreadable("its windows have gaps")
    before, after = _pads(operation, x, kernel, strides, [1] * count)
    counted = bool(operation.get("count_include_pad", 0))
    if before != after and not counted:
        raise Unreadable("it pads one side more than the other, and does not count that")
    x, padding = padded(operation, x, before, after)
    function = getattr(functional, f"avg_pool{count}d")
    return operation(function, x, kernel, strides, padding, bool(operation.get("ceil_mode", 0)), counted)


@operator("GlobalAveragePool GlobalMaxPool")
def _global(operation: Operation, x: Any) -> Any:
    from torch.nn import functional

    word = "avg" if operation.kind == "GlobalAveragePool" else "max"
    return operation(getattr(functional, f"adaptive_{word}_pool{rank(x) - 2}d"), x, 1)


@operator("LpPool GlobalLpPool")
def _lp_pool(operation: Operation, x: Any) -> Any:
    from torch.nn import functional

    kernel = operation.get("kernel_shape", [*x.shape[2:]])
    if any(operation.get("pads", [0])) or operation.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise Unreadable("it pads its input")
    function = getattr(functional, f"lp_pool{len(kernel)}d")
    strides = operation.get("strides", [1] * len(kernel))
    return operation(function, x, float(operation.get("p", 2)), kernel, strides)


@operator("BatchNormalization")
def _batch_norm(operation: Operation, x: Any, scale: Any, shift: Any, mean: Any, variance: Any) -> Any:
    from torch.nn import functional

    if operation.get("training_mode", 0):
        raise Unreadable("it is in training mode, so an answer depends on the rest of the batch")
    momentum, eps = 1 - operation.get("momentum", 0.9), operation.get("epsilon", 1e-5)
    return operation(functional.batch_norm, x, mean, variance, scale, shift, False, momentum, eps)


@operator("InstanceNormalization")
def _instance_norm(operation: Operation, x: Any, scale: Any, shift: Any) -> Any:
    from torch.nn import functional

    eps = operation.get("epsilon", 1e-5)
    return operation(functional.instance_norm, x, None, None, scale, shift, True, 0.1, eps)


@operator("LayerNormalization RMSNormalization")
def _layer_norm(operation: Operation, x: Any, scale: Any, shift: Any = None) -> Any:
    from torch.nn import functional

    shape = [*x.shape[operation.get("axis", -1) % rank(x) :]]
    eps = operation.get("epsilon", 1e-5)
    if isinstance(scale, Flow) or isinstance(shift, Flow):
        raise Unreadable("its weights depend on the input")
    if operation.kind == "RMSNormalization":
        return operation(functional.rms_norm, x, shape, scale.expand(shape), eps)
    shift = None if shift is None else shift.expand(shape)
    return operation(functional.layer_norm, x, shape, scale.expand(shape), shift, eps)


@operator("GroupNormalization")
def _group_norm(operation: Operation, x: Any, scale: Any, shift: Any) -> Any:
    from torch.nn import functional

    groups = operation.get("num_groups")
    if scale.shape[0] != x.shape[1]:
        scale, shift = (one.repeat_interleave(x.shape[1] // groups) for one in (scale, shift))
    return operation(functional.group_norm, x, groups, scale, shift, operation.get("epsilon", 1e-5))


@operator("LRN")
def _lrn(operation: Operation, x: Any) -> Any:
    from torch.nn import functional

    size, alpha = operation.get("size"), operation.get("alpha", 1e-4)
    if not size % 2:
        raise Unreadable("its window has an even size, which lies otherwise in torch")
    return operation(
        functional.local_response_norm,
        x,
        size,
        alpha,
        operation.get("beta", 0.75),
        operation.get("bias", 1.0),
    )


@operator("LpNormalization")
def _normalize(operation: Operation, x: Any) -> Any:
    from torch.nn import functional

    return operation(functional.normalize, x, float(operation.get("p", 2)), operation.get("axis", -1))
