"""Keras's JSON, as versions 2 and 3 write it: layers, sizes and connections; no weights, and nothing of it runs."""

import json
from typing import Any

import pytest
import torch

import builder
from builder.errors import BadFile
from builder.reading import Reading
from builder.reading.keras_layers import MAKERS
from tests.graphs import data


def sequential(*layers: tuple[str, dict[str, Any]]) -> str:
    """A Sequential model as Keras 2 writes it."""
    listed = [{"class_name": kind, "config": {"name": f"{kind.lower()}_{n}", **config}}
              for n, (kind, config) in enumerate(layers)]  # fmt: skip
    return json.dumps(
        {"class_name": "Sequential", "config": {"name": "s", "layers": listed}, "keras_version": "2.12.0"}
    )


def first(*shape: int | None) -> tuple[str, dict[str, Any]]:
    """Where the data enters."""
    return "InputLayer", {"batch_input_shape": [None, *shape], "dtype": "float32"}


def read(text: str) -> Reading:
    """What was read, if all of it is known and computes something."""
    reading = builder.read(text)
    assert not reading.unknown, reading.report()
    assert not [problem for problem in builder.check(reading.graph) if problem.severity == "error"]
    builder.compile(reading.graph)(*data(reading.graph))
    return reading


def test_a_convolutional_network() -> None:
    """Channels first, activations as nodes of their own, and as many weights as Keras counts."""
    reading = read(sequential(
        first(28, 28, 1),
        ("Conv2D", {"filters": 32, "kernel_size": [3, 3], "padding": "same", "activation": "relu"}),
        ("BatchNormalization", {"axis": [3], "momentum": 0.99, "epsilon": 0.001}),
        ("MaxPooling2D", {"pool_size": [2, 2], "strides": None, "padding": "valid"}),
        ("Conv2D", {"filters": 64, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same", "use_bias": False}),
        ("Activation", {"activation": "relu"}), ("Dropout", {"rate": 0.25}), ("Flatten", {}),
        ("Dense", {"units": 10, "activation": "softmax"}),
    ))  # fmt: skip
    kinds = [node.kind for node in reading.graph.nodes]
    assert kinds == ["Input", "Conv2d", "ReLU", "BatchNorm2d", "MaxPool2d", "Pad", "Conv2d", "ReLU",
        "Dropout", "Flatten",
                     "Linear", "Softmax", "Output"]  # fmt: skip
    assert reading.graph.nodes[0].config == {"shape": [1, 28, 28]}
    assert builder.summary(reading.graph).parameters == 320 + 64 + 32 * 9 * 64 + 49 * 64 * 10 + 10
    assert reading.difference is None and "no weights" in reading.reason and reading.state == {}
    assert any("channels last in Keras" in note for note in reading.notes)


def test_words() -> None:
    """Indices where an Embedding reads them, both directions side by side, the last step alone."""
    lstm = {"class_name": "LSTM", "config": {"units": 8, "return_sequences": True}}
    reading = read(sequential(
        first(20), ("Embedding", {"input_dim": 100, "output_dim": 16}), ("Bidirectional", {"layer": lstm}),
        ("GRU", {"units": 5, "reset_after": True}), ("Dense", {"units": 1, "activation": "sigmoid"}),
    ))  # fmt: skip
    assert reading.graph.nodes[0].config == {"shape": [20], "dtype": "int64"}
    assert [node.kind for node in reading.graph.nodes][1:5] == ["Embedding", "LSTM", "GRU", "Select"]


def test_a_functional_model_of_keras_2_with_a_shared_layer_and_a_model_inside() -> None:
    """Two inputs through one Dense, which has its weights once."""

    def layer(kind: str, name: str, inbound: Any, **config: Any) -> dict[str, Any]:
        return {
            "class_name": kind,
            "name": name,
            "config": {"name": name, **config},
            "inbound_nodes": inbound,
        }

    inner = json.loads(sequential(first(8), ("Dense", {"units": 4, "activation": "tanh"})))
    layers = [
        layer("InputLayer", "a", [], batch_input_shape=[None, 8]),
        layer("InputLayer", "b", [], batch_input_shape=[None, 8]),
        layer("Dense", "shared", [[["a", 0, 0, {}]], [["b", 0, 0, {}]]], units=8),
        layer("Add", "sum", [[["shared", 0, 0, {}], ["shared", 1, 0, {}]]]),
        {
            "class_name": "Sequential",
            "name": "inner",
            "config": inner["config"],
            "inbound_nodes": [[["sum", 0, 0, {}]]],
        },
    ]
    config = {
        "name": "f",
        "layers": layers,
        "input_layers": [["a", 0, 0], ["b", 0, 0]],
        "output_layers": [["inner", 0, 0]],
    }
    reading = read(json.dumps({"class_name": "Functional", "config": config}))
    assert reading.graph.ids("Input") == ("a", "b")
    assert [node.shares for node in reading.graph.nodes if node.kind == "Linear"] == ["", "shared", ""]
    assert builder.summary(reading.graph).parameters == 72 + 36


def test_a_functional_model_of_keras_3() -> None:
    """Tensors stand in the arguments, also in keywords; a residual network with attention."""

    def tensor(name: str) -> dict[str, Any]:
        return {
            "class_name": "__keras_tensor__",
            "config": {"shape": [None, 6, 8], "keras_history": [name, 0, 0]},
        }

    def layer(kind: str, name: str, *sources: str, keywords: Any = None, **config: Any) -> dict[str, Any]:
        arguments = (
            [[tensor(one) for one in sources]] if len(sources) > 1 else [tensor(one) for one in sources]
        )
        inbound = [{"args": arguments, "kwargs": keywords or {}}] if sources else []
        return {"module": "keras.layers", "class_name": kind, "config": {"name": name, **config}, "name": name,
                "inbound_nodes": inbound}  # fmt: skip

    layers = [
        layer("InputLayer", "x", batch_shape=[None, 6, 8]),
        layer("LayerNormalization", "norm", "x", axis=[-1], epsilon=1e-5),
        layer(
            "MultiHeadAttention", "attend", "norm", keywords={"value": tensor("norm")}, num_heads=2, key_dim=4
        ),
        layer("Add", "add", "x", "attend"),
        layer("GlobalAveragePooling1D", "pool", "add"),
        layer("Dense", "out", "pool", units=3, activation={"class_name": "function", "config": "gelu"}),
    ]
    config = {"name": "f", "layers": layers, "input_layers": ["x", 0, 0], "output_layers": ["out", 0, 0]}
    reading = read(json.dumps({"module": "keras", "class_name": "Functional", "config": config}))
    assert [node.kind for node in reading.graph.nodes] == [
        "Input", "LayerNorm", "MultiheadAttention", "Add", "Reduce", "Linear", "GELU", "Output"]  # fmt: skip


EACH: dict[str, tuple[tuple[int, ...], tuple[str, dict[str, Any]], tuple[int, ...]]] = {
    "Conv1D": ((10, 4), ("Conv1D", {"filters": 6, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}), (10, 6)),
    "Conv3D": ((5, 6, 7, 2), ("Conv3D", {"filters": 3, "kernel_size": 2, "strides": 2}), (3, 2, 3, 3)),
    "DepthwiseConv2D": ((8, 8, 3), ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2}), (6, 6, 6)),
    "SeparableConv2D": ((8, 8, 3), ("SeparableConv2D", {"filters": 5, "kernel_size": 3, "padding": "same"}), (5, 8, 8)),
    "Conv2DTranspose": ((5, 5, 4), ("Conv2DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2,
        "padding": "same"}),
                        (3, 10, 10)),
    "Conv2DTranspose valid": ((5, 5, 4), ("Conv2DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2}),
        (3, 11, 11)),
    "MaxPooling2D same": ((7, 7, 2), ("MaxPooling2D", {"pool_size": 2, "padding": "same"}), (2, 4, 4)),
    "AveragePooling1D": ((8, 3), ("AveragePooling1D", {"pool_size": 2}), (4, 3)),
    "GlobalMaxPooling2D": ((7, 7, 2), ("GlobalMaxPooling2D", {}), (2,)),
    "GlobalAveragePooling2D": ((7, 7, 2), ("GlobalAveragePooling2D", {"keepdims": True}), (2, 1, 1)),
    "GlobalMaxPooling1D": ((8, 3), ("GlobalMaxPooling1D", {}), (3,)),
    "UpSampling2D": ((4, 4, 2), ("UpSampling2D", {"size": [2, 3], "interpolation": "bilinear"}), (2, 8, 12)),
    "ZeroPadding2D": ((4, 4, 2), ("ZeroPadding2D", {"padding": [[1, 2], [0, 3]]}), (2, 7, 7)),
    "Cropping2D": ((6, 6, 2), ("Cropping2D", {"cropping": 1}), (2, 4, 4)),
    "Reshape": ((12,), ("Reshape", {"target_shape": [2, 2, 3]}), (3, 2, 2)),
    "Permute": ((4, 5), ("Permute", {"dims": [2, 1]}), (5, 4)),
    "RepeatVector": ((4,), ("RepeatVector", {"n": 3}), (3, 4)),
    "Rescaling": ((4,), ("Rescaling", {"scale": 0.5, "offset": 1.0}), (4,)),
    "LayerNormalization": ((5, 4), ("LayerNormalization", {"axis": -1}), (5, 4)),
    "GroupNormalization": ((4, 4, 8), ("GroupNormalization", {"groups": 4}), (8, 4, 4)),
    "SimpleRNN": ((5, 4), ("SimpleRNN", {"units": 3, "return_sequences": True}), (5, 3)),
    "Bidirectional": ((5, 4), ("Bidirectional", {"layer": {"class_name": "LSTM", "config": {"units": 3}}}), (6,)),
    "TimeDistributed": ((5, 4), ("TimeDistributed", {"layer": {"class_name": "Dense",
        "config": {"units": 3}}}), (5, 3)),
    "PReLU": ((4, 4, 3), ("PReLU", {"shared_axes": [1, 2]}), (3, 4, 4)),
    "ReLU": ((4,), ("ReLU", {"max_value": 6.0}), (4,)),
    "LeakyReLU": ((4,), ("LeakyReLU", {"alpha": 0.2}), (4,)),
    "SpatialDropout2D": ((4, 4, 3), ("SpatialDropout2D", {"rate": 0.2}), (3, 4, 4)),
    "GaussianNoise": ((4,), ("GaussianNoise", {"stddev": 0.2}), (4,)),
}  # fmt: skip
"""Layers: shape of the input (channels last), the layer, and the shape that leaves (channels first)."""


@pytest.mark.parametrize("name", EACH)
def test_a_layer_has_the_shape_that_keras_gives_it(name: str) -> None:
    """Images come out channels first."""
    shape, layer, wanted = EACH[name]
    reading = read(sequential(first(*shape), layer))
    after = builder.compile(reading.graph)(*data(reading.graph)).shape[1:]
    assert sorted(after) == sorted(wanted)
    assert len(after) < 3 or tuple(after) in (wanted, (*wanted[1:], wanted[0]))


def test_unknown_layers_are_named() -> None:
    """Code in a Lambda is never looked at."""
    text = sequential(first(4), ("Lambda", {"function": ["4wEAAAA=", None, None]}), ("Dense", {"units": 2}))
    reading = builder.read(text)
    assert [one.operator for one in reading.unknown] == ["Lambda"]
    assert [node.kind for node in reading.graph.nodes] == ["Input", "Lambda", "Linear", "Output"]
    none = builder.read(sequential(first(4), ("Dense", {"units": -5})))
    assert none.unknown[0].reason == "units must be at least 1. Got -5"
    odd = builder.read(sequential(first(4, 4), ("GRU", {"units": 2, "reset_after": False})))
    assert "resets after them" in odd.unknown[0].reason and odd.graph.nodes[1].kind == "keras.GRU"


@pytest.mark.parametrize(
    "text",
    [
        "[]", "{}", '{"class_name": "Sequential"}', '{"class_name": "Sequential", "config": {"layers": []}}',
        '{"class_name": "MyModel", "config": {}}', '{"strata": 1}',
        '{"class_name": "Functional", "config": {"layers": [1]}}', sequential(("Dense", {"units": 4})),
        sequential(first()), sequential(first(10**9)), sequential(("InputLayer", {})),
        '{"class_name": "Functional", "config": {"layers": [{"class_name": "InputLayer", "config": {"name": "x", '
        '"batch_shape": [null, 4]}}], "output_layers": [["y", 0, 0]]}}',
        '{"class_name": "Sequential", "config": ' + "[" * 100 + "]" * 100 + "}",
        '{"class_name": "Sequential", "class_name": "Model"}', '{"class_name": "Sequential", "config": NaN}',
    ],
)  # fmt: skip
def test_53_damaged_files_are_refused(text: str) -> None:
    """In words."""
    with pytest.raises(BadFile) as caught:
        builder.read(text)
    assert len(str(caught.value)) > 20


def test_wrong_fields_make_a_layer_unknown_and_crash_nothing() -> None:
    """Whatever stands in the fields of any layer."""
    values: list[Any] = [None, -1, 0, 10**12, 1.5, "word", [], [1], {"a": 1}, True]
    names = ("units", "filters", "kernel_size", "strides", "pool_size", "axis", "rate", "padding", "size",
        "target_shape",
             "n", "dims", "groups", "layer", "activation", "input_dim", "output_dim", "cropping",
                 "epsilon")  # fmt: skip
    for number, kind in enumerate(sorted(MAKERS)):
        for value in values:
            config = {name: value if (number + place) % 2 else 4 for place, name in enumerate(names)}
            try:
                reading = builder.read(sequential(first(8, 8, 4), (kind, config)))
            except BadFile:
                continue
            builder.check(reading.graph)
            assert torch.is_tensor(data(reading.graph)[0])
