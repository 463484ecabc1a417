"""Curvature: how the loss bends around a network, by products of its Hessian matrix with vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.func import functional_call

from builder.errors import StrataError
from engines.aside import tell

if TYPE_CHECKING:
    from torch import Tensor

    from engines.landscape.site import Site

CLOSE = 1e-6
"""Relative error up to which eigenvalues are computed."""
MOST_VECTORS = 40
"""Vectors that Lanczos' method keeps at once."""
DRAWN = 30
"""Random vectors by which the trace is estimated."""


@dataclass(frozen=True)
class Curvature:
    """How the loss bends at a place.

    Attributes:
        loss, slope: the loss there, and the length of its gradient.
        largest: the largest eigenvalues of the Hessian, largest first.
        smallest: the smallest one; below zero where the loss also falls away.
        trace, spread: the sum of all eigenvalues, as random vectors estimate it (Hutchinson, 1989), and its standard
            error.
        count: how many parameters there are.
        products: how many products with the Hessian this took.
    """

    loss: float
    slope: float
    largest: tuple[float, ...]
    smallest: float
    trace: float
    spread: float
    count: int
    products: int

    @property
    def limit(self) -> float | None:
        """The learning rate above which plain gradient descent leaves this valley, 2/λmax; None where there is none."""
        return 2 / self.largest[0] if self.largest[0] > 0 else None


class Hessian:
    """The second derivatives of a site's loss by its parameters, in double precision, as a matrix that multiplies.

    Attributes:
        size: of the matrix.
        gradient: the first derivatives, (size,).
        loss: the loss itself.
        products: how many products were computed.
    """

    def __init__(self, site: Site) -> None:
        precise = site.precise()
        flat = precise.flat
        self.size, self.products = flat.learned, 0
        self._point = flat.vector[: self.size].clone().requires_grad_()
        counted = flat.vector[self.size :]
        with torch.enable_grad(), _differentiable_twice():
            tensors = flat.tensors(torch.cat([self._point, counted]))
            outputs = torch.cat([functional_call(flat.model, tensors, (one,)) for one in precise.batches])
            loss = precise.objective(outputs, precise.targets)
            (self._slope,) = torch.autograd.grad(loss, self._point, create_graph=True)
        self.loss, self.gradient = float(loss.detach()), self._slope.detach()

    def __matmul__(self, vector: Tensor) -> Tensor:
        """The product with a vector, (size,)."""
        self.products += 1
        if not self._slope.requires_grad:  # the loss is linear in every parameter
            return torch.zeros_like(self._point)
        with _differentiable_twice():
            (found,) = torch.autograd.grad(
                self._slope, self._point, vector.to(self._point), retain_graph=True, materialize_grads=True
            )
        return found

    def dense(self) -> Tensor:
        """The whole matrix, (size, size); for few parameters."""
        return torch.stack([self @ one for one in torch.eye(self.size, dtype=self._point.dtype)])


def leading(site: Site, count: int) -> tuple[np.ndarray, Tensor]:
    """The largest eigenvalues of the Hessian, largest first, and their eigenvectors (count, size)."""
    values, vectors = _eigen(Hessian(site), count, "LA", tell_steps())
    return values, torch.from_numpy(np.ascontiguousarray(vectors.T))


def curvature(site: Site, count: int = 5, seed: int = 0) -> Curvature:
    """How the loss bends where the network is.

    Args:
        site: the network, its examples and its loss.
        count: of the largest eigenvalues.
        seed: of the random vectors.

    Returns:
        See `Curvature`. Eigenvalues by Lanczos' method, restarted (Lehoucq, Sorensen and Yang, 1998).
    """
    hessian, told = Hessian(site), tell_steps()
    largest, _ = _eigen(hessian, count, "LA", told)
    smallest, _ = _eigen(hessian, 1, "SA", told)
    generator, found = torch.Generator().manual_seed(seed), []
    for _ in range(DRAWN):
        signs = torch.randint(0, 2, (hessian.size,), generator=generator).double() * 2 - 1
        found.append(float(signs @ (hessian @ signs).cpu()))
        told(hessian.products)
    return Curvature(
        hessian.loss,
        float(hessian.gradient.norm()),
        tuple(float(one) for one in largest),
        float(smallest[0]),
        float(np.mean(found)),
        float(np.std(found, ddof=1) / np.sqrt(DRAWN)),
        hessian.size,
        hessian.products,
    )


def _eigen(
    hessian: Hessian, count: int, which: str, told: Callable[[int], None]
) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of one end of the spectrum, from that end on, and their vectors as columns."""
    from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

    sign = -1 if which == "LA" else 1
    if hessian.size <= max(2 * count, 20):
        values, vectors = np.linalg.eigh(hessian.dense().cpu().numpy())
        order = np.argsort(sign * values)[:count]
        return values[order], vectors[:, order]

    def product(vector: np.ndarray) -> np.ndarray:
        told(hessian.products)
        return (hessian @ torch.from_numpy(vector.ravel())).cpu().numpy()

    operator: Any = LinearOperator((hessian.size, hessian.size), matvec=product, dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(hessian.size)
    kept = min(hessian.size - 1, MOST_VECTORS)
    try:
        values, vectors = eigsh(operator, count, which=which, v0=start, ncv=kept, tol=CLOSE)
    except ArpackError as error:
        raise StrataError(
            "The eigenvalues of the Hessian did not settle: the loss hardly bends here, or is too rough. Take more "
            "examples, or another moment."
        ) from error
    order = np.argsort(sign * values)
    return values[order], vectors[:, order]


def tell_steps() -> Callable[[int], None]:
    """Tells how many products there were; how many there will be, nobody knows."""

    def told(done: int) -> None:
        tell(done / (done + 100), "Multiplying vectors with the Hessian")

    return told


@contextmanager
def _differentiable_twice() -> Iterator[None]:
    """Attention and recurrent layers as they are in the textbook: the quick ones have no second derivative."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    with sdpa_kernel(SDPBackend.MATH), torch.backends.cudnn.flags(enabled=False):
        yield
