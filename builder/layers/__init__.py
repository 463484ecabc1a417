"""The layers, a file per family. Importing this package fills the registry `LAYERS`; a new file needs no entry here."""

import importlib
import pkgutil

from builder.layer import Layer

for _family in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_family.name}")

LAYERS: dict[str, type[Layer]] = Layer.registry
