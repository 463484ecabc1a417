"""A bundle opens again as the same network, and nothing else opens as a bundle."""

import io
import json
import struct
import zipfile
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
import torch

from builder import template
from builder.errors import BadFile, BadGraph
from builder.project import Project
from engines.data.data import Data, prepare
from engines.exports import Bundle, load_bundle
from engines.exports.bundle import LARGEST
from engines.predict import predict
from engines.trained import Trained
from tests.graphs import chain

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def trained() -> Trained:
    project = template("iris-mlp")
    splits = prepare(Data.parse(project.data))
    plain = Trained.untrained(project)
    return Trained(project, plain.module, preprocessing=splits.preprocessing, splits=splits)


@pytest.fixture(scope="module")
def bundle(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("bundle") / "iris.strata.zip"
    Bundle().make(trained, path)
    return path.read_bytes()


def unpacked(bundle: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Files, *, honest: bool = True, kind: int = zipfile.ZIP_STORED) -> bytes:
    """A zip of files; honest: its manifest tells their checksums."""
    if honest:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {
            name: {"sha256": sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in files.items()
            if name != "manifest.json"
        }
        files = {**files, "manifest.json": json.dumps(manifest).encode()}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", kind) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_a_bundle_opens_as_the_same_network(trained: Trained, bundle: bytes) -> None:
    again = load_bundle(bundle)
    assert again.project == trained.project and again.preprocessing == trained.preprocessing
    inputs = trained.examples(7)
    assert torch.equal(again.answers(inputs)[0], trained.answers(inputs)[0])
    assert predict(again, trained.rows(3)) == predict(trained, trained.rows(3))


def test_the_manifest_tells_every_file(bundle: bytes) -> None:
    files = unpacked(bundle)
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["files"] == {
        name: {"sha256": sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in files.items()
    }
    assert set(files) == {
        "project.json",
        "weights.safetensors",
        "preprocessing.json",
        "model.py",
        "README.md",
    }


def test_a_network_without_data_makes_a_bundle_too(tmp_path: Any) -> None:
    trained = Trained.untrained(Project(graphs={"model": chain(("Linear", {"units": 2}))}))
    report = Bundle().write(trained, tmp_path / "plain.strata.zip")
    assert report.largest_difference == 0
    assert load_bundle(report.path.read_bytes()).preprocessing is None


def without(name: str) -> Callable[[Files], Files]:
    return lambda files: {key: content for key, content in files.items() if key != name}


def with_file(name: str, content: bytes) -> Callable[[Files], Files]:
    return lambda files: {**files, name: content}


def with_manifest(**fields: Any) -> Callable[[Files], Files]:
    return lambda files: with_file(
        "manifest.json", json.dumps(json.loads(files["manifest.json"]) | fields).encode()
    )(files)


def other_weights(files: Files) -> Files:
    from safetensors.torch import load, save

    tensors = load(files["weights.safetensors"])
    return {**files, "weights.safetensors": save({**tensors, "linear1.weight": torch.zeros(3, 3)})}


def long_header(files: Files) -> Files:
    return {**files, "weights.safetensors": struct.pack("<Q", 2**60) + files["weights.safetensors"][8:]}


HOSTILE: dict[str, tuple[Callable[[Files], Files], str]] = {
    "zip slip": (with_file("../evil.py", b"x"), "holds '../evil.py'"),
    "absolute path": (with_file("/etc/passwd", b"x"), "holds '/etc/passwd'"),
    "pickle": (with_file("weights.pt", b"\x80\x04."), "holds 'weights.pt'"),
    "no weights": (without("weights.safetensors"), "weights.safetensors is missing"),
    "no manifest for a file": (with_manifest(files={}), "other files than it holds"),
    "manifest that names code": (with_manifest(entry_point="os.system"), "entry_point"),
    "manifest of another format": (with_manifest(format=99), "Update Strata"),
    "manifest that is no JSON": (with_file("manifest.json", b"\x80\x04"), "manifest is damaged"),
    "deep manifest": (with_file("manifest.json", b"[" * 20_000 + b"]" * 20_000), "manifest is damaged"),
    "changed project": (with_file("project.json", b"{}"), "checksum of project.json"),
    "changed source": (with_file("model.py", b"import os"), "checksum of model.py"),
    "role that is not there": (with_manifest(role="generator"), "no network of the role 'generator'"),
    "large manifest": (
        with_file("manifest.json", b" " * (LARGEST["manifest.json"] + 1)),
        "unpacks to more than",
    ),
}
HONEST: dict[str, tuple[Callable[[Files], Files], str]] = {
    "weights of another shape": (other_weights, "'linear1.weight' is .3, 3. torch.float32, not"),
    "weights with a huge header": (long_header, "weights are damaged"),
    "weights that are a pickle": (
        with_file("weights.safetensors", b"\x80\x04\x95" + b"x" * 100),
        "weights are damaged",
    ),
    "project that is none": (with_file("project.json", b"[1]"), "no Strata project"),
    "preprocessing that is none": (
        with_file("preprocessing.json", b'{"task": "evil"}'),
        "preprocessing is damaged: task",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bundles_are_refused(name: str, bundle: bytes) -> None:
    """Robustness 45, 48, 50, 53."""
    change, reason = HOSTILE[name]
    with pytest.raises(BadFile, match=reason):
        load_bundle(packed(change(unpacked(bundle)), honest=False))


@pytest.mark.parametrize("name", HONEST)
def test_bundles_whose_checksums_are_right_are_looked_into(name: str, bundle: bytes) -> None:
    """Robustness 48, 52: whoever harms a file can write its checksum, too."""
    change, reason = HONEST[name]
    with pytest.raises(BadFile, match=reason):
        load_bundle(packed(change(unpacked(bundle))))


def test_a_graph_with_errors_is_refused(bundle: bytes) -> None:
    files = unpacked(bundle)
    project = json.loads(files["project.json"])
    next(node for node in project["graphs"]["model"]["nodes"] if node["kind"] == "Linear")["config"][
        "units"
    ] = -1
    with pytest.raises(BadGraph, match="units"):
        load_bundle(packed({**files, "project.json": json.dumps(project).encode()}))


def test_a_network_larger_than_its_weights_is_refused_before_anything_is_allocated(bundle: bytes) -> None:
    files = unpacked(bundle)
    project = json.loads(files["project.json"])
    next(node for node in project["graphs"]["model"]["nodes"] if node["kind"] == "Linear")["config"][
        "units"
    ] = 1_000_000
    with pytest.raises(BadFile, match="not those of its network"):
        load_bundle(packed({**files, "project.json": json.dumps(project).encode()}))


def test_a_bomb_is_stopped_while_it_unpacks(bundle: bytes) -> None:
    """Robustness 46: the header of the entry says a size that is not true."""
    files = {**unpacked(bundle), "README.md": b"\0" * (LARGEST["README.md"] + 2**21)}
    content = bytearray(
        packed(without("weights.safetensors")(files), kind=zipfile.ZIP_DEFLATED, honest=False)
    )
    with pytest.raises(BadFile, match="weights.safetensors is missing"):
        load_bundle(bytes(content))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, one in files.items():
            archive.writestr(name, one, zipfile.ZIP_DEFLATED if name == "README.md" else zipfile.ZIP_STORED)
    with pytest.raises(BadFile, match="README.md in it unpacks to more than"):
        load_bundle(target.getvalue())
    lying = target.getvalue().replace(struct.pack("<I", len(files["README.md"])), struct.pack("<I", 5))
    with pytest.raises(BadFile):
        load_bundle(lying)


def test_compressed_weights_doubled_names_and_links_are_refused(bundle: bytes) -> None:
    files = unpacked(bundle)
    with pytest.raises(BadFile, match=r"weights.safetensors in it is packed"):
        load_bundle(packed(files, kind=zipfile.ZIP_DEFLATED))
    target = io.BytesIO(packed(files))
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("README.md", b"again")
    with pytest.raises(BadFile, match="twice"):
        load_bundle(target.getvalue())
    target = io.BytesIO(packed(without("README.md")(files)))
    with zipfile.ZipFile(target, "a") as archive:
        link = zipfile.ZipInfo("README.md")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(BadFile, match="a link"):
        load_bundle(target.getvalue())


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_bundle_that_was_cut_off_is_refused(share: float, bundle: bytes) -> None:
    with pytest.raises(BadFile, match="no Strata bundle"):
        load_bundle(bundle[: int(len(bundle) * share)])


def test_no_flipped_bit_passes(bundle: bytes) -> None:
    """A changed byte is refused, unless it means nothing to us, as the dates in the zip's own records."""
    expected = load_bundle(bundle)
    for place in range(0, len(bundle), 97):
        mutated = bundle[:place] + bytes([bundle[place] ^ 16]) + bundle[place + 1 :]
        try:
            found = load_bundle(mutated)
        except BadFile:
            continue
        assert found.project == expected.project
        pairs = zip(found.module.state_dict().values(), expected.module.state_dict().values(), strict=True)
        assert all(torch.equal(one, other) for one, other in pairs)
