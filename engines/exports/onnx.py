"""ONNX: the network for other runtimes, languages and devices."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from builder.errors import BadGraph, Problem, StrataError
from engines.exports.export import Export, as_trained, strata
from engines.exports.pt2 import about, quiet, traced

if TYPE_CHECKING:
    from engines.trained import Trained

LARGEST = 2**31 - 2**16
"""What a single file of protocol buffers can hold, in bytes."""
_UNEVEN = (
    "ONNX knows no windows of different sizes",
    "Choose a size that divides the input's sides, or AdaptiveAvgPool; or export as Python or torch.export.",
)
LACKING = {"aten.adaptive_max_pool": _UNEVEN, "aten._adaptive_avg_pool3d": _UNEVEN}
"""Operations of torch that ONNX has no equivalent for: why, and what to do instead."""
PROJECTED = (
    "ONNX's LSTM does not project its hidden state",
    "Set projection to 0 and put a Linear behind it; or export as Python or torch.export.",
)
"""The same of LSTMs that do, which torch would write down as if they did not."""


class Onnx(Export):
    """The network for other runtimes, languages and devices: browsers, phones, C++, Java. One file, any batch size."""

    title: ClassVar = "ONNX"
    icon: ClassVar = "hub"
    suffix: ClassVar = ".onnx"
    needs: ClassVar = "onnxruntime, or any other ONNX runtime"
    opset: int = Field(
        20, ge=18, le=23, description="Version of ONNX's operations; older runtimes know only older ones"
    )

    def make(self, trained: Trained, path: Path) -> tuple[str, ...]:
        """Inputs and outputs are called after their nodes, inner values after the node that computes them."""
        import torch

        if projecting := _projecting(trained):
            raise BadGraph([_problem(trained, projecting, *PROJECTED)])
        program = traced(trained)
        try:
            with quiet():
                made: Any = torch.onnx.export(
                    program, (), dynamo=True, verbose=False, opset_version=self.opset
                )
        except Exception as error:
            raise BadGraph([_lacking(error, program, trained)]) from error
        _name(made.model, trained)
        content = _content(made)
        path.write_bytes(content)
        return (
            f"ONNX opset {self.opset}. Inputs: {', '.join(trained.inputs)}. Outputs: {', '.join(trained.outputs)}.",
            *as_trained(trained),
        )


def _content(made: Any) -> bytes:
    size = sum(value.const_value.nbytes for value in made.model.graph.initializers.values())
    if size > LARGEST:
        raise StrataError(f"ONNX: one file holds at most 2 GiB, and these weights take {size / 2**30:.1f} GiB. Export "
                          "as safetensors, Python or torch.export.")  # fmt: skip
    return bytes(made.model_proto.SerializeToString())


def _name(model: Any, trained: Trained) -> None:
    """Say what is what: names as on the canvas, "batch" for the free dimension, nothing of this machine's folders."""
    graph = model.graph
    given, results = list(graph.inputs), list(graph.outputs)
    free = {str(value.shape[0]) for value in given}
    for name, value in list(graph.initializers.items()):
        if "." not in name:  # a constant of a computation, where weights are called node.weight
            value.name = f"constant/{name}"
    for node in graph:
        scope = _scope(node)
        for value in node.outputs:
            value.name = f"{scope}/{value.name}"
            _rename_batch(value, free)
        node.name = f"{scope}/{node.name}"
        node.metadata_props.clear()
        for value in (*node.inputs, *node.outputs):
            if value is not None:
                value.metadata_props.clear()
    for values, ids in ((given, trained.inputs), (results, trained.outputs)):
        for value, id in zip(values, ids, strict=True):
            value.name = id
            value.metadata_props.clear()
            _rename_batch(value, free)
    graph.metadata_props.clear()
    model.producer_name, model.producer_version, graph.name = "Strata", strata(), "network"
    model.metadata_props["strata"] = json.dumps(about(trained))


def _scope(node: Any) -> str:
    """The node of ours that an operation belongs to."""
    scopes = ast.literal_eval(node.metadata_props.get("pkg.torch.onnx.name_scopes", "[]"))
    return str(next((scope for scope in scopes if scope), "network"))


def _rename_batch(value: Any, free: set[str]) -> None:
    from onnxscript import ir

    if value.shape is None:
        return
    for place, side in enumerate(value.shape):
        if not isinstance(side, int) and side.value is not None:  # sides without a name may differ
            named = re.sub(r"[A-Za-z]\w*", lambda word: "batch" if word[0] in free else word[0], str(side))
            value.shape = ir.Shape([*value.shape[:place], named, *value.shape[place + 1 :]])


def _lacking(error: Exception, program: Any, trained: Trained) -> Problem:
    """What ONNX lacks, at which node, and what to do."""
    told: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        told.append(str(cause))
        cause = cause.__cause__
    found = re.search(r"translating node %(\w+) .*?target=torch\.ops\.([\w.]+)", "\n".join(told))
    name, target = (found[1], found[2]) if found else ("", "")
    node = _owner(program, name)
    if not node:  # ONNX takes some operations of torch apart, and met one of the parts
        with quiet():
            node = _owner(program.run_decompositions(), name)
    unknown = (
        f"ONNX has no equivalent for {target or 'one of its operations'}",
        "Export as Python or torch.export.",
    )
    why, fix = next((known for start, known in LACKING.items() if target.startswith(start)), unknown)
    return _problem(trained, node, why, fix)


def _problem(trained: Trained, node: str, why: str, fix: str) -> Problem:
    kind = trained.graph[node].kind if node in trained.graph else ""
    message = f"{kind} '{node}': {why}." if node else f"{why}."
    return Problem(message, node, rule="what ONNX can hold", value=kind, fix=fix)


def _projecting(trained: Trained) -> str:
    """The first node with an LSTM that projects its hidden state; "" if there is none."""
    names = (name for name, module in trained.module.named_modules() if getattr(module, "proj_size", 0))
    return next(names, "").split(".")[0]


def _owner(program: Any, name: str) -> str:
    """The node of ours that an operation of a program belongs to; "" if there is none."""
    operation = next((one for one in program.graph.nodes if one.name == name), None)
    stack = operation.meta.get("nn_module_stack") or {} if operation else {}
    return next((path.split(".")[0] for path, _ in stack.values() if path), "")
