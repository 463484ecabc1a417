"""The small data sets that come with scikit-learn: real measurements, loaded without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from engines.data.dataset import Dataset, Examples

if TYPE_CHECKING:
    from collections.abc import Callable


class Digits(Dataset):
    """Handwritten digits: 1,797 grey images of 8 × 8 pixels, to be told apart."""

    category: ClassVar = "Images"
    icon: ClassVar = "looks_one"
    reference: ClassVar = "Alpaydin and Kaynak (1998), Optical recognition of handwritten digits, UCI"
    side: Literal[8, 16, 28, 32] = Field(8, description="Pixels a side; more than 8 are interpolated")

    def load(self) -> Examples:
        """Images (1797, 1, side, side) with pixels from 0 (paper) to 1 (ink)."""
        from sklearn.datasets import load_digits

        bunch = load_digits()
        images = (bunch.images[:, None] / 16).astype(np.float32)
        if self.side > 8:
            from scipy.ndimage import zoom

            images = zoom(
                images, (1, 1, self.side / 8, self.side / 8), order=1, mode="nearest", grid_mode=True
            )
        classes = tuple(str(name) for name in bunch.target_names)
        return Examples(images, bunch.target.astype(np.int64), "classification", classes, target=("digit",))


class Iris(Dataset):
    """Iris flowers: the species of 150 plants from four lengths in centimetres."""

    category: ClassVar = "Tables"
    icon: ClassVar = "local_florist"
    reference: ClassVar = "Fisher (1936), The use of multiple measurements in taxonomic problems"

    def load(self) -> Examples:
        """Vectors (150, 4), 3 classes."""
        from sklearn.datasets import load_iris

        return _classified(load_iris, "species")


class Wine(Dataset):
    """Wine: which of three growers made a wine, from 13 chemical measurements of 178 bottles."""

    category: ClassVar = "Tables"
    icon: ClassVar = "wine_bar"
    reference: ClassVar = "Forina et al. (1991), PARVUS; Wine, UCI"

    def load(self) -> Examples:
        """Vectors (178, 13), 3 classes."""
        from sklearn.datasets import load_wine

        return _classified(load_wine, "grower")


class BreastCancer(Dataset):
    """Breast cancer: whether a tumour is malignant, from 30 measures of its cell nuclei in 569 patients."""

    category: ClassVar = "Tables"
    icon: ClassVar = "biotech"
    reference: ClassVar = "Street, Wolberg and Mangasarian (1993), Nuclear feature extraction"

    def load(self) -> Examples:
        """Vectors (569, 30), 2 classes."""
        from sklearn.datasets import load_breast_cancer

        return _classified(load_breast_cancer, "diagnosis")


class Diabetes(Dataset):
    """Diabetes: how far the disease goes on within a year, from ten measures of 442 patients."""

    category: ClassVar = "Tables"
    icon: ClassVar = "monitor_heart"
    reference: ClassVar = "Efron et al. (2004), Least angle regression"

    def load(self) -> Examples:
        """Vectors (442, 10) in their own units, one value to predict (25 to 346)."""
        from sklearn.datasets import load_diabetes

        bunch = load_diabetes(scaled=False)
        return Examples(
            bunch.data.astype(np.float32),
            bunch.target.astype(np.float64)[:, None],
            "regression",
            columns=tuple(bunch.feature_names),
            target=("disease progression",),
        )


def _classified(load: Callable[[], Any], target: str) -> Examples:
    bunch = load()
    return Examples(
        bunch.data.astype(np.float32),
        bunch.target.astype(np.int64),
        "classification",
        tuple(str(name).replace("_", " ") for name in bunch.target_names),
        tuple(bunch.feature_names),
        (target,),
    )
