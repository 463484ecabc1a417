"""Networks that compare two things, or bring two kinds of things together."""

from typing import Any

from builder.templates.sketch import Sketch, ready

GROUP = "Pairs and recommendations"


@ready(
    "Siamese network",
    GROUP,
    "Bromley et al. (1993), Signature verification using a siamese time delay neural network",
)
def siamese(net: Sketch) -> None:
    """Two images through one network (tied weights): their codes are close if both show the same digit."""

    def coded(image: str, side: str) -> str:
        tie = {"left": "", "right": "left"}[side]

        def shared(name: str) -> str:
            return f"{tie}_{name}" if tie else ""

        x = net("Conv2d", image, id=f"{side}_conv1", shares=shared("conv1"), filters=16, padding="same")
        x = net("MaxPool2d", net("ReLU", x))
        x = net("Conv2d", x, id=f"{side}_conv2", shares=shared("conv2"), filters=32, padding="same")
        x = net("Flatten", net("MaxPool2d", net("ReLU", x)))
        return net("Linear", x, id=f"{side}_code", shares=shared("code"), units=16)

    one, other = coded(net.input("one", 1, 8, 8), "left"), coded(net.input("other", 1, 8, 8), "right")
    net.output(net("PairwiseDistance", one, other), id="distance")
    rows = (
        ("one", "left_conv1", "relu1", "maxpool1"),
        ("left_conv2", "relu2", "maxpool2", "flatten1", "left_code"),
        ("other", "right_conv1", "relu3", "maxpool3"),
        ("right_conv2", "relu4", "maxpool4", "flatten2", "right_code"),
    )
    places = {id: (float(x), float(y)) for y, row in enumerate(rows) for x, id in enumerate(row)}
    net.places(places | {"pairwisedistance1": (5.0, 2.0), "distance": (5.0, 3.0)})


@ready(
    "Matrix factorisation",
    GROUP,
    "Koren et al. (2009), Matrix factorization techniques for recommender systems",
)
def matrix_factorisation(net: Sketch) -> None:
    """A few numbers describe a person, as many a film; where they agree, the rating is high. Each has a leaning."""
    user, item = net.input("user", dtype="int64"), net.input("item", dtype="int64")
    start: dict[str, Any] = {"initial": "normal", "initial_std": 0.1}
    tastes = [
        net("Embedding", user, id="tastes", entries=1000, width=16, **start),
        net("Embedding", item, id="traits", entries=500, width=16, **start),
    ]
    leanings = [
        net("Embedding", user, id="user_mean", entries=1000, width=1, **start),
        net("Embedding", item, id="item_mean", entries=500, width=1, **start),
    ]
    agreement = net("Reduce", net("Multiply", *tastes), how="sum", dims=[1], keepdim=True)
    net.output(net("Add", agreement, *leanings), id="rating")
