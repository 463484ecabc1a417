"""Ready projects. A template is one function in one place; a new file needs no entry here."""

import importlib
import pkgutil
from dataclasses import dataclass

from builder.project import Project
from builder.templates.sketch import TEMPLATES, Template

for _file in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_file.name}")


@dataclass(frozen=True)
class UnknownTemplate(LookupError):
    """There is no template of this name."""

    name: str

    def __str__(self) -> str:
        return f"There is no template {self.name!r}. Templates: {', '.join(TEMPLATES)}."


def templates() -> list[str]:
    """The names of all templates."""
    return list(TEMPLATES)


def template(name: str) -> Project:
    """The ready project of this name.

    Raises:
        UnknownTemplate: there is none (a LookupError that lists the names).
    """
    return about(name).project()


def about(name: str) -> Template:
    """What is known about a template: title, what to look for, source."""
    if name not in TEMPLATES:
        raise UnknownTemplate(name)
    return TEMPLATES[name]
