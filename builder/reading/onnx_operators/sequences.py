"""Recurrent operators: ONNX has gates in another order, and the steps first."""

from typing import Any

from builder.reading.draft import Flow, Unreadable
from builder.reading.onnx_operators.operation import Operation, operator

ORDER = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
"""torch's gates by their place among ONNX's."""
USUAL = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}


@operator("LSTM GRU RNN")
def _recurrent(
    operation: Operation, x: Any, w: Any, r: Any, b: Any = None, lengths: Any = None, *states: Any
) -> Any:
    import torch

    kind, size = operation.kind, operation.get("hidden_size")
    states = tuple(states)[: 2 if kind == "LSTM" else 1]
    _usual(operation, w, r, b, x, lengths)
    ends = w.shape[0]
    bias = b is not None
    weights: list[Any] = []
    for end in range(ends):
        weights += [_ordered(kind, one[end], size) for one in (w, r)]
        weights += [_ordered(kind, part, size) for part in b[end].chunk(2)] if bias else []
    given = [torch.zeros(ends, x.shape[1], size) if one is None else one for one in (*states, None, None)]
    hx: Any = (given[0], given[1]) if kind == "LSTM" else given[0]
    name, function = _function(operation)
    answer = operation.named(name, function, x, hx, weights, bias, 1, 0.0, False, ends == 2, False)
    steps, batch = x.shape[:2]
    output = operation(torch.reshape, answer[0], [steps, batch, ends, size])
    return (operation(torch.permute, output, [0, 2, 1, 3]), *answer[1:])


def _usual(operation: Operation, w: Any, r: Any, b: Any, x: Any, lengths: Any) -> None:
    kind = operation.kind
    if any(isinstance(one, Flow) for one in (w, r, b)):
        raise Unreadable("its weights depend on the input")
    if lengths is not None and (isinstance(lengths, Flow) or set(lengths.tolist()) != {x.shape[0]}):
        raise Unreadable("sequences have lengths of their own")
    usual = USUAL[kind] * w.shape[0]
    activations = operation.get("activations", usual)
    fine = activations == usual or (kind == "RNN" and set(activations) == {"Relu"})
    if not fine or operation.get("clip") or operation.get("layout", 0) or operation.get("input_forget", 0):
        raise Unreadable("its gates work in another way than torch's")
    if operation.get("direction", "forward") == "reverse":
        raise Unreadable("it only reads backwards")
    if kind == "GRU" and not operation.get("linear_before_reset", 0):
        raise Unreadable("it resets before the weights, where torch's GRU resets after them")


def _ordered(kind: str, weight: Any, size: int) -> Any:
    """A weight with its gates in torch's order."""
    import torch

    gates = weight.split(size)
    return torch.cat([gates[place] for place in ORDER[kind]])


def _function(operation: Operation) -> tuple[str, Any]:
    import torch

    if operation.kind == "LSTM":
        return "lstm", torch.lstm
    if operation.kind == "GRU":
        return "gru", torch.gru
    relu = "Relu" in operation.get("activations", ())
    return ("rnn_relu", torch.rnn_relu) if relu else ("rnn_tanh", torch.rnn_tanh)
