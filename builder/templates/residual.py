"""Networks whose layers reach past their neighbours: skip connections that are added or laid side by side."""

from typing import Any

from builder.templates.sketch import Sketch, ready

GROUP = "Convolutional networks"
RESNET = "He et al. (2016), Deep residual learning for image recognition"


def _convolved(net: Sketch, x: str, filters: str | int, **config: Any) -> str:
    return net("BatchNorm2d", net("Conv2d", x, filters=filters, bias=False, **config))


def _added(block: Sketch, y: str, x: str) -> None:
    block.output(block("ReLU", block("Add", y, x)))


def _basic(block: Sketch) -> None:
    """Two 3 × 3 convolutions beside a skip."""
    x = block.input("x", 64, 56, 56)
    y = block("ReLU", _convolved(block, x, "width", padding=1))
    _added(block, _convolved(block, y, "width", padding=1), x)


def _down(block: Sketch) -> None:
    """The same at half the size; the skip is a 1 × 1 convolution."""
    x = block.input("x", 64, 56, 56)
    y = block("ReLU", _convolved(block, x, "width", padding=1, stride=2))
    y = _convolved(block, y, "width", padding=1)
    _added(block, y, _convolved(block, x, "width", kernel=1, stride=2))


def _narrow(block: Sketch, x: str, stride: int | str = 1) -> str:
    """1 × 1 to fewer channels, 3 × 3, 1 × 1 to four times as many."""
    y = block("ReLU", _convolved(block, x, "width", kernel=1))
    y = block("ReLU", _convolved(block, y, "width", padding=1, stride=stride))
    return _convolved(block, y, "4*width", kernel=1)


def _bottleneck(block: Sketch) -> None:
    x = block.input("x", 256, 56, 56)
    _added(block, _narrow(block, x), x)


def _wide(block: Sketch) -> None:
    """A bottleneck that begins a stage: other channels, and smaller where it strides."""
    x = block.input("x", 64, 56, 56)
    y = _narrow(block, x, "stride")
    _added(block, y, _convolved(block, x, "4*width", kernel=1, stride="stride"))


def _stem(net: Sketch) -> str:
    x = net("ReLU", _convolved(net, net.input("image", 3, 224, 224), 64, kernel=7, stride=2, padding=3))
    return net("MaxPool2d", x, kernel=3, padding=1)


def _head(net: Sketch, x: str, classes: int = 1000) -> None:
    net.output(net("Linear", net("Flatten", net("AdaptiveAvgPool2d", x)), units=classes))


def _of_basic_blocks(net: Sketch, counts: tuple[int, ...]) -> None:
    net.define("basic", _basic, width=64)
    net.define("down", _down, width=128)
    x = net.block("basic", _stem(net), repeat=counts[0])
    for width, count in zip((128, 256, 512), counts[1:], strict=True):
        x = net.block("basic", net.block("down", x, width=width), repeat=count - 1, width=width)
    _head(net, x)


@ready("ResNet-18", GROUP, RESNET)
def resnet_18(net: Sketch) -> None:
    """Eight blocks with skip connections: what one learns is added to what it was given. 11.7 million parameters."""
    _of_basic_blocks(net, (2, 2, 2, 2))


@ready("ResNet-34", GROUP, RESNET)
def resnet_34(net: Sketch) -> None:
    """ResNet-18's blocks, twice as many: the skips keep it trainable where a plain network of this depth gets worse."""
    _of_basic_blocks(net, (3, 4, 6, 3))


@ready("ResNet-50", GROUP, f"{RESNET}; strides in the 3 × 3 convolutions, as is usual since")
def resnet_50(net: Sketch) -> None:
    """Bottlenecks: 1 × 1 convolutions narrow the channels before each 3 × 3, so 50 layers cost little more than 34."""
    net.define("bottleneck", _bottleneck, width=64)
    net.define("stage", _wide, width=64, stride=1)
    x = _stem(net)
    for width, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        x = net.block("stage", x, width=width, stride=stride)
        x = net.block("bottleneck", x, repeat=count - 1, width=width)
    _head(net, x)


@ready("CIFAR ResNet-20", GROUP, RESNET)
def resnet_20(net: Sketch) -> None:
    """The paper's network for small pictures. Its skips have no weights: where it halves, they stride and pad."""

    def halved(block: Sketch) -> None:
        x = block.input("x", 16, 32, 32)
        y = block("ReLU", _convolved(block, x, "2*in", padding=1, stride=2))
        y = _convolved(block, y, "2*in", padding=1)
        skip = block("Slice", block("Slice", x, dim=2, step=2), dim=3, step=2)
        _added(block, y, block("Pad", skip, amounts=[0, 0, 0, 0, "in//2", "in//2"]))

    net.define("basic", _basic, width=16)
    net.define("halve", halved)
    x = net("ReLU", _convolved(net, net.input("image", 3, 32, 32), 16, padding=1))
    x = net.block("basic", x, repeat=3)
    for width in (32, 64):
        x = net.block("basic", net.block("halve", x), repeat=2, width=width)
    _head(net, x, 10)


@ready("DenseNet-121", GROUP, "Huang et al. (2017), Densely connected convolutional networks")
def densenet_121(net: Sketch) -> None:
    """Every layer sees all that came before it in its stage, laid side by side, and adds but 32 channels of its own."""

    def dense(block: Sketch) -> None:
        x = block.input("x", 64, 56, 56)
        y = block("Conv2d", block("ReLU", block("BatchNorm2d", x)), filters="4*growth", kernel=1, bias=False)
        y = block("Conv2d", block("ReLU", block("BatchNorm2d", y)), filters="growth", padding=1, bias=False)
        block.output(block("Concatenate", x, y))

    def transition(block: Sketch) -> None:
        x = block.input("x", 256, 56, 56)
        x = block("Conv2d", block("ReLU", block("BatchNorm2d", x)), filters="in//2", kernel=1, bias=False)
        block.output(block("AvgPool2d", x))

    net.define("dense", dense, growth=32)
    net.define("transition", transition)
    x = net.block("dense", _stem(net), repeat=6)
    for count in (12, 24, 16):
        x = net.block("dense", net.block("transition", x), repeat=count)
    _head(net, net("ReLU", net("BatchNorm2d", x)))
