"""Random valid graphs from the whole registry: what compiles is what the source says, and both learn alike."""

from typing import Any

import pytest
import torch

import builder
from tests.graphs import KINDS, data, outputs
from tests.growing import grown


@pytest.mark.parametrize("kind", KINDS)
def test_a_grown_graph_is_its_source(kind: str) -> None:
    """The text in a namespace of its own: equal outputs and gradients to the bit, of the shapes that were inferred."""
    for seed in range(2):
        graph = grown(kind, seed)
        assert not builder.check(graph)
        torch.manual_seed(seed)
        module, world = builder.compile(graph), dict[str, Any]()
        exec(builder.source(graph), world)
        alone = world["Model"]()
        alone.load_state_dict(module.state_dict())
        inferred = [spec.shape[1:] for spec in builder.shapes.infer(graph).outputs.values() if spec]
        answers = []
        for one in (module, alone):
            torch.manual_seed(5)
            answer = outputs(one, data(graph, 3))
            assert [value.shape[1:] for value in answer] == inferred
            total = sum(value.square().sum() for value in answer if value.requires_grad)
            if isinstance(total, torch.Tensor):
                total.backward()
            answers.append(answer)
        for mine, theirs in zip(*answers, strict=True):
            assert (
                torch.equal(mine.nan_to_num(), theirs.nan_to_num())
                if mine.is_floating_point()
                else torch.equal(mine, theirs)
            )
        for weight, other in zip(module.parameters(), alone.parameters(), strict=True):
            assert (weight.grad is None) == (other.grad is None)
            assert weight.grad is None or torch.equal(weight.grad.nan_to_num(), other.grad.nan_to_num())


def test_the_grown_graphs_use_the_whole_registry() -> None:
    """And combine it: several layers in each, blocks and shared weights among them."""
    graphs = [grown(kind, seed) for kind in KINDS for seed in range(2)]
    used = {node.kind for graph in graphs for node in graph.nodes}
    assert used >= set(KINDS)
    assert sum(len(graph.nodes) for graph in graphs) > 6 * len(graphs)
    assert any(graph.blocks for graph in graphs)
    assert any(node.shares for graph in graphs for node in graph.nodes)
