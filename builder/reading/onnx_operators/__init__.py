"""ONNX's operators as the functions of torch that compute them; a file per family; a new file needs no entry here."""

import importlib
import pkgutil

from builder.reading.onnx_operators.operation import OPERATORS, Operation, Translate

for _family in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_family.name}")

__all__ = ["OPERATORS", "Operation", "Translate"]
