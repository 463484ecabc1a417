"""Small networks on points in the plane and on tables: what can be drawn can be understood."""

from builder.templates.sketch import Sketch, from_source, ready

POINTS, TABLES = "Points in the plane", "Tables"
SPIRAL_STUDY = "Karpathy (2015), CS231n: minimal neural network case study"
SPIRALS = from_source("Spirals")
FAST = {"kind": "Adam", "lr": 0.01}


def _mlp(net: Sketch, features: int, hidden: tuple[int, ...], outputs: int, activation: str = "ReLU") -> None:
    x = net.input("features", features)
    for units in hidden:
        x = net(activation, net("Linear", x, units=units))
    net.output(net("Linear", x, units=outputs))


@ready(
    "Perceptron",
    POINTS,
    "Rosenblatt (1958), The perceptron",
    from_source("Gaussians", classes=2),
    epochs=30,
    batch=16,
    loss={"kind": "Hinge"},
    optimiser={"kind": "SGD", "lr": 0.1},
)
def perceptron(net: Sketch) -> None:
    """One neuron draws one straight line. Watch the line turn until it parts the two clouds; then try it on XOR."""
    net.output(net("Linear", net.input("features", 2), units=1))


@ready("Linear model on spirals", POINTS, SPIRAL_STUDY, SPIRALS, epochs=100, batch=32, optimiser=FAST)
def spiral_linear(net: Sketch) -> None:
    """One layer can only draw straight lines, so it must fail here: about half the points are wrong."""
    _mlp(net, 2, (), 3)


@ready("Shallow network on spirals", POINTS, SPIRAL_STUDY, SPIRALS, epochs=200, batch=32, optimiser=FAST)
def spiral_mlp(net: Sketch) -> None:
    """One hidden layer of 100 units bends the borders around three spiral arms."""
    _mlp(net, 2, (100,), 3)


@ready(
    "XOR",
    POINTS,
    "Minsky and Papert (1969), Perceptrons",
    from_source("Xor"),
    epochs=100,
    batch=32,
    optimiser=FAST,
)
def xor_mlp(net: Sketch) -> None:
    """The problem that no single layer solves. Remove the hidden layer and see."""
    _mlp(net, 2, (8,), 2, "Tanh")


@ready(
    "Two moons",
    POINTS,
    "Pedregosa et al. (2011), Scikit-learn: machine learning in Python",
    from_source("Moons"),
    epochs=60,
    batch=32,
    optimiser=FAST,
)
def moons_mlp(net: Sketch) -> None:
    """Two interleaved half circles, two hidden layers of 16 units."""
    _mlp(net, 2, (16, 16), 2)


@ready(
    "Iris",
    TABLES,
    "Fisher (1936), The use of multiple measurements in taxonomic problems",
    from_source("Iris"),
    epochs=100,
    batch=16,
    optimiser=FAST,
)
def iris_mlp(net: Sketch) -> None:
    """Three kinds of iris by four measures of the flower."""
    _mlp(net, 4, (16,), 3)


@ready(
    "Wine",
    TABLES,
    "Forina et al. (1991), PARVUS: an extendible package for data exploration",
    from_source("Wine"),
    epochs=60,
    batch=16,
    optimiser=FAST,
)
def wine_mlp(net: Sketch) -> None:
    """Three growers of wine by thirteen chemical measures. Scaling matters: switch it off in Data and compare."""
    _mlp(net, 13, (32,), 3)


@ready(
    "Breast cancer",
    TABLES,
    "Street, Wolberg and Mangasarian (1993), Nuclear feature extraction for breast tumor diagnosis",
    from_source("BreastCancer"),
    epochs=40,
    batch=32,
)
def breast_cancer_mlp(net: Sketch) -> None:
    """Benign or malignant by thirty measures of cell nuclei. Logistic regression is hard to beat."""
    _mlp(net, 30, (32,), 2)


@ready(
    "Diabetes",
    TABLES,
    "Efron et al. (2004), Least angle regression",
    from_source("Diabetes"),
    epochs=60,
    batch=32,
    loss={"kind": "MSE"},
    optimiser={"kind": "Adam", "lr": 0.003, "weight_decay": 0.001},
    patience=15,
)
def diabetes_mlp(net: Sketch) -> None:
    """Regression: how far a disease progressed in a year. Early stopping keeps it from learning by heart."""
    _mlp(net, 10, (16,), 1)
