"""Kinds that are declared once: a pydantic class in a registry, from which forms, docs and tests derive."""

import importlib
import pkgutil
import re
from types import ModuleType
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, field_validator
from pydantic.fields import FieldInfo


class Registered(BaseModel):
    """A family of kinds.

    A direct subclass opens a registry (`class Layer(Registered)`); a subclass of that one is a kind and
    enters it under its class name, unless the name starts with an underscore.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)
    registry: ClassVar[dict[str, type[Any]]]
    icon: ClassVar[str] = "widgets"
    title: ClassVar[str] = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Open a registry or enter one."""
        super().__pydantic_init_subclass__(**kwargs)
        if Registered in cls.__bases__:
            cls.registry = {}
        elif not cls.__name__.startswith("_"):
            cls.registry[cls.__name__] = cls
            if "title" not in cls.__dict__:
                cls.title = spaced(cls.__name__)

    @field_validator("*", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """JSON has lists where fields have tuples; all else must have the field's very type ("5" is no number)."""
        return tuple(value) if isinstance(value, list) else value

    @property
    def kind(self) -> str:
        """The name under which this kind is registered."""
        return type(self).__name__

    @classmethod
    def help(cls) -> str:
        """The first sentence of the kind's documentation."""
        return (cls.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")

    def dump(self) -> dict[str, Any]:
        """This choice as plain JSON: its kind and its fields."""
        return {"kind": self.kind, **self.model_dump(mode="json")}

    @classmethod
    def parse(cls, value: Any) -> Self:
        """The choice that plain JSON (or an instance) describes.

        Raises:
            ValueError: the kind is unknown, or a field is refused (pydantic's ValidationError).
        """
        if isinstance(value, cls):
            return value
        if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
            raise ValueError(f"must be an object with a 'kind', one of: {', '.join(cls.registry)}")
        kind = cls.registry.get(value["kind"])
        if kind is None:
            raise ValueError(f"must be one of the kinds {', '.join(cls.registry)}, not {value['kind']!r}")
        return kind.model_validate({name: field for name, field in value.items() if name != "kind"})


def choice(family: type[Registered]) -> Any:
    """The annotation of a field that holds one kind of `family`, written in JSON as {"kind": …, fields}."""
    return Annotated[family, BeforeValidator(family.parse), PlainSerializer(lambda value: value.dump())]


def gather(package: ModuleType) -> None:
    """Import every file of a package, so that the kinds in them enter their registry."""
    for file in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{file.name}")


def spaced(name: str) -> str:
    """A class name as people read it: `BatchNorm2d` → `Batch norm 2d`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).split()
    return " ".join([words[0], *(word if word.isupper() else word.lower() for word in words[1:])])


def label(name: str, info: FieldInfo) -> tuple[str, str]:
    """What a field is called, and its help; a description may begin with a name: `Learning rate: length of a step`."""
    text = info.description or ""
    head, colon, rest = text.partition(": ")
    if colon and len(head) <= 24 and head[:1].isupper():
        return head, rest[:1].upper() + rest[1:]
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:], text
