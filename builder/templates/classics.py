"""Published image networks, exact to the last parameter."""

from typing import Any

from builder.templates.sketch import Sketch, from_source, ready

GROUP = "Published networks"


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


@ready("VGG-16", GROUP, "Simonyan and Zisserman (2015), Very deep convolutional networks")
def vgg_16(net: Sketch) -> None:
    """Only 3 × 3 filters, thirteen layers deep, then three dense layers with most of its 138 million parameters."""
    x = net.input("image", 3, 224, 224)
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            x = net("ReLU", net("Conv2d", x, filters=filters, padding=1))
        x = net("MaxPool2d", x)
    x = net("Flatten", net("AdaptiveAvgPool2d", x, size=7))
    for _ in range(2):
        x = net("Dropout", net("ReLU", net("Linear", x, units=4096)))
    net.output(net("Linear", x, units=1000))


def _convolved(net: Sketch, x: str, filters: str | int, **config: Any) -> str:
    return net("BatchNorm2d", net("Conv2d", x, filters=filters, bias=False, **config))


@ready("ResNet-18", GROUP, "He et al. (2016), Deep residual learning for image recognition")
def resnet_18(net: Sketch) -> None:
    """Eight blocks with skip connections: what one learns is added to what it was given. 11.7 million parameters."""

    def basic(block: Sketch) -> None:
        x = block.input("x", 64, 56, 56)
        y = block("ReLU", _convolved(block, x, "width", padding=1))
        block.output(block("ReLU", block("Add", _convolved(block, y, "width", padding=1), x)))

    def down(block: Sketch) -> None:
        x = block.input("x", 64, 56, 56)
        y = block("ReLU", _convolved(block, x, "width", padding=1, stride=2))
        skip = _convolved(block, x, "width", kernel=1, stride=2)
        block.output(block("ReLU", block("Add", _convolved(block, y, "width", padding=1), skip)))

    net.define("basic", basic, width=64)
    net.define("down", down, width=128)
    x = net("ReLU", _convolved(net, net.input("image", 3, 224, 224), 64, kernel=7, stride=2, padding=3))
    x = net("MaxPool2d", x, kernel=3, padding=1)
    x = net.block("basic", x, repeat=2)
    for width in (128, 256, 512):
        x = net.block("basic", net.block("down", x, width=width), width=width)
    net.output(net("Linear", net("Flatten", net("AdaptiveAvgPool2d", x)), units=1000))
