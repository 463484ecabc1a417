"""What a file is, told by its bytes and never by its name; what could run code when it is opened is refused."""

import io
import json
import zipfile
from pathlib import Path

from builder.errors import BadFile
from builder.reading.onnxfile import LARGEST

ONNX, KERAS = "onnx", "keras"
SAFE = {
    "torch": (
        "a PyTorch file (.pt, .pth): opening it can run code",
        "Load it where you trust it and save it as ONNX: torch.onnx.export(module, example, 'net.onnx', dynamo=True); "
        "or give the module itself to builder.read",
    ),
    "program": (
        "a torch.export program (.pt2): opening it can run code",
        "Load it where you trust it and give the program itself to builder.read, or save it as ONNX",
    ),
    "script": (
        "a TorchScript archive: opening it can run code",
        "Load it where you trust it and save it as ONNX: torch.onnx.export(module, example, 'net.onnx')",
    ),
    "keras": (
        "a Keras archive (.keras): opening it can run code",
        "Save its architecture: open('net.json', 'w').write(model.to_json()); or save the model as ONNX with tf2onnx",
    ),
    "hdf5": (
        "an HDF5 file (.h5): what Keras keeps in it can run code",
        "Save its architecture: open('net.json', 'w').write(model.to_json()); or save the model as ONNX with tf2onnx",
    ),
    "pickle": ("a pickle: opening it can run code", "Save the model as ONNX where you trust it"),
    "weights": (
        "a safetensors file: it holds weights, and no network",
        "Open the network first (ONNX, or a project)",
    ),
}
"""Files that are not opened: what each is, and the safe way."""


def content_of(path: Path) -> bytes:
    """What is in a file.

    Raises:
        BadFile: it cannot be read, or is larger than any file that is.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise BadFile(f"{path.name} is larger than 2 GiB; no file of that size is read.")
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise BadFile(f"{path.name} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def kind_of(content: bytes) -> str:
    """Whether a file is an ONNX model or Keras's JSON.

    Raises:
        BadFile: it is something else; the message says what, and the safe way if there is one.
    """
    if found := _told(content):
        what, way = SAFE[found]
        raise BadFile(f"The file is {what}, so it is not opened. {way}.")
    start = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] in (b"{", b"["):
        return KERAS
    if not content.strip():
        raise BadFile("The file is empty.")
    return ONNX


def _told(content: bytes) -> str:
    """What a file is that is not opened, "" if it is none of these."""
    if content.startswith(b"PK\x03\x04"):
        return _archive(content)
    if content.startswith(b"\x89HDF\r\n"):
        return "hdf5"
    if content[:1] == b"\x80" and content[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "torch" if b"torch" in content[:4096] else "pickle"
    if content.startswith((b"(dp", b"(lp", b"ccopy_reg", b"cos\n", b"c__builtin__", b"(i__main__")):
        return "pickle"
    length = int.from_bytes(content[:8], "little") if len(content) > 8 else 0
    if content[8:9] == b"{" and 2 <= length <= len(content) - 8:
        return "weights" if _is_json(content[8 : 8 + length]) else ""
    return ""


def _is_json(content: bytes) -> bool:
    try:
        return isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False


def _archive(content: bytes) -> str:
    """What an archive holds, by the names in it; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        return "torch"
    ends = {name.rpartition("/")[2] for name in names}
    if "model.weights.h5" in ends or {"config.json", "metadata.json"} <= ends:
        return "keras"
    if "archive_format" in ends or "serialized_exported_program.json" in ends:
        return "program"
    if "constants.pkl" in ends or any("/code/" in f"/{name}" for name in names):
        return "script"
    return "torch"
