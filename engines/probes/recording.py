"""Recording: which arrays a run keeps of its nodes, and how often; the settings of a project."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from builder.errors import BadValue, field_problems
from engines.probes.probe import all_probes


class Recording(BaseModel):
    """What is kept at the moments to which a person can go back."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    probes: tuple[str, ...] | None = Field(None, description="What is read, by name; None for everything")
    nodes: tuple[str, ...] | None = Field(
        None,
        max_length=10_000,
        description="Of which nodes, by path (a block stands for all in it); None for all",
    )
    every: float = Field(0.4, ge=0.05, le=86_400, description="Seconds between two looks, at least")
    share: float = Field(0.01, gt=0, le=1, description="Share of the time that keeping arrays may cost")

    @field_validator("probes")
    @classmethod
    def _known(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if unknown := [name for name in value or () if name not in all_probes()]:
            raise ValueError(f"must name probes, which are {', '.join(all_probes())}; {unknown[0]!r} is none")
        return value

    @classmethod
    def of(cls, value: Any) -> Recording:
        """The settings that plain JSON describes; {} gives the defaults.

        Raises:
            BadValue: a field is refused.
        """
        try:
            return cls.model_validate(value or {})
        except ValidationError as error:
            raise BadValue(field_problems(error, "Recording", cls)) from None

    def covers(self, path: str) -> bool:
        """Whether a node, one of its further outputs, or a parameter by its name, is to be kept."""
        return self.nodes is None or any(
            path == one or path.startswith((f"{one}.", f"{one}__")) for one in self.nodes
        )

    def chosen(self) -> list[str]:
        """The names of the probes that are to look."""
        return [name for name in all_probes() if self.probes is None or name in self.probes]
