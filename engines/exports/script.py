"""What stands in an exported file besides the network: reading weights and rows, and telling the answers.

Exported files carry the text of these functions, so they use torch and the standard library alone, and no other
function of ours than those that stand before them in the file (see python.py).
"""

import csv
import io
import json
import math
from pathlib import Path

import torch


def read_weights(path: str | Path) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file by name; nothing in such a file can run."""
    kinds = {
        "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
        "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
    }  # fmt: skip
    data = memoryview(Path(path).read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    if not 8 < start <= len(data):
        raise ValueError(f"{path} is no safetensors file, or was cut off")
    tensors = {}
    for name, entry in json.loads(bytes(data[8:start])).items():
        if name == "__metadata__":
            continue
        kind, shape, (begin, end) = kinds[entry["dtype"]], entry["shape"], entry["data_offsets"]
        if not 0 <= begin <= end <= len(data) - start or end - begin != math.prod(shape) * kind.itemsize:
            raise ValueError(
                f"{path} is damaged: {name} lies outside the file or has another size than its shape"
            )
        content = bytearray(data[start + begin : start + end])
        tensors[name] = (
            torch.frombuffer(content, dtype=kind) if content else torch.empty(0, dtype=kind)
        ).reshape(shape)
    return tensors


def loaded(model: torch.nn.Module, path: str | Path) -> torch.nn.Module:
    """The network with the weights of a file, ready to predict."""
    tensors, wanted = read_weights(path), model.state_dict()
    for name in wanted.keys() & tensors.keys():
        if tensors[name].dtype != wanted[name].dtype:
            raise ValueError(
                f"{path}: {name} is {tensors[name].dtype}, where the network has {wanted[name].dtype}"
            )
    model.load_state_dict(tensors)
    return model.eval()


def read_rows(path: str | Path, names: tuple[str, ...]) -> list:
    """The rows of a JSON file (a list of rows, or one row by name) or of a CSV file with a first line of names."""
    text = Path(path).read_bytes().decode("utf-8-sig")
    if str(path).endswith(".json"):
        rows = json.loads(text)
        return [rows] if isinstance(rows, dict) else rows
    tables = [csv.reader(io.StringIO(text, newline=""), delimiter=mark) for mark in ",;\t|"]
    table = max(
        ([row for row in rows if row] for rows in tables), key=lambda rows: len(rows[0]) if rows else 0
    )
    if not names:  # nothing but numbers: their order says what they are
        return table
    header = [name.strip() for name in table[0]]
    for line, row in enumerate(table[1:], 2):
        if len(row) != len(header):
            raise ValueError(
                f"{path}: row {line} has {len(row)} cells where the first line names {len(header)}"
            )
    return [dict(zip(header, row, strict=True)) for row in table[1:]]


def answer_of(task: str, names: tuple[str, ...], chances: list[float]) -> dict:
    """What the network says about one row: the likeliest class, or the labels that apply, with all probabilities."""
    ranked = dict(sorted(zip(names, chances, strict=True), key=lambda pair: -pair[1]))
    if task == "multi-label":
        return {"labels": [name for name, chance in ranked.items() if chance > 0.5], "probabilities": ranked}
    return {"class": next(iter(ranked)), "probabilities": ranked}
