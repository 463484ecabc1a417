"""Watching a network: every node is seen, nothing changes, nothing stays."""

import threading

import pytest
import torch
from torch import Tensor, nn

import builder
from builder.graph import Graph, Node
from builder.paths import placed
from builder.shapes import infer
from builder.watch import watched
from engines.trained import Trained

NETWORKS = ["xor-mlp", "lenet-5", "digits-resnet", "digits-transformer", "small-vit", "digits-lstm",
            "seq2seq-attention", "u-net", "small-gpt", "capsnet", "googlenet"]  # fmt: skip


def node(id: str, kind: str, *sources: str, **config: object) -> Node:
    names = ("input",) if len(sources) == 1 else ("input1", "input2")
    return Node(id=id, kind=kind, config=config, inputs=dict(zip(names, sources, strict=False)))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_node_is_seen_with_its_shape_and_no_bit_changes(name: str) -> None:
    trained = Trained.untrained(builder.template(name))
    inputs, seen = trained.random(2), {}
    plain = trained.answers(inputs)
    with watched(trained.module, lambda path, value: seen.update({path: value})):
        again = trained.answers(inputs)
    assert all(torch.equal(one, other) for one, other in zip(plain, again, strict=True))
    for place in infer(trained.graph).places.values():
        if place.node.kind != "Output" and place.outcome:
            spec = next(iter(place.outcome.outputs.values()))
            assert tuple(seen[place.node.id].shape[1:]) == spec.shape[1:], place.node.id


def test_nodes_in_blocks_have_the_paths_of_modules() -> None:
    network, seen = builder.compile(builder.template("digits-resnet").graph), list[str]()
    with watched(network, lambda path, value: seen.append(path)):
        network(torch.randn(2, 1, 8, 8))
    assert {"image", "conv1", "residual1.1.conv2", "residual1.0.add1", "residual1", "residual2.relu2"} <= {
        *seen
    }
    assert len(seen) == len({*seen})
    named = {path for path, one in network.named_modules() if not [*one.children()] and path}
    assert named <= {*seen}


def test_what_is_returned_goes_on() -> None:
    graph = Graph(
        nodes=(
            node("x", "Input", shape=[2]),
            node("lin", "Linear", "x", units=3),
            node("out", "Output", "lin"),
        )
    )
    network = builder.compile(graph)
    with watched(network, lambda path, value: torch.ones_like(value) if path == "x" else None):
        told = network(torch.randn(4, 2))
    assert torch.equal(told, network(torch.ones(4, 2)))


def test_gradients_reach_every_node() -> None:
    network, seen = builder.compile(builder.template("digits-transformer").graph), dict[str, Tensor]()

    def keep(path: str, value: Tensor) -> Tensor:
        value = value if value.requires_grad else value.detach().requires_grad_()
        value.retain_grad()
        seen[path] = value
        return value

    with watched(network, keep):
        network(torch.randn(2, 1, 8, 8)).square().sum().backward()
    assert all(one.grad is not None for one in seen.values())
    assert torch.allclose(seen["linear2"].grad, 2 * seen["linear2"])  # type: ignore[arg-type]


def test_nothing_stays_and_others_are_not_seen() -> None:
    network, seen = builder.compile(builder.template("xor-mlp").graph), list[str]()
    before = {name: dict(one.__dict__) for name, one in network.named_modules()}
    with pytest.raises(KeyError), watched(network, lambda path, value: seen.append(path)):
        other = threading.Thread(target=network, args=(torch.randn(1, 2),))
        other.start()
        other.join()
        assert not seen
        raise KeyError
    assert before == {name: dict(one.__dict__) for name, one in network.named_modules()}
    with (
        pytest.raises(ValueError, match="compiled from a graph"),
        watched(nn.Linear(2, 2), lambda path, value: None),
    ):
        pass


@pytest.mark.parametrize("name", NETWORKS)
def test_every_path_that_is_told_is_seen(name: str) -> None:
    trained, seen = Trained.untrained(builder.template(name)), list[str]()
    with watched(trained.module, lambda path, value: seen.append(path)):
        trained.answers(trained.random(2))
    told = [*placed(trained.graph)]
    firsts = [path for path in dict.fromkeys(seen) if "__" not in path]
    assert sorted(told) == sorted(firsts) and len(told) > 3
