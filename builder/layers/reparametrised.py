"""Weights that are learned in other terms: a length and a direction, or without their largest stretch."""

from typing import ClassVar, Literal

from pydantic import Field

from builder.layers.initial import _Weighted

_STATEMENTS = {"weight norm": "weight_norm", "spectral norm": "spectral_norm"}


class _Reparametrised(_Weighted):
    """A layer whose weights may be normalised each time that they are used."""

    rare: ClassVar[tuple[str, ...]] = ("reparametrise", "initial", "initial_std")
    reparametrise: Literal["none", "weight norm", "spectral norm"] = Field(
        "none",
        description="Weight norm learns lengths and directions apart; spectral norm keeps the largest stretch at 1",
    )

    def prepare(self, module: str) -> tuple[str, ...]:
        """After the start of the weights, of which the lengths and directions are taken."""
        before = super().prepare(module)
        if self.reparametrise == "none":
            return before
        return (*before, f"nn.utils.parametrizations.{_STATEMENTS[self.reparametrise]}({module})")
