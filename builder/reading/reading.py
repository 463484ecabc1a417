"""Reading: what a network of another framework, or written in code, became here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from builder.errors import BadFile
from builder.graph import Graph
from builder.reading.assembling import assembled
from builder.reading.draft import Draft, Flow, Unknown
from builder.reading.laying import straight
from builder.reading.machine import Machine

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Reading:
    """A graph, its weights, and how far it can be trusted."""

    graph: Graph
    state: "dict[str, torch.Tensor]" = field(default_factory=dict)
    """Weights for `builder.compile(graph)`, by name; {} where the source holds none."""
    difference: float | None = None
    """The largest difference between the answers of the original and of the compiled graph, relative above 1."""
    reason: str = ""
    """Why the difference is not known, or on what it was not measured."""
    unknown: tuple[Unknown, ...] = ()
    """Operators that no layer stands for; the nodes in their place have their names."""
    notes: tuple[str, ...] = ()
    """What is otherwise than in the original."""

    def report(self) -> str:
        """What a person should know, a line each."""
        if self.difference is not None:
            proof = f"Largest difference from the original: {self.difference:.1e}. {self.reason}".strip()
        else:
            proof = f"Not compared with the original. {self.reason}".strip()
        unknown = [f"Unknown operator {one}" for one in self.unknown]
        return "\n".join([proof, *unknown, *self.notes])


def read_module(module: Any, example: "Sequence[torch.Tensor]") -> Reading:
    """The module that torch.fx or torch.export follows on an example."""
    from builder.reading.proof import pair
    from builder.reading.torchcode import evaluating, followed

    example = pair(example)
    with evaluating(module):
        graph, by = followed(module, example)
        draft = Draft()
        if by != "torch.fx":
            draft.note("Followed by torch.export, because torch.fx cannot follow it.")
        return _proven(draft, graph, example, module)


def _proven(draft: Draft, graph: Any, example: "Sequence[torch.Tensor]", module: Any) -> Reading:
    from builder.reading.proof import difference, other_batch
    from builder.reading.torchcode import walked

    machine = Machine(draft)
    names = [node.target for node in graph.graph.nodes if node.op == "placeholder"]
    flows = inputs(draft, names, example)
    answers = outputs(draft, walked(machine, graph, flows))
    made = assembled(draft)

    def original(given: "Sequence[torch.Tensor]") -> list[Any]:
        results = flat(module(*(one.clone() for one in given)))
        return [one for number, one in enumerate(results) if number in answers]

    proof = difference(made.graph, made.state, original, [example, other_batch(example)])
    return finished(draft, made.graph, made.state, *proof)


def read_onnx(content: bytes, example: "Sequence[torch.Tensor] | None" = None) -> Reading:
    """The ONNX model in a file's bytes.

    Raises:
        BadFile: it is none, is damaged, or keeps its weights elsewhere.
    """
    from builder.reading.onnxcode import Walk, examples
    from builder.reading.onnxfile import opened, runner
    from builder.reading.proof import difference, other_batch

    model, draft = opened(content), Draft()
    given = examples(model, draft)
    names = [*given]
    values = [*given.values()] if example is None else [*example]
    machine = Machine(draft, shapes_only=True)
    flows = inputs(draft, names, [one.to("meta") for one in values])
    walk = Walk(model, machine, flows, names)
    answers = outputs(draft, walk.outputs(), [one.name for one in model.graph.output])
    made = assembled(draft)
    run: list[Any] = []

    def original(rows: "Sequence[torch.Tensor]") -> list[Any]:
        run[:] = run or [runner(content, names)]
        return [one for number, one in enumerate(run[0](rows)) if number in answers]

    proof = difference(made.graph, made.state, original, [values, other_batch(values)])
    return finished(draft, made.graph, made.state, *proof)


def inputs(draft: Draft, names: Sequence[str], example: "Sequence[torch.Tensor]") -> list[Flow]:
    """An Input for each tensor of the example."""
    flows = []
    for name, one in zip(names, example, strict=False):
        dtype = str(one.dtype).removeprefix("torch.")
        kind = {"int64": "int64", "int32": "int64", "bool": "bool"}.get(dtype, "float32")
        if kind != dtype:
            draft.note(f"Input '{name}' is {dtype} in the original and {kind} here.")
        draft.scope, draft.name = "", name
        if not one.ndim:
            raise BadFile(f"Input {name!r} must have a batch as its first dimension. Got one number.")
        flow = Flow(draft("Input", shape=[*one.shape[1:]], dtype=kind), one)
        draft.specify(flow)
        flows.append(flow)
    return flows


def outputs(draft: Draft, answer: Any, names: Sequence[str] = ()) -> list[int]:
    """An Output for each tensor that comes out and depends on the inputs; which of all they are."""
    from builder.reading.draft import Unreadable

    kept = []
    for number, one in enumerate(flat(answer)):
        draft.scope, draft.name = "", names[number] if number < len(names) else "output"
        if not isinstance(one, Flow):
            draft.note("An output that does not depend on the inputs was left out.")
            continue
        try:
            draft.result = one.value
            draft("Output", straight(draft, one))
        except Unreadable:
            draft(
                "Output",
                draft.missing("transpose", [one], "the batch is not the first dimension of an output"),
            )
        kept.append(number)
    if not kept:
        raise BadFile("Nothing that comes out depends on what goes in.")
    return kept


def flat(answer: Any) -> list[Any]:
    """The tensors of an answer in order, however it nests; None where there is none is left out."""
    from torch.utils import _pytree

    return [one for one in _pytree.tree_leaves(answer) if one is not None]


def finished(
    draft: Draft, graph: Graph, weights: "dict[str, torch.Tensor]", apart: float | None, reason: str
) -> Reading:
    """The reading, with everything that there is to say about it."""
    return Reading(graph, weights, apart, reason, tuple(draft.unknown.values()), tuple(draft.notes))
