"""Networks that read scikit-learn's handwritten digits: 1,797 images of 8 × 8 pixels."""

from builder.templates.sketch import Sketch, from_source, ready

DIGITS = from_source("Digits")
GROUP = "Images"


@ready(
    "Digits MLP",
    GROUP,
    "Rumelhart, Hinton and Williams (1986), Learning representations by back-propagating errors",
    DIGITS,
    epochs=200,
    batch=16,
    optimiser={"kind": "AdamW", "weight_decay": 0.1},
    schedule={"kind": "Cosine"},
)
def digits_mlp(net: Sketch) -> None:
    """Two hidden layers read handwritten digits. Watch how soon it passes the line of logistic regression."""
    x = net("Flatten", net.input("image", 1, 8, 8))
    x = net("ReLU", net("Linear", x, units=64))
    x = net("ReLU", net("Linear", x, units=32))
    net.output(net("Linear", x, units=10))


@ready(
    "Digits CNN",
    GROUP,
    "LeCun et al. (1998), Gradient-based learning applied to document recognition",
    DIGITS,
    epochs=100,
    batch=32,
)
def digits_cnn(net: Sketch) -> None:
    """Small filters slide over handwritten digits. Compare with the MLP how it generalises to new writers."""
    x = net.input("image", 1, 8, 8)
    x = net("ReLU", net("Conv2d", x, filters=16, padding="same"))
    x = net("MaxPool2d", x)
    x = net("ReLU", net("Conv2d", x, filters=32, padding="same"))
    x = net("Flatten", net("MaxPool2d", x))
    x = net("ReLU", net("Linear", x, units=64))
    net.output(net("Linear", x, units=10))


@ready(
    "Digits residual CNN",
    GROUP,
    "He et al. (2016), Deep residual learning for image recognition",
    DIGITS,
    epochs=15,
    batch=64,
)
def digits_resnet(net: Sketch) -> None:
    """Convolutions with skip connections and batch norm. The block is repeated: open it to see the skip."""

    def residual(block: Sketch) -> None:
        x = block.input("x", 1, 8, 8)
        y = block("Conv2d", x, filters="width", padding="same", bias=False)
        y = block("ReLU", block("BatchNorm2d", y))
        y = block("Conv2d", y, filters="width", padding="same", bias=False)
        block.output(block("ReLU", block("Add", block("BatchNorm2d", y), x)))

    net.define("residual", residual, width=16)
    x = net("ReLU", net("Conv2d", net.input("image", 1, 8, 8), filters=16, padding="same"))
    x = net.block("residual", x, repeat=2)
    x = net("ReLU", net("Conv2d", x, filters=32, padding=1, stride=2))
    x = net.block("residual", x, width=32)
    x = net("Flatten", net("AdaptiveAvgPool2d", x))
    net.output(net("Linear", x, units=10))


@ready(
    "Digits transformer",
    GROUP,
    "Vaswani et al. (2017), Attention is all you need",
    DIGITS,
    epochs=30,
    batch=64,
)
def digits_transformer(net: Sketch) -> None:
    """The rows of a digit look at one another: self-attention with skip connections, then the mean over the rows."""

    def encoder(block: Sketch) -> None:
        x = block.input("x", 8, 32)
        attended = block("MultiheadAttention", block("LayerNorm", x), heads=4)
        x = block("Add", x, attended)
        y = block("GELU", block("Linear", block("LayerNorm", x), units=64))
        block.output(block("Add", x, block("Linear", y, units=32)))

    net.define("encoder", encoder)
    rows = net("Reshape", net.input("image", 1, 8, 8), shape=[8, 8])
    x = net("Linear", rows, units=32)
    x = net.block("encoder", x, repeat=2)
    x = net("Flatten", net("LayerNorm", x))
    net.output(net("Linear", x, units=10))
