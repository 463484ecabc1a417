"""Receptive fields: how much of the network's input a value may depend on, exactly, from the windows of layers.

Along each dimension it is known, for each place of an output, between which places of the input it sees. That repeats:
after one upsampling by 2 every other place sees alike, so a `Table` holds what the places of one period see.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import gcd, lcm
from typing import NamedTuple

from builder.layer import Spec
from builder.layers.io import Block, Input, Output
from builder.shapes import Inference, Place
from builder.trial import in_order
from builder.window import OWN, Window

LONGEST_PERIOD = 1024
"""Places of a period that are told apart; where more would be needed, nothing is said."""
Span = tuple[int, int] | None
"""The first and the last place of the input that are seen; None where none is."""
Source = tuple[str, int]
"""An Input node and one of its dimensions."""


class Table(NamedTuple):
    """Place q · period + r sees the places of the input between q · shift + first and q · shift + last."""

    shift: int
    spans: tuple[Span, ...]
    """For each r below the period."""

    @property
    def size(self) -> int:
        """How many places of the input lie between the first and the last one that is seen, at most."""
        return max((last - first + 1 for first, last in filter(None, self.spans)), default=0)

    def at(self, place: int) -> Span:
        """What a place sees, as if the input went on without end."""
        turns, rest = divmod(place, len(self.spans))
        span = self.spans[rest]
        return (span[0] + turns * self.shift, span[1] + turns * self.shift) if span else None


ITSELF = Table(1, ((0, 0),))
Axis = tuple[tuple[Source, Table], ...]
"""What places along a dimension see of each Input."""
Field = tuple[Axis | None, ...]
"""For each dimension after the batch; None where it has no places of its own, but all is seen."""


def receptive_fields(inference: Inference, feeds: Mapping[str, Field] | None = None) -> dict[str, Field]:
    """What each output sees of the network's Inputs, by node, or `node.port` for outputs after the first.

    Args:
        inference: of the graph.
        feeds: inside a block, what that sees which reaches its Inputs.
    """
    found: dict[str, Field] = {}
    for id, place in inference.places.items():
        if place.outcome is None:
            continue
        fields = _fields(id, place, found, feeds or {})
        for number, (port, field) in enumerate(zip(place.outcome.outputs, fields, strict=True)):
            found[f"{id}.{port}" if number else id] = field
    return found


def reaching(inference: Inference, fields: Mapping[str, Field], id: str) -> dict[str, Field]:
    """What that sees which reaches the Inputs of the block that a node uses; nothing if its use is refused."""
    place = inference.places.get(id)
    return dict(zip(place.inputs, _reaching(place, fields), strict=True)) if place and place.inner else {}


def sizes(field: Field) -> tuple[int, ...] | None:
    """How much is seen along each dimension of an Input that has places, such as height and width of an image.

    None where everything is seen, and where there are no places but only features.
    """
    known = [max(table.size for _, table in axis) if axis else None for axis in field]
    behind = [size for size in known[1:] if size is not None]  # dimension 1 holds channels, or else steps
    first = [size for size in known[:1] if size is not None and len(known) > 1]
    return tuple(behind or first) or None


def _fields(id: str, place: Place, found: Mapping[str, Field], feeds: Mapping[str, Field]) -> Sequence[Field]:
    """What each output of a node sees."""
    layer, outcome = place.layer, place.outcome
    assert layer is not None
    assert outcome is not None
    specs = [*outcome.outputs.values()]
    if isinstance(layer, Input):
        return [feeds.get(id) or tuple((((id, dim), ITSELF),) for dim in range(1, len(specs[0].shape)))]
    if isinstance(layer, Block):
        return _through_block(place, found)
    reaching = _reaching(place, found)
    if isinstance(layer, Output):
        return reaching
    placed = in_order(layer, place.inputs, place.inputs.values())
    windows = layer.window(*(spec.shape for spec in placed))
    first: Field = tuple(_seen(window, dim, reaching) for dim, window in enumerate(windows, 1))
    return [first if len(first) == len(spec.shape) - 1 else _everything(spec) for spec in specs]


def _everything(spec: Spec) -> Field:
    return (None,) * (len(spec.shape) - 1)


def _reaching(place: Place, found: Mapping[str, Field]) -> list[Field]:
    """What each of the inputs sees."""
    references = [place.node.inputs[port] for port in place.inputs]
    return [found.get(reference) or found[reference.partition(".")[0]] for reference in references]


def _through_block(place: Place, found: Mapping[str, Field]) -> list[Field]:
    """Through all repeats: what one gives is what the next is given at its first Input."""
    given = _reaching(place, found)
    for one in place.inner:
        fields = receptive_fields(one, dict(zip(one.graph.ids("Input"), given, strict=True)))
        result = [fields[id] for id in one.graph.ids("Output")]
        given = [*result[:1], *given[1:]]
    return result


def _seen(window: Window | None, dim: int, reaching: Sequence[Field]) -> Axis | None:
    """What places along a dimension see through a window, of all that the layer is given."""
    if window is None:
        return None
    place = (window.dim or dim) - 1
    through = []
    for field in (
        one for one in reaching if place < len(one)
    ):  # what lacks the dimension has no places along it
        axis = field[place]
        seen = _through_axis(axis, window) if axis is not None else None
        if seen is None:
            return None
        through.append(seen)
    return _joined(tuple(through)) if through else None


@lru_cache(65_536)
def _through_axis(axis: Axis, window: Window) -> Axis | None:
    """An axis seen through one more window; None where the pattern gets too long."""
    if window._replace(dim=0) == OWN:
        return axis
    found = []
    for source, table in axis:
        one = _through(table, window)
        if one is None:
            return None
        found.append((source, one))
    return tuple(found)


def _through(table: Table, window: Window) -> Table | None:
    period, grows, stride = len(table.spans), window.grows, window.stride
    repeat = period * grows // gcd(period * grows, stride)
    if repeat > LONGEST_PERIOD:
        return None
    ends, taps = period * grows, range(window.size)  # after so many taps the pattern repeats,
    outermost = (
        taps if window.size <= 2 * ends else [*taps[:ends], *taps[-ends:]]
    )  # so that no other can be an end
    spans = []
    for place in range(repeat):
        starts = (place * stride - window.before + window.dilation * tap for tap in outermost)
        spans.append(_hull(table.at(start // grows) for start in starts if start % grows == 0))
    return Table(table.shift * (repeat * stride // grows) // period, tuple(spans))


def _hull(spans: Iterable[Span]) -> Span:
    known = [span for span in spans if span]
    return (min(first for first, _ in known), max(last for _, last in known)) if known else None


@lru_cache(65_536)
def _joined(axes: tuple[Axis, ...]) -> Axis | None:
    """What is seen along several branches together; None where they do not go hand in hand."""
    if all(axis == axes[0] for axis in axes):
        return axes[0]
    found: dict[Source, Table] = {}
    for axis in axes:
        for source, table in axis:
            one = _both(found[source], table) if source in found else table
            if one is None:
                return None
            found[source] = one
    inputs = [id for id, _ in found]
    return tuple(sorted(found.items())) if len(inputs) == len(set(inputs)) else None


def _both(one: Table, other: Table) -> Table | None:
    period = lcm(len(one.spans), len(other.spans))
    shift = one.shift * period // len(one.spans)
    if period > LONGEST_PERIOD or shift != other.shift * period // len(other.spans):
        return None
    return Table(shift, tuple(_hull((one.at(place), other.at(place))) for place in range(period)))
