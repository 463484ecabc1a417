"""Slow motion: one example through a network, node by node, and the gradient on its way back, in numbers."""

from engines.motion.film import Film, film
from engines.motion.working import Working, work_out

__all__ = ["Film", "Working", "film", "work_out"]
