"""Networks that are told by an energy or a map, and learn by rules of their own."""

import torch
from torch import nn


class RBM(nn.Module):
    """Restricted Boltzmann machine: visible and hidden units that see each other, not themselves.

    Smolensky (1986), Hinton (2002). (batch, visible) -> (batch, hidden). Visible units are binary,
    or real numbers with variance 1.
    """

    def __init__(self, visible: int, hidden: int, real: bool = False) -> None:
        super().__init__()
        self.real = real
        self.weight = nn.Parameter(0.01 * torch.randn(hidden, visible))
        self.visible_bias = nn.Parameter(torch.zeros(visible))
        self.hidden_bias = nn.Parameter(torch.zeros(hidden))

    def hidden(self, visible: torch.Tensor) -> torch.Tensor:
        """The probabilities that hidden units are on."""
        return torch.sigmoid(nn.functional.linear(visible, self.weight, self.hidden_bias))

    def visible(self, hidden: torch.Tensor) -> torch.Tensor:
        """The probabilities that visible units are on; of real ones the means."""
        found = nn.functional.linear(hidden, self.weight.t(), self.visible_bias)
        return found if self.real else torch.sigmoid(found)

    def free_energy(self, visible: torch.Tensor) -> torch.Tensor:
        """(batch,): low where the machine finds what it sees likely."""
        hidden = nn.functional.linear(visible, self.weight, self.hidden_bias)
        own = visible @ self.visible_bias
        if self.real:
            own = -0.5 * (visible - self.visible_bias).square().sum(dim=-1)
        return -own - nn.functional.softplus(hidden).sum(dim=-1)

    def forward(self, visible: torch.Tensor) -> torch.Tensor:
        """The probabilities that hidden units are on."""
        return self.hidden(visible)


class Hopfield(nn.Module):
    """A memory that completes what it is given to the pattern that is most like it.

    Ramsauer et al. (2021), Hopfield networks is all you need. State: (batch, features) or (batch,
    steps, features). Patterns: learned, or given as (batch, patterns, features).
    """

    def __init__(
        self, features: int, patterns: int = 0, beta: float | None = None, iterations: int = 1
    ) -> None:
        super().__init__()
        self.beta = features**-0.5 if beta is None else beta
        self.iterations = iterations
        self.weight = nn.Parameter(torch.randn(patterns, features)) if patterns else None

    def forward(
        self, state: torch.Tensor, patterns: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The state after some updates, and how much it took of each pattern in the last."""
        stored = patterns if self.weight is None else self.weight
        assert stored is not None, "patterns must be given where none are learned"
        found = state if state.dim() == 3 else state[:, None]
        for _ in range(self.iterations):
            weights = (self.beta * found @ stored.transpose(-2, -1)).softmax(dim=-1)
            found = weights @ stored
        return (found, weights) if state.dim() == 3 else (found[:, 0], weights[:, 0])


class HopfieldNetwork(nn.Module):
    """The memory of Hopfield (1982): units of -1 or 1 that turn until their energy is lowest.

    (batch, units) -> the same. What it knows is stored by Hebb's rule, with `store`.
    """

    def __init__(self, units: int, iterations: int = 5) -> None:
        super().__init__()
        self.iterations = iterations
        self.weight = nn.Parameter(torch.zeros(units, units))

    @torch.no_grad()
    def store(self, patterns: torch.Tensor) -> None:
        """Hebb's rule: units that are alike in one of the patterns (count, units) are bound."""
        bound = patterns.t() @ patterns / patterns.shape[1]
        self.weight.add_(bound - bound.diag().diag())

    def energy(self, state: torch.Tensor) -> torch.Tensor:
        """(batch,): it never rises while single units turn."""
        return -0.5 * ((state @ self.weight) * state).sum(dim=-1)

    def forward(self, state: torch.Tensor) -> torch.Tensor:
        """The state after all units turned some times; one that feels nothing stays as it is."""
        for _ in range(self.iterations):
            felt = state @ self.weight
            state = torch.where(felt == 0, state, felt.sign())
        return state


class SOM(nn.Module):
    """Self-organising map: a grid of prototypes, of which neighbours become alike.

    Kohonen (1982). (batch, features) -> squared distances (batch, rows, columns).
    """

    def __init__(self, features: int, rows: int, columns: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(rows, columns, features))
        nn.init.uniform_(self.weight, -1.0, 1.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """How far each example is from each prototype, squared."""
        return (x[:, None, None] - self.weight).square().sum(dim=-1)

    def best(self, x: torch.Tensor) -> torch.Tensor:
        """Row and column of the nearest prototype, (batch, 2)."""
        nearest = self(x).flatten(1).argmin(dim=1)
        columns = self.weight.shape[1]
        return torch.stack((nearest // columns, nearest % columns), dim=1)


class VectorQuantizer(nn.Module):
    """Put the nearest vector of a learned code book in the place of each vector.

    van den Oord et al. (2017), Neural discrete representation learning. (batch, features), (batch,
    steps, features) or (batch, channels, height, width) -> the same; gradients pass as if nothing
    had been done. Also the numbers of the vectors, and (batch,) the loss by which book and
    encoder move towards each other.
    """

    def __init__(self, width: int, entries: int, commitment: float = 0.25) -> None:
        super().__init__()
        self.commitment = commitment
        self.weight = nn.Parameter(torch.empty(entries, width))
        nn.init.uniform_(self.weight, -1 / entries, 1 / entries)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The vectors of the book, their numbers, and the loss of each example."""
        image = x.dim() == 4
        last = x.movedim(1, -1) if image else x
        distances = self.weight.square().sum(dim=-1) - 2 * last @ self.weight.t()
        indices = distances.argmin(dim=-1)
        found = self.weight[indices]
        apart = (found - last.detach()).square() + self.commitment * (
            last - found.detach()
        ).square()
        passed = last + (found - last).detach()
        return passed.movedim(-1, 1) if image else passed, indices, apart.flatten(1).mean(dim=1)
