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


@ready("EfficientNet-B0", GROUP, "Tan and Le (2019), EfficientNet: rethinking model scaling")
def efficientnet_b0(net: Sketch) -> None:
    """Found by search: inverted residuals that also learn which channels matter (squeeze-and-excitation)."""

    def inner(block: Sketch, x: str, filters: str, stride: int | str = 1) -> str:
        y = _convolved(block, x, "SiLU", "6*in", kernel=1)
        y = _convolved(
            block, y, "SiLU", "6*in", kernel="kernel", padding="kernel//2", stride=stride, groups="6*in"
        )
        y = block("SqueezeExcitation", y, units="in//4", activation="SiLU")
        return _convolved(block, y, "", filters, kernel=1)

    def first(block: Sketch) -> None:
        x = block.input("x", 32, 112, 112)
        y = _convolved(block, x, "SiLU", "in", padding=1, groups="in")
        y = block("SqueezeExcitation", y, units="in//4", activation="SiLU")
        block.output(_convolved(block, y, "", 16, kernel=1))

    def change(block: Sketch) -> None:
        block.output(inner(block, block.input("x", 16, 112, 112), "width", "stride"))

    def residual(block: Sketch) -> None:
        x = block.input("x", 24, 56, 56)
        block.output(block("Add", block("DropPath", inner(block, x, "in"), rate=0.1), x))

    net.define("separable", first)
    net.define("change", change, width=24, kernel=3, stride=2)
    net.define("residual", residual, kernel=3)
    x = _convolved(net, net.input("image", 3, 224, 224), "SiLU", 32, padding=1, stride=2)
    x = net.block("separable", x)
    stages = ((24, 2, 3, 2), (40, 2, 5, 2), (80, 3, 3, 2), (112, 3, 5, 1), (192, 4, 5, 2), (320, 1, 3, 1))
    for width, count, kernel, stride in stages:
        x = net.block("change", x, width=width, kernel=kernel, stride=stride)
        if count > 1:
            x = net.block("residual", x, repeat=count - 1, kernel=kernel)
    x = net("Flatten", net("AdaptiveAvgPool2d", _convolved(net, x, "SiLU", 1280, kernel=1)))
    net.output(net("Linear", net("Dropout", x, rate=0.2), units=1000))
