"""Layers that read a sequence step by step and remember."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Shape, Use, call
from builder.layers.initial import _Weighted


class _Recurrent(_Weighted):
    category: ClassVar = "Recurrent"
    icon: ClassVar = "replay"
    aliases: ClassVar = "recurrent neural network, sequence, time series, text"
    axes: ClassVar = ("batch × steps × features",)
    optional: ClassVar[tuple[str, ...]] = ("hidden",)
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
        """torch's recurrent layer of the same name, batch first."""
        return call(
            f"nn.{self.kind}",
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
        state = (self.layers * (2 if self.bidirectional else 1), self.units)
        for name, shape in zip(self.optional, shapes[1:], strict=False):
            if shape and shape[1:] != state:
                return f"{name} must be B × {state[0]} × {state[1]} (layers × units). Got {shape[1:]}."
        return ""

    def forward(self, use: Use) -> str:
        """States travel batch first along the edges, while torch wants layers first."""
        states = [
            f"{use.inputs[name]}.transpose(0, 1).contiguous()" for name in self.optional if name in use.inputs
        ]
        if not states:
            return f"{use.module}({use.inputs['input']})"
        state = states[0] if len(states) == 1 else f"({', '.join(states)})"
        return f"{use.module}({use.inputs['input']}, {state})"

    def port(self, port: str, name: str) -> str:
        """States are read batch first."""
        return name if port == "output" else f"{name}.transpose(0, 1)"

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """Each weight matrix is used once a step."""
        directions, batch, steps, features = 2 if self.bidirectional else 1, *inputs[0]
        widths = [features] + [self.units * directions] * (self.layers - 1)
        return (
            batch * steps * directions * self.gates * self.units * sum(width + self.units for width in widths)
        )


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
    optional: ClassVar = ("hidden", "cell")
    outputs: ClassVar = ("output", "hidden", "cell")
    gates: ClassVar = 4
    forget_bias: float | None = Field(
        None,
        ge=-10,
        le=10,
        description="Forget bias: the forget gate's constant at the start, high to remember long; empty: PyTorch's",
    )

    def prepare(self, module: str) -> tuple[str, ...]:
        """torch adds two constants to each gate (input, forget, cell, output); one starts as chosen, the other at 0."""
        before = super().prepare(module)
        if self.forget_bias is None or not self.bias:
            return before
        return (
            *before,
            f"for _name, _bias in {module}.named_parameters():",
            '    if _name.startswith("bias"):',
            f'        _bias.data.chunk(4)[1].fill_({float(self.forget_bias)} if "ih" in _name else 0.0)',
        )

    def targets(self, names: Mapping[str, str]) -> str:
        """torch returns output, (hidden, cell)."""
        state = "_" if names["hidden"] == names["cell"] == "_" else f"({names['hidden']}, {names['cell']})"
        return f"{names['output']}, {state}"

    def refuses(self, *shapes: Shape) -> str:
        """Hidden and cell state come together."""
        if len(shapes) > 1 and (not shapes[1] or len(shapes) == 2):
            return "hidden and cell must be connected together. Got one of them."
        return super().refuses(*shapes)
