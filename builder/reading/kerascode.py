"""Keras's JSON: each layer as torch's functions on shapes alone; images stay channels first, as torch has them."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from builder.errors import BadFile
from builder.files import parsed
from builder.graph import MOST_NODES
from builder.layer import Spec
from builder.layers.io import LARGEST_SIDE, MOST_SIDES
from builder.reading.assembling import assembled
from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.ends import outputs
from builder.reading.keras_layers import MAKERS, Maker
from builder.reading.layout import Layout, plain
from builder.reading.machine import Machine
from builder.reading.onnxcode import BATCH, FREE
from builder.reading.reading import Reading, finished

if TYPE_CHECKING:
    import torch

MODELS = ("Sequential", "Functional", "Model")
DEEPEST = 8
"""How deep models may lie in one another."""
Key = tuple[str, int, int]
"""Which tensor: the layer, which of its calls, which of its results."""


def read_keras(content: bytes) -> Reading:
    """The model that Keras's JSON describes: its layers and their sizes; such a file holds no weights.

    Raises:
        BadFile: it is no such file, or is damaged.
    """
    raw = parsed(content, "Keras model")
    if isinstance(raw, dict) and "strata" in raw:
        raise BadFile("The file is a Strata project. Open it as one: builder.loads(content).")
    if not isinstance(raw, dict) or raw.get("class_name") not in MODELS:
        raise BadFile("The file is no Keras model: it does not name a Sequential or Functional model. A model that is "
                      "a class of its own has no such file; save it as ONNX with tf2onnx.")  # fmt: skip
    draft = Draft("keras")
    draft.note("Keras's JSON holds no weights: they start anew.")
    model = Model(raw, Machine(draft, shapes_only=True), 0)
    outputs(draft, model.called(None))
    made = assembled(draft)
    return finished(
        draft, made.without_weights(), None, "The file holds no weights, so there is nothing to compare."
    )


class Model:
    """A model, or one that is a layer of another."""

    def __init__(self, raw: Mapping[str, Any], machine: Machine, depth: int) -> None:
        self.machine, self.draft, self.depth = machine, machine.draft, depth
        config = raw.get("config")
        layers = (
            config if isinstance(config, list) else config.get("layers") if isinstance(config, dict) else None
        )
        if depth > DEEPEST or not isinstance(layers, list) or not 0 < len(layers) <= MOST_NODES:
            raise BadFile(
                f"The Keras model must have 1 to {MOST_NODES:,} layers, nested at most {DEEPEST} deep."
            )
        self.config = config if isinstance(config, dict) else {}
        self.layers = [_layer(one) for one in layers]
        self.sequential = raw.get("class_name") == "Sequential"
        self.weights: dict[str, dict[str, torch.Tensor]] = {}
        self.models: dict[str, Model] = {}

    def called(self, given: list[Any] | None) -> list[Any]:
        """What comes out for these inputs; the outermost model makes its own Input nodes."""
        scope = self.draft.scope
        results = self._in_a_row(given) if self.sequential else self._as_a_graph(given)
        self.draft.scope = scope
        return results

    def _in_a_row(self, given: list[Any] | None) -> list[Any]:
        flows = given
        for place, (kind, config) in enumerate(self.layers):
            if kind == "InputLayer" and flows is not None:
                continue
            if flows is None:
                after = (
                    self.layers[place + 1][0]
                    if kind == "InputLayer" and place + 1 < len(self.layers)
                    else kind
                )
                flows = [self._input(config, after == "Embedding")]
                if kind == "InputLayer":
                    continue
            flows = self._results(kind, config, flows)
        return flows or []

    def _as_a_graph(self, given: list[Any] | None) -> list[Any]:
        known: dict[Key, Any] = {}
        entries = [*_keys(self.config.get("input_layers"))]
        if given is not None:
            known |= dict(zip(entries, given, strict=False))
        indices = {key[0] for kind, config in self.layers if kind == "Embedding" for key in _read(config)}
        waiting = [(kind, config, call, place) for kind, config in self.layers
                   for place, call in enumerate(_calls(config) or ([[]] if kind == "InputLayer" else []))]  # fmt: skip
        while waiting:
            later = []
            for kind, config, call, place in waiting:
                name = str(config["__name__"])
                if kind == "InputLayer":
                    if (name, 0, 0) not in known:
                        known[name, 0, 0] = self._input(config, name in indices)
                elif all(key in known for key in call):
                    results = self._results(kind, config, [known[key] for key in call])
                    known |= {(name, place, number): one for number, one in enumerate(results)}
                else:
                    later.append((kind, config, call, place))
            if len(later) == len(waiting):
                missing = ", ".join(sorted({str(config["__name__"])[:40] for _, config, _, _ in later})[:5])
                raise BadFile(f"The Keras model is damaged: nothing leads to {missing}.")
            waiting = later
        ends = [*_keys(self.config.get("output_layers"))]
        if not ends or not all(key in known for key in ends):
            raise BadFile("The Keras model is damaged: its outputs are no layers of it.")
        return [known[key] for key in ends]

    def _input(self, config: Mapping[str, Any], index: bool) -> Flow:
        import torch

        shape = config.get("batch_shape") or config.get("batch_input_shape")
        name = str(config.get("name") or "input")[:60]
        if not isinstance(shape, list) or not 1 <= len(shape) - 1 <= MOST_SIDES:
            raise BadFile(
                f"Input {name!r} of the Keras model must say its shape (Sequential: begin with an Input)."
            )
        sides = [side if side is not None else FREE.get(len(shape), 8) for side in shape[1:]]
        if any(side is None for side in shape[1:]):
            self.draft.note(f"Sides of input '{name}' that are free in the original were taken as {sides}.")
        if not all(type(side) is int and 1 <= side <= LARGEST_SIDE for side in sides):
            raise BadFile(f"Input {name!r} must have sides of 1 to {LARGEST_SIDE:,}. Got {shape}.")
        self.draft.scope, self.draft.name = "", name
        first = [sides[-1], *sides[:-1]] if len(sides) >= 3 and not self._channels_first() else sides
        dtype = "int64" if index or str(config.get("dtype")).startswith("int") else "float32"
        ref = self.draft("Input", shape=first, dtype=dtype)
        flow = Flow(ref, torch.empty((BATCH, *sides), dtype=getattr(torch, dtype), device="meta"))
        self.draft.nodes[ref].specs[""] = Spec((BATCH, *first), dtype)
        if first is not sides:
            layout = plain((BATCH, *first))
            flow.layout = Layout(
                layout.held, tuple(layout.seen[place] for place in (0, *range(2, len(shape)), 1))
            )
        return flow

    def _channels_first(self) -> bool:
        return any(config.get("data_format") == "channels_first" for _, config in self.layers)

    def _results(self, kind: str, config: dict[str, Any], given: list[Any]) -> list[Any]:
        """What a layer gives; one that no layer stands for is drawn under its own name."""
        name = str(config["__name__"])
        self.draft.name = name
        before = len(self.draft.nodes)
        try:
            if kind in MODELS:
                if name not in self.models:
                    raw = {"class_name": kind, "config": config}
                    self.models[name] = Model(raw, self.machine, self.depth + 1)
                return self.models[name].called(given)
            if kind not in MAKERS:
                raise Unreadable("no layer computes it")
            layout = {"data_format": "channels_first"} if self._channels_first() else {}
            maker = Maker(kind, layout | config, self.machine, self.weights.setdefault(name, {}))
            made = MAKERS[kind](maker, *given)
            return [*made] if isinstance(made, tuple | list) else [made]
        except Unreadable as error:
            reason = str(error)
        except (
            RuntimeError,
            ValueError,
            TypeError,
            IndexError,
            KeyError,
            ArithmeticError,
            AttributeError,
        ) as error:
            reason = f"it does not fit what it is given ({(str(error) or type(error).__name__).splitlines()[0][:120]})"
        self.draft.forget(before)
        flows = [one for one in given if isinstance(one, Flow)]
        return [self.machine.unknown(kind[:60], flows, flows[0].value, reason)]


def _layer(raw: Any) -> tuple[str, dict[str, Any]]:
    """A layer's class and config, with its name and inbound nodes beside them."""
    if not isinstance(raw, dict) or not isinstance(raw.get("class_name"), str):
        raise BadFile("The Keras model is damaged: a layer has no class_name.")
    config = raw.get("config")
    if not isinstance(config, dict):
        if not isinstance(config, list):
            raise BadFile(f"The Keras model is damaged: layer {raw['class_name'][:40]!r} has no config.")
        config = {"layers": config}
    name = raw.get("name") or config.get("name") or raw["class_name"]
    return raw["class_name"], {**config, "__name__": str(name), "__inbound__": raw.get("inbound_nodes") or []}


def _calls(config: Mapping[str, Any]) -> list[list[Key]]:
    """The tensors that each call of a layer is given, in Keras 2's and in Keras 3's way of writing."""
    inbound = config["__inbound__"]
    return [[*_keys(call)] for call in inbound] if isinstance(inbound, list) else []


def _read(config: Mapping[str, Any]) -> Iterator[Key]:
    for call in _calls(config):
        yield from call


def _keys(value: Any) -> Iterator[Key]:
    """The tensors that are named anywhere in a value, in order."""
    if isinstance(value, dict):
        history = (
            value.get("config", {}).get("keras_history") if isinstance(value.get("config"), dict) else None
        )
        yield from _keys(history if history is not None else [*value.values()])
    elif isinstance(value, list):
        named = (
            len(value) >= 3 and isinstance(value[0], str) and type(value[1]) is int and type(value[2]) is int
        )
        if named:
            yield (value[0], value[1], value[2])
            yield from _keys(value[3:])
        else:
            for one in value:
                yield from _keys(one)
