"""Where a plane bends downwards, told from its picture alone."""

import numpy as np

ROUNDING = 1e-6
"""Share of the loss by which it may differ from the true one; curvature below that is none."""


def negative(values: np.ndarray, alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """Where the loss bends downwards in some direction of the plane: for each inner place of a grid, whether it does.

    From the 2 × 2 Hessian of second differences, whose smaller eigenvalue is then below zero by more than rounding.

    Args:
        values: (α, β).
        alpha: of each row, evenly spaced.
        beta: of each column, evenly spaced.

    Returns:
        bool (α − 2, β − 2); False where a value around is no number.
    """
    one, other = alpha[1] - alpha[0], beta[1] - beta[0]
    middle = values[1:-1, 1:-1]
    first = (values[2:, 1:-1] - 2 * middle + values[:-2, 1:-1]) / one**2
    second = (values[1:-1, 2:] - 2 * middle + values[1:-1, :-2]) / other**2
    mixed = (values[2:, 2:] - values[2:, :-2] - values[:-2, 2:] + values[:-2, :-2]) / (4 * one * other)
    smaller = (first + second) / 2 - np.sqrt(((first - second) / 2) ** 2 + mixed**2)
    rounding = ROUNDING * np.abs(middle) * 4 * (1 / one**2 + 1 / other**2)
    return np.nan_to_num(smaller, nan=0.0) < -rounding
