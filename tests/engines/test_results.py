"""What the ready networks reach on held-out data, three seeds each, beside baselines on the same split.

The gates lie below the worst seed measured. The settings are those of the templates, compared on the validation part;
only digits-mlp was changed after its gate had failed: 500 epochs at a constant rate, and 200 in small batches, each
ended in a spike of the loss on one seed in twenty. The cosine schedule is the remedy.
"""

from pathlib import Path

import pytest

import builder
import engines
from engines.metrics import BASELINE

SEEDS = (0, 1, 2)
Values = dict[str, dict[str, float]]
GATES = {
    "digits-cnn": 0.95, "digits-resnet": 0.98, "digits-transformer": 0.95, "small-vit": 0.92, "lenet-5": 0.945,
    "tiny-vgg": 0.945, "digits-rnn": 0.95, "digits-lstm": 0.95, "digits-gru": 0.95, "digits-bidirectional": 0.93,
    "perceptron": 0.99, "xor-mlp": 0.97, "moons-mlp": 0.99, "iris-mlp": 0.95, "wine-mlp": 0.99,
    "breast-cancer-mlp": 0.94,
}  # fmt: skip
"""The accuracy on the test part that every seed reaches. Digits read row by row reach less than a line through all
pixels does (logistic regression 0.969), as does breast-cancer (0.958): a simple baseline often wins."""

pytestmark = pytest.mark.slow


def trained(name: str, seed: int, folder: Path) -> Values:
    """What a template's run measures last of each part."""
    project = builder.template(name).with_fields(seed=seed)
    marks = engines.train(project, folder / f"{name}-{seed}", device="cpu", threads=1).curves().marks
    return {mark["part"]: mark["values"] for mark in marks if mark["type"] == "measured"}


def results(name: str, metric: str, folder: Path) -> tuple[list[float], Values]:
    """The test part's metric for each seed, and the baselines; printed, for whoever reads the log."""
    runs = [trained(name, seed, folder) for seed in SEEDS]
    baselines = {
        part.removeprefix(BASELINE): values for part, values in runs[0].items() if part.startswith(BASELINE)
    }
    reached = [run["test"][metric] for run in runs]
    beside = ", ".join(f"{part} {values[metric]:.3f}" for part, values in baselines.items())
    print(
        f"{name}: {metric} {', '.join(f'{value:.3f}' for value in reached)} on seeds {SEEDS}; beside it {beside}"
    )
    return reached, baselines


def test_digits_mlp(tmp_path: Path) -> None:
    reached, baselines = results("digits-mlp", "accuracy", tmp_path)
    assert min(reached) >= 0.96
    assert baselines["Logistic regression"]["accuracy"] == pytest.approx(
        0.969, abs=0.005
    )  # the known reference


@pytest.mark.parametrize("name", GATES)
def test_a_ready_classifier(name: str, tmp_path: Path) -> None:
    reached, baselines = results(name, "accuracy", tmp_path)
    assert min(reached) >= GATES[name] > 1.4 * baselines["Most frequent"]["accuracy"]


def test_forecasts_beat_a_line_through_the_last_values(tmp_path: Path) -> None:
    reached, baselines = results("lstm-forecaster", "rmse", tmp_path)
    assert max(reached) <= 0.185 < baselines["Ridge regression"]["rmse"] < baselines["Mean"]["rmse"]


def test_a_shallow_network_untangles_the_spiral_that_a_line_cannot(tmp_path: Path) -> None:
    shallow, _ = results("spiral-mlp", "accuracy", tmp_path)
    linear, _ = results("spiral-linear", "accuracy", tmp_path)
    assert min(shallow) >= 0.97 and max(linear) <= 0.55


def test_diabetes_beats_the_mean_and_stands_beside_ridge_regression(tmp_path: Path) -> None:
    reached, baselines = results("diabetes-mlp", "rmse", tmp_path)
    assert max(reached) < 0.9 * baselines["Mean"]["rmse"]
    assert max(reached) < 1.05 * baselines["Ridge regression"]["rmse"]
