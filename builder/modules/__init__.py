"""Modules of ours that torch lacks. Importable by name when training, pasted into exported source."""

from typing import Any

OURS: dict[str, Any] = {}
