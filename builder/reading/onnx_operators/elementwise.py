"""Value by value: activations, arithmetic, comparisons."""

from typing import Any

from builder.reading.draft import Flow, Unreadable
from builder.reading.onnx_operators.operation import Operation, operator

SAME = {
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Exp": "exp", "Log": "log", "Sqrt": "sqrt", "Abs": "abs",
    "Neg": "neg", "Erf": "erf", "Reciprocal": "reciprocal", "Sin": "sin", "Cos": "cos", "Floor": "floor",
    "Ceil": "ceil", "Sign": "sign", "Round": "round", "Add": "add", "Sub": "sub", "Mul": "mul", "Where": "where",
    "Pow": "pow", "Equal": "eq", "Less": "lt", "LessOrEqual": "le", "Greater": "gt", "GreaterOrEqual": "ge",
    "And": "logical_and", "Or": "logical_or", "Not": "logical_not",
}  # fmt: skip
"""Operators that torch has under another name, with the same inputs."""


def _same(kind: str, name: str) -> None:
    @operator(kind)
    def translate(operation: Operation, *inputs: Any) -> Any:
        import torch

        return operation(getattr(torch, name), *inputs)


for _kind, _name in SAME.items():
    _same(_kind, _name)

ACTIVATIONS = {
    "Elu": ("elu", {"alpha": 1.0}), "Celu": ("celu", {"alpha": 1.0}), "LeakyRelu": ("leaky_relu", {"alpha": 0.01}),
    "Softplus": ("softplus", {}), "Softsign": ("softsign", {}), "Mish": ("mish", {}), "HardSwish": ("hardswish", {}),
}  # fmt: skip
"""Activations of torch.nn.functional, with the attributes that they take in order."""


def _activation(kind: str, name: str, attributes: dict[str, float]) -> None:
    @operator(kind)
    def translate(operation: Operation, x: Any) -> Any:
        from torch.nn import functional

        given = (operation.get(one, usual) for one, usual in attributes.items())
        return operation(getattr(functional, name), x, *given)


for _kind, (_name, _attributes) in ACTIVATIONS.items():
    _activation(_kind, _name, _attributes)


@operator("Selu")
def _selu(operation: Operation, x: Any) -> Any:
    from torch.nn import functional

    if (
        abs(operation.get("alpha", 1.67326) - 1.67326) > 1e-4
        or abs(operation.get("gamma", 1.0507) - 1.0507) > 1e-4
    ):
        raise Unreadable("its constants are not the usual ones")
    return operation(functional.selu, x)


@operator("Gelu")
def _gelu(operation: Operation, x: Any) -> Any:
    from torch.nn import functional

    return operation(functional.gelu, x, approximate=operation.get("approximate", "none"))


@operator("Swish")
def _swish(operation: Operation, x: Any) -> Any:
    from torch.nn import functional

    if operation.get("alpha", 1.0) != 1.0:
        raise Unreadable("its alpha is not 1")
    return operation(functional.silu, x)


@operator("HardSigmoid")
def _hard_sigmoid(operation: Operation, x: Any) -> Any:
    import torch
    from torch.nn import functional

    scale, shift = operation.get("alpha", 0.2), operation.get("beta", 0.5)
    if abs(scale - 1 / 6) < 1e-6 and shift == 0.5:
        return operation(functional.hardsigmoid, x)
    return operation(torch.clamp, operation(torch.add, operation(torch.mul, x, scale), shift), 0.0, 1.0)


@operator("ThresholdedRelu")
def _thresholded(operation: Operation, x: Any) -> Any:
    from torch.nn import functional

    return operation(functional.threshold, x, operation.get("alpha", 1.0), 0.0)


@operator("PRelu")
def _prelu(operation: Operation, x: Any, slope: Any) -> Any:
    from torch.nn import functional

    if isinstance(slope, Flow) or slope.numel() not in (1, slope.shape[0]):
        raise Unreadable("it has more than one slope for a channel")
    return operation(functional.prelu, x, slope.reshape(-1))


@operator("Div")
def _div(operation: Operation, a: Any, b: Any) -> Any:
    import torch

    kinds = [(one.value if isinstance(one, Flow) else one) for one in (a, b)]
    if any(one.is_floating_point() for one in kinds):
        return operation(torch.div, a, b)
    return operation(torch.div, a, b, rounding_mode="trunc")


@operator("Clip")
def _clip(operation: Operation, x: Any, low: Any = None, high: Any = None) -> Any:
    import torch
    from torch.nn import functional

    low, high = operation.get("min", low), operation.get("max", high)
    if any(isinstance(one, Flow) for one in (low, high)):
        raise Unreadable("its bounds depend on the input")
    low, high = (None if one is None else float(one) for one in (low, high))
    if (low, high) == (0.0, 6.0):
        return operation(functional.relu6, x)
    if (low, high) == (0.0, None):
        return operation(functional.relu, x)
    return operation(torch.clamp, x, low, high)


@operator("Softmax LogSoftmax")
def _softmax(operation: Operation, x: Any) -> Any:
    import torch
    from torch.nn import functional

    function = functional.softmax if operation.kind == "Softmax" else functional.log_softmax
    if operation.opset >= 13:
        return operation(function, x, operation.get("axis", -1))
    axis = operation.get("axis", 1) % max(len(x.shape), 1)
    if axis == len(x.shape) - 1:
        return operation(function, x, axis)
    flat = operation(
        function, operation(torch.flatten, x, axis), axis
    )  # older opsets take all that follow together
    return operation(torch.reshape, flat, list(x.shape))


@operator("Sum Mean Max Min")
def _several(operation: Operation, *inputs: Any) -> Any:
    import torch

    one = {"Sum": torch.add, "Mean": torch.add, "Max": torch.maximum, "Min": torch.minimum}[operation.kind]
    result = inputs[0]
    for other in inputs[1:]:
        result = operation(one, result, other)
    return (
        operation(torch.div, result, len(inputs)) if operation.kind == "Mean" and len(inputs) > 1 else result
    )


@operator("Identity Dropout")
def _identity(operation: Operation, x: Any, *_: Any) -> Any:
    from torch.nn import functional

    if operation.kind == "Dropout":
        rate = float(_[0]) if _ and _[0] is not None else operation.get("ratio", 0.5)
        return operation(functional.dropout, x, min(max(rate, 0.0), 0.99), False)
    return x


@operator("Cast CastLike")
def _cast(operation: Operation, x: Any, like: Any = None) -> Any:
    import torch

    if like is not None:
        kind = (like.value if isinstance(like, Flow) else like).dtype
    else:
        kind = DTYPES.get(operation.get("to", 1))
    if kind is None:
        raise Unreadable("it makes a type of numbers that torch does not have")
    return operation.named(
        "to", lambda one: one.to(getattr(torch, kind) if isinstance(kind, str) else kind), x
    )


DTYPES = {1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64",
          16: "bfloat16"}  # fmt: skip
"""ONNX's numbers for types."""
