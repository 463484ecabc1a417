"""Strength: how thick and how coloured a connection is, given the norm of the layer that it enters. Pure."""

import math
from collections.abc import Mapping

THIN, THICK = 1.0, 6.0
"""Pixels."""
DECADES = 4
"""Gradients so many powers of ten below the largest are as thin as none."""


def shares(norms: Mapping[str, float], *, decades: float = 0) -> dict[str, float]:
    """Each finite norm relative to the largest, 0 … 1; with `decades` on a logarithmic scale."""
    known = {name: norm for name, norm in norms.items() if math.isfinite(norm) and norm >= 0}
    most = max(known.values(), default=0.0)
    return {name: _share(norm / most if most else 0.0, decades) for name, norm in known.items()}


def width(share: float) -> float:
    """How many pixels a connection is thick: 1 for no share, 6 for all."""
    return round(THIN + (THICK - THIN) * share, 2)


def _share(part: float, decades: float) -> float:
    if not decades:
        return part
    return max(0.0, 1 + math.log10(part) / decades) if part > 0 else 0.0
