"""Sight: what probes may look at to keep arrays: the network, examples, and what each node makes of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from builder.paths import channels_first
from engines.probes.probe import all_probes
from engines.probes.recording import Recording

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from builder.graph import Graph
    from engines.context import Context
    from engines.probes.look import Look
    from engines.trained import Trained

    Objective = Callable[[Tensor, Tensor], Tensor]

ROOM, AMPLE = 2**20, 2**24
"""Numbers that the nodes may give in all for the examples of a look, 4 MB; and where no training waits for it."""
MOST_EXAMPLES = 256


class Call:
    """One use of a module: what it was given, and what it gave."""

    def __init__(
        self, module: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any], output: Any
    ) -> None:
        self.module, self.inputs, self.named, self.output = module, inputs, named, output


class Sight:
    """A network and examples, for probes that keep arrays. All is computed when it is first asked for, once.

    Args:
        model: as `builder.compile` made it; it is left as it was, its mode too.
        inputs: what each Input takes: (n, …); the first example is *the pinned one*.
        targets: of the examples, as engines/tasks.py says, if they are known.
        objective: the loss that is learned, of (outputs, targets), if it is known.
        moved: what the last step changed of each parameter, by name, where that is known.
        gradients: of each parameter, of the last batch, by name, where they are known.
        covers: whether a node is to be looked at.
        graph: what the model was made of, if it is known; it tells units from places.
        room: numbers that the nodes may give in all for the examples: the more, the more examples are looked at.
    """

    def __init__(
        self,
        model: nn.Module,
        inputs: tuple[Tensor, ...],
        targets: Tensor | None = None,
        objective: Objective | None = None,
        *,
        moved: Mapping[str, Tensor] | None = None,
        gradients: Mapping[str, Tensor] | None = None,
        covers: Callable[[str], bool] = lambda path: True,
        graph: Graph | None = None,
        room: int = ROOM,
    ) -> None:
        self.model, self.inputs, self.targets, self.objective = model, inputs, targets, objective
        self.moved, self.gradients = moved or {}, gradients or {}
        self.covers, self.graph, self.room = covers, graph, room

    @cached_property
    def channels(self) -> frozenset[str]:
        """The nodes of which three dimensions are (n, channels, steps)."""
        return channels_first(self.graph) if self.graph else frozenset()

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The parameters that are covered, by name."""
        return {name: one.detach() for name, one in self.model.named_parameters() if self.covers(name)}

    @cached_property
    def given(self) -> dict[str, Tensor]:
        """What each node gives for as many examples as there is room for, without gradients: (n, …) by path."""
        import torch

        found: dict[str, Tensor] = {}
        size = sum(one.numel() for one, _ in self.pinned.values()) or 1
        count = max(1, min(MOST_EXAMPLES, self.room // size, len(self.inputs[0])))
        with still(self.model), torch.no_grad(), _watched(self.model, found, self.covers):
            self.model(*(one[:count] for one in self.inputs))
        return found

    @cached_property
    def pinned(self) -> dict[str, tuple[Tensor, Tensor | None]]:
        """What each node gives for the pinned example, and the loss's gradient to it: (1, …) both, by path."""
        import torch

        found: dict[str, Tensor] = {}
        with learning(self.model), _watched(self.model, found, self.covers, learn=True):
            outputs = self.model(*(one[:1] for one in self.inputs))
        asked = {path: one for path, one in found.items() if one.requires_grad}
        loss = self.loss(outputs)
        if loss is None or not asked or not loss.requires_grad:
            return {path: (one.detach(), None) for path, one in found.items()}
        with torch.backends.cudnn.flags(
            enabled=False
        ):  # cuDNN's recurrent layers refuse this in evaluation mode
            slopes = torch.autograd.grad(loss, [*asked.values()], allow_unused=True)
        known = dict(zip(asked, slopes, strict=True))
        return {path: (one.detach(), known.get(path)) for path, one in found.items()}

    def loss(self, outputs: Any) -> Tensor | None:
        """The loss of the pinned example, from what the network gave for it; None where it cannot be told."""
        if self.objective is None or self.targets is None:
            return None
        try:
            return self.objective(outputs, self.targets[:1])
        except (
            RuntimeError,
            ValueError,
            TypeError,
            IndexError,
        ):  # several outputs, or a loss that needs a batch
            return None

    @cached_property
    def calls(self) -> dict[str, Call]:
        """How each module was used for the pinned example, by the path of the node that did so."""
        import torch

        from builder.watch import watched

        owner = threading.get_ident()
        found: dict[str, Call] = {}
        heard: list[tuple[str, Call]] = []

        def ear(path: str) -> Any:
            def hear(module: nn.Module, inputs: Any, named: dict[str, Any], output: Any) -> None:
                if threading.get_ident() == owner:
                    heard.append((path, Call(module, inputs, named, output)))

            return hear

        def see(node: str, value: Tensor) -> None:
            """Give the node what was heard since the last one; of a layer that others use too, under its own name."""
            home = heard[-1][0] if heard else ""
            for path, call in heard:
                inside = f"{path}.".startswith(f"{home}.")
                here = node + path.removeprefix(home) if inside else path
                if self.covers(here):
                    found[here] = call
            heard.clear()

        hooks = [
            one.register_forward_hook(ear(path), with_kwargs=True)
            for path, one in self.model.named_modules()
            if path
        ]
        try:  # with gradients: torch's transformer layers take a short cut without, past the attention in them
            with still(self.model), torch.enable_grad(), watched(self.model, see):
                self.model(*(one[:1] for one in self.inputs))
        finally:
            for hook in hooks:
                hook.remove()
        return found


@contextmanager
def still(model: nn.Module) -> Iterator[None]:
    """Evaluation mode, and no trace in any generator of random numbers."""
    import torch

    modes = [(one, one.training) for one in model.modules()]
    first = next((one for one in (*model.parameters(), *model.buffers())), None)
    devices = [first.device] if first is not None and first.is_cuda else []
    model.eval()
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        for one, mode in modes:
            one.training = mode


@contextmanager
def learning(model: nn.Module) -> Iterator[None]:
    """`still`, but what is computed can be differentiated."""
    import torch

    # cuDNN's recurrent layers refuse to go back in evaluation mode
    with still(model), torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        yield


@contextmanager
def _watched(
    model: nn.Module, found: dict[str, Tensor], covers: Callable[[str], bool], learn: bool = False
) -> Iterator[None]:
    """Note what each node gives; to `learn` from it, as a tensor that gradients reach."""
    from builder.watch import watched

    def see(path: str, value: Tensor) -> Tensor | None:
        if not covers(path):
            return None
        if learn and value.is_floating_point() and not value.requires_grad:
            value = value.detach().requires_grad_()
        found[path] = value
        return value

    with watched(model, see):
        yield


def sight_of(context: Context, look: Look | None, covers: Callable[[str], bool]) -> Sight:
    """What there is to see of a training, right after the step that was looked at (if one was)."""
    part = context.part("validation")
    inputs, targets = part if len(part[0]) else context.part("train")
    objective, graph = objective_of(context.project), context.project.graphs[next(iter(context.models))]
    if look is None:
        return Sight(context.model, (inputs,), targets, objective, covers=covers, graph=graph)
    return Sight(
        context.model,
        (inputs,),
        targets,
        objective,
        moved={name: one for name, one in look.moved().items() if covers(name)},
        gradients={name: one for name, one in look.gradients().items() if covers(name)},
        covers=covers,
        graph=graph,
    )


def read(sight: Sight, recording: Recording) -> dict[str, np.ndarray]:
    """The arrays that the probes keep, by `<probe>/<array>/<path>`, as they are written."""
    found: dict[str, np.ndarray] = {}
    for name in recording.chosen():
        for (array, path), values in all_probes()[name]().arrays(sight).items():
            found[f"{name}/{array}/{path}"] = values.detach().cpu().numpy()
    return found


def read_at(
    trained: Trained,
    inputs: tuple[Tensor, ...],
    targets: Tensor | None = None,
    only: tuple[str, ...] | None = None,
    nodes: tuple[str, ...] | None = None,
) -> dict[str, np.ndarray]:
    """What probes would keep of a network at hand and any examples, without a training.

    Args:
        trained: the network.
        inputs: what each Input takes; the first example is the pinned one.
        targets: of the examples, for gradients of the loss.
        only: the probes, by name; all by default.
        nodes: of which nodes, by path; all by default.
    """
    recording = Recording(probes=only, nodes=nodes)
    objective = objective_of(trained.project)
    sight = Sight(
        trained.module, inputs, targets, objective, covers=recording.covers, graph=trained.graph, room=AMPLE
    )
    return read(sight, recording)


def objective_of(project: Any) -> Objective | None:
    """The loss that the project's engine makes small, as a function of (outputs, targets); None if it has no such."""
    from builder.errors import StrataError
    from engines.engine import engine_of

    try:
        loss = getattr(engine_of(project.engine), "loss", None)
    except StrataError:
        return None
    return loss.build(None) if loss is not None else None
