"""Trying one layer on the meta device, where nothing is allocated: what comes out and what it costs."""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from threading import Lock
from typing import Any

from builder.amounts import size as size_of
from builder.fields import Key, layer_of
from builder.kept import NOTHING, Kept, kept
from builder.layer import NUMBERS as WORDS
from builder.layer import TAKES, Call, Layer, Spec, Use, axes_in_words, written

BATCH = 2
"""The batch size with which layers are tried."""
MOST_PARAMETERS = 10_000_000_000
MOST_VALUES = 2**31
BYTES = {"int64": 8, "bool": 1}
"""Of one value, where it is not four."""
REFUSALS = (
    RuntimeError,
    ValueError,
    TypeError,
    IndexError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
)
"""What PyTorch raises where inputs do not fit."""
FREE = Spec(())
"""What stands for a free optional port where others are told by their places."""
NUMBERS = {
    **WORDS,
    "float": "real numbers (float32)",
    "int": "indices (int64)",
    "number": "real or whole numbers (float32 or int64)",
}
"""What a port must be given, in the words of a refusal; GIVEN is what it was given."""
GIVEN = {"float32": NUMBERS["float"], "int64": NUMBERS["int"], "bool": "true or false (bool)"}
_alone = Lock()
"""PyTorch's counter of operations hooks into all modules of the process, so one thread tries at a time."""


@dataclass(frozen=True)
class Outcome:
    """What running a layer on the meta device told: what comes out, what it costs, or why it does not fit."""

    outputs: dict[str, Spec] = field(default_factory=dict)
    call: Call | None = None
    parameters: int = 0
    weight_bytes: int = 0
    multiply_adds: int = 0
    """For one example."""
    activation_bytes: int = 0
    """Memory of what it computes, for one example."""
    kept: Kept = NOTHING
    """What of that, and of what it is given, training keeps."""
    depth: int = 0
    """How many layers that multiply by weights lie behind one another in it."""
    layers: int = 1
    """How many layers it stands for; of a block, all that are inside."""
    refusal: str = ""


def size(specs: Iterable[Spec]) -> int:
    """Memory of tensors, for one example, in bytes."""
    return sum(prod(spec.shape[1:]) * BYTES.get(spec.dtype, 4) for spec in specs)


@lru_cache(32_768)
def tried(
    key: Key,
    names: tuple[str, ...],
    specs: tuple[Spec, ...],
    made_for: tuple[Spec, ...] = (),
    owner: Key | None = None,
) -> Outcome:
    """Run the layer of this key on inputs of these specs at the ports of these names.

    It was made for them, or, where another node owns it, for others in the order of its ports. A layer that borrows its
    weights is run with the module of their owner's key.
    """
    layer, _ = layer_of(key)
    maker, _ = layer_of(owner) if owner else (layer, ())
    if layer is None or maker is None:
        return Outcome(refusal="its fields are refused")
    if layer.borrows and not owner:
        return Outcome(
            refusal=f"shares must name a node whose weights it uses: {' or '.join(layer.borrows)}."
        )
    try:
        placed = in_order(layer, names, specs)
        made_for = made_for or placed
        if wrong := unfit(layer, placed) or unfit(maker, made_for):
            return Outcome(refusal=wrong)
        call = maker.module(*(spec.shape for spec in made_for))
        with _alone:
            return _tried(layer, maker, call.tidy() if call else None, dict(zip(names, specs, strict=True)))
    except REFUSALS as error:
        said = str(error).strip().partition("\n")[0]
        return Outcome(refusal=f"PyTorch refuses input {', '.join(map(str, specs))}{said and ': '}{said}")


def in_order(layer: Layer, names: Iterable[str], specs: Iterable[Spec]) -> tuple[Spec, ...]:
    """The specs at the ports of these names in the order of the layer's ports, up to the last that is connected."""
    if layer.many:
        return tuple(specs)
    given, ports = dict(zip(names, specs, strict=True)), layer.inputs + layer.optional
    used = max((place for place, port in enumerate(ports, 1) if port in given), default=0)
    return tuple(given.get(port, FREE) for port in ports[:used])


def unfit(layer: Layer, specs: Iterable[Spec]) -> str:
    """Why inputs of these specs, in the order of its ports, do not fit the layer, by its own rules; "" if they may."""
    specs = list(specs)
    for number, spec in enumerate(specs):
        port = "input" if layer.many else (layer.inputs + layer.optional)[number]
        takes = layer.taken(port)
        if spec != FREE and TAKES[takes] and spec.dtype not in TAKES[takes]:
            return f"{port} must be {NUMBERS[takes]}. Got {GIVEN.get(spec.dtype, spec.dtype)}."
    ranks = {len(axes.split("×")) for axes in layer.axes}
    if specs and ranks and len(specs[0].shape) not in ranks:
        return f"input must be {axes_in_words(layer.axes)}. Got {specs[0]}."
    return layer.refuses(*(spec.shape for spec in specs))


def _tried(layer: Layer, maker: Layer, call: Call | None, inputs: Mapping[str, Spec]) -> Outcome:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    counts = type(layer).multiply_adds is Layer.multiply_adds
    with torch.device("meta"), torch.no_grad():
        module = call.build() if call else None
        parameters = sum(weight.numel() for weight in module.parameters()) if module else 0
        if parameters > MOST_PARAMETERS:
            return Outcome(refusal=too_large(parameters), parameters=parameters)
        if prepared := maker.prepare("module"):
            exec("\n".join(prepared), {"module": module, "torch": torch, "nn": torch.nn})  # noqa: S102
        weights = list(module.parameters()) if module else []
        parameters = sum(weight.numel() for weight in weights)
        counter = FlopCounterMode(display=False)
        with counter if counts else nullcontext():
            run = _steps if layer.stepwise else _run
            outputs, keeps = run(layer, maker.kind, module, inputs)
    if wrong := _misshapen(outputs):
        return Outcome(refusal=wrong)
    placed = in_order(layer, inputs, inputs.values())
    shapes = tuple(spec.shape for spec in placed), tuple(spec.shape for spec in outputs.values())
    counted = counter.get_total_flops() // 2 if counts else layer.multiply_adds(parameters, *shapes) or 0
    return Outcome(
        outputs,
        call,
        parameters,
        weight_bytes=sum(weight.nbytes for weight in weights),
        multiply_adds=counted // BATCH,
        activation_bytes=size(outputs.values()),
        kept=keeps,
        depth=layer.deep() if parameters and counted else 0,
    )


def too_large(parameters: int) -> str:
    """Why so many weights are refused."""
    needed = size_of(parameters * 4)
    return f"must have at most {MOST_PARAMETERS:,} parameters. Got {parameters:,}, which need {needed}."


Ran = tuple[dict[str, Spec], Kept]


def _steps(layer: Layer, owner: str, module: Any, inputs: Mapping[str, Spec]) -> Ran:
    """Run on one and on two steps, and continue to as many as there are: on the meta device each step costs 3 ms."""
    (port, spec), steps = next(iter(inputs.items())), next(iter(inputs.values())).shape[1]
    (one, keeps), (two, longer) = (
        _run(
            layer, owner, module, {**inputs, port: Spec((spec.shape[0], length, *spec.shape[2:]), spec.dtype)}
        )
        for length in (1, 2)
    )

    def continued(name: str) -> Spec:
        sides = zip(one[name].shape, two[name].shape, strict=True)
        return Spec(tuple(first + (second - first) * (steps - 1) for first, second in sides), one[name].dtype)

    return {name: continued(name) for name in one}, keeps.continued(longer, steps - 1)


def _run(layer: Layer, owner: str, module: Any, inputs: Mapping[str, Spec]) -> Ran:
    """Execute the very statement that the source will have; it is built from validated fields alone."""
    import torch

    values = {port: _empty(spec) for port, spec in inputs.items()}
    world: dict[str, Any] = {"module": module, "x": values, "torch": torch, "nn": torch.nn}
    ports = layer.output_ports()
    use = Use("module", {port: f"x[{port!r}]" for port in inputs}, frozenset(ports), owner)
    names = {port: f"out_{port}" for port in ports}
    saved: list[Any] = []
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(saved.append, lambda tensor: tensor):
        exec(f"{layer.targets(names)} = {layer.forward(use)}", world)  # noqa: S102
        reads = {port: eval(layer.port(port, name), world) for port, name in names.items()}  # noqa: S307
    specs = {
        port: Spec(tuple(value.shape), str(value.dtype).removeprefix("torch."))
        for port, value in reads.items()
    }
    return specs, kept(saved, module, values, reads, BATCH)


def _empty(spec: Spec) -> Any:
    import torch

    tensor = torch.empty(spec.shape, dtype=getattr(torch, spec.dtype))
    return tensor.requires_grad_(tensor.is_floating_point())  # as what another layer gives


def _misshapen(outputs: Mapping[str, Spec]) -> str:
    for spec in outputs.values():
        if not spec.shape or spec.shape[0] != BATCH:
            return "must keep the batch as the first dimension."
        if 0 in spec.shape:
            return f"must leave something of the input. Got {written(spec.shape)}."
        if prod(spec.shape[1:]) > MOST_VALUES:
            return f"must give at most {MOST_VALUES:,} values for an example. Got {written(spec.shape)}."
    return ""
