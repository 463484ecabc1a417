"""Fixes: edits that mend a graph. Each is tried on the meta device before it is offered, and the outcome remembered."""

from builder.fixes.loose import ended, led
from builder.fixes.offered import mended, with_fixes

__all__ = ["ended", "led", "mended", "with_fixes"]
