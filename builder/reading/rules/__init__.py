"""What each operator of the original becomes: a function each, a file per family; a new file needs no entry here."""

import importlib
import pkgutil

from builder.reading.rules.rule import RULES, Rule, rule

for _family in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_family.name}")

__all__ = ["RULES", "Rule", "rule"]
