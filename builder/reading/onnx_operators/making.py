"""Operators that make numbers, and that reduce them over dimensions."""

from typing import Any

from builder.reading.draft import Flow, Unreadable
from builder.reading.onnx_operators.operation import Operation, numbers, operator, rank
from builder.reading.onnxfile import MOST_NUMBERS


@operator("Shape")
def _shape(operation: Operation, x: Any) -> Any:
    import torch

    sides = [*x.shape][operation.get("start", 0) : operation.get("end")]
    return torch.tensor(sides, dtype=torch.int64)


@operator("Size")
def _size(operation: Operation, x: Any) -> Any:
    import torch

    return torch.tensor((x.value if isinstance(x, Flow) else x).numel())


@operator("Constant")
def _constant(operation: Operation) -> Any:
    import torch

    from builder.reading.onnxfile import tensor

    for name, kind in (("value_float", torch.float32), ("value_int", torch.int64), ("value_floats", torch.float32),
                       ("value_ints", torch.int64)):  # fmt: skip
        if name in operation.attributes:
            return torch.tensor(operation.attributes[name], dtype=kind)
    if "value" not in operation.attributes:
        raise Unreadable("it holds no numbers")
    return tensor(operation.attributes["value"])


@operator("ConstantOfShape")
def _constant_of_shape(operation: Operation, shape: Any) -> Any:
    import torch

    from builder.reading.onnxfile import tensor

    value = tensor(operation.attributes["value"]) if "value" in operation.attributes else torch.zeros(1)
    return value.reshape(-1)[:1].reshape(()).expand(few(numbers(shape))).clone()


@operator("Range")
def _range(operation: Operation, start: Any, limit: Any, delta: Any) -> Any:
    import torch

    if any(isinstance(one, Flow) for one in (start, limit, delta)):
        raise Unreadable("its length depends on the values that the network is given")
    first, last, step = (one.item() for one in (start, limit, delta))
    if not step:
        raise Unreadable("it makes no step")
    few([max(int((last - first) / step), 0)])
    return torch.arange(first, last, step, dtype=start.dtype)


def few(shape: list[int]) -> list[int]:
    """The shape, if a tensor of it is not too large to be worked out.

    Raises:
        Unreadable: it is.
    """
    count = 1
    for side in shape:
        count *= side
    if min(shape, default=0) < 0 or count > MOST_NUMBERS:
        raise Unreadable(f"it makes {count:,} numbers; at most {MOST_NUMBERS:,} are worked out")
    return shape


REDUCED = {
    "ReduceMean": "mean",
    "ReduceSum": "sum",
    "ReduceMax": "amax",
    "ReduceMin": "amin",
    "ReduceProd": "prod",
}


@operator("ReduceMean ReduceSum ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp")
def _reduce(operation: Operation, x: Any, axes: Any = None) -> Any:
    import torch

    chosen = operation.get("axes") or numbers(axes)
    keep = bool(operation.get("keepdims", 1))
    if not chosen:
        if operation.get("noop_with_empty_axes", 0):
            return x
        chosen = [*range(rank(x))]
    name = operation.kind
    if name in ("ReduceL1", "ReduceL2"):
        return operation(torch.norm, x, int(name[-1]), chosen, keep)
    if name == "ReduceLogSumExp":
        return operation(torch.logsumexp, x, chosen, keep)
    if name == "ReduceSumSquare":
        x, name = operation(torch.square, x), "ReduceSum"
    return operation(getattr(torch, REDUCED[name]), x, chosen, keep)


@operator("ArgMax")
def _argmax(operation: Operation, x: Any) -> Any:
    import torch

    if operation.get("select_last_index", 0):
        raise Unreadable("it prefers the last of equal values")
    return operation(torch.argmax, x, operation.get("axis", 0), bool(operation.get("keepdims", 1)))


@operator("Einsum")
def _einsum(operation: Operation, *inputs: Any) -> Any:
    import torch

    return operation(torch.einsum, operation.get("equation"), *inputs)


@operator("CumSum")
def _cumsum(operation: Operation, x: Any, axis: Any) -> Any:
    import torch

    if operation.get("exclusive", 0) or operation.get("reverse", 0):
        raise Unreadable("it leaves the value itself out, or goes backwards")
    return operation(torch.cumsum, x, *numbers(axis))


@operator("Trilu")
def _trilu(operation: Operation, x: Any, k: Any = None) -> Any:
    import torch

    function = torch.triu if operation.get("upper", 1) else torch.tril
    return operation(function, x, *numbers(k, [0]))
