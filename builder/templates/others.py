"""Networks on graphs, with capsules, with energies and maps; networks that act."""

from builder.templates.sketch import Sketch, ready

GRAPHS, ACTING = "Graph networks", "Reinforcement learning"
SPECIAL = "Capsules, energies and maps"
PLACES = {
    "papers": (0.0, 0.0), "dropout1": (1.0, 0.0), "edges": (0.0, 1.0), "dropout2": (2.0, 1.0), "topic": (4.0, 1.0),
}  # fmt: skip
"""Papers above, their citations below."""


@ready(
    "GCN", GRAPHS, "Kipf and Welling (2017), Semi-supervised classification with graph convolutional networks"
)
def gcn(net: Sketch) -> None:
    """Papers that cite one another: each node takes the mean of its neighbours, twice, and 140 labels do for 2,708."""
    x, edges = net.input("papers", 2708, 1433), net.input("edges", 10556, 2, dtype="int64")
    x = net("ReLU", net("GCNConv", net("Dropout", x), edges, units=16))
    net.output(net("GCNConv", net("Dropout", x), edges, units=7), id="topic")
    net.places(PLACES | {"gcnconv1": (2.0, 0.0), "relu1": (3.0, 0.0), "gcnconv2": (3.0, 1.0)})


@ready("GAT", GRAPHS, "Veličković et al. (2018), Graph attention networks")
def gat(net: Sketch) -> None:
    """As a GCN, but each node learns how much to listen to which neighbour: eight heads of eight numbers."""
    x, edges = net.input("papers", 2708, 1433), net.input("edges", 10556, 2, dtype="int64")
    x = net("ELU", net("GATConv", net("Dropout", x, rate=0.6), edges, units=8, heads=8, dropout=0.6))
    x = net("Dropout", x, rate=0.6)
    net.output(net("GATConv", x, edges, units=7, heads=1, dropout=0.6), id="topic")
    net.places(PLACES | {"gatconv1": (2.0, 0.0), "elu1": (3.0, 0.0), "gatconv2": (3.0, 1.0)})


@ready("CapsNet", SPECIAL, "Sabour et al. (2017), Dynamic routing between capsules")
def capsnet(net: Sketch) -> None:
    """A capsule's length says whether a digit is there, its direction how it is written. The decoder draws it again."""
    x = net.input("image", 1, 28, 28)
    x = net("ReLU", net("Conv2d", x, filters=256, kernel=9))
    x = net("PrimaryCapsules", x, capsules=32, size=8, kernel=9, stride=2)
    digits = net("RoutedCapsules", x, capsules=10, size=16, iterations=3)
    net.output(net("CapsuleLength", digits), id="classes")
    x = net("Flatten", net("CapsuleMask", digits))
    for units in (512, 1024):
        x = net("ReLU", net("Linear", x, units=units))
    x = net("Sigmoid", net("Linear", x, units=784))
    net.output(net("Reshape", x, shape=[1, 28, 28]), id="reconstruction")


@ready("Deep belief network", SPECIAL, "Hinton et al. (2006), A fast learning algorithm for deep belief nets")
def deep_belief_network(net: Sketch) -> None:
    """Layers that each learned to reconstruct what they were given, one after the other, before labels were shown."""
    x = net("Flatten", net.input("image", 1, 8, 8))
    for units in (128, 64):
        x = net("RBM", x, units=units)
    net.output(net("Linear", x, units=10))


@ready(
    "Self-organising map",
    SPECIAL,
    "Kohonen (1982), Self-organized formation of topologically correct feature maps",
)
def self_organising_map(net: Sketch) -> None:
    """A sheet of 10 × 10 prototypes that folds itself into the data: what lies close there is alike. No labels."""
    net.output(net("SOM", net.input("features", 4), rows=10, columns=10), id="distances")


@ready("DQN (Nature)", ACTING, "Mnih et al. (2015), Human-level control through deep reinforcement learning")
def dqn(net: Sketch) -> None:
    """Four frames of a game in, the worth of each of four moves out. 1,686,180 parameters learned to play Atari."""
    x = net.input("frames", 4, 84, 84)
    for filters, kernel, stride in ((32, 8, 4), (64, 4, 2), (64, 3, 1)):
        x = net("ReLU", net("Conv2d", x, filters=filters, kernel=kernel, stride=stride))
    x = net("ReLU", net("Linear", net("Flatten", x), units=512))
    net.output(net("Linear", x, units=4), id="values")


@ready(
    "Policy network", ACTING, "Williams (1992), Simple statistical gradient-following algorithms (REINFORCE)"
)
def policy_network(policy: Sketch) -> None:
    """Where the cart and the pole are, and how fast: out come the odds of a push to the left or the right."""
    x = policy("Tanh", policy("Linear", policy.input("state", 4), units=64))
    policy.output(policy("Softmax", policy("Linear", x, units=2)), id="actions")
