"""Losses against their definitions, and what each refuses."""

import pytest
import torch
from pydantic import ValidationError
from torch.nn import functional

from engines.losses import (
    MAE,
    MSE,
    NLL,
    BinaryCrossEntropy,
    CrossEntropy,
    Formula,
    Hinge,
    Huber,
    Loss,
    suitable,
    usual_loss,
)  # fmt: skip
from engines.tasks import Task, class_weights, classes_of, coded, probabilities

SCORES = torch.tensor([[2.0, -1.0, 0.5], [0.1, 0.2, -0.3], [-1.0, 0.0, 3.0], [0.4, 0.4, 0.1]])
CLASSES = torch.tensor([0, 1, 2, 2])
WEIGHTS = torch.tensor([1.0, 2.0, 0.5])
VALUES, TRUTH = torch.tensor([[1.0], [2.0], [-3.0]]), torch.tensor([[0.5], [4.0], [-3.0]])
LABELS = torch.tensor([[1.0, 0, 0], [0, 1, 1], [0, 0, 1], [1, 1, 0]])
SINGLE, TWO = torch.tensor([[2.0], [-0.5], [0.3]]), torch.tensor([1, 0, 0])


def test_the_family_is_complete() -> None:
    assert set(Loss.registry) == {
        "MSE",
        "MAE",
        "Huber",
        "CrossEntropy",
        "BinaryCrossEntropy",
        "NLL",
        "Hinge",
        "Formula",
    }


@pytest.mark.parametrize("kind", Loss.registry.values(), ids=Loss.registry)
def test_every_loss_is_a_finite_scalar_with_gradients_for_each_of_its_tasks(kind: type[Loss]) -> None:
    given = {
        "classification": (SCORES, CLASSES),
        "multi-label": (SCORES, LABELS),
        "regression": (VALUES, TRUTH),
    }
    for task in kind.tasks:
        outputs, targets = given[task]
        outputs = outputs.clone().requires_grad_()
        value = kind().build()(outputs, targets)
        value.backward()
        assert value.shape == () and value.isfinite()
        assert outputs.grad is not None and outputs.grad.abs().sum() > 0
        assert kind().suits(task, outputs.shape[1], outputs.shape[1]) == []


@pytest.mark.parametrize("kind", Loss.registry.values(), ids=Loss.registry)
def test_every_loss_is_smaller_for_the_truth(kind: type[Loss]) -> None:
    loss = kind().build()
    for task in kind.tasks:
        targets = {"classification": CLASSES, "multi-label": LABELS, "regression": TRUTH}[task]
        wanted = targets if task == "regression" else coded(SCORES, targets)
        scale = 20 if kind.expects == "scores" else 1
        right = wanted if task == "regression" else (wanted - 0.5 * (scale > 1)) * scale
        assert loss(right, targets) < loss(right.flip(1) if right.shape[1] > 1 else right + 1, targets)


@pytest.mark.parametrize("kind", Loss.registry.values(), ids=Loss.registry)
@pytest.mark.parametrize(
    ("outputs", "targets"), [(SCORES, CLASSES), (SINGLE, TWO), (VALUES, TRUTH), (SCORES, LABELS)]
)
def test_prepared_targets_give_the_same_losses_to_the_bit(
    kind: type[Loss], outputs: torch.Tensor, targets: torch.Tensor
) -> None:
    classes = not targets.is_floating_point()
    alone = outputs.shape[1] == 1 and not kind.single
    if kind in (CrossEntropy, NLL, Hinge) and (alone or not classes):
        pytest.skip("asks for classes, and a score for each")
    loss = kind().build()
    assert torch.equal(loss(outputs, kind().prepared(outputs.shape[1], targets)), loss(outputs, targets))


def test_values() -> None:
    error = VALUES - TRUTH
    assert MSE().build()(VALUES, TRUTH) == (error**2).mean()
    assert MAE().build()(VALUES, TRUTH) == error.abs().mean()
    by_hand = (0.5 * 0.5**2 + 0.5 * (2.0 - 0.25) + 0.0) / 3
    assert Huber(delta=0.5).build()(VALUES, TRUTH).item() == pytest.approx(by_hand)


def test_a_flat_target_is_refused_instead_of_compared_with_every_pair() -> None:
    for kind in (MSE, MAE, Huber, Formula):
        with pytest.raises(ValueError, match=r"\(3, 1\) but the targets have \(3,\)"):
            kind().build()(VALUES, TRUTH[:, 0])


def test_cross_entropy_is_minus_the_log_of_the_softmax_and_nll_after_log_softmax() -> None:
    by_hand = -SCORES.softmax(1)[range(4), CLASSES].log().mean()
    torch.testing.assert_close(CrossEntropy().build()(SCORES, CLASSES), by_hand)
    torch.testing.assert_close(NLL().build()(SCORES.log_softmax(1), CLASSES), by_hand)


def test_weighted_cross_entropy_is_a_weighted_mean() -> None:
    each = -SCORES.log_softmax(1)[range(4), CLASSES]
    by_hand = (each * WEIGHTS[CLASSES]).sum() / WEIGHTS[CLASSES].sum()
    torch.testing.assert_close(CrossEntropy().build(WEIGHTS)(SCORES, CLASSES), by_hand)


def test_label_smoothing_spreads_the_target() -> None:
    target = functional.one_hot(CLASSES, 3) * 0.9 + 0.1 / 3
    by_hand = -(target * SCORES.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(CrossEntropy(label_smoothing=0.1).build()(SCORES, CLASSES), by_hand)


def test_one_score_of_two_classes_equals_two_scores() -> None:
    """σ(s) is the softmax of (0, s), so the two ways to say two classes have the same loss, weights included."""
    both, weights = torch.cat([torch.zeros(3, 1), SINGLE], 1), torch.tensor([0.7, 1.8])
    for given in (None, weights):
        torch.testing.assert_close(
            BinaryCrossEntropy().build(given)(SINGLE, TWO), CrossEntropy().build(given)(both, TWO)
        )
    assert (
        classes_of("classification", SINGLE).tolist()
        == classes_of("classification", both).tolist()
        == [1, 0, 1]
    )
    torch.testing.assert_close(probabilities("classification", SINGLE), both.softmax(1))


def test_binary_cross_entropy_of_labels_and_of_one_against_the_rest() -> None:
    p = SCORES.sigmoid()
    by_hand = -(LABELS * p.log() + (1 - LABELS) * (1 - p).log()).mean()
    torch.testing.assert_close(BinaryCrossEntropy().build()(SCORES, LABELS), by_hand)
    rest = functional.one_hot(CLASSES, 3).float()
    torch.testing.assert_close(
        BinaryCrossEntropy().build()(SCORES, CLASSES), BinaryCrossEntropy().build()(SCORES, rest)
    )
    weighted = -(WEIGHTS * LABELS * p.log() + (1 - LABELS) * (1 - p).log()).mean()
    torch.testing.assert_close(BinaryCrossEntropy().build(WEIGHTS)(SCORES, LABELS), weighted)


def test_hinge_of_one_score_and_of_many() -> None:
    assert Hinge().build()(SINGLE, TWO).item() == pytest.approx((0 + 0.5 + 1.3) / 3)
    assert Hinge(squared=True).build()(SINGLE, TWO).item() == pytest.approx((0 + 0.25 + 1.69) / 3)
    by_hand = 0.0
    for scores, right in zip(SCORES, CLASSES, strict=True):
        by_hand += sum(max(0, 0.5 - scores[right] + scores[j]) for j in range(3) if j != right) / 3
    assert Hinge(margin=0.5).build()(SCORES, CLASSES).item() == pytest.approx(float(by_hand) / 4)


def test_losses_do_not_depend_on_how_a_part_is_cut() -> None:
    for kind in (MSE, CrossEntropy, BinaryCrossEntropy, Hinge):
        loss = kind().build()
        halves = (loss(SCORES[:2], CLASSES[:2]) + loss(SCORES[2:], CLASSES[2:])) / 2
        torch.testing.assert_close(loss(SCORES, CLASSES), halves)


@pytest.mark.parametrize(("text", "same"), [
    ("mean(square(prediction - target))", MSE()),
    ("abs(prediction - target)", MAE()),
    ("(prediction - target) ** 2", MSE()),
    ("maximum(prediction - target, target - prediction)", MAE()),
    ("sqrt(square(prediction - target))", MAE()),
    ("0.5 * minimum(abs(prediction - target), 1) ** 2 + relu(abs(prediction - target) - 1)", Huber()),
])  # fmt: skip
def test_formulas_of_known_losses(text: str, same: Loss) -> None:
    torch.testing.assert_close(Formula(text=text).build()(VALUES, TRUTH), same.build()(VALUES, TRUTH))


def test_formulas_see_labels_and_classes() -> None:
    entropy = Formula(text="softplus(prediction) - target * prediction").build()
    torch.testing.assert_close(entropy(SCORES, LABELS), BinaryCrossEntropy().build()(SCORES, LABELS))
    hinge = Formula(text="maximum(0, 1 - target * prediction)").build()
    torch.testing.assert_close(hinge(SINGLE, TWO), Hinge().build()(SINGLE, TWO))


@pytest.mark.parametrize(("text", "rule"), [
    ("target", "must use prediction"),
    ("prediction -", "must be a formula"),
    ("__import__('os').system('true')", "must contain only"),
    ("prediction.__class__", "must contain only"),
    ("[p for p in prediction]", "must contain only"),
    ("(lambda: prediction)()", "must contain only"),
    ("open(prediction)", "must contain only"),
    ("predictions - target", "must use only the names"),
    ("abs", "must use only the names"),
    ("maximum(prediction)", "must give maximum 2 values, not 1"),
    ("square(prediction, target)", "must give square 1 value, not 2"),
    ("prediction + square()", "must give square 1 value"),
    ("prediction / (1 - 1)", "must not divide by zero"),
    ("1 / 0 + prediction", "must not divide by zero"),
    ("prediction * (-1) ** 0.5", "must have a real, finite value"),
    ("prediction * 9 ** 64 ** 64", "must"),
    ("prediction * ((((9 ** 64) ** 64) ** 64) ** 64)", "must not raise to more than the power 64"),
    ("prediction * (9.0 ** 64) * 1e300", "must have a real, finite value"),
    ("prediction * " + "9" * 400, "must have a real, finite value"),
    ("prediction / ((-1) ** 0.5)", "must have a real, finite value"),
    ("prediction // 1", "must not contain // or %"),
    ("sum(prediction) % 3", "must not contain // or %"),
    ("-" * 490 + "prediction", "must not have more than 100 operations within one another"),
    ("prediction ** target", "must contain only"),
    ("x" * 501, "at most 500 characters"),
    ("", "at least 1 character"),
])  # fmt: skip
def test_bad_formulas_are_refused_with_the_rule(text: str, rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        Formula(text=text)


@pytest.mark.parametrize("text", ["1 / (prediction - 0.5)", "log(prediction - 1)", "(prediction - 1) ** 0.5",
                                  "prediction * 9 ** 64 / 1e9", "maximum(1, 2) * prediction", "exp(1) + prediction",
                                  "0 * prediction", "-" * 90 + "prediction"])  # fmt: skip
def test_formulas_that_are_only_sometimes_undefined_are_let_pass_and_run(text: str) -> None:
    assert Formula(text=text).build()(VALUES, TRUTH).shape == ()


def test_what_does_not_suit_is_explained() -> None:
    (problem,) = CrossEntropy().suits("classification", 1, 2)
    assert "needs one output for each class: 2. The network gives 1." in str(problem)
    assert "Binary cross entropy" in problem.fix
    (problem,) = CrossEntropy().suits("regression", 1, 1)
    assert "Cross entropy does not suit regression." in str(problem) and "Mean squared error" in problem.fix
    assert problem.settings == (("Take Mean squared error", "loss", {"kind": "MSE"}),)
    (problem,) = MSE().suits("regression", 3, 1)
    assert "one output for each value: 1. The network gives 3." in str(problem)
    assert BinaryCrossEntropy().suits("classification", 1, 2) == Hinge().suits("classification", 1, 2) == []
    assert BinaryCrossEntropy().suits("classification", 1, 3)


@pytest.mark.parametrize(
    ("task", "kind"),
    [("classification", CrossEntropy), ("multi-label", BinaryCrossEntropy), ("regression", MSE)],
)
def test_every_task_has_a_usual_loss(task: Task, kind: type[Loss]) -> None:
    assert usual_loss(task) is kind and kind in suitable(task)
    for other in Loss.registry.values():
        for problem in other().suits(task, 1, 1):
            for setting in problem.settings:
                assert not Loss.parse(setting.value).suits(task, 3, 3)


def test_class_weights_balance() -> None:
    targets = torch.tensor([0] * 6 + [1] * 3 + [2])
    weights = class_weights("classification", targets, 3)
    assert weights is not None
    assert weights.tolist() == pytest.approx([10 / 18, 10 / 9, 10 / 3])
    labels = class_weights("multi-label", LABELS, 3)
    assert labels is not None and labels.tolist() == [1, 1, 1]
    missing = class_weights("classification", torch.tensor([0, 0]), 2)
    assert missing is not None and missing.isfinite().all()
    assert class_weights("regression", TRUTH, 0) is None
