"""Whether a network, a supervised engine and data belong together; what does not fit, and the edits that mend it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from builder.errors import Problem
from engines.room import too_much

if TYPE_CHECKING:
    from builder.graph import Graph, Node
    from builder.layer import Spec
    from builder.shapes import Inference
    from engines.data.data import Splits
    from engines.losses import Loss
    from engines.supervised import Supervised

ENDS = {"Softmax": "softmax", "LogSoftmax": "softmax", "Sigmoid": "sigmoid"}
"""Layers whose work is part of the losses that expect scores."""


def fit(engine: Supervised, graph: Graph, splits: Splits) -> list[Problem]:
    """Everything that keeps a network with one input and one output from learning these data, inputs first."""
    from builder.shapes import infer
    from builder.summary import Summary

    inference = infer(graph)
    inputs, outputs = inference.of_kind("Input"), inference.of_kind("Output")
    if len(inputs) != 1 or len(outputs) != 1:
        return [
            Problem(
                f"Supervised learning needs one Input and one Output. The network has {len(inputs)} and "
                f"{len(outputs)}.",
                rule="one Input, one Output",
                value=[len(inputs), len(outputs)],
            )
        ]
    taken = inputs[0].outcome.outputs["output"] if inputs[0].outcome else None
    if problems := _input(graph, inputs[0].node, taken, splits):
        return problems
    given = inference.outputs[outputs[0].node.id]
    if given is None:
        return []  # the graph has problems of its own, which builder.check tells
    return [
        *_learnable(engine, inference, splits),
        *_output(engine.loss, graph, outputs[0].node, given, splits),
        *_ending(engine.loss, graph, outputs[0].node),
        *_settings(engine, splits),
        *too_much(Summary(inference), min(engine.batch, len(splits.train.inputs))),
    ]


def _learnable(engine: Supervised, inference: Inference, splits: Splits) -> list[Problem]:
    """There must be something to learn, and enough examples in a batch for what compares them."""
    if not inference.parameters:
        return [
            Problem(
                "The network has no parameters, so it cannot learn.",
                rule="parameters > 0",
                value=0,
                fix="Add a layer with weights, such as Linear.",
            )
        ]
    examples = len(splits.train.inputs)
    path = _alone(inference) if min(engine.batch, examples) == 1 else []
    if not path:
        return []
    kind, name = path[-1].kind, ".".join(node.id for node in path)
    given = "the batch has 1" if examples > 1 else "the training part has 1"
    fix = "Make the batch at least 2" if examples > 1 else "Take more data"
    message = f"{kind} '{name}': must see at least 2 values of a channel at a time to learn; {given}."
    return [Problem(message, path[0].id, "batch", "batch >= 2", 1, f"{fix}, or take LayerNorm instead.")]


def _alone(inference: Inference) -> list[Node]:
    """The way, through blocks, to a batch normalisation that sees one value of each channel of an example."""
    for place in inference.places.values():
        sizes = [math.prod(given.shape[2:]) for given in place.inputs.values()]
        if place.node.kind.startswith("BatchNorm") and sizes == [1]:
            return [place.node]
        for inner in place.inner:
            if path := _alone(inner):
                return [place.node, *path]
    return []


def _input(graph: Graph, node: Node, given: Spec | None, splits: Splits) -> list[Problem]:
    """The Input node must take one example as the data give it."""
    shape, dtype = tuple(splits.input_shape), str(splits.train.inputs.dtype).removeprefix("torch.")
    if given is None or (given.shape[1:] == shape and given.dtype == dtype):
        return []
    config: dict[str, Any] = {"shape": list(shape), "dtype": dtype}
    return [
        Problem(
            f"Input '{node.id}': shape must be {_written(shape, dtype)}, as the data are. "
            f"Got {_written(given.shape[1:], given.dtype)}.",
            node.id,
            "shape",
            "shape of the data",
            list(given.shape[1:]),
            f"Make it {_written(shape, dtype)}.",
            _tried(graph, _set(node, config)),
        )
    ]


def _output(loss: Loss, graph: Graph, output: Node, given: Spec, splits: Splits) -> list[Problem]:
    """The Output node must give (batch, outputs), as many as the task and the loss need."""
    needed = splits.outputs
    if len(given.shape) != 2:
        return [
            Problem(
                f"Output '{output.id}': must be batch × {needed} for these data. Got {given}.",
                output.id,
                rule="batch × outputs",
                value=list(given.shape[1:]),
                fix="Flatten before the last Linear layer, or pool what is left to one value.",
            )
        ]
    last = _last_linear(graph, output)
    edits = _tried(graph, _set(last, {"units": needed})) if last else ()
    return [
        replace(
            problem,
            node=last.id if last else output.id,
            edits=() if problem.settings else edits,  # another number of outputs does not mend the loss
        )
        for problem in loss.suits(splits.task, given.shape[1], needed)
    ]


def _ending(loss: Loss, graph: Graph, output: Node) -> list[Problem]:
    """A loss that applies softmax or sigmoid itself must not be given their results, nor the reverse."""
    last = _source(graph, output)
    if last is None:
        return []
    if loss.expects == "scores" and last.kind in ENDS:
        message = (
            f"{last.kind} '{last.id}': {loss.title} expects scores that may be any number. The "
            f"{ENDS[last.kind]} is part of the loss; to apply it twice slows learning."
        )
        return [
            Problem(
                message,
                last.id,
                "loss",
                "expects scores",
                last.kind,
                f"Remove '{last.id}'.",
                _tried(graph, *_without(graph, last)),
                "warning",
            )
        ]
    if loss.expects == "log-probabilities" and last.kind != "LogSoftmax":
        message = f"{loss.title} expects log-probabilities. The network ends in {last.kind} '{last.id}'."
        return [
            Problem(
                message,
                last.id,
                "loss",
                "expects log-probabilities",
                last.kind,
                "End in a LogSoftmax, or take Cross entropy.",
                _tried(graph, *_log_softmax(graph, last, output)),
            )
        ]
    return []


def _settings(engine: Supervised, splits: Splits) -> list[Problem]:
    """Settings that these data cannot honour."""
    problems = []
    if not len(splits.validation.inputs) and (engine.patience or engine.schedule.watches):
        field = "patience" if engine.patience else "schedule"
        problems.append(
            Problem(
                f"Supervised: {field} needs a validation part, and these data keep none.",
                "",
                field,
                "validation > 0",
                0,
                "Keep a share for validation on the data page.",
            )
        )
    if engine.class_weights and (splits.task == "regression" or not engine.loss.weighted):
        regression = splits.task == "regression"
        why = "a regression has no classes" if regression else f"{engine.loss.title} does not take them"
        problems.append(
            Problem(
                f"Supervised: class_weights have no effect: {why}.",
                "",
                "class_weights",
                "a loss that weighs classes",
                True,
                "Switch them off.",
                severity="warning",
            )
        )
    if engine.optimiser.closure and engine.batch < len(splits.train.inputs):
        problems.append(
            Problem(
                f"{engine.optimiser.title} is made for whole data sets: its estimate of the curvature "
                f"is noise on batches of {engine.batch}.",
                "",
                "batch",
                "the whole training part",
                engine.batch,
                f"Make the batch {len(splits.train.inputs)}.",
                severity="warning",
            )
        )
    return problems


def _source(graph: Graph, node: Node) -> Node | None:
    """The node that leads to a node's only input."""
    id = next((source for _, source, _ in node.sources()), "")
    return graph.by_id.get(id)


def _last_linear(graph: Graph, node: Node) -> Node | None:
    """The Linear layer that sets the number of outputs: behind it only activations, which keep the shape."""
    from builder.layers import LAYERS

    here = _source(graph, node)
    while here is not None and here.kind in LAYERS and LAYERS[here.kind].category == "Activation":
        here = _source(graph, here)
    return here if here is not None and here.kind == "Linear" and not here.shares else None


def _set(node: Node, config: dict[str, Any]) -> Any:
    from builder.edits import SetConfig

    return SetConfig(node=node.id, config=config)


def _without(graph: Graph, node: Node) -> list[Any]:
    """Edits that take a node with one input out of the way: its readers read what it read."""
    from builder.edits import Connect, RemoveNodes

    before = next(iter(node.inputs.values()), "")
    readers = [
        (reader.id, port)
        for reader in graph.nodes
        for port, source, _ in reader.sources()
        if source == node.id
    ]
    return [
        *(Connect(source=before, node=reader, port=port) for reader, port in readers),
        RemoveNodes(ids=(node.id,)),
    ]


def _log_softmax(graph: Graph, last: Node, output: Node) -> list[Any]:
    """Edits that end the network in a log-softmax."""
    from builder.edits import AddNode, Connect, SetKind
    from builder.graph import Node as Placed

    if last.kind == "Softmax":
        return [SetKind(node=last.id, kind="LogSoftmax")]
    port, source = next(iter(output.inputs.items()))
    added = Placed(id=graph.fresh("logsoftmax"), kind="LogSoftmax", inputs={"input": source})
    return [AddNode(node=added), Connect(source=added.id, node=output.id, port=port)]


def _tried(graph: Graph, *edits: Any) -> tuple[Any, ...]:
    """The edits as one, if the graph has no more problems after them than before; else none."""
    from builder.edits import Several
    from builder.shapes import infer

    edit = edits[0] if len(edits) == 1 else Several(edits=edits)
    return (edit,) if len(infer(edit.apply(graph)).problems) <= len(infer(graph).problems) else ()


def _written(shape: tuple[int, ...], dtype: str) -> str:
    return " × ".join(map(str, shape)) + (f" ({dtype})" if dtype != "float32" else "")
