"""Networks made to be cheap: depthwise convolutions between 1 × 1 ones."""

from typing import Any

from builder.templates.sketch import Sketch, ready

GROUP = "Convolutional networks"


def _convolved(net: Sketch, x: str, activation: str, filters: int | str, **config: Any) -> str:
    """A convolution with batch norm, and an activation if one is named."""
    x = net("BatchNorm2d", net("Conv2d", x, filters=filters, bias=False, **config))
    return net(activation, x) if activation else x


@ready("MobileNetV2", GROUP, "Sandler et al. (2018), MobileNetV2: inverted residuals and linear bottlenecks")
def mobilenet_v2(net: Sketch) -> None:
    """Inverted residuals: wide inside, narrow where the skips run, and each channel is filtered by itself."""

    def inner(block: Sketch, x: str, filters: str, stride: int | str = 1) -> str:
        y = _convolved(block, x, "ReLU6", "6*in", kernel=1)
        y = _convolved(block, y, "ReLU6", "6*in", padding=1, stride=stride, groups="6*in")
        return _convolved(block, y, "", filters, kernel=1)

    def first(block: Sketch) -> None:
        x = block.input("x", 32, 112, 112)
        y = _convolved(block, x, "ReLU6", "in", padding=1, groups="in")
        block.output(_convolved(block, y, "", 16, kernel=1))

    def change(block: Sketch) -> None:
        block.output(inner(block, block.input("x", 16, 112, 112), "width", "stride"))

    def residual(block: Sketch) -> None:
        x = block.input("x", 24, 56, 56)
        block.output(block("Add", inner(block, x, "in"), x))

    net.define("separable", first)
    net.define("change", change, width=24, stride=2)
    net.define("residual", residual)
    x = _convolved(net, net.input("image", 3, 224, 224), "ReLU6", 32, padding=1, stride=2)
    x = net.block("separable", x)
    for width, count, stride in ((24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1)):
        x = net.block("change", x, width=width, stride=stride)
        if count > 1:
            x = net.block("residual", x, repeat=count - 1)
    x = net("Flatten", net("AdaptiveAvgPool2d", _convolved(net, x, "ReLU6", 1280, kernel=1)))
    net.output(net("Linear", net("Dropout", x, rate=0.2), units=1000))
