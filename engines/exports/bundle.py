"""Bundle: everything that belongs to a trained network in one file that another Strata can open, and any Python run."""

from __future__ import annotations

import io
import json
import stat
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from builder.errors import BadFile
from builder.files import LARGEST as LARGEST_PROJECT
from engines.exports.export import Export, strata
from engines.exports.python import pack, sources
from engines.exports.safetensors import weights

if TYPE_CHECKING:
    from torch import Tensor, nn

    from builder.graph import Graph
    from engines.data.preprocessing import Preprocessing
    from engines.trained import Trained

FORMAT = 1
LARGEST = {
    "manifest.json": 2**16, "project.json": LARGEST_PROJECT, "preprocessing.json": 2**26, "weights.safetensors": 2**34,
    "model.py": 2**26, "README.md": 2**20,
}  # fmt: skip
"""The only names that a bundle may hold, and how many bytes each may unpack to."""
NEEDED = ("manifest.json", "project.json", "weights.safetensors")


class Entry(BaseModel):
    """What the manifest says of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)


class Manifest(BaseModel):
    """What is in a bundle."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    format: Annotated[int, Field(ge=1)]
    strata: str
    torch: str
    name: str
    role: str
    files: dict[
        Literal["project.json", "preprocessing.json", "weights.safetensors", "model.py", "README.md"], Entry
    ]


class Bundle(Export):
    """Project, weights, preprocessing and Python source in one zip with checksums. Strata can open it again."""

    icon: ClassVar = "inventory_2"
    suffix: ClassVar = ".strata.zip"
    needs: ClassVar = "Strata; or torch, for the Python file in it"

    def make(self, trained: Trained, path: Path) -> tuple[str, ...]:
        """The files, and a manifest with the SHA-256 of each."""
        import torch

        from builder.files import dumps

        files = {
            "project.json": dumps(trained.project).encode(),
            **sources(trained),
            "weights.safetensors": weights(trained),
        }
        if trained.preprocessing:
            files["preprocessing.json"] = trained.preprocessing.model_dump_json(indent=1).encode()
        entries = {
            name: {"sha256": sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in files.items()
        }
        manifest = {"format": FORMAT, "strata": strata(), "torch": torch.__version__, "name": trained.project.name,
                    "role": trained.role, "files": entries}  # fmt: skip
        pack(path, {"manifest.json": json.dumps(manifest, indent=1, ensure_ascii=False).encode(), **files})
        return ()


def load_bundle(data: bytes) -> Trained:
    """The network in a bundle. Nothing in it is trusted, and nothing runs: its Python file is never read.

    Raises:
        BadFile: it is no bundle, damaged, or not what it claims to be; the message says what is wrong.
        BadGraph: its network has errors.
    """
    from builder.files import loads
    from engines.trained import Trained

    files = _unpacked(data)
    manifest = _manifest(files.pop("manifest.json"))
    if files.keys() != manifest.files.keys():
        raise BadFile("The bundle is damaged: its manifest names other files than it holds.")
    for name, content in files.items():
        if sha256(content).hexdigest() != manifest.files[name].sha256:  # type: ignore[index]
            raise BadFile(f"The bundle is damaged or was changed: the checksum of {name} does not match.")
    project = loads(files["project.json"])
    if manifest.role not in project.graphs:
        raise BadFile(
            f"The bundle is damaged: its project has no network of the role {manifest.role[:40]!r}."
        )
    preprocessing = _preprocessing(files["preprocessing.json"]) if "preprocessing.json" in files else None
    module = _module(project.graphs[manifest.role], files["weights.safetensors"])
    return Trained(project, module, manifest.role, preprocessing)


def _unpacked(data: bytes) -> dict[str, bytes]:
    """The files of a zip by name: only those that we know, each no larger than it may be, counted while it unpacks."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            for entry in entries:
                _check(entry)
            if len({entry.filename for entry in entries}) < len(entries):
                raise BadFile("The file is no Strata bundle: it holds a file twice.")
            if missing := set(NEEDED) - {entry.filename for entry in entries}:
                raise BadFile(
                    f"The file is no Strata bundle: {min(missing)} is missing. Export one with the format Bundle."
                )
            return {entry.filename: _content(archive, entry) for entry in entries}
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
    ) as error:
        raise BadFile(f"The file is no Strata bundle: it cannot be unpacked ({str(error)[:80]}).") from error


def _check(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    if name not in LARGEST or entry.filename != name:
        raise BadFile(
            f"The file is no Strata bundle: it holds {name[:60]!r}. A bundle holds {', '.join(LARGEST)} alone."
        )
    mode = entry.external_attr >> 16
    if entry.is_dir() or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
        raise BadFile(f"The file is no Strata bundle: {name} in it is a link or a folder.")
    if entry.flag_bits & 1:
        raise BadFile("The bundle is encrypted. Export it again without a password.")
    kinds = (
        (zipfile.ZIP_STORED,) if name == "weights.safetensors" else (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    )
    if entry.compress_type not in kinds:
        raise BadFile(f"The file is no Strata bundle: {name} in it is packed in a way that bundles are not.")


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    most, parts, size = LARGEST[entry.filename], [], 0
    with archive.open(entry) as file:
        while part := file.read(2**20):
            size += len(part)
            if size > most:
                raise BadFile(
                    f"The bundle is refused: {entry.filename} in it unpacks to more than {most:,} bytes."
                )
            parts.append(part)
    return b"".join(parts)


def _manifest(text: bytes) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        place = ".".join(str(part)[:40] for part in detail["loc"])
        raise BadFile(f"The bundle's manifest is damaged: {place}: {str(detail['msg'])[:100]}.") from error
    if manifest.format > FORMAT:
        raise BadFile(
            f"The bundle is of format {manifest.format}; this Strata reads up to {FORMAT}. Update Strata."
        )
    return manifest


def _preprocessing(text: bytes) -> Preprocessing:
    from engines.data.preprocessing import Preprocessing

    try:
        return Preprocessing.model_validate_json(text)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        place = ".".join(str(part)[:40] for part in detail["loc"])
        raise BadFile(
            f"The bundle's preprocessing is damaged: {place}: {str(detail['msg'])[:100]}."
        ) from error


def _module(graph: Graph, data: bytes) -> nn.Module:
    """The network with these weights. Names, shapes and types are compared before anything is allocated for it."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    from builder import compile

    wanted = compile(graph, "meta").state_dict()
    try:
        tensors = load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise BadFile(f"The bundle's weights are damaged: {str(error)[:100]}.") from error
    if wrong := _mismatch(wanted, tensors):
        raise BadFile(f"The bundle's weights are not those of its network: {wrong}.")
    module = compile(graph)
    module.load_state_dict(tensors)
    return module.eval()


def _mismatch(wanted: dict[str, Tensor], given: dict[str, Tensor]) -> str:
    if odd := sorted(wanted.keys() ^ given.keys()):
        return f"{odd[0][:80]!r} is {'missing' if odd[0] in wanted else 'not part of it'}"
    for name, tensor in wanted.items():
        if (tensor.shape, tensor.dtype) != (given[name].shape, given[name].dtype):
            return f"{name!r} is {list(given[name].shape)} {given[name].dtype}, not {list(tensor.shape)} {tensor.dtype}"
    return ""
