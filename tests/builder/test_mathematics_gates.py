"""Gates, radial units, noise and starts, held against NumPy and formulas written by hand."""

import numpy as np
import pytest
import torch
from torch import nn

import builder
from builder.graph import Graph, Node
from tests.graphs import chain


def test_units_answer_to_what_is_near_their_centre() -> None:
    """1 at a centre, e^(-1/2) one width away; LeNet-5's units give the squared distance."""
    for function, at_width in (("Gaussian", np.exp(-0.5)), ("inverse multiquadric", 2**-0.5)):
        module = builder.compile(
            chain(("RadialBasis", {"units": 3, "function": function, "width": 2.0}), shape=(4,))
        )
        centre = module.radialbasis1.centres.detach()[1]
        away = centre + 2 * nn.functional.normalize(torch.randn(4), dim=0)
        near, far = module(torch.stack([centre, away]))[:, 1].tolist()
        assert near == pytest.approx(1) and far == pytest.approx(at_width, abs=1e-5)
    module = builder.compile(chain(("RadialBasis", {"units": 3, "function": "squared distance"}), shape=(4,)))
    x = torch.randn(2, 4)
    assert torch.allclose(module(x), torch.cdist(x, module.radialbasis1.centres) ** 2, atol=1e-5)


def test_channels_are_weighed_by_what_the_whole_shows() -> None:
    """Squeeze and excitation, in NumPy."""
    module, x = builder.compile(chain(("SqueezeExcitation", {}), shape=(8, 5, 5))), torch.randn(2, 8, 5, 5)
    own = {name: weight.detach().numpy() for name, weight in module.squeezeexcitation1.named_parameters()}
    squeezed = np.maximum(x.numpy().mean((2, 3)) @ own["squeeze.weight"].T + own["squeeze.bias"], 0)
    weights = 1 / (1 + np.exp(-(squeezed @ own["excite.weight"].T + own["excite.bias"])))
    np.testing.assert_allclose(module(x).detach().numpy(), x.numpy() * weights[:, :, None, None], atol=1e-6)


def test_a_gate_lets_through_what_the_other_half_decides() -> None:
    """SwiGLU: down(silu(gate(x)) · up(x))."""
    module, x = (
        builder.compile(chain(("GatedFeedForward", {"hidden": 16}), shape=(5, 8))),
        torch.randn(2, 5, 8),
    )
    own = module.gatedfeedforward1
    inner = nn.functional.silu(x @ own.gate.weight.T) * (x @ own.up.weight.T)
    assert torch.allclose(module(x), inner @ own.down.weight.T, atol=1e-6)


@pytest.mark.parametrize(
    "kind", ["DropPath", "GaussianDropout", "GaussianNoise", "Dropout3d", "AlphaDropout", "RReLU"]
)
def test_noise_keeps_the_mean_and_is_gone_in_use(kind: str) -> None:
    """Over many examples; in use, the same comes out each time."""
    torch.manual_seed(0)
    shape = (4, 2, 2, 2) if kind == "Dropout3d" else (64,)
    module, x = builder.compile(chain((kind, {}), shape=shape)), torch.ones(4000, *shape)
    given = x if kind != "AlphaDropout" else torch.randn_like(x)
    noisy = module.train()(given)
    assert not torch.equal(noisy, given) or kind == "RReLU"
    assert abs(float(noisy.mean() - given.mean())) < 0.02
    if kind == "AlphaDropout":
        assert abs(float(noisy.std()) - 1) < 0.02
    assert torch.equal(module.eval()(given), given)


def test_a_path_is_dropped_for_whole_examples() -> None:
    """Each is left out entirely, or made larger by as much as is left out on average."""
    torch.manual_seed(0)
    module = builder.compile(chain(("DropPath", {"rate": 0.25}), shape=(3, 4)))
    sums = module.train()(torch.ones(2000, 3, 4)).flatten(1)
    assert (sums == sums[:, :1]).all()
    assert sums[:, 0].unique().tolist() == pytest.approx([0, 4 / 3])
    assert abs(float((sums[:, 0] == 0).float().mean()) - 0.25) < 0.03


def test_a_residual_block_begins_as_nothing() -> None:
    """With a norm whose scale starts at 0, at the end of its branch."""
    nodes = (
        Node(id="x", kind="Input", config={"shape": [3, 8, 8]}),
        Node(id="conv", kind="Conv2d", config={"filters": 3, "padding": 1}, inputs={"input": "x"}),
        Node(id="norm", kind="BatchNorm2d", config={"scale": 0.0}, inputs={"input": "conv"}),
        Node(id="sum", kind="Add", inputs={"input1": "norm", "input2": "x"}),
        Node(id="y", kind="Output", inputs={"input": "sum"}),
    )
    module, x = builder.compile(Graph(nodes=nodes)), torch.randn(4, 3, 8, 8)
    assert torch.equal(module(x), x)


def test_padding_has_the_zero_vector_whatever_the_start() -> None:
    module = builder.compile(
        chain(("Embedding", {"entries": 5, "padding": 2, "initial": "normal"}), shape=(3,), dtype="int64")
    )
    assert not module(torch.tensor([[2, 2, 2]])).any() and module(torch.tensor([[1, 3, 4]])).all()
    bag = builder.compile(chain(("EmbeddingBag", {"entries": 5, "padding": 2}), shape=(3,), dtype="int64"))
    assert torch.allclose(bag(torch.tensor([[1, 2, 3]])), bag.embeddingbag1.weight[[1, 3]].mean(0))
