"""Attention roll-out: attention of all layers, multiplied."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from engines.attribution.method import Method

if TYPE_CHECKING:
    from torch import Tensor

    from engines.attribution.question import Question


class AttentionRollout(Method):
    """How attention, followed back through all layers, reaches the steps of the input."""

    order: ClassVar = 50
    signed: ClassVar = False
    icon: ClassVar = "hub"
    title: ClassVar = "Attention roll-out"
    reference: ClassVar = "Abnar and Zuidema (2020)"

    def obstacle(self, question: Question) -> str:
        """It needs attention of steps to one another, and steps that are parts of the input."""
        layers = attentions(question)
        if not layers:
            return "Roll-out needs layers in which the steps of one sequence attend to one another."
        if placed_on(question, layers[0].new_ones(layers[0].shape[-1])) is None:
            return (
                "Roll-out needs steps that are parts of the input: words, steps of a series, rows or patches."
            )
        return ""

    def relevance(self, question: Question) -> Tensor:
        """What reaches the steps from the one that is read out, or on average from all of them."""
        rolled = rollout(attentions(question))
        read = _read_out(question, len(rolled))
        found = placed_on(question, rolled.mean(0) if read is None else rolled[read])
        assert found is not None
        return found


def attentions(question: Question) -> list[Tensor]:
    """The weights (heads, steps, steps) of each layer of self-attention, the first one first."""
    from engines.probes import Sight
    from engines.probes.kinds.attention import weights

    calls = Sight(question.module, (question.inputs,)).calls
    found = [told for call in calls.values() if (told := weights(call)) is not None]
    square = [one for one in found if one.shape[1] == one.shape[2]]
    return [one for one in square if one.shape == square[0].shape]


def rollout(layers: list[Tensor]) -> Tensor:
    """Where the last layer's steps look in the input, (steps, steps): rows sum to 1.

    Each layer is the mean of its heads, and half of each step stays itself, for the connection around it.
    """
    import torch

    steps = layers[0].shape[-1]
    rolled = torch.eye(steps, device=layers[0].device)
    for layer in layers:
        mixed = 0.5 * layer.mean(0) + 0.5 * torch.eye(steps, device=layer.device)
        rolled = mixed / mixed.sum(-1, keepdim=True) @ rolled
    return rolled


def placed_on(question: Question, steps: Tensor) -> Tensor | None:
    """What the steps have, (steps,), laid on the input's numbers; None if the steps are no parts of it."""
    shape = question.inputs.shape[1:]
    steps = steps[_class_tokens(question) :]
    count = len(steps)
    if len(shape) == 1 and count == shape[0]:
        return steps
    if len(shape) == 2 and count == shape[0]:
        return steps[:, None].expand(shape)
    if len(shape) != 3:
        return None
    _, height, width = shape
    if count == height:  # an image read row by row
        return steps[:, None].expand(height, width).expand(shape)
    side = _side(question, count, height, width)
    if not side:
        return None
    found = steps.new_zeros(height, width)  # what lies beyond the last whole patch is not read
    grid = steps.reshape(height // side, width // side).repeat_interleave(side, 0).repeat_interleave(side, 1)
    found[: grid.shape[0], : grid.shape[1]] = grid
    return found.expand(shape)


def _side(question: Question, count: int, height: int, width: int) -> int:
    """The side of patches that lie side by side and are so many: the layer's that cuts them, or the least that fits."""
    from builder.layers.positions import PatchEmbedding
    from builder.paths import placed

    known = [
        place.layer.stride or place.layer.patch
        for place in placed(question.graph).values()
        if isinstance(place.layer, PatchEmbedding)
    ]
    sides = (*known, *range(2, min(height, width) + 1))
    return next((one for one in sides if one and (height // one) * (width // one) == count), 0)


def _class_tokens(question: Question) -> int:
    """How many steps stand before those of the input."""
    from builder.paths import placed

    layers = [place.layer for place in placed(question.graph).values() if place.node.kind == "ClassToken"]
    return int(getattr(layers[0], "count", 1)) if layers else 0


def _read_out(question: Question, steps: int) -> int | None:
    """Which step a network takes its answer from, by the last node that selects one; None if from all of them."""
    from builder.paths import placed

    selects = [
        int(getattr(place.layer, "index", 0))
        for place in placed(question.graph).values()
        if place.node.kind == "Select" and place.given and place.given[0].shape[1:2] == (steps,)
    ]
    return selects[-1] if selects else None
