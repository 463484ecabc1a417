"""Ready projects. A template is one function in one place; a new file needs no entry here."""

import importlib
import pkgutil
from dataclasses import dataclass
from pathlib import Path

from builder.errors import BadFile
from builder.files import load
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


def find(name: str) -> Project:
    """The project that a command line names: a file, or else a template.

    Raises:
        BadFile: there is neither, or the file is no project.
    """
    if name in TEMPLATES and not Path(name).is_file():
        return template(name)
    if not Path(name).exists() and not name.endswith(".json"):
        raise BadFile(f"There is no file and no template {name!r}. Templates: {', '.join(TEMPLATES)}.")
    return load(name)


def about(name: str) -> Template:
    """What is known about a template: title, what to look for, source."""
    if name not in TEMPLATES:
        raise UnknownTemplate(name)
    return TEMPLATES[name]
