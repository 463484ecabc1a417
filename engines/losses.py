"""Losses: what training makes small. Each says which tasks it suits and what it expects of the outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, field_validator

from builder.errors import Problem, Setting
from builder.expression import LONGEST
from builder.registry import Registered
from engines.formula import DEFAULT, check_formula, on_tensors
from engines.tasks import Task, coded

if TYPE_CHECKING:
    from torch import Tensor

    Objective = Callable[[Tensor, Tensor], Tensor]
"""A function of (outputs, targets) with a scalar value."""

EVERY: tuple[Task, ...] = ("classification", "multi-label", "regression")


class Loss(Registered):
    """A number for how wrong a batch of outputs is: the mean over the examples (n, …), so batches of any size agree."""

    tasks: ClassVar[tuple[Task, ...]]
    expects: ClassVar[Literal["scores", "log-probabilities", "values"]] = "values"
    """What the outputs should be: any number (a softmax or sigmoid is part of the loss), logarithms, or any values."""
    single: ClassVar[bool] = True
    """Whether two classes may share one output."""
    weighted: ClassVar[bool] = False
    """Whether class weights count in it."""
    reference: ClassVar[str] = ""
    """Paper or textbook."""
    formula: ClassVar[str] = ""
    """What it computes of prediction p and target t, in LaTeX."""

    def build(self, weights: Tensor | None = None) -> Objective:
        """The loss as a function of outputs and targets (see engines/tasks.py for their shapes)."""
        raise NotImplementedError

    def prepared(self, outputs: int, targets: Tensor) -> Tensor:
        """Targets for so many outputs that give the same losses, to the bit, with less work at each step."""
        return targets

    def suits(self, task: Task, outputs: int, needed: int) -> list[Problem]:
        """What speaks against this loss for a task whose data need `needed` outputs (classes, labels or values)."""
        name = self.title
        if task not in self.tasks:
            others = ", ".join(kind.title for kind in suitable(task))
            usual = usual_loss(task)
            return [
                Problem(
                    f"{name} does not suit {task}.",
                    field="loss",
                    rule=f"suits {', '.join(self.tasks)}",
                    value=self.kind,
                    fix=f"Take one of: {others}.",
                    settings=(Setting(f"Take {usual.title}", "loss", {"kind": usual.__name__}),),
                )
            ]
        if outputs == needed or (outputs == 1 and needed == 2 and task == "classification" and self.single):
            return []
        what = {"classification": "class", "multi-label": "label", "regression": "value"}[task]
        one = " or 1 output" if self.single else " or keep 1 output and take Binary cross entropy"
        one = one if task == "classification" and needed == 2 else ""
        return [
            Problem(
                f"{name} needs one output for each {what}: {needed}. The network gives {outputs}.",
                field="loss",
                rule=f"outputs = {needed}",
                value=outputs,
                fix=f"Give the last layer {needed} output{'s' * (needed != 1)}{one}.",
            )
        ]


def suitable(task: Task) -> list[type[Loss]]:
    """Every loss that suits a task."""
    return [kind for kind in Loss.registry.values() if task in kind.tasks]


def usual_loss(task: Task) -> type[Loss]:
    """The first loss that is made for a task, or else the first that suits it."""
    return min(suitable(task), key=lambda kind: kind.tasks.index(task))


def _coded(outputs: int, targets: Tensor) -> Tensor:
    """Class numbers as `coded` makes them numbers for so many outputs; other targets as they are."""
    known = targets.is_floating_point()
    return targets if known else coded(targets.new_empty((len(targets), outputs)).float(), targets)


class MSE(Loss):
    """Mean squared error, (1/n) Σ (prediction − target)²: far misses count most.

    Its best constant prediction is the mean of the targets. Of classes, 0 and 1 are the targets of each
    output, or −1 and +1 of a single one.
    """

    title: ClassVar[str] = "Mean squared error"
    tasks: ClassVar = ("regression", "classification")
    reference: ClassVar[str] = (
        "Legendre (1805), Nouvelles méthodes; of classes: Brier (1950), Verification of forecasts"
    )
    formula: ClassVar[str] = r"\frac{1}{n} \sum_i (p_i - t_i)^2"

    def build(self, weights: Tensor | None = None) -> Objective:
        """Squared differences, averaged over examples and outputs."""
        from torch.nn.functional import mse_loss

        return lambda prediction, target: mse_loss(prediction, coded(prediction, target))

    def prepared(self, outputs: int, targets: Tensor) -> Tensor:
        """The targets of each output, as numbers."""
        return _coded(outputs, targets)


class MAE(Loss):
    """Mean absolute error, (1/n) Σ |prediction − target|: every unit of error counts the same.

    Its best constant prediction is the median of the targets, so outliers hardly move it.
    """

    title: ClassVar[str] = "Mean absolute error"
    tasks: ClassVar = ("regression",)
    reference: ClassVar[str] = "Boscovich (1757), De litteraria expeditione"
    formula: ClassVar[str] = r"\frac{1}{n} \sum_i |p_i - t_i|"

    def build(self, weights: Tensor | None = None) -> Objective:
        """Absolute differences, averaged over examples and outputs."""
        from torch.nn.functional import l1_loss

        return lambda prediction, target: l1_loss(prediction, coded(prediction, target))


class Huber(Loss):
    """Squared for small errors, absolute for large ones: ½e² where |e| ≤ δ, else δ(|e| − ½δ).

    Smooth at zero and robust to outliers.
    """

    tasks: ClassVar = ("regression",)
    reference: ClassVar[str] = "Huber (1964), Robust estimation of a location parameter"
    formula: ClassVar[str] = (
        r"\frac{1}{n} \sum_i \begin{cases} \frac{1}{2} e_i^2 & |e_i| \le \delta \\ \delta (|e_i| - "
        r"\frac{1}{2} \delta) & \text{else} \end{cases},\quad e = p - t"
    )
    delta: float = Field(
        1.0, gt=0, le=1e6, description="Error beyond which the loss grows in a straight line"
    )

    def build(self, weights: Tensor | None = None) -> Objective:
        """Huber's function of the differences, averaged over examples and outputs."""
        from torch.nn.functional import huber_loss

        return lambda prediction, target: huber_loss(prediction, coded(prediction, target), delta=self.delta)


class CrossEntropy(Loss):
    """Cross entropy of the softmax of the scores, −log softmax(prediction)[target]: the usual loss for classes.

    The softmax is part of the loss, so the network ends in plain scores, one for each class. With label smoothing ε
    the target is 1 − ε on the class and ε spread over all classes.
    """

    tasks: ClassVar = ("classification",)
    expects: ClassVar = "scores"
    single: ClassVar[bool] = False
    weighted: ClassVar[bool] = True
    reference: ClassVar[str] = (
        "Good (1952), Rational decisions; smoothing: Szegedy et al. (2016), Rethinking the Inception "
        "architecture"
    )
    formula: ClassVar[str] = r"-\frac{1}{n} \sum_i \log \mathrm{softmax}(p_i)_{t_i}"
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="Share of the target spread over all classes")

    def build(self, weights: Tensor | None = None) -> Objective:
        """Cross entropy of scores (n, classes) and class numbers (n,)."""
        from torch.nn.functional import cross_entropy

        smoothing = self.label_smoothing
        return lambda prediction, target: cross_entropy(
            prediction, target, weights, label_smoothing=smoothing
        )


class BinaryCrossEntropy(Loss):
    """Cross entropy of a yes or no for each output, −t log σ(p) − (1 − t) log(1 − σ(p)).

    The sigmoid σ is part of the loss, so the network ends in plain scores: one for two classes, or one for each
    label. With one output for each class it asks of every class "this one or another?".
    """

    tasks: ClassVar = ("classification", "multi-label")
    expects: ClassVar = "scores"
    weighted: ClassVar[bool] = True
    reference: ClassVar[str] = "Cox (1958), The regression analysis of binary sequences"
    formula: ClassVar[str] = (
        r"-\frac{1}{n} \sum_i \left[ t_i \log \sigma(p_i) + (1 - t_i) \log(1 - \sigma(p_i)) "
        r"\right]"
    )

    def build(self, weights: Tensor | None = None) -> Objective:
        """Binary cross entropy; class weights (classes,) weigh examples, label weights (k,) the positive answers."""
        from torch.nn.functional import binary_cross_entropy_with_logits as bce

        def objective(prediction: Tensor, target: Tensor) -> Tensor:
            wanted = coded(prediction, target)
            if target.is_floating_point():
                return bce(prediction, wanted, pos_weight=weights)
            shares = None if weights is None else weights[target][:, None].expand_as(prediction)
            total = bce(
                prediction, wanted.clamp(min=0), shares, reduction="mean" if shares is None else "sum"
            )
            return total if shares is None else total / shares.sum()

        return objective

    def prepared(self, outputs: int, targets: Tensor) -> Tensor:
        """0 and 1 for each output."""
        return targets if targets.is_floating_point() else _coded(outputs, targets).clamp(min=0)


class NLL(Loss):
    """Negative log-likelihood, −prediction[target], of a network that ends in a log-softmax.

    The two together are the cross entropy.
    """

    title: ClassVar[str] = "Negative log-likelihood"
    tasks: ClassVar = ("classification",)
    expects: ClassVar = "log-probabilities"
    single: ClassVar[bool] = False
    weighted: ClassVar[bool] = True
    reference: ClassVar[str] = "Fisher (1922), On the mathematical foundations of theoretical statistics"
    formula: ClassVar[str] = r"-\frac{1}{n} \sum_i p_{i, t_i}"

    def build(self, weights: Tensor | None = None) -> Objective:
        """Mean of the negated log-probabilities (n, classes) of the classes (n,)."""
        from torch.nn.functional import nll_loss

        return lambda prediction, target: nll_loss(prediction, target, weights)


class Hinge(Loss):
    """Hinge loss of support vector machines: nothing for classes that are apart by the margin, else by how far.

    Two classes on one output: max(0, margin − ±prediction). More: the sum over the wrong classes of
    max(0, margin − right + wrong), by the number of classes.
    """

    tasks: ClassVar = ("classification",)
    weighted: ClassVar[bool] = True
    reference: ClassVar[str] = (
        "Cortes and Vapnik (1995), Support-vector networks; classes: Weston and Watkins (1999)"
    )
    formula: ClassVar[str] = r"\frac{1}{n k} \sum_i \sum_{j \ne t_i} \max(0, m - p_{i, t_i} + p_{i, j})"
    margin: float = Field(1.0, gt=0, le=1e6, description="How far apart the scores should be")
    squared: bool = Field(False, description="Square each violation, so that large ones count more")

    def build(self, weights: Tensor | None = None) -> Objective:
        """The hinge of scores (n, classes) or (n, 1) and class numbers (n,)."""
        from torch.nn.functional import multi_margin_loss

        power = 2 if self.squared else 1

        def objective(prediction: Tensor, target: Tensor) -> Tensor:
            if prediction.shape[1] > 1:
                return multi_margin_loss(prediction, target, power, self.margin, weights)
            violation = (self.margin - coded(prediction, target) * prediction).relu()[:, 0] ** power
            return violation.mean() if weights is None else (violation * weights[target]).mean()

        return objective


class Formula(Loss):
    """A loss of your own: a formula of `prediction` and `target`, averaged over everything.

    Of classes, `target` is 1 in the column of the class and 0 elsewhere, or −1 and +1 for a single output.
    """

    tasks: ClassVar = EVERY
    text: str = Field(
        DEFAULT, min_length=1, max_length=LONGEST, description="Formula of prediction and target"
    )

    @field_validator("text")
    @classmethod
    def _reads(cls, text: str) -> str:
        check_formula(text)
        return text

    def build(self, weights: Tensor | None = None) -> Objective:
        """The formula's value for outputs and targets of one shape, averaged to a scalar."""
        compute = on_tensors(self.text)
        return lambda prediction, target: compute(prediction, coded(prediction, target)).mean()
