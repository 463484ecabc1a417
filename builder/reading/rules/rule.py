"""A rule draws what an operator computes; its parameters are those of torch's function of that name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Draw = Callable[..., Any]


@dataclass(frozen=True)
class Rule:
    """How an operator is drawn: `draw(draft, *arguments)` gives a reference for each tensor that comes out."""

    draw: Draw
    anywhere: bool = False
    """Whether it knows what to do where the batch is not the first dimension."""
    promotes: bool = False
    """Whether masks and whole numbers that it is given become numbers of the kind that comes out, as torch has it."""


RULES: dict[str, Rule] = {}
"""By the name of torch's function, without the underscore of those that work in place."""


def rule(names: str, *, anywhere: bool = False, promotes: bool = False) -> Callable[[Draw], Draw]:
    """Register the rule for operators of these names, parted by spaces."""

    def register(draw: Draw) -> Draw:
        for name in names.split():
            assert name not in RULES, f"two rules for {name}"
            RULES[name] = Rule(draw, anywhere, promotes)
        return draw

    return register
