"""Convolutional networks that led the way, from cheques to ImageNet, exact to the last parameter."""

from builder.templates.sketch import Sketch, from_source, ready

GROUP = "Convolutional networks"


@ready(
    "LeNet-5",
    GROUP,
    "LeCun et al. (1998), Gradient-based learning applied to document recognition",
    from_source("Digits", side=32),
    epochs=8,
    batch=64,
)
def lenet_5(net: Sketch) -> None:
    """The network that read cheques: two rounds of convolution and averaging, then dense layers. 61,706 parameters."""
    x = net.input("image", 1, 32, 32)
    x = net("AvgPool2d", net("Tanh", net("Conv2d", x, id="c1", filters=6, kernel=5)), id="s2")
    x = net("AvgPool2d", net("Tanh", net("Conv2d", x, id="c3", filters=16, kernel=5)), id="s4")
    x = net("Tanh", net("Conv2d", x, id="c5", filters=120, kernel=5))
    x = net("Tanh", net("Linear", net("Flatten", x), id="f6", units=84))
    net.output(net("Linear", x, id="digits", units=10))


@ready(
    "TinyVGG", GROUP, "Wang et al. (2020), CNN Explainer", from_source("Digits", side=32), epochs=10, batch=64
)
def tiny_vgg(net: Sketch) -> None:
    """VGG's idea, small enough to follow every number: two pairs of 3 × 3 convolutions, each pair before a pooling."""

    def pair(block: Sketch) -> None:
        x = block.input("x", 1, 32, 32)
        for _ in range(2):
            x = block("ReLU", block("Conv2d", x, filters=10))
        block.output(block("MaxPool2d", x))

    net.define("pair", pair)
    x = net.block("pair", net.input("image", 1, 32, 32))
    x = net("Flatten", net.block("pair", x))
    net.output(net("Linear", x, units=10))


@ready("AlexNet", GROUP, "Krizhevsky (2014), One weird trick for parallelizing convolutional neural networks")
def alexnet(net: Sketch) -> None:
    """It began the deep-learning wave on ImageNet. Most of its 61 million parameters sit in the dense layers."""
    x = net.input("image", 3, 224, 224)
    x = net("ReLU", net("Conv2d", x, filters=64, kernel=11, stride=4, padding=2))
    x = net("MaxPool2d", x, kernel=3)
    x = net("ReLU", net("Conv2d", x, filters=192, kernel=5, padding=2))
    x = net("MaxPool2d", x, kernel=3)
    for filters in (384, 256, 256):
        x = net("ReLU", net("Conv2d", x, filters=filters, padding=1))
    x = net("Flatten", net("AdaptiveAvgPool2d", net("MaxPool2d", x, kernel=3), size=6))
    for _ in range(2):
        x = net("ReLU", net("Linear", net("Dropout", x), units=4096))
    net.output(net("Linear", x, units=1000))


def _vgg(net: Sketch, counts: tuple[int, ...]) -> None:
    """Rounds of 3 × 3 convolutions, each round before a pooling; then three dense layers."""

    def conv(block: Sketch) -> None:
        x = block.input("x", 3, 224, 224)
        block.output(block("ReLU", block("Conv2d", x, filters="width", padding=1)))

    def dense(block: Sketch) -> None:
        x = block.input("x", 25088)
        block.output(block("Dropout", block("ReLU", block("Linear", x, units=4096))))

    net.define("conv", conv, width=64)
    net.define("dense", dense)
    x = net.input("image", 3, 224, 224)
    for width, count in zip((64, 128, 256, 512, 512), counts, strict=True):
        x = net("MaxPool2d", net.block("conv", x, repeat=count, width=width))
    x = net("Flatten", net("AdaptiveAvgPool2d", x, size=7))
    net.output(net("Linear", net.block("dense", x, repeat=2), units=1000))


VGG = "Simonyan and Zisserman (2015), Very deep convolutional networks"


@ready("VGG-11", GROUP, VGG)
def vgg_11(net: Sketch) -> None:
    """The smallest of the VGG family: eight convolutions and three dense layers, which hold 124 of its 133 million."""
    _vgg(net, (1, 1, 2, 2, 2))


@ready("VGG-16", GROUP, VGG)
def vgg_16(net: Sketch) -> None:
    """Only 3 × 3 filters, thirteen layers deep, then three dense layers with most of its 138 million parameters."""
    _vgg(net, (2, 2, 3, 3, 3))


@ready(
    "SqueezeNet", GROUP, "Iandola et al. (2016), SqueezeNet: AlexNet-level accuracy with 50× fewer parameters"
)
def squeezenet(net: Sketch) -> None:
    """Each fire module squeezes the channels before it expands them: AlexNet's accuracy with 1.2 million parameters."""

    def fire(block: Sketch) -> None:
        x = block.input("x", 96, 54, 54)
        squeezed = block("ReLU", block("Conv2d", x, id="squeeze", filters="squeeze", kernel=1))
        small = block("ReLU", block("Conv2d", squeezed, id="expand1", filters="expand", kernel=1))
        large = block("ReLU", block("Conv2d", squeezed, id="expand3", filters="expand", padding=1))
        block.output(block("Concatenate", small, large))

    net.define("fire", fire, squeeze=16, expand=64)
    x = net("ReLU", net("Conv2d", net.input("image", 3, 224, 224), filters=96, kernel=7, stride=2))
    x = net("MaxPool2d", x, kernel=3, ceil_mode=True)
    for squeeze, repeat in ((16, 2), (32, 1)):
        x = net.block("fire", x, repeat=repeat, squeeze=squeeze, expand=4 * squeeze)
    x = net("MaxPool2d", x, kernel=3, ceil_mode=True)
    for squeeze, repeat in ((32, 1), (48, 2), (64, 1)):
        x = net.block("fire", x, repeat=repeat, squeeze=squeeze, expand=4 * squeeze)
    x = net.block("fire", net("MaxPool2d", x, kernel=3, ceil_mode=True), squeeze=64, expand=256)
    x = net("ReLU", net("Conv2d", net("Dropout", x), filters=1000, kernel=1))
    net.output(net("Flatten", net("AdaptiveAvgPool2d", x)))
