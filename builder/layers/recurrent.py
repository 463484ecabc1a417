"""Layers that read a sequence step by step and remember."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Layer, Shape, Use, call, written
from builder.layers.initial import _Weighted
from builder.window import OWN, Window, Windows, own_places


def forget_bias() -> Any:
    """The field of that name, for layers with a memory cell."""
    return Field(
        None,
        ge=-10,
        le=10,
        description="Forget bias: the forget gate's constant at the start, high to remember long; empty: PyTorch's",
    )


def remembering(module: str, forget: float | None) -> tuple[str, ...]:
    """The statements that set the forget gate's constant; none if it is None.

    torch adds two constants to each gate (input, forget, cell, output): one starts as chosen, the other at 0.
    """
    if forget is None:
        return ()
    return (
        f"for _name, _bias in {module}.named_parameters():",
        '    if _name.startswith("bias"):',
        f'        _bias.data.chunk(4)[1].fill_({float(forget)} if "ih" in _name else 0.0)',
    )


class _Recurrent(_Weighted):
    category: ClassVar = "Recurrent"
    icon: ClassVar = "replay"
    aliases: ClassVar = "recurrent neural network, sequence, time series, text"
    axes: ClassVar = ("batch × steps × features",)
    optional: ClassVar[tuple[str, ...]] = ("hidden", "lengths")
    states: ClassVar[tuple[str, ...]] = ("hidden",)
    apart: ClassVar = {"lengths": "int"}
    outputs: ClassVar[tuple[str, ...]] = ("output", "hidden")
    stepwise: ClassVar = True
    example: ClassVar = ((2, 5, 8),)
    whole: ClassVar = True
    gates: ClassVar[int] = 1
    units: int = Field(32, ge=1, le=65536, description="Size of the hidden state")
    layers: int = Field(1, ge=1, le=64, description="How many are stacked on one another")
    bidirectional: bool = Field(False, description="Read the sequence backwards as well")
    dropout: float = Field(
        0.0, ge=0, lt=1, description="Share left out between stacked layers while training"
    )
    bias: bool = Field(True, description="Learn constants in the gates")

    def module(self, *shapes: Shape) -> Call:
        """torch's recurrent layer of the same name, batch first; one of ours that packs where lengths are given."""
        return call(
            f"Packed{self.kind}" if self._lengths(shapes) else f"nn.{self.kind}",
            shapes[0][-1],
            self.units,
            num_layers=self.layers,
            bias=self.bias,
            batch_first=True,
            dropout=self.dropout,
            bidirectional=self.bidirectional,
            **self._more(),
        )

    def _more(self) -> dict[str, object]:
        return {}

    def refuses(self, *shapes: Shape) -> str:
        """Dropout lies between stacked layers; a given state must have this layer's size."""
        if self.dropout and self.layers == 1:
            return f"dropout lies between stacked layers, so layers must be at least 2. Got dropout {self.dropout}."
        if (lengths := self._lengths(shapes)) and len(lengths) > 1:
            return f"lengths must be one number for each sequence (B). Got {written(lengths)}."
        for name, shape in zip(self.states, shapes[1:], strict=False):
            state = (self.layers * (2 if self.bidirectional else 1), self._size(name))
            if shape and shape[1:] != state:
                return f"{name} must be B × {state[0]} × {state[1]} (layers × units). Got {shape[1:]}."
        return ""

    def below(self, port: str, *shapes: Shape) -> int:
        """No sequence is longer than its steps."""
        return shapes[0][1] + 1 if port == "lengths" else 0

    def _size(self, state: str) -> int:
        return self.units

    def _lengths(self, shapes: tuple[Shape, ...]) -> Shape:
        """The shape of what reaches the last port."""
        return shapes[1 + len(self.states)] if len(shapes) > 1 + len(self.states) else ()

    def forward(self, use: Use) -> str:
        """States travel batch first along the edges, while torch wants layers first."""
        states = [
            f"{use.inputs[name]}.transpose(0, 1).contiguous()" for name in self.states if name in use.inputs
        ]
        given = [use.inputs["input"]]
        given += [states[0] if len(states) == 1 else f"({', '.join(states)})"] if states else []
        given += [f"lengths={use.inputs['lengths']}"] if "lengths" in use.inputs else []
        return f"{use.module}({', '.join(given)})"

    def port(self, port: str, name: str) -> str:
        """States are read batch first."""
        return name if port == "output" else f"{name}.transpose(0, 1)"

    def deep(self) -> int:
        """As many as are stacked; a step counts as one."""
        return self.layers

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """Each weight matrix is used once a step."""
        directions, batch, steps, features = 2 if self.bidirectional else 1, *inputs[0]
        given = self._size("hidden")
        widths = [features] + [given * directions] * (self.layers - 1)
        projected = given * self.units * self.layers if given != self.units else 0
        gates = self.gates * self.units * sum(width + given for width in widths)
        return batch * steps * directions * (gates + projected)


class RNN(_Recurrent):
    """Read a sequence step by step, mixing each step with what was remembered (Elman's network)."""

    aliases: ClassVar = "Elman network, simple RNN, vanilla RNN"
    reference: ClassVar = "Elman (1990), Finding structure in time"
    formula: ClassVar = r"h_t = \tanh(W x_t + U h_{t-1} + b)"
    nonlinearity: Literal["tanh", "relu"] = Field("tanh", description="Activation of the hidden state")

    def _more(self) -> dict[str, object]:
        return {"nonlinearity": self.nonlinearity} if self.nonlinearity != "tanh" else {}


class GRU(_Recurrent):
    """A recurrent layer whose two gates decide what to keep and what to forget."""

    aliases: ClassVar = "gated recurrent unit"
    reference: ClassVar = "Cho et al. (2014), Learning phrase representations using RNN encoder–decoder"
    formula: ClassVar = r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}"
    gates: ClassVar = 3


class LSTM(_Recurrent):
    """A recurrent layer with a memory cell and three gates, for long sequences."""

    aliases: ClassVar = "long short-term memory, memory cell"
    reference: ClassVar = "Hochreiter and Schmidhuber (1997), Long short-term memory"
    formula: ClassVar = r"c_t = f_t \odot c_{t-1} + i_t \odot g_t,\quad h_t = o_t \odot \tanh(c_t)"
    optional: ClassVar = ("hidden", "cell", "lengths")
    states: ClassVar = ("hidden", "cell")
    outputs: ClassVar = ("output", "hidden", "cell")
    gates: ClassVar = 4
    forget_bias: float | None = forget_bias()
    projection: int = Field(
        0,
        ge=0,
        le=65536,
        description="Size to which the hidden state is projected, less than units; 0: it is not",
    )

    def _more(self) -> dict[str, object]:
        return {"proj_size": self.projection}

    def _size(self, state: str) -> int:
        return self.projection if self.projection and state == "hidden" else self.units

    def prepare(self, module: str) -> tuple[str, ...]:
        """The forget gate may begin open."""
        return *super().prepare(module), *remembering(module, self.forget_bias if self.bias else None)

    def targets(self, names: Mapping[str, str]) -> str:
        """torch returns output, (hidden, cell)."""
        state = "_" if names["hidden"] == names["cell"] == "_" else f"({names['hidden']}, {names['cell']})"
        return f"{names['output']}, {state}"

    def refuses(self, *shapes: Shape) -> str:
        """Hidden and cell state come together."""
        hidden, cell = (*shapes[1:], (), ())[:2]
        if bool(hidden) != bool(cell):
            return "hidden and cell must be connected together. Got one of them."
        if self.projection >= self.units:
            return f"projection must be less than units ({self.units}). Got {self.projection}."
        return super().refuses(*shapes)


class _AlongSteps(Layer):
    category: ClassVar = "Recurrent"
    takes: ClassVar = "any"
    axes: ClassVar = ("batch × steps", "batch × steps × features", "batch × steps × … × features")


class ShiftRight(_AlongSteps):
    """Move a sequence one step later, behind a start symbol: what a decoder is given to foretell what comes next."""

    icon: ClassVar = "keyboard_tab"
    aliases: ClassVar = "teacher forcing, start symbol, BOS, decoder input, seq2seq, translation, lag, delay"
    reference: ClassVar = "Williams and Zipser (1989), A learning algorithm for continually running networks"
    formula: ClassVar = r"y_1 = s,\quad y_t = x_{t-1}"
    example: ClassVar = ((2, 5, 8),)
    start: int = Field(0, ge=-1_000_000, le=100_000_000, description="Start symbol: an index, or a value")

    def forward(self, use: Use) -> str:
        """The start symbol, and all steps but the last."""
        x = use.inputs["input"]
        return f"torch.cat((torch.full_like({x}[:, :1], {self.start}), {x}[:, :-1]), dim=1)"

    def window(self, x: Shape) -> Windows:
        """Each step sees the one before."""
        return Window(before=1), *(OWN for _ in x[2:])


class Reverse(_AlongSteps):
    """Turn a sequence round; with lengths, only its own steps, and padding stays at the end."""

    icon: ClassVar = "swap_horizontal_circle"
    aliases: ClassVar = "flip, backwards, bidirectional, time reversal, seq2seq"
    reference: ClassVar = "Sutskever et al. (2014), Sequence to sequence learning with neural networks"
    formula: ClassVar = r"y_t = x_{n + 1 - t}"
    optional: ClassVar = ("lengths",)
    apart: ClassVar = {"lengths": "int"}
    example: ClassVar = ((2, 5, 8), (2,))

    def module(self, *shapes: Shape) -> Call:
        """Of ours."""
        return call("Reverse")

    def refuses(self, *shapes: Shape) -> str:
        """A length is one number for each sequence."""
        if len(shapes) > 1 and len(shapes[1]) != 1:
            return f"lengths must be one number for each sequence (B). Got {written(shapes[1])}."
        return ""

    def below(self, port: str, *shapes: Shape) -> int:
        """No sequence is longer than its steps."""
        return shapes[0][1] + 1 if port == "lengths" else 0

    def window(self, *shapes: Shape) -> Windows:
        """Features stay where they are."""
        return own_places(shapes[0], 1)
