"""One use of an ONNX operator, and the register of what each is in torch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from builder.reading.draft import Flow, Unreadable
from builder.reading.machine import Machine
from builder.reading.torchcode import function_name

Translate = Callable[..., Any]
OPERATORS: dict[str, Translate] = {}
"""By ONNX's name; each is given the Operation and its inputs, and gives its outputs."""


@dataclass(frozen=True)
class Operation:
    """An operator with its attributes; `operation(function, …)` runs torch's function and draws it."""

    kind: str
    attributes: dict[str, Any]
    machine: Machine
    opset: int
    outputs: int

    def __call__(self, function: Any, *arguments: Any, **options: Any) -> Any:
        """Run and draw one of torch's functions; what it gives."""
        return self.machine.call(function_name(function), function, arguments, options, operator=self.kind)

    def named(self, name: str, function: Any, *arguments: Any, **options: Any) -> Any:
        """The same for a function whose rule has another name."""
        return self.machine.call(name, function, arguments, options, operator=self.kind)

    def get(self, name: str, usual: Any = None) -> Any:
        """An attribute, or what is usual."""
        return self.attributes.get(name, usual)


def operator(names: str) -> Callable[[Translate], Translate]:
    """Register what operators of these names, parted by spaces, are in torch."""

    def register(translate: Translate) -> Translate:
        for name in names.split():
            assert name not in OPERATORS, f"{name} is said twice"
            OPERATORS[name] = translate
        return translate

    return register


def numbers(value: Any, usual: Any = None) -> Any:
    """The whole numbers in a constant input; what is usual where it is not given.

    Raises:
        Unreadable: they depend on what the network is given.
    """
    if value is None:
        return usual
    if isinstance(value, Flow):
        raise Unreadable("its shape depends on the values that the network is given")
    return [int(one) for one in value.reshape(-1).tolist()]


def rank(value: Any) -> int:
    """How many dimensions a flow or constant has."""
    return len(value.shape)
