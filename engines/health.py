"""Health: how each layer of a network is doing, from what probes read, in words that a student understands.

The thresholds stand here and nowhere else: the table of layers and the training doctor read the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal, TypeGuard

HEALTHY_UPDATE = 1e-3
"""Update ÷ weight of a layer that learns well, roughly (Karpathy, CS231n notes, "Ratio of weights:updates"; also
Bengio 2012, Practical Recommendations for Gradient-Based Training, on learning rates)."""
HARDLY_MOVES = 1e-5
"""Below this update ÷ weight a layer hardly moves: a hundredth of `HEALTHY_UPDATE`, so that 10,000 steps in one
direction would change the weights by a tenth."""
MOVES_TOO_FAR = 0.1
"""Above this update ÷ weight ten steps in one direction replace the weights: a hundred times `HEALTHY_UPDATE`."""
VANISHING = 1e-8
"""Below this norm a gradient is lost in the rounding of 32-bit weights of about one (2⁻²⁴ is 6e-8)."""
VANISHING_SHARE = 1e-4
"""A gradient this much smaller than the largest of the network vanishes on its way to the layer (Glorot and Bengio
2010, figure 7: gradients that shrink from layer to layer)."""
EXPLODING = 1e3
"""Above this norm a gradient explodes, whatever it was before: clipping is usual at 1 to 100 (Pascanu, Mikolov and
Bengio 2013, section 3.2)."""
EXPLODING_GROWTH = 100.0
"""So many times its own usual norm is an explosion too, if it is above `EXPLODING_FROM`."""
EXPLODING_FROM = 10.0
DEAD = 0.4
"""From this share of dead units on a layer is dying (Karpathy, CS231n notes: "as much as 40 % of your network
can be dead" when the learning rate is set too high; Lu et al. 2020, Dying ReLU and Initialization)."""
ALL_DEAD = 0.999
SATURATED = 0.5
"""From this share of outputs in the flat ends on (Glorot and Bengio 2010, section 3: saturated sigmoid units stop
learning, for their slope is almost 0)."""
RECENT = 5
"""So many of the newest probes are taken together: a single batch may be odd."""
HISTORY = 200
"""At most so many probes, spread over the run, tell what is usual for a layer."""

State = Literal["learning", "slow", "fast", "vanishing", "exploding", "dying", "dead", "saturated", "active"]
Level = Literal["good", "warning", "error"]
LEVELS: dict[State, Level] = {
    "learning": "good", "active": "good", "slow": "warning", "fast": "warning", "vanishing": "warning",
    "saturated": "warning", "dying": "warning", "dead": "error", "exploding": "error",
}  # fmt: skip


@dataclass(frozen=True)
class Health:
    """How a layer is doing."""

    state: State
    words: str
    """A sentence, or a word where there is nothing to say."""

    @property
    def level(self) -> Level:
        """How bad it is."""
        return LEVELS[self.state]


def health(rows: Sequence[Mapping[str, Any]], pace: float = 1.0) -> dict[str, Health]:
    """How each layer is doing, in the order of the newest probe.

    Args:
        rows: what probes read, in order, as `Curves.probes` has it: {"step", "layers": {layer: {measure: number}}}.
            Measures are `gradient` and `update` of layers with parameters, `dead` and `saturated` of activations.
        pace: the learning rate now as a share of the largest so far; small updates are right where a schedule asks so.
    """
    if not rows:
        return {}
    newest = rows[-1]["layers"]
    recent = rows[-RECENT:]
    largest = max((value for name in newest if (value := _usual(recent, name, "gradient"))), default=0.0)
    return {name: _layer(name, _measures(rows[-1], name), recent, rows, largest, pace) for name in newest}


def _layer(
    name: str,
    now: Mapping[str, Any],
    recent: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    largest: float,
    pace: float,
) -> Health:
    """The worst that can be said of one layer, from its measures `now`, those of the newest rows, and of all."""
    dead, saturated = _usual(recent, name, "dead"), _usual(recent, name, "saturated")
    if found := _activation(dead, saturated):
        return found
    if "gradient" in now:
        usual = _usual(rows[: -RECENT : max(1, len(rows) // HISTORY)] or recent, name, "gradient")
        if found := _gradient(now["gradient"], _usual(recent, name, "gradient"), usual, largest):
            return found
    if found := _update(_usual(recent, name, "update"), pace):
        return found
    if "gradient" in now or "update" in now:
        return Health("learning", "learning")
    return Health("active", "active")


def _activation(dead: float | None, saturated: float | None) -> Health | None:
    """What is wrong with the outputs of a layer, if anything is."""
    if dead is not None and dead >= ALL_DEAD:
        return Health("dead", "all units are dead: they give 0 for every example")
    if dead is not None and dead >= DEAD:
        return Health("dying", f"{share(dead)} units are dead: they give 0 for every example")
    if saturated is not None and saturated >= SATURATED:
        return Health("saturated", f"saturated: {share(saturated)} outputs lie where the curve is flat")
    return None


def _gradient(now: float | None, recent: float | None, usual: float | None, largest: float) -> Health | None:
    """What is wrong with the gradient of a layer: `now`, of late, usually, beside the network's largest."""
    if not _is_number(now):
        return Health("exploding", "gradient explodes: it is not a finite number any more")
    if recent is None:
        return None
    if recent >= EXPLODING:
        return Health("exploding", f"gradient explodes: its norm is above {EXPLODING:,.0f}")
    if usual and recent >= EXPLODING_FROM and recent >= EXPLODING_GROWTH * usual:
        return Health(
            "exploding", f"gradient explodes: it is {EXPLODING_GROWTH:.0f} times what it was before"
        )
    if recent == 0:
        return Health("vanishing", "no gradient arrives: nothing here can learn")
    if recent < VANISHING:
        return Health("vanishing", "gradient vanishes: it is too small to change a weight")
    if recent < VANISHING_SHARE * largest:
        return Health(
            "vanishing",
            f"gradient vanishes: it is {fraction(recent / largest)} of the largest in the network",
        )
    return None


def _update(update: float | None, pace: float) -> Health | None:
    """What is wrong with the size of a layer's updates, if anything is."""
    if update is not None and update < HARDLY_MOVES * min(pace, 1.0):
        size = f"its updates are {fraction(update)} of its weights" if update else "its weights do not change"
        return Health("slow", f"hardly moves: {size}")
    if update is not None and update > MOVES_TOO_FAR:
        return Health("fast", f"moves too far: a step is {100 * update:,.0f} % of its weights' size")
    return None


def _usual(rows: Sequence[Mapping[str, Any]], name: str, measure: str) -> float | None:
    """The median of a layer's measure in some rows; None where no row tells it."""
    told = [_measures(row, name).get(measure) for row in rows]
    numbers = [value for value in told if _is_number(value)]
    return float(median(numbers)) if numbers else None


def _is_number(value: Any) -> TypeGuard[float]:
    return type(value) in (int, float) and math.isfinite(value)


def _measures(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What a row tells of a layer; nothing if it makes no sense, for anybody may write into a run's folder."""
    measures = row["layers"].get(name)
    return measures if isinstance(measures, Mapping) else {}


def share(value: float) -> str:
    """A share as people say it: `75 % of the`, `all`; `2.5 times all` above 1."""
    if value >= 0.9995:
        return "all" if value < 1.05 else f"{value:.1f} times all"
    return f"{100 * value:.0f} % of the" if value < 0.995 else f"{100 * value:.1f} % of the"


def fraction(value: float) -> str:
    """A small number as people say it: `a millionth`, rounded to a power of ten."""
    names = {1: "a tenth", 2: "a hundredth", 3: "a thousandth", 6: "a millionth", 9: "a billionth"}
    power = round(-math.log10(value)) if value > 0 else 99
    if power in names:
        return names[power]
    for base, word in ((9, "billionth"), (6, "millionth"), (3, "thousandth")):
        if power in (base + 1, base + 2):
            return f"a {'ten' if power == base + 1 else 'hundred'}-{word}"
    return "almost nothing"
