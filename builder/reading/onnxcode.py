"""ONNX models: each operator as torch's functions, on shapes alone; what is constant is worked out."""

import ast
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from builder.errors import BadFile
from builder.layers.io import LARGEST_SIDE, MOST_SIDES
from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.machine import Machine
from builder.reading.onnx_operators import OPERATORS, Operation
from builder.reading.onnx_operators.elementwise import DTYPES
from builder.reading.onnxfile import MOST_NUMBERS, tensor

if TYPE_CHECKING:
    import onnx
    import torch

BATCH = 2
MOST_WORKED_OUT = 2**29
"""Numbers in all constants that a file has one work out: 2 GiB of float32."""
FREE = {4: 224, 5: 16}
"""What is taken for a side that the file leaves open, by how many dimensions there are."""


def examples(model: "onnx.ModelProto", draft: Draft) -> "dict[str, torch.Tensor]":
    """An example for each input: random numbers, or small indices.

    Raises:
        BadFile: an input is no tensor with a batch, or enormous.
    """
    import torch

    stored = {one.name for one in model.graph.initializer}
    generator = torch.Generator().manual_seed(0)
    made = {}
    for given in model.graph.input:
        if given.name in stored:
            continue
        shape, dtype = _shape(given, draft), DTYPES.get(given.type.tensor_type.elem_type)
        if dtype is None:
            raise BadFile(
                f"Input {given.name[:60]!r} of the ONNX file holds no numbers that a network here takes."
            )
        kind = getattr(torch, dtype)
        if kind is torch.bool:
            made[given.name] = torch.ones(shape, dtype=kind)
        elif kind.is_floating_point:
            made[given.name] = torch.randn(shape, generator=generator).to(kind)
        else:
            made[given.name] = torch.randint(0, 2, shape, generator=generator)
    if not made:
        raise BadFile("The ONNX file has no inputs.")
    return made


def _shape(given: "onnx.ValueInfoProto", draft: Draft) -> list[int]:
    name = given.name[:60]
    if not given.type.HasField("tensor_type") or not given.type.tensor_type.HasField("shape"):
        raise BadFile(f"Input {name!r} of the ONNX file has no shape.")
    sides = given.type.tensor_type.shape.dim
    if not 0 < len(sides) <= MOST_SIDES + 1:
        raise BadFile(
            f"Input {name!r} must have a batch and at most {MOST_SIDES} more dimensions. Got {len(sides)}."
        )
    shape = []
    for place, side in enumerate(sides):
        known = side.dim_value if side.HasField("dim_value") else 0
        if not known and place:
            draft.note(
                f"Side {place} of input '{name}' is free in the original; {FREE.get(len(sides), 8)} was taken."
            )
        shape.append(known or (FREE.get(len(sides), 8) if place else BATCH))
    count = 1
    for side in shape:
        count *= side
    if count > MOST_NUMBERS or not all(1 <= side <= LARGEST_SIDE for side in shape):
        raise BadFile(
            f"Input {name!r} must have sides of 1 to {LARGEST_SIDE:,}, and not be enormous. Got {shape}."
        )
    return shape


class Walk:
    """Goes through the operators of a model, in the order in which the file has them."""

    def __init__(
        self, model: "onnx.ModelProto", machine: Machine, flows: Sequence[Flow], names: Sequence[str]
    ) -> None:
        self.model, self.machine, self.draft = model, machine, machine.draft
        self.values: dict[str, Any] = {"": None}
        for one in model.graph.initializer:
            self.values[one.name] = value = tensor(one)
            self.draft.remember(value, one.name, value.is_floating_point() and value.ndim > 0)
        self.values |= dict(zip(names, flows, strict=True))
        self.opset = next((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), 20)
        self.worked_out = 0
        self.readers = Counter(name for node in model.graph.node for name in node.input)
        self.readers.update(one.name for one in model.graph.output)

    def outputs(self) -> list[Any]:
        """Run and draw everything; what comes out."""
        modules = _modules(self.model)
        for node in self.model.graph.node:
            given = [self._value(name) for name in node.input]
            _placed(self.draft, node, modules)
            results = self._results(node, given)
            results = results if isinstance(results, tuple | list) else (results,)
            for name, result in zip(node.output, results, strict=False):
                self.values[name] = result
                if isinstance(result, Flow):
                    result.readers = self.readers[name]
                else:
                    self._afford(result)
        return [self._value(one.name) for one in self.model.graph.output]

    def _afford(self, result: Any) -> None:
        """Count what is worked out on the word of a file, so that many constants cannot be too much together."""
        self.worked_out += result.numel() if hasattr(result, "numel") else 0
        if self.worked_out > MOST_WORKED_OUT:
            raise BadFile(
                f"The ONNX file's constants come to more than {MOST_WORKED_OUT:,} numbers when worked out."
            )

    def _value(self, name: str) -> Any:
        if name not in self.values:
            raise BadFile(f"The ONNX file is damaged: nothing makes {name[:60]!r} before it is used.")
        return self.values[name]

    def _results(self, node: "onnx.NodeProto", given: list[Any]) -> Any:
        """What an operator gives; one that cannot be run or has no layer stands under its own name."""
        kind = node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"
        before = len(self.draft.nodes)
        try:
            if kind not in OPERATORS:
                raise Unreadable("no layer computes it")
            operation = Operation(kind, attributes(node), self.machine, self.opset, len(node.output))
            return OPERATORS[kind](operation, *given)
        except BadFile:
            raise
        except Unreadable as error:
            reason = str(error)
        except MemoryError:
            reason = "it needs too much memory"
        except Exception as error:  # whatever torch says of numbers that do not fit
            reason = f"it does not fit what it is given ({(str(error) or type(error).__name__).splitlines()[0][:120]})"
        self.draft.forget(before)
        flows = [one for one in given if isinstance(one, Flow)]
        return self._guessed(node, kind, flows, given, reason)

    def _guessed(
        self, node: "onnx.NodeProto", kind: str, flows: list[Flow], given: list[Any], reason: str
    ) -> Any:
        """The results of an operator that was not understood: as the file says, else like what it was given."""
        import torch

        if not flows:
            raise BadFile(f"The ONNX file cannot be read: {kind} of constants: {reason}.")
        told = {one.name: one for one in (*self.model.graph.value_info, *self.model.graph.output)}
        results = []
        for name in node.output:
            shape = _told(told.get(name), flows[0].shape[0]) or flows[0].shape
            results.append(torch.empty(shape, device="meta"))
        return self.machine.unknown(kind, flows, tuple(results), reason)


def _told(info: Any, batch: int) -> tuple[int, ...]:
    """The shape that a file gives for a value, () if it gives none."""
    sides = [side.dim_value for side in info.type.tensor_type.shape.dim] if info is not None else []
    sides = [batch, *sides[1:]]
    return tuple(sides) if len(sides) > 1 and all(0 < side <= LARGEST_SIDE for side in sides[1:]) else ()


def attributes(node: "onnx.NodeProto") -> dict[str, Any]:
    """The attributes of an operator as plain values; tensors stay as they are stored."""
    found: dict[str, Any] = {}
    for one in node.attribute:
        kinds = {1: _short(one.f), 2: one.i, 3: one.s.decode("utf-8", "replace"), 4: one.t,
                 6: [_short(number) for number in one.floats], 7: [*one.ints],
                 8: [text.decode("utf-8", "replace") for text in one.strings]}  # fmt: skip
        if one.type in kinds:
            found[one.name] = kinds[one.type]
    return found


def _short(number: float) -> float:
    """A number of single precision as it was meant: 1e-05, not 9.99999974e-06."""
    return float(f"{number:.7g}")


def _modules(model: "onnx.ModelProto") -> set[str]:
    """The modules that hold others, by the names that older exporters give: /layer1/layer1.0/conv1/Conv."""
    return {one for node in model.graph.node for one in _path(node)[:-1]}


def _path(node: "onnx.NodeProto") -> list[str]:
    """The modules around an operator, each with the path of the one around it, by its name."""
    path: list[str] = []
    for part in [part for part in node.name.strip("/").split("/") if part][:-1]:
        around = path[-1] if path else ""
        inner = part if not around or part.startswith(f"{around}.") else f"{around}.{part}"
        path.append(inner)
    return path


def _placed(draft: Draft, node: "onnx.NodeProto", modules: set[str]) -> None:
    """Where the original is: torch's exporter tells modules and classes; else the names of nodes and weights do."""
    told = {one.key: one.value for one in node.metadata_props}
    scopes, kinds = (
        _list(told.get(f"pkg.torch.onnx.{key}", "")) for key in ("name_scopes", "class_hierarchy")
    )
    draft.scope, draft.name = "", ""
    if scopes and len(scopes) == len(kinds):
        inner = ""
        for path, kind in zip(scopes[1:-1], kinds[1:-1], strict=True):
            if not re.fullmatch(r"[\w.]{1,200}", path):
                break
            if not kind.startswith("torch."):
                draft.scope = path
                draft.classes[path] = re.sub(r"\W", "", kind.rpartition(".")[2])[:50] or "Module"
            inner = path
        draft.name = inner[len(draft.scope) :].strip(".") if inner != draft.scope else ""
    elif modules_around := [one for one in _path(node) if re.fullmatch(r"[\w.]{1,200}", one)]:
        within = [one for one in modules_around if one in modules]
        draft.scope = within[-1] if within else ""
        for one in within:
            words = re.sub(r"[\d_]+", " ", re.sub(r"(\.\d+)+$", "", one).rpartition(".")[2]).split()
            draft.classes[one] = "".join(word.capitalize() for word in words) or "Module"
        draft.name = modules_around[-1][len(draft.scope) :].strip(".")
    elif weight := next((name for name in node.input[1:] if name.endswith((".weight", ".bias"))), ""):
        draft.name = weight.rpartition(".")[0][-60:]
    draft.name = draft.name or re.sub(r"[^A-Za-z]", "", node.op_type).lower() or "node"


def _list(text: str) -> list[str]:
    """A list of texts, written as Python has it; [] if it is anything else."""
    try:
        found = ast.literal_eval(text) if len(text) < 10_000 else []
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return found if isinstance(found, list) and all(isinstance(one, str) for one in found) else []
