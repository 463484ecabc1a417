"""One step of a recurrent layer: what a network unrolls by hand, with tied weights, or runs once."""

from typing import ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Shape, Use, call, written
from builder.layers.initial import _Weighted
from builder.layers.recurrent import forget_bias, remembering


class _Cell(_Weighted):
    category: ClassVar = "Recurrent"
    icon: ClassVar = "replay_circle_filled"
    aliases: ClassVar = "recurrent cell, one step, unroll, step by step, recurrent neural network"
    axes: ClassVar = ("batch × features",)
    optional: ClassVar[tuple[str, ...]] = ("hidden",)
    outputs: ClassVar[tuple[str, ...]] = ("hidden",)
    example: ClassVar[tuple[Shape, ...]] = ((2, 8), (2, 6))
    demo: ClassVar = {"units": 6}
    whole: ClassVar = True
    gates: ClassVar[int] = 1
    units: int = Field(32, ge=1, le=65536, description="Size of the hidden state")
    bias: bool = Field(True, description="Learn constants in the gates")

    def module(self, *shapes: Shape) -> Call:
        """torch's cell of the same name."""
        return call(f"nn.{self.kind}", shapes[0][-1], self.units, bias=self.bias, **self._more())

    def _more(self) -> dict[str, object]:
        return {}

    def forward(self, use: Use) -> str:
        """Without a state it begins with zeros."""
        states = [use.inputs[name] for name in self.optional if name in use.inputs]
        given = [states[0] if len(states) == 1 else f"({', '.join(states)})"] if states else []
        return f"{use.module}({', '.join([use.inputs['input'], *given])})"

    def refuses(self, *shapes: Shape) -> str:
        """A state has as many features as there are units."""
        for name, shape in zip(self.optional, shapes[1:], strict=False):
            if shape and shape != (shapes[0][0], self.units):
                return f"{name} must be {written((shapes[0][0], self.units))} (units). Got {written(shape)}."
        return ""

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """Each weight matrix is used once."""
        batch, features = inputs[0]
        return batch * self.gates * self.units * (features + self.units)


class RNNCell(_Cell):
    """Mix one step with what was remembered: a simple recurrent layer, a single time; a free state begins as zeros."""

    aliases: ClassVar = "Elman network, simple RNN, vanilla RNN"
    reference: ClassVar = "Elman (1990), Finding structure in time"
    formula: ClassVar = r"h' = f(W x + U h + b),\quad f = \tanh \text{ or ReLU}"
    nonlinearity: Literal["tanh", "relu"] = Field("tanh", description="Activation of the hidden state")

    def _more(self) -> dict[str, object]:
        return {"nonlinearity": self.nonlinearity} if self.nonlinearity != "tanh" else {}


class GRUCell(_Cell):
    """One step of a GRU: two gates decide what of its state is kept; a free state begins as zeros."""

    aliases: ClassVar = "gated recurrent unit"
    reference: ClassVar = "Cho et al. (2014), Learning phrase representations using RNN encoder–decoder"
    formula: ClassVar = (
        r"\begin{gathered} r, z = \sigma(W x + U h + b) \\ n = \tanh(W_n x + b_n + r \odot (U_n h + c_n)) \\ "
        r"h' = (1 - z) \odot n + z \odot h \end{gathered}"
    )
    gates: ClassVar = 3


class LSTMCell(_Cell):
    """One step of an LSTM: gates decide what the memory forgets, takes in and tells; free states begin as zeros."""

    aliases: ClassVar = "long short-term memory, memory cell"
    reference: ClassVar = "Hochreiter and Schmidhuber (1997), Long short-term memory"
    formula: ClassVar = (
        r"\begin{gathered} i, f, o = \sigma(W x + U h + b) \\ g = \tanh(W_g x + U_g h + b_g) \\ "
        r"c' = f \odot c + i \odot g \\ h' = o \odot \tanh(c') \end{gathered}"
    )
    optional: ClassVar = ("hidden", "cell")
    outputs: ClassVar = ("hidden", "cell")
    example: ClassVar = ((2, 8), (2, 6), (2, 6))
    gates: ClassVar = 4
    forget_bias: float | None = forget_bias()

    def prepare(self, module: str) -> tuple[str, ...]:
        """The forget gate may begin open."""
        return *super().prepare(module), *remembering(module, self.forget_bias if self.bias else None)

    def refuses(self, *shapes: Shape) -> str:
        """Hidden and cell state come together."""
        hidden, cell = (*shapes[1:], (), ())[:2]
        if bool(hidden) != bool(cell):
            return "hidden and cell must be connected together. Got one of them."
        return super().refuses(*shapes)
