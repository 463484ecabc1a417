"""What a network's outputs mean for each task: the one place where outputs become classes and probabilities.

Targets are, for all of Strata:

- classification: int64 of shape (n,), the number of the class;
- multi-label: float32 of shape (n, k), 1 where the label applies and 0 where it does not;
- regression: float32 of shape (n, k), scaled as the data's preprocessing says.

Outputs are scores that may be any number: one for each class, label or value. Two classes may also share a single
output, which is positive for the second class and negative for the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

Task = Literal["classification", "multi-label", "regression"]


def classes_of(task: Task, outputs: Tensor) -> Tensor:
    """The outputs as decisions: class numbers (n,), labels (n, k) of 0 and 1, or the values themselves."""
    if task == "regression":
        return outputs
    if task == "multi-label":
        return (outputs > 0).long()
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > 0).long()
    return outputs.argmax(1)


def probabilities(task: Task, outputs: Tensor) -> Tensor:
    """The outputs as probabilities: (n, classes) that sum to 1, or (n, k) of one label each; values stay as they are.

    Outputs that are log-probabilities already (a log-softmax at the end) pass through unchanged in value.
    """
    import torch

    if task == "regression":
        return outputs
    if task == "multi-label":
        return outputs.sigmoid()
    if outputs.shape[1] == 1:
        return torch.cat([(-outputs).sigmoid(), outputs.sigmoid()], 1)
    return outputs.softmax(1)


def coded(outputs: Tensor, targets: Tensor) -> Tensor:
    """Targets in the shape of the outputs, for losses that compare the two number by number.

    Class numbers become 0 and 1, one column a class, or, for a network with a single output, -1 and +1. Other
    targets must have the outputs' shape already: broadcasting (n, 1) against (n,) would compare every pair.

    Raises:
        ValueError: the shapes differ.
    """
    import torch

    if not targets.is_floating_point() and targets.ndim == 1:
        if outputs.shape[1] == 1:
            return targets[:, None].to(outputs.dtype) * 2 - 1
        return torch.nn.functional.one_hot(targets, outputs.shape[1]).to(outputs.dtype)
    if targets.shape != outputs.shape:
        raise ValueError(
            f"the network gives {tuple(outputs.shape)} but the targets have {tuple(targets.shape)}"
        )
    return targets


def class_weights(task: Task, targets: Tensor, classes: int) -> Tensor | None:
    """Weights that give rare classes the same say as common ones, computed from the training targets.

    For classification n / (classes · count), as scikit-learn's "balanced" (King and Zeng, 2001), shape (classes,); for
    multi-label the number of negatives to each positive, shape (k,); None for regression.
    """
    import torch

    if task == "regression":
        return None
    if task == "multi-label":
        positive = targets.sum(0).clamp(min=1)
        return ((len(targets) - positive).clamp(min=1) / positive).float()
    counts = torch.bincount(targets, minlength=classes).clamp(min=1)
    return len(targets) / (classes * counts.float())
