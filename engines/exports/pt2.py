"""torch.export: the network as a graph of torch operations, which PyTorch runs and compiles without its source."""

from __future__ import annotations

import json
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from builder.errors import BadGraph, Problem
from builder.watch import copied
from engines.exports.export import Export, as_trained, strata

if TYPE_CHECKING:
    from torch import nn
    from torch.export import ExportedProgram

    from engines.trained import Trained

ONE_AT_A_TIME = threading.Lock()
"""Tracing changes global state of torch."""
UNTRACEABLE = {
    "Packed": (
        "it packs sequences by their lengths, which only data tell, and torch.export asks for all shapes before",
        "Disconnect its lengths, or take the Python or the bundle format, which hold every network.",
    )
}
"""How the names of our own modules begin that torch.export cannot follow: why, and what to do instead."""
TRACED = 3
"""Examples in the batch that is traced; not 1, which torch takes for a constant."""


class Pt2(Export):
    """The network as a PyTorch program (torch.export), to run or compile (AOTInductor) without its source."""

    title: ClassVar = "torch.export"
    icon: ClassVar = "local_fire_department"
    suffix: ClassVar = ".pt2"
    needs: ClassVar = "torch of the same version or later"

    def make(self, trained: Trained, path: Path) -> tuple[str, ...]:
        """A program of any batch size; `extra_files={"strata.json": ""}` also loads what it says of itself."""
        import torch

        program = traced(trained)
        with quiet():
            torch.export.save(program, path, extra_files={"strata.json": json.dumps(about(trained))})
        return ("Loading a .pt2 file can run code: load it only where you trust whoever gave it to you. "
                "Strata itself never loads one from outside.", *as_trained(trained))  # fmt: skip


def about(trained: Trained) -> dict[str, Any]:
    """What a file says of itself, as plain JSON: its inputs and outputs by name, and how rows become inputs."""
    return {
        "strata": strata(),
        "name": trained.project.name,
        "inputs": {id: [spec.dtype, *spec.shape[1:]] for id, spec in trained.inputs.items()},
        "outputs": {id: [spec.dtype, *spec.shape[1:]] for id, spec in trained.outputs.items()},
        "preprocessing": trained.preprocessing.model_dump(mode="json") if trained.preprocessing else None,
    }


def traced(trained: Trained) -> ExportedProgram:
    """The network as torch operations, of any batch size; says nothing of this machine's folders.

    Raises:
        BadGraph: torch.export cannot follow a layer.
    """
    import torch

    module = _named_apart(trained)
    inputs = trained.random(TRACED)
    batch = tuple({0: torch.export.Dim("batch")} for _ in inputs)
    try:
        with quiet():
            program = torch.export.export(module, inputs, dynamic_shapes=batch)
    except Exception as error:
        raise BadGraph([_untraceable(error, trained)]) from error
    for graph in program.graph_module.modules():
        for node in graph.graph.nodes if isinstance(graph, torch.fx.GraphModule) else ():
            node.meta.pop("stack_trace", None)
    program.example_inputs = None  # they would travel in the file, as a pickle
    return program


def _named_apart(trained: Trained) -> nn.Module:
    """A copy of the module in which no node is called like an attribute of torch's traced modules, such as `code`.

    A copy, because tracing leaves its own tensors behind in recurrent layers.
    """
    import torch

    from builder import compile
    from builder.edits import Rename

    taken = torch.fx.GraphModule(torch.nn.Module(), torch.fx.Graph())
    graph, state = trained.graph, trained.module.state_dict()
    for id, _ in trained.module.named_children():
        if not hasattr(taken, id):
            continue
        other = graph.fresh(id)
        graph = Rename(node=id, to=other).apply(graph)
        state = {
            other + name[len(id) :] if name.startswith(f"{id}.") else name: value
            for name, value in state.items()
        }
    if graph is trained.graph:
        return copied(trained.module)
    module = compile(graph)
    module.load_state_dict(state)
    return module.train(trained.module.training)


def _untraceable(error: Exception, trained: Trained) -> Problem:
    from engines.runs.explain import blamed

    path = blamed(error)
    node = path.split(".")[0]
    kind = trained.graph[node].kind if node in trained.graph else ""
    why = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    unknown = why, "Take the Python or the bundle format, which hold every network."
    made_by = type(dict(trained.module.named_modules()).get(path)).__name__
    why, fix = next((known for start, known in UNTRACEABLE.items() if made_by.startswith(start)), unknown)
    return Problem(f"{kind} '{node}': torch.export cannot follow it ({why})." if node else
                   f"torch.export cannot follow this network ({why}).", node, rule="traceable by torch.export",
                   value=kind, fix=fix)  # fmt: skip


@contextmanager
def quiet() -> Iterator[None]:
    """Trace or convert alone, without the chatter of the exporters."""
    with ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        talkative = [
            logging.getLogger(name) for name in ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")
        ]
        before = [logger.level for logger in talkative]
        for logger in talkative:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(talkative, before, strict=True):
                logger.setLevel(level)
