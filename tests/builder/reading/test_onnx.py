"""ONNX: read from bytes, each operator as onnxruntime computes it."""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

import builder
from tests.builder.reading.onnx_files import convolutional, file, node

R = np.random.default_rng(0)


def numbers(*shape: int) -> np.ndarray:
    """Random weights."""
    return R.normal(size=shape).astype(np.float32)


def ints(*values: int) -> np.ndarray:
    """Whole numbers."""
    return np.array(values, np.int64)


IMAGE = ("batch", 4, 8, 8)
STEPS = ("batch", 6, 8)
CASES: dict[str, tuple[list[Any], tuple[Any, ...], dict[str, Any], tuple[Any, ...]]] = {
    **{kind: ([node(kind, "x")], ("batch", 4), {}, ("batch", 4)) for kind in (
        "Relu", "Sigmoid", "Tanh", "Exp", "Abs", "Neg", "Erf", "Sin", "Cos", "Floor", "Sign", "Elu", "Celu",
        "LeakyRelu",
        "Softplus", "Softsign", "Mish", "HardSwish", "Selu", "HardSigmoid", "ThresholdedRelu", "Identity", "Softmax",
        "LogSoftmax", "Gelu", "LpNormalization")},
    "Gelu by tanh": ([node("Gelu", "x", approximate="tanh")], ("batch", 4), {}, ("batch", 4)),
    "Clip 0 to 6": ([node("Clip", "x low high")], ("batch", 4), {"low": np.float32(0), "high": np.float32(6)},
        ("batch", 4)),
    "Clip": ([node("Clip", "x low")], ("batch", 4), {"low": np.float32(-0.5)}, ("batch", 4)),
    "PRelu": ([node("PRelu", "x slope")], IMAGE, {"slope": numbers(4, 1, 1)}, IMAGE),
    "Add a constant": ([node("Add", "x w")], STEPS, {"w": numbers(6, 8)}, STEPS),
    "Mul by a number": ([node("Mul", "x w")], STEPS, {"w": np.float32(3)}, STEPS),
    "Sub from a constant": ([node("Sub", "w x")], STEPS, {"w": numbers(1, 6, 8)}, STEPS),
    "Div": ([node("Div", "x w")], STEPS, {"w": np.float32(3)}, STEPS),
    "Pow": ([node("Pow", "x w")], STEPS, {"w": np.float32(2)}, STEPS),
    "Sum": ([node("Sigmoid", "x", "a"), node("Sum", "x a x")], STEPS, {}, STEPS),
    "Max": ([node("Sigmoid", "x", "a"), node("Max", "x a")], STEPS, {}, STEPS),
    "Mean": ([node("Sigmoid", "x", "a"), node("Mean", "x a")], STEPS, {}, STEPS),
    "Where": ([node("Greater", "x zero", "c"), node("Where", "c x zero")], STEPS, {"zero": np.zeros((6, 8),
        np.float32)}, STEPS),
    "MatMul": ([node("MatMul", "x w")], STEPS, {"w": numbers(8, 5)}, ("batch", 6, 5)),
    "MatMul and Add": ([node("MatMul", "x w", "a"), node("Add", "a b")], STEPS, {"w": numbers(8, 5),
        "b": numbers(5)}, ("batch", 6, 5)),
    "the same MatMul and Add twice": ([node("MatMul", "x w", "a"), node("Add", "a b", "c"), node("Relu", "c", "d"),
        node("MatMul", "d w", "e"), node("Add", "e b")], STEPS, {"w": numbers(8, 8), "b": numbers(8)}, STEPS),
    "MatMul with two biases": ([node("MatMul", "x w", "a"), node("MatMul", "x w", "c"), node("Add", "a b", "d"),
        node("Add", "c b2", "e"), node("Mul", "d e")], STEPS, {"w": numbers(8, 8), "b": numbers(8), "b2": numbers(8)},
        STEPS),
    "MatMul with a bias and without": ([node("MatMul", "x w", "a"), node("Add", "a b", "d"), node("MatMul", "d w", "e"),
        node("Mul", "d e")], STEPS, {"w": numbers(8, 8), "b": numbers(8)}, STEPS),
    "Gemm": ([node("Gemm", "x w b", alpha=0.5, beta=2.0)], ("batch", 4), {"w": numbers(4, 3), "b": numbers(3)},
        ("batch", 3)),
    "Conv": ([node("Conv", "x w b", strides=[2, 1], pads=[1, 0, 1, 0], kernel_shape=[3, 1])], IMAGE,
        {"w": numbers(6, 4, 3, 1), "b": numbers(6)}, ("batch", 6, 4, 8)),
    "Conv of one side more": ([node("Conv", "x w", pads=[0, 0, 1, 1], kernel_shape=[3, 3])], IMAGE,
        {"w": numbers(6, 4, 3, 3)}, ("batch", 6, 7, 7)),
    "Conv SAME_UPPER": ([node("Conv", "x w", auto_pad="SAME_UPPER", strides=[2, 2], group=2)], IMAGE,
        {"w": numbers(6, 2, 3, 3)}, ("batch", 6, 4, 4)),
    "ConvTranspose": ([node("ConvTranspose", "x w", strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])],
        IMAGE, {"w": numbers(4, 3, 3, 3)}, ("batch", 3, 16, 16)),
    "MaxPool": ([node("MaxPool", "x", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)], IMAGE, {}, ("batch", 4,
        4, 4)),
    "MaxPool SAME_LOWER": ([node("MaxPool", "x", kernel_shape=[2, 2], auto_pad="SAME_LOWER")], IMAGE, {}, IMAGE),
    "AveragePool": ([node("AveragePool", "x", kernel_shape=[3, 3], pads=[1, 1, 1, 1])], IMAGE, {}, IMAGE),
    "GlobalAveragePool": ([node("GlobalAveragePool", "x")], IMAGE, {}, ("batch", 4, 1, 1)),
    "GlobalMaxPool": ([node("GlobalMaxPool", "x")], IMAGE, {}, ("batch", 4, 1, 1)),
    "LpPool": ([node("LpPool", "x", kernel_shape=[2, 2], strides=[2, 2])], IMAGE, {}, ("batch", 4, 4, 4)),
    "BatchNormalization": ([node("BatchNormalization", "x s b m v")], IMAGE, {"s": numbers(4), "b": numbers(4),
        "m": numbers(4), "v": np.ones(4, np.float32)}, IMAGE),
    "InstanceNormalization": ([node("InstanceNormalization", "x s b")], IMAGE, {"s": numbers(4), "b": numbers(4)},
        IMAGE),
    "LayerNormalization": ([node("LayerNormalization", "x s b")], STEPS, {"s": numbers(8), "b": numbers(8)}, STEPS),
    "LRN": ([node("LRN", "x", size=3)], IMAGE, {}, IMAGE),
    "Dropout": ([node("Dropout", "x")], STEPS, {}, STEPS),
    "Flatten": ([node("Flatten", "x")], IMAGE, {}, ("batch", 256)),
    "Reshape": ([node("Reshape", "x w")], IMAGE, {"w": ints(0, 2, -1)}, ("batch", 2, 128)),
    "Reshape by a shape": ([node("Shape", "x", "s", start=0, end=1), node("Concat", "s w", "t", axis=0),
        node("Reshape", "x t")], IMAGE, {"w": ints(16, 16)}, ("batch", 16, 16)),
    "Squeeze": ([node("GlobalMaxPool", "x", "a"), node("Squeeze", "a w")], IMAGE, {"w": ints(2, 3)}, ("batch", 4)),
    "Unsqueeze": ([node("Unsqueeze", "x w")], STEPS, {"w": ints(1, -1)}, ("batch", 1, 6, 8, 1)),
    "Transpose": ([node("Transpose", "x", perm=[0, 2, 3, 1])], IMAGE, {}, ("batch", 8, 8, 4)),
    "Concat": ([node("Relu", "x", "a"), node("Concat", "x a", axis=-1)], STEPS, {}, ("batch", 6, 16)),
    "Split": ([node("Split", "x w", "a b", axis=2), node("Add", "a b")], STEPS, {"w": ints(4, 4)}, ("batch", 6, 4)),
    "Slice": ([node("Slice", "x s e a t")], STEPS, {"s": ints(1, 0), "e": ints(-1, 99), "a": ints(1, 2),
        "t": ints(1, 2)}, ("batch", 4, 4)),
    "Slice backwards": ([node("Slice", "x s e a t")], STEPS, {"s": ints(-1), "e": ints(-99), "a": ints(1),
        "t": ints(-1)}, STEPS),
    "Gather": ([node("Gather", "x w", axis=1)], STEPS, {"w": np.array(-1)}, ("batch", 8)),
    "Gather a range": ([node("Gather", "x w", axis=1)], STEPS, {"w": ints(1, 3, 5)}, ("batch", 3, 8)),
    "Expand": ([node("GlobalMaxPool", "x", "a"), node("Expand", "a w")], IMAGE, {"w": ints(1, 4, 3, 2)}, ("batch",
        4, 3, 2)),
    "Tile": ([node("Tile", "x w")], STEPS, {"w": ints(1, 2, 1)}, ("batch", 12, 8)),
    "Pad": ([node("Pad", "x w")], IMAGE, {"w": ints(0, 0, 1, 2, 0, 0, 3, 0)}, ("batch", 4, 12, 10)),
    "Pad by mirroring": ([node("Pad", "x w", mode="reflect")], IMAGE, {"w": ints(0, 0, 1, 2, 0, 0, 3, 0)},
        ("batch", 4, 12, 10)),
    "ReduceMean": ([node("ReduceMean", "x w", keepdims=0)], STEPS, {"w": ints(1)}, ("batch", 8)),
    "ReduceMax": ([node("ReduceMax", "x w")], IMAGE, {"w": ints(1)}, ("batch", 1, 8, 8)),
    "ReduceL2": ([node("ReduceL2", "x w", keepdims=0)], STEPS, {"w": ints(-1)}, ("batch", 6)),
    "ReduceSumSquare": ([node("ReduceSumSquare", "x w", keepdims=0)], STEPS, {"w": ints(-1)}, ("batch", 6)),
    "Resize nearest": ([node("Resize", "x - w", coordinate_transformation_mode="asymmetric",
        nearest_mode="floor")], IMAGE, {"w": np.array([1, 1, 2, 2], np.float32)}, ("batch", 4, 16, 16)),
    "Resize linear": ([node("Resize", "x - w", mode="linear")], IMAGE,
        {"w": np.array([1, 1, 1.5, 1.5], np.float32)}, ("batch", 4, 12, 12)),
    "DepthToSpace": ([node("DepthToSpace", "x", blocksize=2)], IMAGE, {}, ("batch", 1, 16, 16)),
    "DepthToSpace CRD": ([node("DepthToSpace", "x", blocksize=2, mode="CRD")], IMAGE, {}, ("batch", 1, 16, 16)),
    "SpaceToDepth": ([node("SpaceToDepth", "x", blocksize=2)], IMAGE, {}, ("batch", 16, 4, 4)),
    "Einsum": ([node("Relu", "x", "a"), node("Einsum", "x a", equation="bij,bkj->bik")], STEPS, {}, ("batch", 6, 6)),
    "CumSum": ([node("CumSum", "x w")], STEPS, {"w": np.array(1)}, STEPS),
    "LSTM": ([node("Transpose", "x", "a", perm=[1, 0, 2]), node("LSTM", "a w r b", "c", hidden_size=5),
        node("Squeeze", "c one", "d"), node("Transpose", "d", perm=[1, 0, 2])], STEPS, {"w": numbers(1, 20, 8),
        "r": numbers(1, 20, 5), "b": numbers(1, 40), "one": ints(1)}, ("batch", 6, 5)),
    "GRU both ways": ([node("Transpose", "x", "a", perm=[1, 0, 2]), node("GRU", "a w r b", "- d", hidden_size=5,
        direction="bidirectional", linear_before_reset=1), node("Transpose", "d", perm=[1, 0, 2])], STEPS,
        {"w": numbers(2, 15, 8), "r": numbers(2, 15, 5), "b": numbers(2, 30)}, ("batch", 2, 5)),
    "RNN": ([node("Transpose", "x", "a", perm=[1, 0, 2]), node("RNN", "a w r", "- d", hidden_size=5),
        node("Transpose", "d", perm=[1, 0, 2])], STEPS, {"w": numbers(1, 5, 8), "r": numbers(1, 5, 5)}, ("batch",
        1, 5)),
}  # fmt: skip
"""Operators: nodes, shape of `x`, weights, shape of `y`."""


@pytest.mark.parametrize("name", CASES)
def test_an_operator_computes_what_onnxruntime_does(name: str) -> None:
    """It is understood, compiles, and gives the same for two batch sizes."""
    nodes, shape, weights, out = CASES[name]
    reading = builder.read(file(nodes, shape, weights, out=out).SerializeToString())
    assert not reading.unknown, reading.report()
    assert reading.difference is not None and reading.difference < 1e-5, reading.report()
    assert not reading.reason


def test_an_unknown_operator_is_named_and_stays_connected() -> None:
    """What no layer computes is a node of its own name, between the nodes where it was."""
    nodes = [
        node("Relu", "x", "a"),
        helper.make_node("Wavelet", ["a", "w"], ["b"], domain="my.own", name="/enc/wave/Wavelet"),
        node("Hardmax", "b", "c"),
        node("MatMul", "c w"),
    ]
    model = file(nodes, STEPS, {"w": numbers(8, 8)}, out=STEPS)
    model.opset_import.append(helper.make_opsetid("my.own", 1))
    reading = builder.read(model.SerializeToString())
    kinds = {one.kind: one for one in reading.graph.nodes}
    assert {"my.own.Wavelet", "Hardmax", "Linear", "ReLU"} <= kinds.keys()
    assert kinds["my.own.Wavelet"].inputs == {"input": kinds["ReLU"].id}
    assert kinds["Hardmax"].inputs == {"input": kinds["my.own.Wavelet"].id}
    assert [(one.operator, one.nodes) for one in reading.unknown] == [
        ("my.own.Wavelet", [kinds["my.own.Wavelet"].id]),
        ("Hardmax", ["hardmax"]),
    ]
    assert reading.difference is None and "problems" in reading.reason
    told = [str(problem) for problem in builder.check(reading.graph)]
    assert any("'Hardmax' is no kind of layer" in one for one in told)
    assert "Hardmax (once: hardmax)" in reading.report()


def test_names_come_from_the_original() -> None:
    """By exporters' paths, else by the names of weights."""
    reading = builder.read(convolutional())
    assert [one.id for one in reading.graph.nodes] == [
        "x", "conv", "batchnormalization", "relu", "maxpool", "reshape", "fc", "softmax", "y",
    ]  # fmt: skip
    assert reading.state["fc.weight"].shape == (10, 64)


def test_sides_that_are_free_are_told() -> None:
    """A file may leave more open than the batch."""
    shape = ("batch", "steps", 4)
    reading = builder.read(file([node("Relu", "x")], shape, out=shape).SerializeToString())
    assert reading.graph.nodes[0].config == {"shape": [8, 4]}
    assert any("Side 1 of input 'x' is free" in note for note in reading.notes)


def test_a_batch_that_is_not_free_is_told() -> None:
    """The graph takes any batch, which cannot be compared where the original takes one only."""
    reading = builder.read(file([node("Relu", "x")], (1, 4), out=(1, 4)).SerializeToString())
    assert reading.difference == 0 and reading.reason == "The original takes no other batch size."


def test_files_of_the_newest_format_are_compared() -> None:
    """Also where the runtime knows only older versions of the format."""
    model = file([node("Relu", "x")])
    model.ir_version = onnx.IR_VERSION
    assert builder.read(model.SerializeToString()).difference == 0


def test_a_runtime_that_refuses_is_quoted_without_its_own_places() -> None:
    """Its codes, source files and signatures tell people nothing."""
    model = file([node("Relu", "x")], opset=10**6)
    reading = builder.read(model.SerializeToString())
    assert reading.reason.startswith("The original cannot be run: ")
    assert not any(sign in reading.reason for sign in (".cc:", "::", "[ONNXRuntimeError]")), reading.reason
