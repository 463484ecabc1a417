"""Layers of networks that make something up, or are set against each other."""

from typing import ClassVar

from pydantic import Field

from builder.layer import Call, Layer, Shape, Use, call, written
from builder.window import Windows, own_places


class Reparameterise(Layer):
    """Draw a sample from a mean and the logarithm of a variance while training, and give the mean otherwise."""

    category: ClassVar = "Generative"
    icon: ClassVar = "casino"
    aliases: ClassVar = (
        "variational autoencoder, VAE, sampling, reparameterize, reparametrization trick, latent, noise"
    )
    reference: ClassVar = "Kingma and Welling (2014), Auto-encoding variational Bayes"
    formula: ClassVar = (
        r"z = \mu + e^{\frac{1}{2} \log \sigma^2} \odot \varepsilon,\quad \varepsilon \sim N(0, I)"
    )
    inputs: ClassVar = ("mean", "log_variance")
    example: ClassVar = ((2, 8), (2, 8))

    def module(self, *shapes: Shape) -> Call:
        """Of ours, which knows whether it trains."""
        return call("Reparameterise")

    def refuses(self, mean: Shape, log_variance: Shape) -> str:
        """A variance for each mean."""
        if mean != log_variance:
            return f"log_variance must be {written(mean)}, as mean is. Got {written(log_variance)}."
        return ""


class MinibatchDiscrimination(Layer):
    """Tell each example how close it is to the others of its batch, so that a generator cannot make all alike."""

    category: ClassVar = "Generative"
    icon: ClassVar = "groups"
    aliases: ClassVar = "GAN, mode collapse, discriminator, batch features"
    reference: ClassVar = "Salimans et al. (2016), Improved techniques for training GANs"
    formula: ClassVar = r"o_{ib} = \sum_{j \neq i} e^{-\|M_{ib} - M_{jb}\|_1},\quad M_i = T x_i"
    axes: ClassVar = ("batch × features",)
    kernels: int = Field(
        50, ge=1, le=65536, description="In how many respects they are compared; so many features more"
    )
    size: int = Field(5, ge=1, le=4096, description="How many numbers are compared in each")

    def module(self, x: Shape) -> Call:
        """Of ours."""
        return call("MinibatchDiscrimination", x[1], self.kernels, self.size)


class MinibatchStdDev(Layer):
    """Add a channel that tells how much the examples of the batch differ, so that a generator cannot make all alike."""

    category: ClassVar = "Generative"
    icon: ClassVar = "stacked_bar_chart"
    aliases: ClassVar = (
        "minibatch standard deviation, GAN, StyleGAN, progressive growing, mode collapse, discriminator"
    )
    reference: ClassVar = "Karras et al. (2018), Progressive growing of GANs"
    formula: ClassVar = r"y = [x;\, \text{mean}(\text{std}_B(x))]"
    axes: ClassVar = (
        "batch × features",
        "batch × channels × steps",
        "batch × channels × height × width",
        "batch × channels × depth × height × width",
    )
    example: ClassVar = ((2, 3, 4, 4),)

    def module(self, x: Shape) -> Call:
        """Of ours."""
        return call("MinibatchStdDev")


class GradientReversal(Layer):
    """Change nothing on the way there, and turn the gradient round on the way back: what comes before unlearns."""

    category: ClassVar = "Generative"
    icon: ClassVar = "u_turn_left"
    aliases: ClassVar = (
        "domain adversarial, DANN, domain adaptation, adversarial, fairness, gradient reversal layer"
    )
    reference: ClassVar = "Ganin et al. (2016), Domain-adversarial training of neural networks"
    formula: ClassVar = r"y = x,\quad \frac{\partial y}{\partial x} = -\lambda I"
    strength: float = Field(
        1.0, ge=0, le=1000, description="By how much the gradient is multiplied as it turns"
    )

    def forward(self, use: Use) -> str:
        """What is added is zero, and has a gradient."""
        x = use.inputs["input"]
        return f"{x}.detach() + {self.strength} * ({x}.detach() - {x})"

    def window(self, x: Shape) -> Windows:
        """Each value sees itself."""
        return own_places(x)
