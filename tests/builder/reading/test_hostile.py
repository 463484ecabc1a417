"""What a stranger may send: each file is refused in words, or read; nothing it names is opened, nothing in it runs."""

import io
import pickle
import random
import resource
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import builder
from builder.errors import BadFile
from builder.reading import apart
from tests.builder.reading.onnx_files import convolutional, file, node


def external(model: onnx.ModelProto, location: str) -> bytes:
    """The model with its first weights said to lie in another file."""
    one = model.graph.initializer[0]
    one.ClearField("raw_data")
    one.data_location = TensorProto.EXTERNAL
    one.external_data.add(key="location", value=location)
    return model.SerializeToString()


def linear() -> onnx.ModelProto:
    """One product with weights."""
    return file([node("MatMul", "x w")], ("batch", 4), {"w": np.ones((4, 3), np.float32)}, out=("batch", 3))


@pytest.mark.parametrize("location", ["weights.bin", "../../etc/passwd", "/etc/passwd", ""])
def test_51_weights_in_another_file_are_refused(location: str, tmp_path: Path, monkeypatch: Any) -> None:
    """Not even one that lies beside it is opened."""
    (tmp_path / "weights.bin").write_bytes(bytes(48))
    monkeypatch.chdir(tmp_path)
    opened: list[Any] = []
    monkeypatch.setattr("builtins.open", lambda *arguments, **_: opened.append(arguments))
    with pytest.raises(BadFile, match="another file"):
        builder.read(external(linear(), location))
    assert not opened


def test_51_also_where_they_hide_in_an_attribute_or_a_branch() -> None:
    """A constant's value, and one inside the graph of an If."""
    hidden = TensorProto(name="w", data_type=1, dims=[4], data_location=TensorProto.EXTERNAL)
    hidden.external_data.add(key="location", value="/etc/passwd")
    constant = helper.make_node("Constant", [], ["w"], value=hidden)
    inside = helper.make_graph([constant], "then", [], [helper.make_tensor_value_info("w", 1, [4])])
    for nodes in ([constant, node("Add", "x w")],
                  [helper.make_node("If", ["x"], ["y"], then_branch=inside, else_branch=inside)]):  # fmt: skip
        with pytest.raises(BadFile, match="another file"):
            builder.read(file(nodes, ("batch", 4)).SerializeToString())


def archive(*names: str) -> bytes:
    """A zip of files of these names."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name in names:
            made.writestr(name, b"\x80\x02.")
    return target.getvalue()


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> Any:
        return open, (self.path, "w")


DISGUISED = {
    "pickle": (lambda path: pickle.dumps(Trap(path)), "pickle"),
    "old pickle": (lambda path: pickle.dumps(Trap(path), protocol=0), "pickle|ONNX"),
    "pt": (lambda _: archive("net/data.pkl", "net/data/0", "net/version"), "PyTorch file"),
    "torchscript": (
        lambda _: archive("net/data.pkl", "net/code/__torch__.py", "net/constants.pkl"),
        "TorchScript",
    ),
    "pt2": (
        lambda _: archive("net/archive_format", "net/models/model.json"),
        r"torch.export program \(.pt2\)",
    ),
    "keras": (lambda _: archive("config.json", "metadata.json", "model.weights.h5"), "Keras archive"),
    "h5": (lambda _: b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5"),
    "broken zip": (lambda _: b"PK\x03\x04" + bytes(100), "PyTorch file"),
    "safetensors": (lambda _: (2).to_bytes(8, "little") + b"{}", "weights, and no network"),
}


@pytest.mark.parametrize("name", DISGUISED)
def test_48_49_what_could_run_code_is_refused_by_content(name: str, tmp_path: Path) -> None:
    """Whatever it is called; nothing in it runs, and the safe way is named."""
    make, said = DISGUISED[name]
    with pytest.raises(BadFile, match=said) as caught:
        builder.read(make(tmp_path / "ran"))
    assert not (tmp_path / "ran").exists()
    assert name in ("old pickle", "safetensors") or "ONNX" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"), (b"   ", "empty"), (b"hello", "ONNX"), (bytes(1000), "ONNX"), (b"\xff" * 1000, "ONNX"),
        (convolutional()[:-500], "ONNX"), (convolutional()[:10], "ONNX"), (b"{", "JSON"), (b'{"a": NaN}', "Keras"),
    ],
)  # fmt: skip
def test_damaged_files(content: bytes, said: str) -> None:
    """Cut off, empty, or something else."""
    with pytest.raises(BadFile, match=said):
        builder.read(content)


def test_what_is_no_network_at_all() -> None:
    """Said by type."""
    with pytest.raises(BadFile, match="Got dict"):
        builder.read({})


HOSTILE = {
    "a circle": file([node("Add", "x b", "a"), node("Relu", "a", "b"), node("Relu", "b")], ("batch", 4)),
    "nothing makes it": file([node("Add", "x nothing")], ("batch", 4)),
    "enormous input": file([node("Relu", "x")], ("batch", 10**6, 10**6)),
    "no shape": file([node("Relu", "x")], ("batch", 2**62)),
    "text": file([node("Identity", "x")], ("batch", 4), kind=TensorProto.STRING),
    "no batch": file([node("Relu", "x")], ()),
    "sides that do not fit": file([node("MatMul", "x w")], ("batch", 4), {"w": np.ones((3, 3), np.float32)}),
    "enormous constant": file(
        [node("ConstantOfShape", "s", "a"), node("Add", "x a")],
        ("batch", 4),
        {"s": np.array([2**40], np.int64)},
    ),
    "enormous range": file(
        [node("Range", "a b c", "d"), node("Cast", "d", "e", to=1), node("Add", "x e")],
        ("batch", 4),
        {"a": np.array(0), "b": np.array(2**50), "c": np.array(1)},
    ),
    "enormous tile": file([node("Tile", "x w")], ("batch", 4), {"w": np.array([1, 2**40], np.int64)}),
    "enormous padding": file([node("Pad", "x w")], ("batch", 4), {"w": np.array([0, 0, 0, 2**40], np.int64)}),
    "many constants": file(
        [*(node("ConstantOfShape", "s", f"c{n}") for n in range(12)), node("Relu", "x")],
        ("batch", 4),
        {"s": np.array([2**27], np.int64)},
    ),
    "wrong number of values": file([node("Add", "x w")], ("batch", 4), {"w": np.ones(4, np.float32)}),
}
HOSTILE["wrong number of values"].graph.initializer[0].dims[0] = 2**40


@pytest.mark.parametrize("name", HOSTILE)
def test_36_38_hostile_models_cost_nothing(name: str) -> None:
    """Each is refused, or what cannot be in it is named; in little memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        reading = builder.read(HOSTILE[name].SerializeToString())
    except BadFile as error:
        assert len(str(error)) > 20
    else:
        assert reading.difference is None
        assert reading.unknown or builder.check(reading.graph)
    assert (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 6 * 2**20
    )  # in KiB: the most is for a 4 GiB bound


@pytest.mark.parametrize("seed", range(8))
def test_36_mutated_bytes_crash_nothing(seed: int) -> None:
    """Fifty files each, with up to one byte in twenty changed: read, or refused in words."""
    chance, base = random.Random(seed), convolutional()
    for _ in range(50):
        content = bytearray(base)
        for _ in range(max(1, int(len(content) * chance.choice([0.0005, 0.002, 0.01, 0.05])))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            reading = builder.read(bytes(content))
        except BadFile:
            continue
        builder.check(reading.graph)
        assert reading.difference is None or reading.difference < 1e-3


@pytest.mark.parametrize("kinds", [("Relu", "Tanh"), ("Sigmoid", "Sigmoid"), ("Hardmax", "Hardmax")])
def test_a_long_chain_is_no_trouble(kinds: tuple[str, str]) -> None:
    """Thousands of operators, known or not, one behind the other."""
    ends = [*(f"v{n}" for n in range(2_000)), "y"]
    nodes = [node(kinds[n % 2], ends[n] if n else "x", ends[n + 1]) for n in range(2_000)]
    begun = time.perf_counter()
    reading = builder.read(file(nodes, ("batch", 4), out=("batch", 4)).SerializeToString())
    assert len(reading.graph.nodes) == 2_002
    assert time.perf_counter() - begun < 60


def test_a_stranger_is_read_in_a_process_of_its_own() -> None:
    """The project comes back with the report; a refusal comes back as one; what hangs is stopped."""
    project = apart.read_apart(convolutional(), "My network.onnx")
    assert project.name == "My network" and "Largest difference" in project.notes
    assert len(project.graph.nodes) == 9
    with pytest.raises(BadFile, match="pickle"):
        apart.read_apart(pickle.dumps([1]), "net.onnx")
    with pytest.raises(BadFile, match="longer than"):
        apart.read_apart(convolutional(), "net.onnx", seconds=0.2)


def test_the_tensor_reader_takes_all_that_onnx_has() -> None:
    """Half precision and whole numbers as well."""
    for dtype in (np.float16, np.float64, np.int32):
        weights = numpy_helper.from_array(np.ones((4, 3), dtype), "w")
        model = linear()
        model.graph.initializer[0].CopyFrom(weights)
        model.graph.node.insert(0, node("Cast", "w", "v", to=1))
        model.graph.node[1].input[1] = "v"
        apart_by = builder.read(model.SerializeToString()).difference
        assert apart_by is not None and apart_by < 1e-6
