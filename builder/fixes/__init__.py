"""Fixes: edits that mend a graph. Each is tried on the meta device before it is offered, and the outcome remembered."""

from builder.fixes.loose import connected
from builder.fixes.offered import in_block, mended, with_fixes

__all__ = ["connected", "in_block", "mended", "with_fixes"]
