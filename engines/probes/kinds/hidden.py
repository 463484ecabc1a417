"""Hidden states: what a recurrent layer remembers, which gates open, and how far the loss reaches back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from engines.probes.probe import Probe

if TYPE_CHECKING:
    from torch import Tensor, nn

    from engines.probes.probe import Arrays
    from engines.probes.sight import Call, Sight

GATES = {"LSTM": ("input", "forget", "cell", "output"), "GRU": ("reset", "update", "new")}
"""In the order of torch's weights."""


class Hidden(Probe):
    """What recurrent layers do with the pinned example, step by step."""

    kept: ClassVar[dict[str, str]] = {
        "states": "the hidden state, (steps, units); of several directions side by side",
        "gates": "of an LSTM input, forget, cell, output; of a GRU reset, update, new: (steps, gates, units)",
        "gradient": "‖∂L/∂hₜ‖ at each step, through all later ones too, (steps,)",
    }

    def arrays(self, sight: Sight) -> Arrays:
        """States, gates and gradients of every recurrent layer that reads whole sequences."""
        found: Arrays = {}
        for path, call in sight.calls.items():
            if not recurrent(call.module) or not batch_first(call):
                continue
            found["states", path] = call.output[0][0].detach().float()
            if simple(call):
                unrolled = Unrolled(call.module, call.inputs[0], *call.inputs[1:2])
                if unrolled.gates:
                    found["gates", path] = unrolled.told()
                if (gradient := reach(sight, path, call)) is not None:
                    found["gradient", path] = gradient
        return found


def recurrent(module: nn.Module) -> bool:
    """Whether it is one of torch's recurrent layers."""
    from torch import nn

    return isinstance(module, nn.RNN | nn.LSTM | nn.GRU)


def batch_first(call: Call) -> bool:
    """Whether it read a batch of sequences, batch first, and nothing packed."""
    import torch

    return bool(
        call.module.batch_first and isinstance(call.inputs[0], torch.Tensor) and call.inputs[0].ndim == 3
    )


def simple(call: Call) -> bool:
    """Whether it is one layer in one direction, without projection: what `Unrolled` can do again."""
    layer = call.module
    return bool(layer.num_layers == 1 and not layer.bidirectional and not getattr(layer, "proj_size", 0))


class Unrolled:
    """One recurrent layer, done again step by step by its equations, so that each state can be looked at.

    Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000); Cho et al. (2014) as torch writes it.

    Attributes:
        states: the hidden state after each step, (batch, units) each.
        gates: the gates of each step, (batch, gates, units) each; none of a plain RNN.
    """

    def __init__(
        self, layer: nn.Module, x: Tensor, start: Tensor | tuple[Tensor, Tensor] | None = None
    ) -> None:
        self.states: list[Tensor] = []
        self.gates: list[Tensor] = []
        first = start[0] if isinstance(start, tuple) else start
        state = x.new_zeros(len(x), cast("int", layer.hidden_size)) if first is None else first[0]
        self.cell = start[1][0] if isinstance(start, tuple) else x.new_zeros(state.shape)
        kind = type(layer).__name__
        for step in x.unbind(1):
            state = getattr(self, f"_{kind.lower()}")(layer, step, state)
            self.states.append(state)

    def told(self) -> Tensor:
        """The gates of the first example, (steps, gates, units)."""
        import torch

        return torch.stack(self.gates, 1)[0].detach().float()

    def _sums(self, layer: nn.Module, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        from torch.nn.functional import linear

        biased = layer.bias
        return (
            linear(x, layer.weight_ih_l0, layer.bias_ih_l0 if biased else None),  # type: ignore[arg-type]
            linear(state, layer.weight_hh_l0, layer.bias_hh_l0 if biased else None),  # type: ignore[arg-type]
        )

    def _rnn(self, layer: nn.Module, x: Tensor, state: Tensor) -> Tensor:
        here, before = self._sums(layer, x, state)
        return (here + before).relu() if layer.nonlinearity == "relu" else (here + before).tanh()

    def _lstm(self, layer: nn.Module, x: Tensor, state: Tensor) -> Tensor:
        import torch

        here, before = self._sums(layer, x, state)
        enter, forget, cell, leave = (here + before).chunk(4, 1)
        enter, forget, cell, leave = enter.sigmoid(), forget.sigmoid(), cell.tanh(), leave.sigmoid()
        self.gates.append(torch.stack([enter, forget, cell, leave], 1))
        self.cell = forget * self.cell + enter * cell
        return leave * self.cell.tanh()

    def _gru(self, layer: nn.Module, x: Tensor, state: Tensor) -> Tensor:
        import torch

        (r, z, n), (rh, zh, nh) = (one.chunk(3, 1) for one in self._sums(layer, x, state))
        reset, update = (r + rh).sigmoid(), (z + zh).sigmoid()
        new = (n + reset * nh).tanh()
        self.gates.append(torch.stack([reset, update, new], 1))
        return (1 - update) * new + update * state


def reach(sight: Sight, path: str, call: Call) -> Tensor | None:
    """‖∂L/∂hₜ‖ at each step, (steps,): the loss reaches back through all later states.

    The network is run once more, with what the layer gives replaced by the same states unrolled. None where the loss is
    not known, or does not depend on the states.
    """
    import torch

    from builder.watch import watched
    from engines.probes.sight import learning

    unrolled: list[Unrolled] = []

    def see(node: str, value: Tensor) -> Tensor | None:
        if node == path:
            unrolled.append(Unrolled(call.module, call.inputs[0].detach(), *call.inputs[1:2]))
            return torch.stack(unrolled[0].states, 1)
        if node == f"{path}__hidden" and unrolled:
            return unrolled[0].states[-1].reshape(value.shape)
        return None

    with learning(sight.model), watched(sight.model, see):
        loss = sight.loss(sight.model(*(one[:1] for one in sight.inputs)))
    if loss is None or not unrolled or not loss.requires_grad:
        return None
    slopes = torch.autograd.grad(loss, unrolled[0].states, allow_unused=True)
    norms = [torch.zeros(()) if one is None else one.norm().cpu() for one in slopes]
    return torch.stack(norms).float()
