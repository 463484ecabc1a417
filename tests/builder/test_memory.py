"""What training keeps, as told before anything is built, against what torch saves while the built network runs."""

import pytest
import torch

import builder
from builder.around import around
from builder.templates.sketch import Sketch
from tests.graphs import KINDS, chain, data, outputs

SMALL = [name for name in builder.templates() if builder.template(name).graph.nodes
         and builder.summary(builder.template(name).graph).parameters < 2e6]  # fmt: skip

LIBRARIES = {"LSTM": 4, "GRU": 4, "RNN": 4, "MultiheadAttention": 1.2, "ScaledDotProductAttention": 1.3,
             "TransformerEncoderLayer": 1.3}  # fmt: skip
"""Kinds of which the library that runs them decides how much they keep, and by how much that is off at most."""
LESS = {"gcn": 2, "gat": 2, "deep-belief-network": 4}
"""Networks that keep less than was told: dropout behind data, which need no gradient; outputs that nobody reads."""
ADDED = {"ClassToken", "LearnedPositions", "Parameter", "RelativeBias"}
"""Kinds whose weights are only added or laid beside something: their gradients need nothing that is kept."""


def saved(graph: builder.Graph, batch: int) -> int:
    """Bytes of all tensors that torch saves for the gradients, weights and statistics left out."""
    module, found = builder.compile(graph).train(), {}
    known = {one.untyped_storage().data_ptr() for one in (*module.parameters(), *module.buffers())}
    kept = []

    def save(tensor: torch.Tensor) -> torch.Tensor:
        kept.append(tensor)  # while it lives, no other tensor takes its place
        found[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
        answers = outputs(module, data(graph, batch))
    assert answers
    return sum(size for place, size in found.items() if place not in known)


def told(graph: builder.Graph) -> int:
    """What the summary says for one example."""
    return sum(row.kept_bytes or 0 for row in builder.summary(graph).rows)


@pytest.mark.parametrize("name", SMALL)
def test_a_network_keeps_what_was_told(name: str) -> None:
    graph = builder.template(name).graph
    kinds = {node.kind for one in (graph, *graph.blocks.values()) for node in one.nodes}
    off = max([1.02, *(LIBRARIES[kind] for kind in kinds & {*LIBRARIES})])
    assert 1 / max(off, LESS.get(name, 1)) <= saved(graph, 16) / (16 * told(graph)) <= off


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_tells_what_it_keeps(kind: str) -> None:
    """What multiplies by weights keeps something; nothing keeps more than twenty times what goes in and out."""
    graph = around(kind)
    rows = {row.node: row for row in builder.summary(graph).rows}
    through = sum(row.activation_bytes or 0 for row in rows.values())
    assert 0 <= told(graph) <= 20 * through + 4096
    if rows["layer"].parameters and kind != "Block":
        assert (told(graph) > 0) == (kind not in ADDED)


def test_a_value_that_two_layers_keep_counts_once_and_a_view_lies_in_what_it_shows() -> None:
    """ReLU keeps what it gives, Conv2d what it is given, Flatten nothing; LeakyReLU what it is given."""
    graph = chain(("Conv2d", {"filters": 4}), ("ReLU", {}), ("Conv2d", {"filters": 4}), ("Flatten", {}), ("Linear", {}),
                  shape=(1, 8, 8))  # fmt: skip
    rows = {row.node: row.kept_bytes for row in builder.summary(graph).rows}
    assert rows == {"input1": 256, "conv1": 0, "relu1": 4 * 36 * 4, "conv2": 4 * 16 * 4, "flatten1": 0, "linear1": 0,
                    "output1": 0}  # fmt: skip


def test_blocks_keep_what_their_repeats_keep() -> None:
    graph = builder.template("digits-resnet").graph
    inside = builder.summary(graph.blocks["residual"])
    block = next(row for row in builder.summary(graph).rows if row.node == "residual1")
    given = next(row for row in inside.rows if row.kind == "Input")
    alone = sum(row.kept_bytes or 0 for row in inside.rows) - (given.activation_bytes or 0)
    assert block.kept_bytes == 2 * alone, "what the second is given, the first keeps already"


def test_training_needs_weights_four_times_and_what_is_kept_for_each_example() -> None:
    net = Sketch()
    net.output(net("Linear", net.input("x", 10), units=5))
    summary = builder.summary(net.finished())
    assert summary.training_bytes(3) == 4 * 4 * 55 + 3 * (40 + 40 + 20)
    assert summary.rows[1].training_bytes(3) == 4 * 4 * 55 and summary.rows[0].training_bytes(3) == 3 * 40
