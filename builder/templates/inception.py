"""Networks that look at several scales at once: branches side by side, laid together."""

from typing import Any

from builder.templates.sketch import Sketch, ready

GROUP = "Convolutional networks"
Sides = int | list[int]


def _relu(net: Sketch, x: str, filters: int | str, **config: Any) -> str:
    return net("ReLU", net("Conv2d", x, filters=filters, **config))


@ready(
    "GoogLeNet", GROUP, "Szegedy et al. (2015), Going deeper with convolutions; without the auxiliary heads"
)
def googlenet(net: Sketch) -> None:
    """Inception: 1 × 1, 3 × 3 and 5 × 5 filters side by side, each behind a 1 × 1 that makes it cheap. 7 million."""

    def inception(block: Sketch) -> None:
        x = block.input("x", 192, 28, 28)
        one = _relu(block, x, "one", kernel=1)
        three = _relu(block, _relu(block, x, "three_in", kernel=1), "three", padding=1)
        five = _relu(block, _relu(block, x, "five_in", kernel=1), "five", kernel=5, padding=2)
        pooled = _relu(block, block("MaxPool2d", x, kernel=3, stride=1, padding=1), "pooled", kernel=1)
        block.output(block("Concatenate", one, three, five, pooled))

    names = ("one", "three_in", "three", "five_in", "five", "pooled")
    net.define("inception", inception, **dict.fromkeys(names, 64))

    def through(x: str, *widths: int) -> str:
        given: dict[str, Any] = dict(zip(names, widths, strict=True))
        return net.block("inception", x, **given)

    x = _relu(net, net.input("image", 3, 224, 224), 64, kernel=7, stride=2, padding=3)
    x = net("LocalResponseNorm", net("MaxPool2d", x, kernel=3, ceil_mode=True))
    x = _relu(net, _relu(net, x, 64, kernel=1), 192, padding=1)
    x = net("MaxPool2d", net("LocalResponseNorm", x), kernel=3, ceil_mode=True)
    x = through(through(x, 64, 96, 128, 16, 32, 32), 128, 128, 192, 32, 96, 64)
    x = through(net("MaxPool2d", x, kernel=3, ceil_mode=True), 192, 96, 208, 16, 48, 64)
    x = through(through(x, 160, 112, 224, 24, 64, 64), 128, 128, 256, 24, 64, 64)
    x = through(through(x, 112, 144, 288, 32, 64, 64), 256, 160, 320, 32, 128, 128)
    x = through(net("MaxPool2d", x, kernel=3, ceil_mode=True), 256, 160, 320, 32, 128, 128)
    x = through(x, 384, 192, 384, 48, 128, 128)
    x = net("Dropout", net("Flatten", net("AdaptiveAvgPool2d", x)), rate=0.4)
    net.output(net("Linear", x, units=1000))


def _conv(
    net: Sketch, x: str, filters: int | str, kernel: Sides = 1, padding: Sides = 0, stride: int = 1
) -> str:
    """A convolution with batch norm, as all of Inception v3."""
    x = net("Conv2d", x, filters=filters, kernel=kernel, padding=padding, stride=stride, bias=False)
    return net("ReLU", net("BatchNorm2d", x, eps=0.001))


def _row(net: Sketch, x: str, filters: int | str) -> str:
    return _conv(net, x, filters, [1, 7], [0, 3])


def _column(net: Sketch, x: str, filters: int | str) -> str:
    return _conv(net, x, filters, [7, 1], [3, 0])


def _smooth(net: Sketch, x: str) -> str:
    return net("AvgPool2d", x, kernel=3, stride=1, padding=1)


def _square(block: Sketch) -> None:
    """35 × 35: two 3 × 3 in the place of a 5 × 5."""
    x = block.input("x", 192, 35, 35)
    one = _conv(block, x, 64)
    five = _conv(block, _conv(block, x, 48), 64, 5, 2)
    three = _conv(block, _conv(block, _conv(block, x, 64), 96, 3, 1), 96, 3, 1)
    block.output(block("Concatenate", one, five, three, _conv(block, _smooth(block, x), "pooled")))


def _factorised(block: Sketch) -> None:
    """17 × 17: rows and columns of seven in the place of squares."""
    x = block.input("x", 768, 17, 17)
    one = _conv(block, x, 192)
    short = _column(block, _row(block, _conv(block, x, "width"), "width"), 192)
    long = _row(block, _column(block, _conv(block, x, "width"), "width"), "width")
    long = _row(block, _column(block, long, "width"), 192)
    block.output(block("Concatenate", one, short, long, _conv(block, _smooth(block, x), 192)))


def _spread(block: Sketch) -> None:
    """8 × 8: a row and a column side by side."""

    def both(x: str) -> str:
        return block(
            "Concatenate", _conv(block, x, 384, [1, 3], [0, 1]), _conv(block, x, 384, [3, 1], [1, 0])
        )

    x = block.input("x", 1280, 8, 8)
    one = _conv(block, x, 320)
    short, long = both(_conv(block, x, 384)), both(_conv(block, _conv(block, x, 448), 384, 3, 1))
    block.output(block("Concatenate", one, short, long, _conv(block, _smooth(block, x), 192)))


def _to_17(block: Sketch) -> None:
    x = block.input("x", 288, 35, 35)
    one = _conv(block, x, 384, 3, stride=2)
    two = _conv(block, _conv(block, _conv(block, x, 64), 96, 3, 1), 96, 3, stride=2)
    block.output(block("Concatenate", one, two, block("MaxPool2d", x, kernel=3)))


def _to_8(block: Sketch) -> None:
    x = block.input("x", 768, 17, 17)
    three = _conv(block, _conv(block, x, 192), 320, 3, stride=2)
    seven = _conv(block, _column(block, _row(block, _conv(block, x, 192), 192), 192), 192, 3, stride=2)
    block.output(block("Concatenate", three, seven, block("MaxPool2d", x, kernel=3)))


@ready(
    "Inception v3",
    GROUP,
    "Szegedy et al. (2016), Rethinking the Inception architecture; without the auxiliary head",
)
def inception_v3(net: Sketch) -> None:
    """Large filters taken apart: 7 × 7 becomes a row and a column. Open the blocks and count the branches."""
    net.define("square", _square, pooled=64)
    net.define("reduce_to_17", _to_17)
    net.define("factorised", _factorised, width=128)
    net.define("reduce_to_8", _to_8)
    net.define("spread", _spread)
    x = _conv(net, _conv(net, net.input("image", 3, 299, 299), 32, 3, stride=2), 32, 3)
    x = net("MaxPool2d", _conv(net, x, 64, 3, 1), kernel=3)
    x = net("MaxPool2d", _conv(net, _conv(net, x, 80), 192, 3), kernel=3)
    x = net.block("square", net.block("square", x, pooled=32), repeat=2, pooled=64)
    x = net.block("reduce_to_17", x)
    for width, repeat in ((128, 1), (160, 2), (192, 1)):
        x = net.block("factorised", x, repeat=repeat, width=width)
    x = net.block("spread", net.block("reduce_to_8", x), repeat=2)
    x = net("Dropout", net("Flatten", net("AdaptiveAvgPool2d", x)))
    net.output(net("Linear", x, units=1000))
