"""Receptive fields are what they say: changing or differentiating an input shows how far a value sees."""

from collections.abc import Iterator

import pytest
import torch

import builder
from builder.around import around
from builder.edits import AddNode, SetKind
from builder.graph import Graph, Node
from builder.layers import LAYERS
from builder.receptive import receptive_fields, sizes
from builder.shapes import infer
from builder.summary import summary_inside
from builder.templates.sketch import Sketch
from tests import graphs
from tests.graphs import KINDS, chain, data

PUBLISHED = {  # Araujo et al. (2019), Computing receptive fields of convolutional neural networks
    ("alexnet", "conv5"): 163,
    ("alexnet", "maxpool3"): 195,
    ("vgg-16", "conv5"): 196,
    ("vgg-16", "maxpool5"): 212,
    ("resnet-18", "basic4"): 435,
    ("lenet-5", "c3"): 14,
}

PLACE_BY_PLACE = ("Activation", "Regularisation", "Arithmetic")
"""Families whose kinds must say so where they work place by place."""


@pytest.mark.parametrize(("name", "node"), PUBLISHED)
def test_published_networks_see_as_far_as_published(name: str, node: str) -> None:
    row = next(row for row in builder.summary(builder.template(name).graph).rows if row.node == node)
    assert row.receptive_field == (PUBLISHED[name, node],) * 2


def changed(graph: Graph) -> list[torch.Tensor]:
    """For each Input: which values of the first output change with which of its values, inputs first.

    In any of some cases: where a mask chooses, one case shows one branch.
    """
    torch.manual_seed(0)
    module = builder.compile(graph).eval()
    for weight in module.parameters():
        if not weight.any():  # a memory that has stored nothing shows nothing
            torch.nn.init.normal_(weight)
    cases = [changed_in(module, data(graph, batch=1, seed=seed), graph) for seed in range(8)]
    return [torch.stack(ways).any(0) for ways in zip(*cases, strict=True)]


def changed_in(module: torch.nn.Module, given: tuple[torch.Tensor, ...], graph: Graph) -> list[torch.Tensor]:
    """What changes with which value where these are given."""
    found = []
    for x, most in zip(given, graphs.bounds(graph).values(), strict=True):
        count, whole = x.numel(), x.dtype == torch.int64
        same = [one.repeat(count, *[1] * (one.ndim - 1)) for one in given]
        before = graphs.outputs(module, tuple(same))[0]
        differs = torch.zeros(before.shape, dtype=torch.bool)
        for step in (1,) if whole else (7.0, -7.0, 0.25):
            other = x.repeat(count, *[1] * (x.ndim - 1))
            other.view(count, -1).diagonal().add_(step)
            other = other % most if whole else other
            batch = [other if one is x else repeated for one, repeated in zip(given, same, strict=True)]
            after = graphs.outputs(module, tuple(batch))[0]
            differs |= (after != before) & ~(after.isnan() & before.isnan())
        found.append(differs.view(*x.shape[1:], *before.shape[1:]))
    return found


def along(matrix: torch.Tensor, rank: int, source: int, target: int) -> torch.Tensor:
    """Which places of an input's dimension (rows) change which of the output's (columns); dimensions count from 1."""
    others = [dim for dim in range(matrix.ndim) if dim not in (source - 1, rank + target - 1)]
    return matrix.amax(others) if others else matrix


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind not in ("Input", "Block") and LAYERS[kind].example]
)
def test_a_kind_sees_what_its_window_says(kind: str) -> None:
    """Exactly so along each dimension that has places; and what works place by place says so."""
    graph = around(kind)
    inference = infer(graph)
    field = receptive_fields(inference)["layer"]
    ids = graph.ids("Input")
    matrices = dict(zip(ids, changed(graph), strict=True))
    ranks = {id: len(inference.places[id].outcome.outputs["output"].shape) - 1 for id in ids}  # type: ignore[union-attr]
    layer = LAYERS[kind]
    chooses = any(layer.taken(port) == "mask" for port in layer.inputs + layer.optional)
    for dim, axis in enumerate(field, 1):
        for (id, source), table in axis or ():
            matrix = along(matrices[id], ranks[id], source, dim)
            unseen = (
                chooses or not matrix.any()
            )  # in use, an input may count for nothing, as how far samples spread
            for place in range(matrix.shape[1]):
                there = hull(matrix[:, place])
                assert there == clipped(table.at(place), matrix.shape[0]) or (unseen and not there), (
                    dim,
                    place,
                )
        if axis is None and LAYERS[kind].category in PLACE_BY_PLACE:
            seen = [along(matrices[id], ranks[id], dim, dim) for id in ids if ranks[id] >= dim]
            own = [
                one.shape[0] == one.shape[1] > 1 and torch.equal(one, torch.eye(len(one)) > 0) for one in seen
            ]
            assert not (own and all(own)), (
                f"{kind} works place by place along {dim}: its window should say so"
            )


def hull(places: torch.Tensor) -> tuple[int, int] | None:
    """The first and the last place that is true."""
    found = places.nonzero().flatten().tolist()
    return (found[0], found[-1]) if found else None


def clipped(span: tuple[int, int] | None, size: int) -> tuple[int, int] | None:
    """As much of a span as there is of the input."""
    if span is None or span[1] < 0 or span[0] >= size:
        return None
    return max(span[0], 0), min(span[1], size - 1)


def images(*layers: tuple[str, dict[str, object]], side: int = 64) -> Graph:
    """A chain on an image of two channels."""
    return chain(*layers, shape=(2, side, side))


def unet() -> Graph:
    """Two steps down, two up, with skip connections."""
    net = Sketch()

    def twice(x: str, filters: int) -> str:
        for _ in range(2):
            x = net("ReLU", net("Conv2d", x, filters=filters, padding=1))
        return x

    x = net.input("image", 1, 64, 64)
    first = twice(x, 2)
    second = twice(net("AvgPool2d", first), 4)
    x = twice(net("AvgPool2d", second), 4)
    x = twice(net("Concatenate", second, net("ConvTranspose2d", x, filters=4)), 4)
    x = twice(net("Concatenate", first, net("ConvTranspose2d", x, filters=2)), 2)
    net.output(net("Conv2d", x, filters=1, kernel=1))
    return net.finished()


def inception() -> Graph:
    """Branches of different reach, side by side, one of them dilated."""
    net = Sketch()
    x = net("Conv2d", net.input("image", 1, 64, 64), filters=2, stride=2, padding=1)
    branches = [
        net("Conv2d", x, filters=2, kernel=1),
        net("Conv2d", x, filters=2, kernel=5, padding=2),
        net("Conv2d", x, filters=2, kernel=3, padding=4, dilation=4),
        net("AvgPool2d", x, kernel=3, stride=1, padding=1),
    ]
    net.output(net("Conv2d", net("Concatenate", *branches), filters=2, kernel=3, stride=3))
    return net.finished()


def averaged(graph: Graph) -> Graph:
    """The same with averages in the place of maxima, whose gradient reaches one place alone."""
    for node in graph.nodes:
        if node.kind == "MaxPool2d":
            graph = SetKind(node=node.id, kind="AvgPool2d").apply(graph)
    return graph


def resnet() -> Graph:
    """ResNet-18 up to its last stage, on an image that is larger than what it sees."""
    graph = builder.template("resnet-18").graph
    nodes = [
        node for node in graph.nodes if node.kind not in ("AdaptiveAvgPool2d", "Flatten", "Linear", "Output")
    ]
    nodes[0] = nodes[0].model_copy(update={"config": {"shape": [3, 480, 480]}})
    end = Node(id="output1", kind="Output", inputs={"input": nodes[-1].id})
    return averaged(AddNode(node=end).apply(graph.with_nodes(tuple(nodes))))


GRAPHS = {
    "kernel": lambda: images(("Conv2d", {"kernel": 7, "padding": 3})),
    "without padding": lambda: images(("Conv2d", {"kernel": 4}), ("Conv2d", {"kernel": 4, "stride": 3})),
    "even kernel, same": lambda: images(("Conv2d", {"kernel": 4, "padding": "same"})),
    "dilation": lambda: images(*(("Conv2d", {"dilation": one, "padding": one}) for one in (1, 2, 4))),
    "strides": lambda: images(*(("Conv2d", {"stride": 2, "padding": 1}),) * 4),
    "pools": lambda: images(("AvgPool2d", {"kernel": 3, "padding": 1}), ("Conv2d", {}), ("AvgPool2d", {})),
    "equal parts": lambda: images(("Conv2d", {"padding": 1}), ("AdaptiveAvgPool2d", {"size": 8}), ("Conv2d", {})),
    "transposed": lambda: images(("ConvTranspose2d", {"kernel": 5, "padding": 2}), ("Conv2d", {}), side=24),
    "transposed, with gaps": lambda: chain(("ConvTranspose1d", {"kernel": 2, "stride": 3}), shape=(2, 16)),
    "up and down": lambda: images(("Upsample", {}), ("Conv2d", {"stride": 2}), ("Upsample", {"factor": 3}), side=24),
    "interpolated": lambda: images(("Upsample", {"factor": 3, "mode": "linear"}), ("Conv2d", {}), side=16),
    "sequence": lambda: chain(("Conv1d", {"kernel": 5, "stride": 2}), ("ConvTranspose1d", {}), shape=(2, 40)),
    "volume": lambda: chain(("Conv3d", {"filters": 2}), ("AvgPool3d", {}), shape=(1, 12, 12, 12)),
    "branches": inception,
    "U-Net": unet,
    "ResNet-18": resnet,
}  # fmt: skip


@pytest.mark.parametrize("name", GRAPHS)
def test_gradients_reach_as_far_as_the_field(name: str) -> None:
    """With weights of 1, the gradient of a value is not zero exactly where it sees; also where places see unlike."""
    graph = GRAPHS[name]()
    field = receptive_fields(infer(graph))[graph.ids("Output")[0]]
    module = builder.compile(graph).eval().double()
    with torch.no_grad():
        for weight in module.parameters():
            weight.fill_(1.0 if weight.ndim > 1 else 0.5)
    x = torch.ones(1, *graph[graph.ids("Input")[0]].config["shape"], dtype=torch.float64, requires_grad=True)
    y = module(x)
    met: list[int] = []
    for place in near_the_middle(y.shape[2:]):
        (gradient,) = torch.autograd.grad(y[0, :, *place].sum(), x, retain_graph=True)
        for dim, at in enumerate(place, 2):
            ((_, table),) = field[dim - 1] or ()
            there = hull(reached(gradient[0], dim))
            assert there == clipped(table.at(at), x.shape[dim])
            met.append(there[1] - there[0] + 1 if there else 0)
    told = sizes(field)
    assert told is not None and max(met) == max(told) == told[0]


def reached(gradient: torch.Tensor, dim: int) -> torch.Tensor:
    """Which places along a dimension have a gradient somewhere."""
    return (gradient != 0).amax([other for other in range(gradient.ndim) if other != dim - 1])


def near_the_middle(shape: torch.Size) -> Iterator[tuple[int, ...]]:
    """The middle, and as many places beside it as may see unlike."""
    for step in range(1 if min(shape) > 100 or len(shape) == 3 else 6):
        yield tuple(
            size // 2 + (step if dim == 0 else 0) for dim, size in enumerate(shape) if size // 2 + step < size
        )


def test_inside_a_block_places_see_through_what_comes_before() -> None:
    """In its first repeat; the last one inside sees what the block sees."""
    graph = builder.template("resnet-18").graph
    outside = {row.node: row.receptive_field for row in builder.summary(graph).rows}
    rows = summary_inside(graph, ("basic1",)).rows
    assert rows[0].receptive_field == outside["maxpool1"] == (11, 11)
    assert rows[1].receptive_field == (19, 19) and rows[-1].receptive_field == (27, 27)
    assert outside["basic1"] == (43, 43), "it is repeated"
    assert summary_inside(graph, ("down3",)).rows[-1].receptive_field == outside["down3"]


def test_what_sees_everything_or_has_no_places_has_no_field() -> None:
    """Behind flattening, global pooling, attention and recurrence, in dense networks, and where nothing is known."""
    for name, node in (("digits-cnn", "linear1"), ("resnet-18", "linear1"), ("xor-mlp", "tanh1"),
                       ("digits-lstm", "lstm1"), ("digits-transformer", "encoder1")):  # fmt: skip
        rows = {row.node: row for row in builder.summary(builder.template(name).graph).rows}
        assert rows[node].receptive_field is None
    broken = images(("Conv2d", {}), ("BatchNorm1d", {}), ("ReLU", {}))
    assert [row.receptive_field for row in builder.summary(broken).rows] == [(1, 1), (3, 3), None, None, None]


def test_branches_that_do_not_go_hand_in_hand_have_no_field() -> None:
    """A gate that has seen everything, and a picture that is laid over its mirror image."""
    net = Sketch()
    x = net("Conv2d", net.input("image", 2, 8, 8), filters=2, padding=1)
    gated = net("Multiply", x, net("Sigmoid", net("AdaptiveAvgPool2d", x)))
    mirrored = net("Add", x, net("Permute", x, order=[1, 3, 2]))
    for node in (gated, mirrored):
        net.output(node, id=f"from_{node}")
    rows = {row.node: row.receptive_field for row in builder.summary(net.finished()).rows}
    assert rows[x] == (3, 3) and rows[gated] is rows[mirrored] is None


def test_patterns_that_get_too_long_are_left_untold() -> None:
    graph = chain(*(("ConvTranspose1d", {"kernel": 7, "stride": 7, "filters": 1}),) * 4, shape=(1, 4))
    told = [row.receptive_field for row in builder.summary(graph).rows]
    assert told[:4] == [(1,)] * 4 and told[4] is None
