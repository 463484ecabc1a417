"""Embedding: what a node makes of many examples, laid out in two or three dimensions."""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from builder.errors import StrataError
from engines.aside import tell

if TYPE_CHECKING:
    from torch import Tensor

    from engines.data.data import PartName, Splits
    from engines.trained import Trained

Method = Literal["PCA", "t-SNE", "UMAP"]
METHODS: dict[str, str] = {
    "PCA": "The plane in which the examples differ most: a shadow, in which distances only get shorter. "
    "Pearson (1901).",
    "t-SNE": "Keeps who is near whom; how far apart groups lie, and how large they are, says nothing. "
    "Van der Maaten and Hinton (2008).",
    "UMAP": "Keeps who is near whom, and more of the whole than t-SNE; distances between groups say little. "
    "McInnes, Healy and Melville (2018).",
}
"""The methods, and what their pictures show."""
FEWEST, MOST = 5, 5_000
NEIGHBOURS = 5
WIDE = 50
"""Components to which values are brought before t-SNE and UMAP, as van der Maaten and Hinton did."""
MOST_VALUES = 200_000_000
AT_ONCE = 256


def project(
    folder: str,
    checkpoint: int,
    at: int | None,
    part: PartName,
    node: str,
    method: Method = "PCA",
    dimensions: int = 2,
    most: int = 2_000,
) -> dict[str, Any]:
    """What a node gives for the examples of a part, laid out in a few dimensions; to be called aside.

    Args:
        folder: of the run.
        checkpoint: the number of its newest one, by which newer weights are told from older ones.
        at: the step of a snapshot, for its weights instead of the newest.
        part: of its data.
        node: the path of a node (see builder/watch.py); "" is the input itself.
        method: how they are laid out. Seeds are fixed: the same examples give the same picture.
        dimensions: 2 or 3.
        most: examples, drawn at random where there are more.

    Returns:
        points: float32 (n, dimensions); numbers: the examples' places in the part (n,); width: how many values the
        node gives; explained: PCA's share of the variance by component, else empty; near: the accuracy (of values: R²)
        of the nearest neighbours by all values of the node; shown: the same in the picture; kept: the picture's
        trustworthiness (Venna and Kaski, 2001), 0 to 1.

    Raises:
        StrataError: there are too few examples, or the node gives no numbers that could be laid out.
    """
    from engines.trained import at_moment

    tell(0.02, "Loading the network and its data")
    trained = at_moment(folder, checkpoint, at)
    splits = trained.splits
    if splits is None or not trained.reads_rows:
        raise StrataError("There are no examples for this network: " + "; ".join(trained.notes))
    numbers = sample(len(splits.part(part)), most)
    values = _values(trained, splits.part(part).inputs[numbers], node)
    tell(0.3, f"{method} of {values.shape[1]:,} values of {len(values):,} examples")
    points, explained = layout(values, method, dimensions)
    tell(0.9, "Comparing neighbours")
    targets = splits.part(part).targets[numbers].numpy()
    return {
        "points": points.astype(np.float32), "numbers": numbers, "width": values.shape[1], "explained": explained,
        "near": neighbours(values, targets, splits), "shown": neighbours(points, targets, splits),
        "kept": _trustworthy(values, points),
    }  # fmt: skip


def sample(count: int, most: int) -> np.ndarray:
    """Which of `count` examples are laid out: all, or `most` of them, drawn with a fixed seed, in order (n,)."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, most, replace=False))


def _values(trained: Trained, inputs: Tensor, node: str) -> np.ndarray:
    """What a node gives, float32 (n, values)."""
    from builder.watch import watched

    if len(inputs) < FEWEST:
        raise StrataError(
            f"A layout needs at least {FEWEST} examples. Got {len(inputs)}. Choose another part."
        )
    if not node:
        return inputs.flatten(1).float().numpy()
    found: list[np.ndarray] = []
    width = 0
    for start in range(0, len(inputs), AT_ONCE):
        batch = inputs[start : start + AT_ONCE]
        seen: dict[str, Tensor] = {}
        with watched(trained.module, partial(_note, seen, node)):
            trained.answers((batch,))
        if node not in seen or not len(seen[node].shape) or len(seen[node]) != len(batch):
            raise StrataError(f"{node!r} does not give values for each example. Choose another node.")
        found.append(seen[node].flatten(1).float().numpy())
        width = found[0].shape[1]
        if width * len(inputs) > MOST_VALUES:
            raise StrataError(
                f"{node!r} gives {width:,} values for each of {len(inputs):,} examples, too many to lay out. "
                f"Choose at most {max(MOST_VALUES // width, FEWEST):,} examples, or a smaller node."
            )
        tell(0.05 + 0.25 * (start + len(batch)) / len(inputs), "Asking the network")
    return np.concatenate(found)


def _note(seen: dict[str, Tensor], node: str, path: str, value: Tensor) -> None:
    if path == node:
        seen[path] = value


def layout(values: np.ndarray, method: Method, dimensions: int = 2) -> tuple[np.ndarray, list[float]]:
    """Examples' values (n, width) as points (n, dimensions), and PCA's shares of the variance.

    Raises:
        StrataError: a value is no number, or all examples have the same values.
    """
    from sklearn.decomposition import PCA

    if method not in get_args(Method):
        raise StrataError(f"A layout is one of {', '.join(get_args(Method))}. Got {method!r}.")
    if not np.isfinite(values).all():
        raise StrataError(
            "This node's values are not all numbers. Train the network with a smaller learning rate."
        )
    if (values == values[0]).all():
        raise StrataError(
            "This node gives the same for every example: there is nothing to lay out. Choose another node."
        )
    count, width = values.shape
    small = min(count, width) <= 500
    wanted = dimensions if method == "PCA" else WIDE
    if method == "PCA" or width > WIDE:
        pca = PCA(min(wanted, count, width), svd_solver="full" if small else "randomized", random_state=0)
        values = pca.fit_transform(values.astype(np.float64))
    if method == "PCA":
        lacking = dimensions - values.shape[1]  # a node of one value has no second dimension
        return np.pad(values, ((0, 0), (0, lacking))), [float(one) for one in pca.explained_variance_ratio_]
    return (_tsne if method == "t-SNE" else _umap)(values, dimensions), []


def _tsne(values: np.ndarray, dimensions: int) -> np.ndarray:
    from sklearn.manifold import TSNE

    near = min(30.0, (len(values) - 1) / 3)
    start: Any = "pca" if values.shape[1] >= dimensions else "random"
    # scikit-learn's usual rate is at least 50, and its exaggeration 12: few examples in three dimensions are then torn
    # apart and never meet again. 4 is the paper's; the rate is n / 16, as scikit-learn has it for many examples.
    rate: Any = max(len(values) / 16, 10.0)
    tsne = TSNE(
        dimensions, perplexity=near, init=start, early_exaggeration=4.0, learning_rate=rate, random_state=0
    )
    return tsne.fit_transform(values.astype(np.float32))


def _umap(values: np.ndarray, dimensions: int) -> np.ndarray:
    tell(0.35, "Loading UMAP, which takes a while the first time")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells that a fixed seed keeps it to one core, which is meant
        import umap

        tell(0.6, f"UMAP of {len(values):,} examples")
        start: Any = "pca" if values.shape[1] >= dimensions else "random"
        near = min(15, len(values) - 1)
        one = umap.UMAP(n_neighbors=near, n_components=dimensions, init=start, random_state=0, n_jobs=1)
        return np.asarray(one.fit_transform(values.astype(np.float32)))


def neighbours(values: np.ndarray, targets: np.ndarray, splits: Splits) -> float:
    """How well each example's nearest others tell its target: accuracy (of labels: the mean), of values R².

    Five neighbours, the example itself left out: what stands together belongs together.
    """
    from sklearn.neighbors import NearestNeighbors

    near = min(NEIGHBOURS, len(values) - 1)
    found = NearestNeighbors(n_neighbors=near).fit(values).kneighbors(return_distance=False)
    told = targets[found]  # (n, near, …)
    if splits.task == "regression":
        left, all = ((told.mean(1) - targets) ** 2).sum(), ((targets - targets.mean(0)) ** 2).sum()
        return float(1 - left / all) if all else 0.0
    if splits.task == "multi-label":
        return float(((told.mean(1) > 0.5) == (targets > 0.5)).mean())
    votes = np.stack([(told == number).sum(1) for number in range(len(splits.classes))], 1)
    return float((votes.argmax(1) == targets).mean())


def _trustworthy(values: np.ndarray, points: np.ndarray) -> float:
    from sklearn.manifold import trustworthiness

    near = min(NEIGHBOURS, (len(values) - 1) // 2)
    return float(trustworthiness(values, points, n_neighbors=near))
