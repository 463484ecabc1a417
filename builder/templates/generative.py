"""Networks that make things: autoencoders and adversarial pairs."""

from typing import Any

from builder.templates.sketch import Sketch, ready

CODES, ADVERSARIAL = "Autoencoders", "Generative adversarial networks"
START: dict[str, Any] = {"initial": "normal", "initial_std": 0.02}


def _coded(net: Sketch, x: str, widths: tuple[int, ...]) -> str:
    for width in widths:
        x = net("ReLU", net("Linear", x, units=width))
    return x


@ready(
    "Autoencoder",
    CODES,
    "Hinton and Salakhutdinov (2006), Reducing the dimensionality of data with neural networks",
)
def autoencoder(net: Sketch) -> None:
    """Eight numbers must hold a digit of 64 pixels. What comes out again shows what was kept."""
    x = net("Flatten", net.input("image", 1, 8, 8))
    code = net("Linear", _coded(net, x, (32,)), id="code", units=8)
    x = net("Sigmoid", net("Linear", _coded(net, code, (32,)), units=64))
    net.output(net("Reshape", x, shape=[1, 8, 8]), id="reconstruction")


@ready(
    "Denoising autoencoder",
    CODES,
    "Vincent et al. (2008), Extracting and composing robust features with denoising autoencoders",
)
def denoising_autoencoder(net: Sketch) -> None:
    """Noise is added while it trains, and the clean image is asked for: copying does not help, knowing digits does."""
    x = net("GaussianNoise", net("Flatten", net.input("image", 1, 8, 8)), std=0.3)
    x = _coded(net, x, (64, 32, 64))
    x = net("Sigmoid", net("Linear", x, units=64))
    net.output(net("Reshape", x, shape=[1, 8, 8]), id="reconstruction")


@ready("Variational autoencoder", CODES, "Kingma and Welling (2014), Auto-encoding variational Bayes")
def vae(net: Sketch) -> None:
    """The code is a cloud, given by its mean and spread, from which a point is drawn. 784-400-20.

    So the space between codes makes sense, too.
    """
    x = net("Flatten", net.input("image", 1, 28, 28))
    x = net("ReLU", net("Linear", x, id="encoder", units=400))
    mean = net("Linear", x, id="mean", units=20)
    spread = net("Linear", x, id="log_variance", units=20)
    code = net("Reparameterise", mean, spread, id="code")
    x = net("ReLU", net("Linear", code, id="decoder", units=400))
    x = net("Sigmoid", net("Linear", x, id="pixels", units=784))
    net.output(net("Reshape", x, shape=[1, 28, 28]), id="reconstruction")
    net.output(mean, id="mean_out")
    net.output(spread, id="log_variance_out")


def _enlarge(block: Sketch) -> None:
    x = block.input("x", 512, 4, 4)
    x = block(
        "ConvTranspose2d",
        x,
        filters="width",
        kernel=4,
        stride="stride",
        padding="stride-1",
        bias=False,
        **START,
    )
    block.output(block("ReLU", block("BatchNorm2d", x)))


def _halve(block: Sketch) -> None:
    x = block.input("x", 64, 32, 32)
    x = block("Conv2d", x, filters="width", kernel=4, stride=2, padding=1, bias=False, **START)
    block.output(block("LeakyReLU", block("BatchNorm2d", x), negative_slope=0.2))


@ready(
    "DCGAN",
    ADVERSARIAL,
    "Radford et al. (2016), Unsupervised representation learning with deep convolutional GANs",
)
def dcgan(generator: Sketch, discriminator: Sketch) -> None:
    """A forger and a judge: one makes images from 100 random numbers, the other tells them from real ones."""
    generator.define("enlarge", _enlarge, width=512, stride=2)
    x = generator("Reshape", generator.input("noise", 100), shape=[100, 1, 1])
    x = generator.block("enlarge", x, width=512, stride=1)
    for width in (256, 128, 64):
        x = generator.block("enlarge", x, width=width, stride=2)
    x = generator("ConvTranspose2d", x, filters=3, kernel=4, padding=1, bias=False, **START)
    generator.output(generator("Tanh", x), id="image")

    discriminator.define("halve", _halve, width=128)
    x = discriminator.input("image", 3, 64, 64)
    x = discriminator("Conv2d", x, filters=64, kernel=4, stride=2, padding=1, bias=False, **START)
    x = discriminator("LeakyReLU", x, negative_slope=0.2)
    for width in (128, 256, 512):
        x = discriminator.block("halve", x, width=width)
    x = discriminator("Conv2d", x, filters=1, kernel=4, bias=False, **START)
    discriminator.output(discriminator("Flatten", x), id="real")


@ready("Conditional GAN", ADVERSARIAL, "Mirza and Osindero (2014), Conditional generative adversarial nets")
def conditional_gan(generator: Sketch, discriminator: Sketch) -> None:
    """Both are told the digit: the forger which to make, the judge which it should be. Then you can order a seven."""
    noise, label = generator.input("noise", 32), generator.input("label", dtype="int64")
    x = generator("Concatenate", noise, generator("Embedding", label, entries=10, width=16))
    x = _coded(generator, x, (128, 128))
    x = generator("Sigmoid", generator("Linear", x, units=64))
    generator.output(generator("Reshape", x, shape=[1, 8, 8]), id="image")

    image, label = discriminator.input("image", 1, 8, 8), discriminator.input("label", dtype="int64")
    known = discriminator("Embedding", label, entries=10, width=16)
    x = discriminator("Concatenate", discriminator("Flatten", image), known)
    for _ in range(2):
        x = discriminator("LeakyReLU", discriminator("Linear", x, units=128), negative_slope=0.2)
    discriminator.output(discriminator("Linear", x, units=1), id="real")
