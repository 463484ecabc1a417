"""From a network elsewhere to a graph here, and what is to be said about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from builder.errors import BadFile
from builder.graph import Graph
from builder.project import MOST_NOTES, Project
from builder.reading.assembling import Assembled, assembled
from builder.reading.draft import UNKNOWN, Draft, Unknown
from builder.reading.ends import flat, inputs, outputs, rows
from builder.reading.machine import Machine

if TYPE_CHECKING:
    import torch

    from builder.reading.proof import Run


UNTRAINED = (
    "The weights did not come with it: here it begins untrained. builder.read gives them as its state, "
    "python -m builder read --weights as a file."
)
PACKED = (
    "Packed sequences are not read. A recurrent layer here has a port for the lengths of its sequences: give the "
    "module padded sequences without packing, and connect the lengths on the canvas."
)
ALLOWED = 1e-3
"""The largest difference that is put down to rounding."""


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

    @property
    def wrong(self) -> bool:
        """Whether it is known to compute something else than the original."""
        return self.difference is not None and not self.difference <= ALLOWED

    def project(self, name: str) -> Project:
        """A project of the graph, with the report as its notes; a project has no weights."""
        hint = f"\n{UNTRAINED}" if self.state else ""
        notes = self.report()[: MOST_NOTES - len(hint)] + hint
        return Project(name=name.strip()[:120] or "Untitled", graphs={"model": self.graph}, notes=notes)

    def report(self) -> str:
        """What a person should know, a line each."""
        if self.difference is not None:
            wrong = "It does not compute what the original computes. " * self.wrong
            proof = (
                f"{wrong}Largest difference from the original: {self.difference:.1e}. {self.reason}".strip()
            )
        else:
            proof = f"Not compared with the original. {self.reason}".strip()
        unknown = [f"{UNKNOWN} {one}" for one in self.unknown]
        return "\n".join([proof, *unknown, *self.notes])


def read(source: Any, example: Any = None) -> Reading:
    """A network from elsewhere as a graph, with its weights, compared with the original.

    Args:
        source: A torch module (followed by torch.fx or torch.export), a torch.export program, the bytes of an ONNX
            file, or the text or bytes of Keras's `model.to_json()`.
        example: A tensor, or a tuple of them, batch first, with which the original is run; a module needs one.

    Raises:
        BadFile: it is none of these, or is refused; the message says why, and the safe way.
    """
    given = None if example is None else tuple(example) if isinstance(example, list | tuple) else (example,)
    if isinstance(source, bytes | bytearray | memoryview | str):
        return read_file(source.encode() if isinstance(source, str) else bytes(source), given)
    import torch

    if isinstance(source, torch.export.ExportedProgram):
        return read_program(source, given)
    if not isinstance(source, torch.nn.Module):
        raise BadFile("A network must be a torch module, a torch.export program, or the content of an ONNX or Keras "
                      f"JSON file. Got {type(source).__name__}.")  # fmt: skip
    if given is None:
        raise BadFile(
            "A module must come with an example of what it is given: builder.read(module, example)."
        )
    return read_module(source, given)


def read_file(content: bytes, example: "Sequence[torch.Tensor] | None" = None) -> Reading:
    """The network in a file's bytes: ONNX or Keras JSON, told by content."""
    from builder.reading.suspicion import KERAS, kind_of

    if kind_of(content) == KERAS:
        from builder.reading.kerascode import read_keras

        return read_keras(content)
    return read_onnx(content, example)


def read_module(module: Any, example: "Sequence[torch.Tensor]") -> Reading:
    """The module that torch.fx or torch.export follows on an example."""
    from builder.reading.following import evaluating
    from builder.reading.proof import pair
    from builder.reading.torchcode import symbolic, traced

    example = pair(rows(example))
    with evaluating(module):
        try:
            module(*(one.clone() for one in example))
        except Exception as error:  # whatever the code of a module does with what it cannot use
            shapes = ", ".join(" × ".join(map(str, one.shape)) for one in example)
            said = str(error).strip().partition("\n")[0][:300]
            raise BadFile(
                f"The module refuses an example of two rows ({shapes}): {said.rstrip('.')}. The first dimension "
                "must be the batch, and the others as the module wants them."
            ) from error
    readings: list[Reading] = []
    refusals: list[str] = []
    refused: BadFile | None = None
    for name, follow in (("torch.fx", symbolic), ("torch.export", traced)):
        try:
            readings.append(_followed(module, example, follow))
        except BadFile as error:
            refused = error
            continue
        except Lost as error:
            refusals.append(f"{name}: {error}.")
            continue
        if not readings[-1].unknown:
            break
    if not readings:
        raise refused or BadFile(
            f"The module cannot be followed: what it does must not depend on the values that it is given "
            f"(torch.where in place of if). {' '.join(refusals)}"
        )
    return min(readings, key=lambda one: sum(len(unknown.nodes) for unknown in one.unknown))


class Lost(Exception):
    """A module could not be followed; the text says why."""


def _followed(module: Any, example: "Sequence[torch.Tensor]", follow: "Callable[..., Any]") -> Reading:
    """The reading of a module by one of two ways to follow it.

    Raises:
        Lost: it cannot be followed so.
        BadFile: what it does is not read.
    """
    from builder.reading.following import evaluating, is_packing

    with evaluating(module) as undo:
        try:
            graph, holder = follow(module, example)
        except Exception as error:  # whatever the code of a module does when it is followed
            if is_packing(error):
                raise BadFile(PACKED) from error
            raise Lost(str(error).strip().partition("\n")[0][:200]) from error

        def original(given: "Sequence[torch.Tensor]") -> list[Any]:
            undo()
            return flat(module(*given))

        undo()
        draft = Draft("torch")
        if frozen := [name for name, one in module.named_parameters() if not one.requires_grad]:
            draft.note(f"Not trained in the original, and trained here: {some(frozen)}.")
        return _proven(draft, graph, holder, example, original)


def some(names: Sequence[str]) -> str:
    """The first of many names."""
    return ", ".join(f"'{one}'" for one in names[:3]) + (
        f" and {len(names) - 3} more" if len(names) > 3 else ""
    )


def read_program(program: Any, example: "Sequence[torch.Tensor] | None" = None) -> Reading:
    """A program of torch.export; any example that is not given is made up, of the sizes for which it was exported."""
    import torch

    from builder.reading.torchcode import exported, sizes_of

    graph = exported(program)
    given = sizes_of(graph) if example is None else rows(example)

    def original(rows: "Sequence[torch.Tensor]") -> list[Any]:
        return flat(torch.fx.Interpreter(graph).run(*rows, enable_io_processing=False))

    with torch.no_grad():
        return _proven(Draft("torch"), graph.graph, graph, given, original)


def _proven(
    draft: Draft, graph: Any, holder: Any, example: "Sequence[torch.Tensor]", original: "Run"
) -> Reading:
    from builder.reading.torchcode import walked

    names = [node.target for node in graph.nodes if node.op == "placeholder"]
    flows = inputs(draft, names, example)
    answers = outputs(draft, walked(Machine(draft), graph, holder, flows))
    return compared(draft, original, answers, example)


def compared(
    draft: Draft,
    original: "Run",
    answers: Sequence[tuple[int, int]],
    example: "Sequence[torch.Tensor]",
    *,
    limited: bool = False,
) -> Reading:
    """The reading of what was drawn, run beside the original on the example, and on one of another batch size."""
    from builder.reading.proof import difference, other_batch

    def answered(rows: "Sequence[torch.Tensor]") -> "list[torch.Tensor]":
        results = original([one.clone() for one in rows])
        return [results[number].movedim(dim, 0) for number, dim in answers]

    made = assembled(draft)
    examples = [example, other_batch(example)]
    return finished(draft, made, *difference(made.graph, made.state, answered, examples, limited=limited))


def read_onnx(content: bytes, example: "Sequence[torch.Tensor] | None" = None) -> Reading:
    """The ONNX model in a file's bytes.

    Raises:
        BadFile: it is none, is damaged, or keeps its weights elsewhere.
    """
    from builder.reading.onnxcode import Walk, examples
    from builder.reading.onnxfile import opened, runner

    model, draft = opened(content), Draft("onnx", merged=True)
    given = examples(model, draft)
    names = [*given]
    values = [*given.values()] if example is None else [*example]
    machine = Machine(draft, shapes_only=True)
    flows = inputs(draft, names, [one.to("meta") for one in values])
    walk = Walk(model, machine, flows, names)
    answers = outputs(draft, walk.outputs(), [one.name for one in model.graph.output])
    run: list[Any] = []

    def original(rows: "Sequence[torch.Tensor]") -> list[Any]:
        run[:] = run or [runner(content, names)]
        return list(run[0](rows))

    return compared(draft, original, answers, values, limited=True)


def finished(draft: Draft, made: Assembled, apart: float | None, reason: str) -> Reading:
    """The reading, with everything that there is to say about it."""
    draft.tell_missing()
    unknown = tuple(
        replace(one, nodes=[made.places.get(id, id) for id in one.nodes]) for one in draft.unknown.values()
    )
    return Reading(made.graph, made.state, apart, reason, unknown, tuple(draft.notes))
