"""One use of a Keras layer, and the register of what each is in torch."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from builder.errors import shown
from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.machine import Machine
from builder.reading.torchcode import function_name

if TYPE_CHECKING:
    import torch

Make = Callable[..., Any]
MAKERS: dict[str, Make] = {}
"""By Keras's class; each is given the Maker and its inputs, and gives its output."""
LARGEST = 2**40
"""More numbers than any weight could have; shapes alone cost nothing."""


class Maker:
    """A layer with its config; `maker(function, …)` runs torch's function on shapes and draws it."""

    def __init__(
        self, kind: str, config: dict[str, Any], machine: Machine, weights: "dict[str, torch.Tensor]"
    ) -> None:
        self.kind, self.config, self.machine, self.weights = kind, config, machine, weights

    @property
    def draft(self) -> Draft:
        """Where it is drawn."""
        return self.machine.draft

    def __call__(self, function: Any, *arguments: Any, **options: Any) -> Any:
        """Run and draw one of torch's functions; what it gives."""
        return self.machine.call(function_name(function), function, arguments, options, operator=self.kind)

    def named(self, name: str, function: Any, *arguments: Any, told: tuple[Any, ...] | None = None) -> Any:
        """The same for a function whose rule has another name, or is told other things."""
        return self.machine.call(name, function, arguments, told=told, operator=self.kind)

    def weight(self, name: str, *shape: int) -> "torch.Tensor":
        """A weight without values; one layer that is used twice has the same."""
        import torch

        count = 1
        for side in shape:
            count *= side
        if not 0 < count < LARGEST:
            raise Unreadable(f"it has weights of shape {shape}")
        if name not in self.weights:
            self.weights[name] = torch.empty(shape, device="meta")
        return self.weights[name]

    def whole(self, name: str, usual: int | None = None) -> int:
        """A field that is a whole number."""
        value = self.config.get(name, usual)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Unreadable(f"{name} must be a whole number. Got {shown(value)}")
        return value

    def count(self, name: str, usual: int | None = None) -> int:
        """A field that says how many there are."""
        value = self.whole(name, usual)
        if value < 1:
            raise Unreadable(f"{name} must be at least 1. Got {value}")
        return value

    def sides(self, name: str, rank: int, usual: int | None = 1) -> list[int]:
        """A field that is one number for all sides or a list of them."""
        value = self.config.get(name)
        value = usual if value is None else value
        sides = [value] * rank if isinstance(value, int) else value
        if not isinstance(sides, list) or len(sides) != rank or not all(type(one) is int for one in sides):
            raise Unreadable(f"{name} must be {rank} whole numbers")
        return sides

    def flag(self, name: str, usual: bool = True) -> bool:
        """A field that is yes or no."""
        return bool(self.config.get(name, usual))

    def word(self, name: str, usual: str) -> str:
        """A field that is one of some words."""
        value = self.config.get(name) or usual
        if not isinstance(value, str):
            raise Unreadable(f"{name} is no word")
        return value

    def first(self, x: Flow) -> Any:
        """An input with its channels first, as torch wants it."""
        import torch

        rank = len(x.shape)
        if self.config.get("data_format") == "channels_first" or rank < 3:
            return x
        return self(torch.permute, x, [0, rank - 1, *range(1, rank - 1)])

    def back(self, x: Flow) -> Any:
        """What comes out, as Keras has it."""
        import torch

        rank = len(x.shape)
        if self.config.get("data_format") == "channels_first" or rank < 3:
            return x
        return self(torch.permute, x, [0, *range(2, rank), 1])

    def activated(self, x: Any, field: str = "activation") -> Any:
        """What comes out of the activation that the layer names."""
        from builder.reading.keras_layers.activations import named

        value = self.config.get(field)
        if isinstance(value, dict):
            value = value.get("config") if isinstance(value.get("config"), str) else value.get("class_name")
        if value in (None, "linear"):
            return x
        self.draft.name = f"{self.draft.name}_{value}"
        return named(self, value, x)


def layer(names: str) -> Callable[[Make], Make]:
    """Register what layers of these classes, parted by spaces, are in torch."""

    def register(make: Make) -> Make:
        for name in names.split():
            assert name not in MAKERS, f"{name} is said twice"
            MAKERS[name] = make
        return make

    return register
