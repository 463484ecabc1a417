"""Layer: a kind of layer is one class in one place, from which everything else is derived."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, NamedTuple

from builder.registry import Registered
from builder.window import EVERYTHING, Windows

Shape = tuple[int, ...]
TAKES = {
    "float": ("float32",), "int": ("int64",), "number": ("float32", "int64"), "mask": ("bool", "int64"), "any": (),
}  # fmt: skip
"""The words for the numbers that a port takes, with their dtypes; "any" has no limits."""
NUMBERS = {
    "float": "real numbers", "int": "whole numbers (int64)", "number": "real or whole numbers",
    "mask": "true or false (bool), or 0 and 1 (int64)", "any": "numbers of any kind",
}  # fmt: skip
"""The same as people read them."""
MORE = "…"
"""A dimension that may be there or not."""


def axes_in_words(every: Sequence[str]) -> str:
    """What dimensions a layer takes: what differs only in further ones is said once, with how many there may be."""
    parts = [axes.split(" × ") for axes in every]
    wide = [axes for axes in parts if MORE in axes]
    said = [
        " × ".join(axes)
        for axes in parts
        if axes not in wide
        and not any(
            len(axes) == len(one) and all(a == b or b == MORE for a, b in zip(axes, one, strict=True))
            for one in wide
        )
    ]
    told = " or ".join(part for part in (", ".join(said[:-1]), *said[-1:]) if part) or "any shape"
    if not wide:
        return told
    most = max(axes.count(MORE) for axes in wide)
    return f"{told} (up to {most} more dimension{'s' * (most > 1)} after the batch)"


class Spec(NamedTuple):
    """What flows along an edge: its shape, batch first, and its dtype's name."""

    shape: Shape
    dtype: str = "float32"

    def __str__(self) -> str:
        return written(self.shape)


def written(shape: Shape) -> str:
    """A shape as people read it, with B for the batch: `B × 16 × 28 × 28`."""
    return " × ".join(["B", *map(str, shape[1:])])


@dataclass(frozen=True)
class Call:
    """A constructor call as data: run it to train, print it to export."""

    target: str
    arguments: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()

    def build(self) -> Any:
        """The module that the call constructs."""
        return resolved(self.target)(*self.arguments, **dict(self.options))

    def tidy(self) -> "Call":
        """The same call without the options that equal the constructor's defaults."""
        defaults = _defaults(self.target)
        options = tuple(
            (name, value)
            for name, value in self.options
            if name not in defaults
            or defaults[name] != value
            or isinstance(defaults[name], bool) is not isinstance(value, bool)
        )
        return Call(self.target, self.arguments, options)

    def text(self, lifted: Mapping[str, str] | None = None) -> str:
        """The call as Python source; lifted parameters are given names instead of their values."""
        from builder.unify import named

        if not lifted:
            parts = [
                *map(literal, self.arguments),
                *(f"{name}={literal(value)}" for name, value in self.options),
            ]
            return f"{self.target}({', '.join(parts)})"
        values = [(name, lifted.get(name) or literal(value)) for name, value in named(self)]
        count = len(self.arguments)
        parts = [
            *(value for _, value in values[:count]),
            *(f"{name}={value}" for name, value in values[count:]),
        ]
        return f"{self.target}({', '.join(parts)})"


def literal(value: Any) -> str:
    """A value as Python source, text in double quotes."""
    text = repr(value)
    return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text else text


def call(target: str, *arguments: Any, **options: Any) -> Call:
    """`call("nn.Conv2d", 1, 32, kernel_size=3)`: the constructor call of a module, not yet made."""
    return Call(target, arguments, tuple(options.items()))


@cache
def resolved(target: str) -> Any:
    """The constructor that a call names: one of torch.nn, or a module of ours.

    Raises:
        LookupError: the target is neither.
    """
    space, _, name = target.rpartition(".")
    if space == "nn":
        from torch import nn

        return getattr(nn, name)
    from builder.modules import ours

    if not space and (found := ours(name)):
        return found
    raise LookupError(f"{target} is no module that a layer may construct")


@cache
def _defaults(target: str) -> Mapping[str, Any]:
    """The defaults of the constructor; of the class above where it passes on whatever it is given, as nn.LSTM does."""
    defaults: dict[str, Any] = {}
    for owner in resolved(target).__mro__:
        parameters = inspect.signature(owner.__init__).parameters.values()
        defaults = {
            one.name: one.default for one in parameters if one.default is not inspect.Parameter.empty
        } | defaults
        if not any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in parameters):
            break
    return defaults


@dataclass(frozen=True)
class Use:
    """One use of a layer in the source of a forward method."""

    module: str
    """How the source names the module: "self.conv1"."""
    inputs: Mapping[str, str]
    """The expression connected to each port, in the order of the layer's ports; free optional ports are absent."""
    read: frozenset[str]
    """The output ports that somebody reads."""
    owner: str = ""
    """The kind of the node whose weights are borrowed."""


class Layer(Registered):
    """A kind of layer: its help (this docstring), ports, fields, and the constructor call that makes its module."""

    category: ClassVar[str]
    """The shelf of the palette on which it lies."""
    aliases: ClassVar[str] = ""
    """Other words by which people look for it, beside those for its whole family; parted by commas."""
    icon: ClassVar[str] = "widgets"
    reference: ClassVar[str] = ""
    """Paper or textbook."""
    formula: ClassVar[str] = ""
    """What it computes, in LaTeX."""
    inputs: ClassVar[tuple[str, ...]] = ("input",)
    optional: ClassVar[tuple[str, ...]] = ()
    many: ClassVar[str] = ""
    """The stem of the ports of a layer that takes any number of inputs, two at least: "input" → input1, input2 …"""
    outputs: ClassVar[tuple[str, ...]] = ("output",)
    axes: ClassVar[tuple[str, ...]] = ()
    """What the layer expects of its first input, in words, one for each number of dimensions that it takes."""
    takes: ClassVar[str] = "float"
    """The numbers that it takes, in a word of `TAKES`; of a mask in whole numbers, 0 is false."""
    apart: ClassVar[Mapping[str, str]] = {}
    """Ports that take other numbers than the rest, with the word for these: {"mask": "mask"}."""
    example: ClassVar[tuple[Shape, ...]] = ((2, 8),)
    """Shapes on which the tests build and run the layer."""
    borrows: ClassVar[tuple[str, ...]] = ()
    """Kinds whose weights it uses instead of having its own: a node of it must share those of a node of such a kind."""
    rare: ClassVar[tuple[str, ...]] = ()
    """Fields that few change: they come last."""
    governed: ClassVar[Mapping[str, tuple[str, tuple[Any, ...]]]] = {}
    """Fields that count only while another has certain values: {"spread": ("start", ("normal",))}."""
    stepwise: ClassVar[bool] = False
    """Whether it walks along dimension 1 of its first input, so that a few steps show what many give."""
    demo: ClassVar[dict[str, Any]] = {}
    """Fields for the example, where the defaults do not fit it."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Enter the registry; layers go by the names that PyTorch and papers use, unlike other kinds."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.title = cls.__name__
        for name in cls.rare:
            cls.__pydantic_fields__[name] = cls.__pydantic_fields__.pop(name)

    def module(self, *shapes: Shape) -> Call | None:
        """The call that makes the layer's module for inputs of these shapes; None if it is a plain function."""
        return None

    def prepare(self, module: str) -> tuple[str, ...]:
        """Statements that make the module ready once it is constructed, such as those that start its weights."""
        return ()

    def output_ports(self) -> tuple[str, ...]:
        """The outputs of this very layer, where how many there are depends on its fields."""
        return self.outputs

    def forward(self, use: Use) -> str:
        """The expression that applies the layer."""
        return f"{use.module}({', '.join(use.inputs.values())})"

    def targets(self, names: Mapping[str, str]) -> str:
        """The left-hand side that takes the result apart, given a name ("_" if nobody reads it) for each output."""
        return ", ".join(names.values())

    def port(self, port: str, name: str) -> str:
        """The expression with which others read an output, given the name that it was assigned to."""
        return name

    def refuses(self, *shapes: Shape) -> str:
        """Why inputs of these shapes do not fit, in words that teach; "" if they may.

        A free optional port before a connected one has the shape ().
        """
        return ""

    def below(self, port: str, *shapes: Shape) -> int:
        """What indices at a port must be smaller than; 0 where that is not known."""
        return 0

    def deep(self) -> int:
        """How many layers that multiply by weights lie behind one another in it, if it has any."""
        return 1

    def multiply_adds(
        self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]
    ) -> int | None:
        """Multiply–adds for the whole batch, where counting PyTorch's operations does not see them; else None."""
        return None

    def window(self, *shapes: Shape) -> Windows:
        """What each place of the output sees of the inputs of these shapes when the network is used (`eval`)."""
        return EVERYTHING

    @classmethod
    def idle(cls, config: Mapping[str, Any]) -> tuple[str, ...]:
        """The fields that have no effect beside the others as they are set."""
        usual = {name: cls.model_fields[name].get_default() for name, _ in cls.governed.values()}
        return tuple(
            field
            for field, (name, values) in cls.governed.items()
            if config.get(name, usual[name]) not in values
        )

    @classmethod
    def taken(cls, port: str) -> str:
        """The word for the numbers that a port takes."""
        return cls.apart.get(port, cls.takes)

    @classmethod
    def other_names(cls) -> list[str]:
        """The words by which people look for it, its own before those for its family."""
        told = [one.__dict__.get("aliases", "") for one in cls.__mro__]
        return [word for text in told if isinstance(text, str) for word in text.split(", ") if word]

    @classmethod
    def port_names(cls, connected: Mapping[str, str]) -> tuple[str, ...]:
        """The input ports of a node with these connections; a layer with many always has one more than is used."""
        if not cls.many:
            return cls.inputs + cls.optional
        numbers = [
            int(port[len(cls.many) :])
            for port in connected
            if port.startswith(cls.many) and port[len(cls.many) :].isdecimal()
        ]
        return tuple(
            f"{cls.many}{number}" for number in range(1, max([1, *(n for n in numbers if n <= 64)]) + 2)
        )
