"""Layers that make a network robust by leaving things out, or disturbing them, while it trains."""

from typing import ClassVar

from pydantic import Field

from builder.layer import Call, Layer, Shape, call
from builder.layers.convolution import IMAGE, SEQUENCE, VOLUME
from builder.window import Windows, own_places


class _Dropout(Layer):
    category: ClassVar = "Regularisation"
    icon: ClassVar = "blur_on"
    aliases: ClassVar = "regularise, regularize, regularization, overfitting"
    reference: ClassVar = "Srivastava et al. (2014), Dropout"
    formula: ClassVar = r"y = \frac{m \odot x}{1 - p},\quad m_i \sim \text{Bernoulli}(1 - p)"
    rate: float = Field(0.5, ge=0, lt=1, description="Share that is left out at each step of training")

    def module(self, x: Shape) -> Call:
        """torch's dropout of the same name."""
        return call(f"nn.{self.kind}", self.rate)

    def window(self, x: Shape) -> Windows:
        """Value by value."""
        return own_places(x)


class Dropout(_Dropout):
    """Leave out single values at random while training."""

    example: ClassVar = ((2, 8),)


class Dropout1d(_Dropout):
    """Leave out whole channels of a sequence at random while training."""

    aliases: ClassVar = "spatial dropout, channel dropout"
    axes: ClassVar = SEQUENCE
    example: ClassVar = ((2, 8, 6),)


class Dropout2d(_Dropout):
    """Leave out whole channels of an image at random while training."""

    aliases: ClassVar = "spatial dropout, channel dropout"
    axes: ClassVar = IMAGE
    example: ClassVar = ((2, 8, 6, 6),)


class Dropout3d(_Dropout):
    """Leave out whole channels of a volume or a film at random while training."""

    aliases: ClassVar = "spatial dropout, channel dropout"
    axes: ClassVar = VOLUME
    example: ClassVar = ((2, 8, 4, 4, 4),)


class AlphaDropout(_Dropout):
    """Dropout for SELU: mean 0 and variance 1 stay what they are."""

    aliases: ClassVar = "SELU, self-normalising, self-normalizing"
    reference: ClassVar = "Klambauer et al. (2017), Self-normalizing neural networks"
    formula: ClassVar = r"y = a\,(m \odot x + (1 - m)\,\alpha') + b,\quad m_i \sim \text{Bernoulli}(1 - p)"


class FeatureAlphaDropout(AlphaDropout):
    """As AlphaDropout, for whole channels."""

    aliases: ClassVar = "spatial dropout, channel dropout"
    axes: ClassVar = SEQUENCE + IMAGE + VOLUME
    example: ClassVar = ((2, 8, 6, 6),)


class DropPath(_Dropout):
    """Leave out a whole branch for some examples while training; it stands at the end of a residual branch."""

    icon: ClassVar = "alt_route"
    aliases: ClassVar = "stochastic depth, drop connect, residual, EfficientNet, ConvNeXt"
    reference: ClassVar = "Huang et al. (2016), Deep networks with stochastic depth"
    formula: ClassVar = (
        r"y = \frac{m\, x}{1 - p},\quad m \sim \text{Bernoulli}(1 - p) \text{ for each example}"
    )
    takes: ClassVar = "float"
    rate: float = Field(0.1, ge=0, lt=1, description="Share of the examples for which the branch is left out")

    def module(self, x: Shape) -> Call:
        """A module of ours."""
        return call("DropPath", self.rate)


class GaussianDropout(_Dropout):
    """Multiply each value by noise around 1 while training, as strong as Dropout would be."""

    aliases: ClassVar = "multiplicative noise"
    formula: ClassVar = r"y = x \odot \epsilon,\quad \epsilon_i \sim \mathcal{N}(1, \tfrac{p}{1 - p})"
    rate: float = Field(0.5, gt=0, lt=1, description="The noise has the variance rate / (1 - rate)")

    def module(self, x: Shape) -> Call:
        """A module of ours."""
        return call("GaussianDropout", self.rate)


class GaussianNoise(Layer):
    """Add noise to each value while training."""

    category: ClassVar = "Regularisation"
    icon: ClassVar = "grain"
    aliases: ClassVar = "additive noise, denoising, jitter, augmentation, regularise, regularize"
    reference: ClassVar = "Bishop (1995), Training with noise is equivalent to Tikhonov regularization"
    formula: ClassVar = r"y = x + \epsilon,\quad \epsilon_i \sim \mathcal{N}(0, \sigma^2)"
    std: float = Field(0.1, gt=0, le=100, description="Standard deviation of the noise")

    def module(self, x: Shape) -> Call:
        """A module of ours."""
        return call("GaussianNoise", self.std)

    def window(self, x: Shape) -> Windows:
        """Value by value."""
        return own_places(x)
