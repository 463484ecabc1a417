"""What was read is run beside the original: the largest difference of their answers is the proof."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from builder.amounts import size
from builder.errors import StrataError
from builder.graph import Graph
from builder.shapes import infer

if TYPE_CHECKING:
    import torch

    Run = Callable[[Sequence[torch.Tensor]], Sequence[torch.Tensor]]

MOST_WORK = 4 * 10**11
"""Multiply–adds that a network from a file may take for its examples: about a minute on two cores."""
MOST_MEMORY = 3 * 2**29
"""Bytes of activations; running it twice takes about three times as much."""


def difference(
    graph: Graph,
    state: "dict[str, torch.Tensor]",
    original: "Run",
    examples: "Sequence[Sequence[torch.Tensor]]",
    *,
    limited: bool = False,
) -> tuple[float | None, str]:
    """The largest difference on any of the examples, relative to answers larger than 1; None, and why, if unknown.

    Args:
        graph: What was read.
        state: Its weights.
        original: Gives what the original answers to an example.
        examples: Of several batch sizes; the original may refuse all but the first.
        limited: Whether not to run what would take long, or much memory.
    """
    import torch

    import builder

    if reason := _too_much(graph, len(examples[0][0])) if limited else "":
        return None, reason
    try:
        module = builder.compile(graph)
        module.load_state_dict(state)
    except StrataError:
        return None, f"The graph has problems, so it was not run.{_problem(graph)}"
    except RuntimeError as error:
        return None, f"The weights do not fit the graph: {_first(error)}"
    module.eval()
    worst = 0.0
    for number, example in enumerate(examples):
        try:
            theirs = original(example)
        except Exception as error:  # whatever the original does
            if number:
                return worst, "The original takes no other batch size."
            return None, f"The original cannot be run: {_first(error)}"
        if number and any(len(one) != len(example[0]) for one in theirs):
            return worst, "The original takes no other batch size."
        with torch.no_grad():
            try:
                answer = module(*(_entering(one) for one in example))
            except RuntimeError as error:
                return None, f"The graph cannot be run: {_first(error)}"
        ours = answer if isinstance(answer, tuple) else (answer,)
        for one, other in zip(ours, theirs, strict=True):
            worst = max(worst, _apart(one, other))
    return worst, ""


def _entering(one: "torch.Tensor") -> "torch.Tensor":
    """An example as an Input takes it: real numbers as float32, true and false as 1 and 0."""
    import torch

    return (
        one.long()
        if one.dtype is torch.bool
        else one.float().clone()
        if one.is_floating_point()
        else one.clone()
    )


def _too_much(graph: Graph, rows: int) -> str:
    """Why running it would take too long or too much memory; "" if it would not."""
    outcomes = [place.outcome for place in infer(graph).places.values() if place.outcome]
    work = rows * sum(outcome.multiply_adds for outcome in outcomes)
    memory = rows * sum(outcome.activation_bytes for outcome in outcomes)
    if work > MOST_WORK or memory > MOST_MEMORY:
        return f"It was not run: that takes {work / 1e9:,.0f} billion multiply–adds and {size(memory)}."
    return ""


def _apart(one: "torch.Tensor", other: "torch.Tensor") -> float:
    if one.shape != other.shape:
        return float("inf")
    if not one.numel():
        return 0.0
    one, other = one.double(), other.double()
    apart = (one - other).abs()
    same = (one == other) | (one.isnan() & other.isnan())
    apart = apart.masked_fill(same, 0.0) / other.abs().max().nan_to_num(1.0, 1.0, 1.0).clamp_min(1.0)
    return float(apart.nan_to_num(float("inf")).max())


def _problem(graph: Graph) -> str:
    """What is wrong with a graph all of whose layers exist; "" if some do not, for then that is the reason."""
    from builder.check import check
    from builder.layers import LAYERS

    if {node.kind for one in (graph, *graph.blocks.values()) for node in one.nodes} - LAYERS.keys():
        return ""
    return f" {next(iter(check(graph)), '')}".rstrip()


def _first(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).partition("\n")[0][:200]


def other_batch(example: "Sequence[torch.Tensor]") -> "tuple[torch.Tensor, ...]":
    """An example of one row, or of two where it has one: no graph may depend on the size of the batch.

    Not of more rows: torch's program of an LSTM for fewer aborts the process.
    """
    import torch

    return tuple(one[-1:] if len(one) > 1 else torch.cat([one, one]) for one in example)


def pair(example: "Sequence[Any]") -> "tuple[torch.Tensor, ...]":
    """An example of two rows, made of the first rows of what is given; a single row comes a second time, shifted."""
    import torch

    made = []
    for one in example:
        one = one.detach()
        second = one[1:2] if one.shape[0] > 1 else one[:1].roll(1, -1) if one.ndim > 1 else one[:1]
        made.append(torch.cat([one[:1], second]).contiguous())
    return tuple(made)
