"""Settings: all that decides what a Playground shows, as text that fits into an address."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from builder.errors import BadValue, Problem, field_problems
from engines.data.playground import EDGE, MOST_PAINTED, PLAYGROUND
from engines.losses import Loss
from engines.optimisers import Optimiser
from engines.playground.refusals import in_words

FEATURES = {
    "x1": ("x₁", "x", (0,)),
    "x2": ("x₂", "x", (1,)),
    "x1sq": ("x₁²", "x ** 2", (0,)),
    "x2sq": ("x₂²", "x ** 2", (1,)),
    "x1x2": ("x₁x₂", "x * y", (0, 1)),
    "sinx1": ("sin x₁", "sin(x)", (0,)),
    "sinx2": ("sin x₂", "sin(x)", (1,)),
}
"""What may enter the simple network: its name on screen, its formula, and of which coordinates."""
MOST_LAYERS, MOST_UNITS, MOST_CHANGES, MOST_STEPS = 6, 32, 200, 1_000_000
UNIT = 127
"""Painted points are told in whole numbers up to this."""
RATES = ("lr", "rate")
"""What may be changed by hand that is no weight."""
_CHANGE = re.compile(r"(\d{1,9}):([a-z0-9_]{1,64}(?:\.(?:weight|bias)(?:\.\d{1,6}){1,2})?)=([-+.\de]{1,32})")


def data_kinds() -> dict[str, type[Any]]:
    """The data sets that the Playground offers, by kind."""
    import engines.data  # (the kinds enter the registry as their modules are imported)

    kinds = engines.data.Dataset.registry
    return {name: kind for name, kind in kinds.items() if kind.category == PLAYGROUND}


def activations() -> list[str]:
    """The kinds of activation that work value by value, in the order of the palette."""
    from builder.layers import LAYERS

    return [
        name
        for name, kind in LAYERS.items()
        if kind.category == "Activation" and "dim" not in kind.model_fields
    ]


class Change(BaseModel):
    """Something that was changed by hand while the network learned, and the step before which that was."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    step: int = Field(ge=0, le=MOST_STEPS)
    name: str = Field(max_length=100)
    """`lr` or `rate`; or a weight: node, `weight` or `bias`, and its place, as in `hidden1.weight.3.0`."""
    value: float = Field(ge=-1e6, le=1e6)

    @classmethod
    def read(cls, text: str) -> Change:
        """The change that a text such as `120:lr=0.1` tells; ValueError if it tells none."""
        found = _CHANGE.fullmatch(text)
        if not found:
            raise ValueError(
                "must be changes such as 120:lr=0.1 or 300:hidden1.weight.3.0=0.5, joined by semicolons"
            )
        return cls(step=int(found[1]), name=found[2], value=float(found[3]))

    def __str__(self) -> str:
        return f"{self.step}:{self.name}={self.value!r}"


def _listed(value: Any) -> Any:
    return tuple(part for part in value.split(",") if part) if isinstance(value, str) else value


def _changes(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(Change.read(part) for part in value.split(";")[: MOST_CHANGES + 1] if part)
    return value


Feature = Literal["x1", "x2", "x1sq", "x2sq", "x1x2", "sinx1", "sinx2"]


class Settings(BaseModel):
    """What is trained on what, and how; what is None is as the network that is played with has it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    template: str = Field("", max_length=80, description="A ready network to play with")
    project: str = Field("", max_length=200, description="A project to play with")
    plane: str = Field(
        "", pattern=r"^(pca|\d{1,6},\d{1,6})?$", description="The plane through inputs of many numbers"
    )
    problem: Literal["classification", "regression"] = Field("classification", description="Problem")
    data: str | None = Field(None, max_length=64, description="The data set")
    samples: int = Field(500, ge=10, le=5000, description="Points")
    noise: float = Field(0.0, ge=0, le=0.5, description="Noise")
    draw: int = Field(0, ge=0, lt=2**31, description="Seed of the points")
    test: float = Field(0.5, ge=0.1, le=0.9, description="Share of test data")
    points: str = Field(
        "", max_length=4 * MOST_PAINTED, pattern=r"^[A-Za-z0-9_-]*$", description="Painted points"
    )
    features: Annotated[tuple[Feature, ...], BeforeValidator(_listed)] = Field(
        ("x1", "x2"), min_length=1, max_length=7, description="Features"
    )
    layers: Annotated[tuple[Annotated[int, Field(ge=1, le=MOST_UNITS)], ...], BeforeValidator(_listed)] = (
        Field((4, 2), max_length=MOST_LAYERS, description="Neurons of each hidden layer")
    )
    activation: str = Field("Tanh", max_length=64, description="Activation")
    loss: str | None = Field(None, max_length=64, description="Loss")
    optimiser: str | None = Field(None, max_length=64, description="Optimiser")
    lr: float | None = Field(None, gt=0, le=1000, description="Learning rate")
    batch: int | None = Field(None, ge=1, le=5000, description="Batch size")
    penalty: Literal["none", "L1", "L2"] | None = Field(None, description="Regularisation")
    rate: float = Field(0.003, ge=0, le=10, description="Regularisation rate")
    seed: int | None = Field(None, ge=0, lt=2**31, description="Seed of the weights")
    changes: Annotated[tuple[Change, ...], BeforeValidator(_changes)] = Field(
        (), max_length=MOST_CHANGES, description="Changes by hand"
    )
    step: int = Field(0, ge=0, le=MOST_STEPS, description="Step")

    @field_validator("features")
    @classmethod
    def _once(cls, features: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in FEATURES if name in features)

    @field_validator("data")
    @classmethod
    def _known_data(cls, name: str | None) -> str | None:
        return _one_of(name, data_kinds())

    @field_validator("activation")
    @classmethod
    def _known_activation(cls, name: str) -> str:
        return _one_of(name, activations()) or name

    @field_validator("optimiser")
    @classmethod
    def _known_optimiser(cls, name: str | None) -> str | None:
        return _one_of(name, Optimiser.registry)

    @field_validator("loss")
    @classmethod
    def _known_loss(cls, name: str | None) -> str | None:
        return _one_of(name, Loss.registry)

    @field_validator("points")
    @classmethod
    def _readable(cls, text: str) -> str:
        painted(text)
        return text

    @field_validator("changes")
    @classmethod
    def _in_order(cls, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        return tuple(sorted(changes, key=lambda one: one.step))

    @classmethod
    def read(cls, query: Mapping[str, Any]) -> Self:
        """The settings that an address tells; names that are none of ours are left alone.

        Raises:
            BadValue: a value is refused; the problems name field, rule and value.
        """
        try:
            return cls.model_validate({name: query[name] for name in cls.model_fields if name in query})
        except ValidationError as error:
            raise BadValue([in_words(one, cls) for one in field_problems(error, "Playground", cls)]) from None

    def query(self) -> dict[str, str]:
        """What an address must tell to show the same: all that is not as usual, as text."""
        told = {name: getattr(self, name) for name, info in type(self).model_fields.items()
                if getattr(self, name) != info.default}  # fmt: skip
        return {name: _text(name, value) for name, value in told.items()}

    def still(self) -> Settings:
        """The settings that decide the training from its start: not how far it has come."""
        return self.model_copy(update={"step": 0})


def _text(name: str, value: Any) -> str:
    if isinstance(value, tuple):
        return (";" if name == "changes" else ",").join(map(str, value))
    return str(value)


def _one_of(name: str | None, known: Any) -> str | None:
    if name is not None and name not in known:
        raise ValueError(f"must be one of {', '.join(known)}")
    return name


def painted(text: str) -> list[tuple[float, float, float]]:
    """Points as (x1, x2, value) from a text: three signed bytes each, in base64 as addresses have it.

    Raises:
        ValueError: the text is none, or there are too many points.
    """
    try:
        told = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if text else b""
    except (binascii.Error, ValueError):
        raise ValueError("must be points as the Playground writes them") from None
    if len(told) % 3 or len(told) > 3 * MOST_PAINTED:
        raise ValueError(f"must be at most {MOST_PAINTED:,} points of three bytes each")
    numbers = [max((byte + 128) % 256 - 128, -UNIT) / UNIT for byte in told]
    triples = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    return [(EDGE * x, EDGE * y, value) for x, y, value in triples]


def refused(message: str, field: str = "", fix: str = "", value: Any = None) -> BadValue:
    """A refusal of one setting, in words."""
    return BadValue([Problem(message, field=field, rule=message, value=value, fix=fix)])
