"""ONNX files, read from bytes alone: nothing that a file names is opened, nothing in it runs before it is checked."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from builder.errors import BadFile
from builder.graph import MOST_NODES

if TYPE_CHECKING:
    import onnx
    import torch

LARGEST = 2**31 - 1
"""What protocol buffers can hold, in bytes."""
MOST_NUMBERS = 2**27
"""In one tensor that is not stored but computed, or given: 512 MiB of float32."""
KNOWN_VERSION = 10
"""The version of the format in which a file is handed to the runtime."""
DEEPEST = 32
"""How deep graphs may lie in one another (loops, branches)."""


def opened(content: bytes) -> "onnx.ModelProto":
    """The model in a file, checked.

    Raises:
        BadFile: it is no ONNX file, is damaged, or keeps its weights elsewhere.
    """
    import onnx

    if len(content) > LARGEST:
        raise BadFile("The ONNX file is larger than 2 GiB, the most that one file can hold.")
    try:
        model = onnx.ModelProto.FromString(content)
    except Exception as error:  # protobuf's own, which is no library of ours
        raise BadFile("The file is no ONNX model, or it is damaged or cut off.") from error
    if not model.HasField("graph") or not model.graph.node:
        raise BadFile("The file is no ONNX model: it has no graph.")
    _inspected(model)
    _checked(model)
    return model


def _inspected(model: "onnx.ModelProto") -> None:
    """Refuse what makes a reader open other files, or work without end."""
    nodes = 0
    for graph, depth in _graphs(model):
        nodes += len(graph.node)
        if depth > DEEPEST or nodes > MOST_NODES:
            raise BadFile(
                f"The ONNX file has more than {MOST_NODES:,} operators, or nests more than {DEEPEST} deep."
            )
        for one in _tensors(graph):
            if one.data_location or one.external_data:
                raise BadFile("The ONNX file keeps weights in another file (external data), which is not opened. "
                              "Save the model as one file: onnx.save(model, path) after onnx.load(path).")  # fmt: skip


def _graphs(model: "onnx.ModelProto") -> "Iterator[tuple[onnx.GraphProto, int]]":
    """All graphs of a model with how deep they lie; functions count as graphs."""
    waiting: list[tuple[Any, int]] = [(model.graph, 0), *((one, 0) for one in model.functions)]
    waiting += [(one.initialization, 1) for one in model.training_info]
    waiting += [(one.algorithm, 1) for one in model.training_info]
    while waiting:
        graph, depth = waiting.pop()
        yield graph, depth
        for node in graph.node:
            for attribute in node.attribute:
                waiting += [(one, depth + 1) for one in (*attribute.graphs, attribute.g) if one.node]


def _tensors(graph: Any) -> "Iterator[onnx.TensorProto]":
    """All tensors that are stored in a graph."""
    yield from getattr(graph, "initializer", ())
    sparse = [*getattr(graph, "sparse_initializer", ())]
    for node in graph.node:
        for attribute in node.attribute:
            yield attribute.t
            yield from attribute.tensors
            sparse += [attribute.sparse_tensor, *attribute.sparse_tensors]
    for one in sparse:
        yield from (one.values, one.indices)


def _checked(model: "onnx.ModelProto") -> None:
    """What onnx itself says; an operator that it does not know is no reason to refuse, the canvas will name it."""
    import onnx

    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        said = str(error).strip().partition("\n")[0][:300]
        if "No Op registered for" not in said and "no opset import" not in said.lower():
            raise BadFile(f"The ONNX file is damaged: {said}") from error
    except (ValueError, RuntimeError, UnicodeError) as error:
        said = str(error).strip().partition("\n")[0][:300]
        raise BadFile(f"The ONNX file is damaged: {said}") from error


def tensor(stored: "onnx.TensorProto") -> "torch.Tensor":
    """A stored tensor.

    Raises:
        BadFile: what is stored does not fit its shape and type.
    """
    import numpy as np
    import torch
    from onnx import numpy_helper

    try:
        array = np.array(numpy_helper.to_array(stored))
        if array.dtype.name == "bfloat16":
            array = array.astype(np.float32)
        return torch.from_numpy(array)
    except Exception as error:  # onnx and numpy raise whatever they like for what does not fit
        said = str(error).strip().partition("\n")[0][:200]
        raise BadFile(
            f"The ONNX file is damaged: tensor {stored.name[:60]!r} cannot be read ({said})."
        ) from error


def runner(content: bytes, names: list[str]) -> Any:
    """What runs the original: tensors in the order of these inputs → all outputs."""
    import numpy as np
    import onnxruntime
    import torch

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    with _in_words():
        session = onnxruntime.InferenceSession(_older(content), options, providers=["CPUExecutionProvider"])
    wanted = {one.name: one.type for one in session.get_inputs()}

    def run(example: Any) -> list[torch.Tensor]:
        given = {
            name: one.numpy().astype(_type(wanted[name]))
            for name, one in zip(names, example, strict=True)
            if name in wanted
        }
        with _in_words():
            return [torch.from_numpy(np.array(one)) for one in session.run(None, given)]

    return run


def _older(content: bytes) -> bytes:
    """The model under a version of the format that runtimes know; what newer ones add are further types of numbers."""
    import onnx

    model = onnx.ModelProto.FromString(content)
    if model.ir_version <= KNOWN_VERSION:
        return content
    model.ir_version = KNOWN_VERSION
    return bytes(model.SerializeToString())


@contextmanager
def _in_words() -> Iterator[None]:
    """What a runtime says without its own codes, files and signatures."""
    try:
        yield
    except Exception as error:  # onnxruntime has a class for each of its codes
        said = re.sub(r"\S*\.(?:cc|h):\d+ [^(]*\([^)]*\)\s*", "", str(error))
        said = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", said)
        raise RuntimeError(said.strip() or type(error).__name__) from error


def _type(said: str) -> str:
    """numpy's name for onnxruntime's "tensor(float)"."""
    inner = said.removeprefix("tensor(").removesuffix(")")
    return {"float": "float32", "double": "float64"}.get(inner, inner)
