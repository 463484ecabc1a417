"""Small ONNX files for tests, some of them hostile."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Nodes = Sequence[onnx.NodeProto]


def file(
    nodes: Nodes,
    shape: Sequence[Any] = ("batch", 4),
    weights: dict[str, Any] | None = None,
    opset: int = 20,
    kind: int = TensorProto.FLOAT,
    out: Sequence[Any] = ("batch", "features"),
) -> onnx.ModelProto:
    """A model from `x` to `y`; weights by name as arrays."""
    stored = [numpy_helper.from_array(np.asarray(value), name) for name, value in (weights or {}).items()]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", kind, list(shape))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, list(out))],
        stored,
    )
    imports = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=imports, ir_version=10)


def node(kind: str, inputs: str, outputs: str = "y", **attributes: Any) -> onnx.NodeProto:
    """An operator; names of inputs and outputs parted by spaces, "-" for one that is left out."""
    names = ["" if name == "-" else name for name in inputs.split()]
    return helper.make_node(kind, names, outputs.split(), **attributes)


def convolutional() -> bytes:
    """A little network of the operators that most files have."""
    generator = np.random.default_rng(0)

    def numbers(*shape: int) -> np.ndarray:
        return generator.normal(size=shape).astype(np.float32)

    weights = {
        "conv.weight": numbers(4, 1, 3, 3),
        "conv.bias": numbers(4),
        "scale": np.ones(4, np.float32),
        "shift": numbers(4),
        "mean": numbers(4),
        "variance": np.ones(4, np.float32),
        "shape": np.array([0, -1], np.int64),
        "fc.weight": numbers(10, 64),
        "fc.bias": numbers(10),
    }
    nodes = [
        node("Conv", "x conv.weight conv.bias", "a", pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        node("BatchNormalization", "a scale shift mean variance", "b"),
        node("Relu", "b", "c"),
        node("MaxPool", "c", "d", kernel_shape=[2, 2], strides=[2, 2]),
        node("Reshape", "d shape", "e"),
        node("Gemm", "e fc.weight fc.bias", "f", transB=1),
        node("Softmax", "f", "y", axis=-1),
    ]
    return file(nodes, ("batch", 1, 8, 8), weights).SerializeToString()
