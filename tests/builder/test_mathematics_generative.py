"""What generators are built of, held against the moments and formulas of their papers."""

import torch

import builder
from builder.graph import Graph, Node
from tests.graphs import chain


def test_a_sample_has_the_mean_and_the_variance_that_were_given() -> None:
    """While training; the mean itself otherwise. Both learn through it."""
    module = builder.compile(Graph(nodes=(
        Node(id="m", kind="Input", config={"shape": [2]}),
        Node(id="v", kind="Input", config={"shape": [2]}),
        Node(id="z", kind="Reparameterise", inputs={"mean": "m", "log_variance": "v"}),
        Node(id="y", kind="Output", inputs={"input": "z"}),
    )))  # fmt: skip
    torch.manual_seed(0)
    mean = torch.tensor([3.0, -1.0]).repeat(200_000, 1).requires_grad_()
    spread = torch.tensor([0.0, -2.0]).repeat(200_000, 1).requires_grad_()
    sample = module.train()(mean, spread)
    assert torch.allclose(sample.mean(0), torch.tensor([3.0, -1.0]), atol=0.02)
    assert torch.allclose(sample.var(0), torch.tensor([0.0, -2.0]).exp(), rtol=0.02)
    sample.square().sum().backward()
    assert mean.grad is not None and spread.grad is not None and spread.grad.any()
    assert torch.equal(module.eval()(mean, spread), mean)


def test_minibatch_discrimination_is_the_papers() -> None:
    """Section 3.2 of Salimans et al., one example by one; an example alone is close to nobody."""
    module, x = (
        builder.compile(chain(("MinibatchDiscrimination", {"kernels": 3, "size": 2}))),
        torch.randn(4, 8),
    )
    table = x @ module.minibatchdiscrimination1.weight
    answer = module(x)
    assert torch.equal(answer[:, :8], x)
    for one in range(4):
        for kernel in range(3):
            part = slice(2 * kernel, 2 * kernel + 2)
            close = sum(
                (-(table[one, part] - table[other, part]).abs().sum()).exp()
                for other in range(4)
                if other != one
            )
            assert torch.allclose(answer[one, 8 + kernel], close, atol=1e-5)
    assert not module(x[:1])[:, 8:].any()


def test_the_channel_of_minibatch_deviation_is_the_mean_of_all() -> None:
    """Karras et al., with the whole batch as the group."""
    module, x = builder.compile(chain(("MinibatchStdDev", {}), shape=(3, 4, 5))), torch.randn(6, 3, 4, 5)
    answer = module(x)
    assert answer.shape == (6, 4, 4, 5) and torch.equal(answer[:, :3], x)
    assert torch.allclose(answer[:, 3], x.std(0, correction=0).mean().expand(6, 4, 5), atol=1e-6)
    alone = x[:1].clone().requires_grad_()
    module(alone).square().sum().backward()
    assert alone.grad is not None and alone.grad.isfinite().all()


def test_a_gradient_turns_round() -> None:
    """The value to the bit; the gradient times minus its strength."""
    module = builder.compile(chain(("GradientReversal", {"strength": 0.3})))
    x = (torch.randn(4, 8) * 1e3).requires_grad_()
    answer = module(x)
    assert torch.equal(answer, x)
    weights = torch.randn(4, 8)
    (answer * weights).sum().backward()
    assert x.grad is not None and torch.allclose(x.grad, -0.3 * weights)
