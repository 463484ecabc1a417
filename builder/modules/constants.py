"""Numbers that do not depend on what is given, but for how many examples there are."""

import torch
from torch import nn


class Constant(nn.Module):
    """The same fixed numbers for each example: B × … → B × shape."""

    numbers: torch.Tensor

    def __init__(self, values: float | tuple[float, ...], shape: tuple[int, ...]) -> None:
        super().__init__()
        numbers = torch.tensor(values)
        numbers = numbers.reshape(shape) if numbers.ndim else numbers.expand(shape).clone()
        self.register_buffer("numbers", numbers, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One for each example of x."""
        return self.numbers.expand(x.shape[0], *self.numbers.shape)


class Learned(nn.Module):
    """The same learned numbers for each example: B × … → B × shape."""

    weight: torch.Tensor

    def __init__(
        self, shape: tuple[int, ...], start: str = "normal", std: float = 1.0, trained: bool = True
    ) -> None:
        super().__init__()
        weight = {"zeros": torch.zeros, "ones": torch.ones, "normal": torch.randn}[start](shape)
        weight = weight * std if start == "normal" else weight
        if trained:
            self.weight = nn.Parameter(weight)
        else:
            self.register_buffer("weight", weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One for each example of x."""
        return self.weight.repeat(x.shape[0], *[1] * self.weight.ndim)
