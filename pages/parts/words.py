"""Numbers and names as people read them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from builder.amounts import size as size

_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")
METRICS = {
    "accuracy": "accuracy", "f1": "F1 score", "auroc": "area under ROC", "exact": "exact match",
    "mae": "mean absolute error", "rmse": "root mean squared error", "r2": "R²", "loss": "loss",
}  # fmt: skip
SHARES = ("accuracy", "exact")
SETTINGS = {
    "optimiser.lr": "learning rate", "optimiser.weight_decay": "weight decay", "batch": "batch size",
    "clip": "gradient clipping", "dropout": "dropout",
}  # fmt: skip
"""What settings are called that change while a run goes on."""


def plain(text: Any) -> str:
    """Any text so that Markdown shows it as it stands: what people type must not become links, images or formulas."""
    return _MARKS.sub(r"\\\1", re.sub(r"\s+", " ", str(text)))


def short(text: str, most: int) -> str:
    """A text that fits into a line: the end of a longer one is left out."""
    return text if len(text) <= most else text[: most - 1] + "…"


def count(number: float | None) -> str:
    """A whole number with commas, short from a million on; a dash if it is not known."""
    if number is None:
        return "–"
    for most, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if abs(number) >= most:
            return f"{number / most:.3g} {unit}"
    return f"{number:,.0f}"


def seconds(number: float) -> str:
    """A duration."""
    if number < 60:
        return f"{number:.0f} s"
    if number < 3600:
        return f"{number // 60:.0f} min {number % 60:.0f} s"
    return f"{number // 3600:.0f} h {number % 3600 // 60:.0f} min"


def figure(number: float | None) -> str:
    """A measured number with three or four digits that count."""
    if number is None or number != number:
        return "–"
    if number and not 1e-3 <= abs(number) < 1e5:
        return f"{number:.2e}"
    return f"{number:.3f}" if abs(number) < 10 else f"{number:.4g}"


def between(values: Any) -> str:
    """`-0.813 to 1.847`: the lowest and the highest of an array of numbers."""
    return f"{figure(float(values.min()))} to {figure(float(values.max()))}" if values.size else "no numbers"


def metric_name(name: str) -> str:
    """What a metric is called on screen."""
    return METRICS.get(name, name)


def metric_value(name: str, value: float | None) -> str:
    """A metric's value: shares in percent, others as numbers."""
    known = value is not None and value == value
    return f"{value:.1%}".replace("%", " %") if name in SHARES and known else figure(value)


def changed(values: Mapping[str, Any]) -> str:
    """`learning rate 0.001, batch size 32`: settings that were changed."""
    told = {SETTINGS.get(name, name.rpartition(".")[2]): value for name, value in values.items()}
    return ", ".join(
        f"{name} {value:g}" if type(value) in (int, float) else f"{name} {value}"
        for name, value in told.items()
    )


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def ago(then: float, now: float) -> str:
    """How long ago something was, roughly."""
    passed = max(now - then, 0)
    for length, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if passed >= length:
            number = int(passed // length)
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"
