"""Layers that bring values to a size: by their neighbours, by their length, by a learned or a fixed factor."""

from typing import ClassVar

from pydantic import Field

from builder.layer import Call, Layer, Shape, Use, call
from builder.layers.convolution import IMAGE, SEQUENCE, VOLUME
from builder.layers.dimensions import _Over
from builder.window import Windows, own_places


class LocalResponseNorm(Layer):
    """Damp each channel where its neighbours are strong, as AlexNet did."""

    category: ClassVar = "Normalisation"
    icon: ClassVar = "balance"
    aliases: ClassVar = "LRN, lateral inhibition, brightness, AlexNet, GoogLeNet, normalize"
    reference: ClassVar = "Krizhevsky et al. (2012), ImageNet classification with deep convolutional networks"
    formula: ClassVar = (
        r"y_c = x_c \left(k + \frac{\alpha}{n} \sum_{|c' - c| \le n/2} x_{c'}^2\right)^{-\beta}"
    )
    axes: ClassVar = SEQUENCE + IMAGE + VOLUME
    example: ClassVar = ((2, 8, 6, 6),)
    size: int = Field(
        5, ge=1, le=1024, description="How many channels are neighbours, the channel itself included"
    )
    alpha: float = Field(1e-4, gt=0, le=100, description="How much the neighbours count")
    beta: float = Field(0.75, gt=0, le=10, description="How sharply they damp")
    k: float = Field(1.0, gt=0, le=100, description="What is added to their sum of squares")

    def module(self, x: Shape) -> Call:
        """nn.LocalResponseNorm."""
        return call("nn.LocalResponseNorm", self.size, alpha=self.alpha, beta=self.beta, k=self.k)

    def window(self, x: Shape) -> Windows:
        """Each place by itself, over neighbouring channels."""
        return own_places(x, 1)


class Normalize(_Over):
    """Give vectors the length 1, so that only their direction counts."""

    category: ClassVar = "Normalisation"
    icon: ClassVar = "straighten"
    aliases: ClassVar = "L2 norm, unit length, unit sphere, normalise, cosine, embedding, FaceNet, SimCLR"
    reference: ClassVar = "Schroff et al. (2015), FaceNet"
    formula: ClassVar = r"y = \frac{x}{\max(\|x\|_p, \epsilon)}"
    example: ClassVar = ((2, 8),)
    p: float = Field(2.0, gt=0, le=100, description="Which length: 2 the usual one, 1 the sum of sizes")

    def forward(self, use: Use) -> str:
        """nn.functional.normalize."""
        return f"nn.functional.normalize({use.inputs['input']}, p={self.p}, dim={self.dim})"

    def window(self, x: Shape) -> Windows:
        """All along the dimension."""
        return own_places(x, self.dim % len(x))
