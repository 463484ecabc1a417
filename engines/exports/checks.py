"""What the fresh process does (see fresh.py): it runs an exported file without Strata, and compares.

It is started by its path, gets a job as JSON on its input, and imports nothing of ours.
"""

import importlib
import importlib.util
import json
import sys
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

Arrays = list[np.ndarray]
Run = Callable[[Arrays, list[Any]], Arrays]
"""Runs an exported network on inputs, and on the rows that they were made of where there are any."""
OURS = ("builder", "engines")


def onnx(job: dict[str, Any]) -> Run:
    """The file in onnxruntime, from its bytes, so that it can lead to no other file."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = job["threads"]
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        Path(job["path"]).read_bytes(), options, providers=["CPUExecutionProvider"]
    )

    def run(inputs: Arrays, rows: list[Any]) -> Arrays:
        return list(session.run(job["outputs"], dict(zip(job["inputs"], inputs, strict=True))))

    return run


def pt2(job: dict[str, Any]) -> Run:
    """The program in the file, which we have just written ourselves (a loader of .pt2 runs what others put in)."""
    import torch

    return _torch(torch.export.load(job["path"]).module())


def safetensors(job: dict[str, Any]) -> Run:
    """The weights in the network's source, executed."""
    from safetensors.torch import load_file

    world: dict[str, Any] = {"__name__": "network"}
    exec(job["source"], world)  # noqa: S102  (the text that builder.source wrote)
    model = world["Model"]()
    model.load_state_dict(load_file(job["path"]))
    return _torch(model.eval())


def python(job: dict[str, Any]) -> Run:
    """The module in the zip, with the weights beside it, read by its own reader; rows go through its own encoding."""
    folder = Path(tempfile.mkdtemp(dir="."))
    with zipfile.ZipFile(job["path"]) as archive:
        for name in ("model.py", "weights.safetensors"):
            (folder / name).write_bytes(archive.read(name))
    module = _imported(folder / "model.py")
    run = _torch(module.load())

    def encoded(inputs: Arrays, rows: list[Any]) -> Arrays:
        return run([module.inputs_of(rows).numpy()] if rows else inputs, rows)

    return encoded


def bundle(job: dict[str, Any]) -> Run:
    """The module in the bundle, once every file agrees with the manifest."""
    with zipfile.ZipFile(job["path"]) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        if {*manifest["files"], "manifest.json"} != set(archive.namelist()):
            raise ValueError("the manifest names other files than the bundle holds")
        for name, entry in manifest["files"].items():
            content = archive.read(name)
            if len(content) != entry["bytes"] or sha256(content).hexdigest() != entry["sha256"]:
                raise ValueError(f"{name} is not what the manifest says")
    return python(job)


def _imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("model", path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _torch(model: Callable[..., Any]) -> Run:
    import torch

    def run(inputs: Arrays, rows: list[Any]) -> Arrays:
        with torch.no_grad():
            outputs = model(*(torch.from_numpy(array) for array in inputs))
        return [tensor.numpy() for tensor in (outputs if isinstance(outputs, tuple) else (outputs,))]

    return run


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest absolute difference; infinite where shapes or dtypes differ, or only one is a number."""
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return float("inf")
    if np.array_equal(ours, theirs, equal_nan=ours.dtype.kind == "f"):
        return 0.0
    with np.errstate(invalid="ignore"):  # ∞ − ∞, which is none where both are the same
        apart = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    apart[(ours == theirs) | (np.isnan(ours) & np.isnan(theirs))] = 0.0
    return float(np.nan_to_num(apart, nan=np.inf).max())


def main(format: str) -> None:
    """Load what the format needs, wait for a job, run it, tell the largest difference."""
    if format != "onnx":
        import torch
    if format == "pt2":
        with suppress(ImportError):  # what loading will need, imported while the file is still being made
            importlib.import_module("torch.export.pt2_archive._package")
    job = json.loads(sys.stdin.buffer.read())
    if format != "onnx":
        torch.set_num_threads(job["threads"])
    run: Run = {"onnx": onnx, "pt2": pt2, "safetensors": safetensors, "python": python, "bundle": bundle}[
        format
    ](job)
    largest = 0.0
    for case in job["cases"]:
        arrays = np.load(case["arrays"], allow_pickle=False)
        inputs = [arrays[f"input{place}"] for place in range(len(job["inputs"]))]
        outputs = [arrays[f"output{place}"] for place in range(len(job["outputs"]))]
        found = run(inputs, case["rows"])
        largest = max([largest, *(difference(one, other) for one, other in zip(outputs, found, strict=True))])
    answer: dict[str, Any] = {"difference": largest}
    if ours := [name for name in OURS if name in sys.modules]:
        answer["Strata"] = ours
    print(json.dumps(answer))  # noqa: T201  (the answer)


if __name__ == "__main__":
    main(sys.argv[1])
