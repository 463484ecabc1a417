"""The optimiser race: optimisers go down a surface from one start; what theory expects; each step in numbers."""

from engines.race.grid import Grid, grid
from engines.race.race import Trace, race, usual
from engines.race.steps import Stride, Strides, steps
from engines.race.surface import Descent, Surface, all_surfaces, slopes
from engines.race.theory import Stability, limits

__all__ = [
    "Descent",
    "Grid",
    "Stability",
    "Stride",
    "Strides",
    "Surface",
    "Trace",
    "all_surfaces",
    "grid",
    "limits",
    "race",
    "slopes",
    "steps",
    "usual",
]
