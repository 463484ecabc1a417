"""Layers that read a sequence step by step; torch has their states with the layers first, a graph the batch."""

from collections.abc import Sequence
from typing import Any

from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.laying import drawn, lies, staged, straight
from builder.reading.layout import Axis, Layout
from builder.reading.rules.constant import constant
from builder.reading.rules.rule import rule

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
"""How many of torch's rows of weights belong to one unit."""

WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
"""Those of one step."""


@rule("lstm", anywhere=True)
def _lstm(
    draft: Draft, input: Flow, hx: Sequence[Any], params: Sequence[Any], has_biases: bool, num_layers: int,
    dropout: float, train: bool, bidirectional: bool, batch_first: bool,
) -> Any:  # fmt: skip
    return recurrent(
        "LSTM", draft, input, hx, params, has_biases, num_layers, dropout, bidirectional, batch_first
    )


@rule("gru", anywhere=True)
def _gru(
    draft: Draft, input: Flow, hx: Any, params: Sequence[Any], has_biases: bool, num_layers: int, dropout: float,
    train: bool, bidirectional: bool, batch_first: bool,
) -> Any:  # fmt: skip
    return recurrent(
        "GRU", draft, input, [hx], params, has_biases, num_layers, dropout, bidirectional, batch_first
    )


@rule("rnn_tanh", anywhere=True)
def _rnn(
    draft: Draft, input: Flow, hx: Any, params: Sequence[Any], has_biases: bool, num_layers: int, dropout: float,
    train: bool, bidirectional: bool, batch_first: bool,
) -> Any:  # fmt: skip
    return recurrent(
        "RNN", draft, input, [hx], params, has_biases, num_layers, dropout, bidirectional, batch_first
    )


@rule("rnn_relu", anywhere=True)
def _relu(
    draft: Draft, input: Flow, hx: Any, params: Sequence[Any], has_biases: bool, num_layers: int, dropout: float,
    train: bool, bidirectional: bool, batch_first: bool,
) -> Any:  # fmt: skip
    return recurrent("RNN", draft, input, [hx], params, has_biases, num_layers, dropout, bidirectional, batch_first,
                 nonlinearity="relu")  # fmt: skip


@rule("lstm_cell", anywhere=True)
def _lstm_cell(
    draft: Draft, input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> Any:
    return _cell("LSTMCell", draft, input, hx or (None, None), (w_ih, w_hh, b_ih, b_hh))


def _single(name: str, kind: str, **more: Any) -> None:
    @rule(name, anywhere=True)
    def draw(
        draft: Draft, input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
    ) -> Any:
        return _cell(kind, draft, input, [hx], (w_ih, w_hh, b_ih, b_hh), **more)


_single("gru_cell", "GRUCell")
_single("rnn_tanh_cell", "RNNCell")
_single("rnn_relu_cell", "RNNCell", nonlinearity="relu")


def _cell(
    kind: str, draft: Draft, input: Any, states: Sequence[Any], params: Sequence[Any], **more: Any
) -> Any:
    """One step: what it gives is the new states, each as the input lies."""
    if len(input.shape) != 2:
        raise Unreadable("it is given a single example without a batch")
    flow = next(one for one in (input, *states) if isinstance(one, Flow))
    begun = states if any(_begins(draft, one) for one in states) else ()
    read, *given = (
        straight(draft, one) if isinstance(one, Flow) else constant(draft, one, flow)
        for one in (input, *begun)
    )
    weights = {name: one for name, one in zip(WEIGHTS, params, strict=True) if one is not None}
    id = draft(kind, read, *given, weights=weights,
               units=params[1].shape[-1], bias=params[2] is not None, **more)  # fmt: skip
    return [id, f"{id}.cell"] if len(states) > 1 else id


def recurrent(
    kind: str, draft: Draft, input: Flow, states: Sequence[Any], params: Sequence[Any], has_biases: bool, layers: int,
    dropout: float, bidirectional: bool, batch_first: bool, **more: Any,
) -> Any:  # fmt: skip
    """Lay out a layer of torch, given its weights in torch's order: its answers, and its last states."""
    ends = 2 if bidirectional else 1
    ref, front, places = staged(draft, input)
    if len(front) != 3 or places[0 if batch_first else 1] is not None:
        raise Unreadable(
            "it is given the steps where a graph has the batch; batch_first=True has the batch first"
        )
    begun = states if any(_begins(draft, one) for one in states) else ()
    given = [_state(draft, state, input) for state in begun]
    units, answer = params[0].shape[0] // GATES[kind], int(params[1].shape[-1])
    called = names(layers, ends, bool(has_biases), answer < units)
    if len(called) != len(params):
        raise Unreadable("its sequences are packed")
    shown: dict[str, Any] = {"dropout": float(dropout)} if layers > 1 else {}
    shown |= {"projection": answer} if answer < units else {}
    id = draft(kind, ref, *given, weights=dict(zip(called, params, strict=True)), units=units, layers=layers,
               bidirectional=bidirectional, bias=bool(has_biases), **shown, **more)  # fmt: skip
    return _results(id, input, front, places, layers * ends, answer * ends, [answer, units][: len(states)])


def _results(
    id: str, input: Flow, front: Any, places: Any, count: int, wide: int, sizes: Sequence[int]
) -> tuple[Flow, ...]:
    """The answers of all steps, in the order of the input, and the last states, layers first.

    Args:
        id: The node.
        input: What it reads.
        front: The axes of the input, the batch first.
        places: Where the original has each of them.
        count: How many states there are, one of each layer and direction.
        wide: The size of an answer.
        sizes: Those of the hidden and of the cell state.
    """
    held = (front[0], front[1], (Axis(wide),))
    seen = tuple(held[place or 0] for place in places)
    layers = (Axis(count),) if count > 1 else ()
    origin = input.origin
    flows = [Flow(id, input.value, Layout(held, seen), origin)]
    for name, size in zip(("hidden", "cell"), sizes, strict=False):
        state = (front[0], layers, (Axis(size),))
        flows.append(Flow(f"{id}.{name}", input.value, Layout(state, (layers, state[0], state[2])), origin))
    return tuple(flows)


def names(layers: int, ends: int, bias: bool, projected: bool) -> list[str]:
    """The names of torch's weights in their order."""
    parts = [*WEIGHTS[: 4 if bias else 2], *["weight_hr"] * projected]
    return [
        f"{part}_l{layer}{'_reverse' * end}"
        for layer in range(layers)
        for end in range(ends)
        for part in parts
    ]


def _begins(draft: Draft, state: Any) -> bool:
    """Whether a state is more than zeros, with which a layer begins anyway."""
    return state is not None and (isinstance(state, Flow) or draft.known(state).learned or bool(state.any()))


def _state(draft: Draft, state: Any, input: Flow) -> str:
    """A state that is given, with the batch first."""
    if not isinstance(state, Flow):
        known, turned = draft.known(state), state.transpose(0, 1)
        draft.remember(turned, known.name, known.learned, size=known.size)
        return constant(draft, turned, input, rank=3)
    layout = lies(state)
    groups = layout.seen
    if len(groups) != 3 or not any(axis.batch for axis in groups[1]) or len(groups[1]) != 1:
        raise Unreadable("the batch is not the second dimension of its state")
    return drawn(draft, state.ref, Layout(layout.held, (groups[1], groups[0], groups[2])))
