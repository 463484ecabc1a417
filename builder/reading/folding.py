"""Modules that people wrote, and that occur more than once, become blocks: else nobody could read a ResNet-50."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from builder.graph import Graph
from builder.layer import Spec
from builder.layers import LAYERS
from builder.reading.assembling import Unit, graphed, within
from builder.reading.naming import Names

MOST_LOOKS = 20_000_000
"""Modules times nodes up to which blocks are looked for: beyond that it would take a minute."""

WHOLE = {"TransformerEncoderLayer", "TransformerDecoderLayer"}
"""Layers that are a block by themselves, where they occur more than once."""


@dataclass(frozen=True)
class Use:
    """A module of the original at one place: its units, what they read from outside, what others read of them."""

    path: str
    units: list[Unit]
    entering: list[str]
    leaving: list[str]

    def skeleton(self, kind: str) -> str:
        """What must be equal for two uses to be the same block, as text: everything but numbers."""
        place = {unit.uid: number for number, unit in enumerate(self.units)}

        def at(ref: str) -> str:
            id, _, port = ref.partition(".")
            return f"{place[id]}.{port}" if id in place else f"outside {self.entering.index(ref)}"

        lines: list[Any] = [kind, [at(ref) for ref in self.leaving]]
        for unit in self.units:
            fields = {
                name: None if unit.kind in LAYERS and _lifts(value) else value
                for name, value in _filled(unit).items()
            }
            name = f"{unit.scope}.{unit.name}"[len(self.path) :]
            inputs = {port: at(ref) for port, ref in unit.inputs.items()}
            lines.append([name, unit.kind, fields, inputs, place.get(unit.shares, ""), [*unit.weights]])
        return json.dumps(lines, sort_keys=True)


def folded(
    units: list[Unit], classes: Mapping[str, str], specs: dict[str, Spec]
) -> tuple[list[Unit], dict[str, Graph]]:
    """The units with uses of blocks among them, and the blocks by name."""
    blocks: dict[str, Graph] = {}
    free = Names()
    if len(classes) * len(units) > MOST_LOOKS:
        return units, blocks
    for paths in _alike(units, classes):
        uses = [one for one in (_use(units, path) for path in paths) if one]
        if not uses:
            continue
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", classes[paths[0]]).strip("_")
        name = free(words, "Block")
        rows = _columns(uses)
        blocks[name], where = _defined(uses, rows, specs, blocks)
        first = [unit.uid for unit in uses[0].units]
        for number, path in enumerate(one.path for one in uses):
            use = _use(units, path)  # as it is now: what it reads may have become a block
            assert use is not None
            scope = _around(use.path, classes)
            values = {argument: column[number] for column, argument in rows.items()}
            block = Unit(
                f"block {use.path.replace('.', ' ')}", scope, use.path[len(scope) :].strip("."), "Block",
                {"block": name} | ({"arguments": values} if values else {}),
                dict(zip(blocks[name].ids("Input"), use.entering, strict=True)),
            )  # fmt: skip
            aligned = {unit.uid: where[uid] for unit, uid in zip(use.units, first, strict=True)}
            block.weights, block.inside = within(use.units, aligned)
            moved = _moved(use, block, blocks[name])
            specs |= {new: specs[old] for old, new in moved.items() if old in specs}
            units = _instead(units, use, block, moved)
    return units, blocks


def _alike(units: list[Unit], classes: Mapping[str, str]) -> list[list[str]]:
    """The paths of modules that are alike, the smallest modules first, each in the order in which they are used.

    Of modules that hold one another and nothing else, the innermost counts; of a single layer the outermost.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    sizes: dict[str, int] = {}
    seen: set[frozenset[str]] = set()
    found = {path: use for path in classes if (use := _use(units, path))}
    for path in sorted(found, key=lambda path: path.count(".") * (1 if len(found[path].units) == 1 else -1)):
        use = found[path]
        members = frozenset(unit.uid for unit in use.units)
        if members in seen:
            continue
        seen.add(members)
        skeleton = use.skeleton(classes[path])
        groups[skeleton].append(path)
        sizes[skeleton] = len(members)
    often = Counter(classes[path] for paths in groups.values() for path in paths)
    chosen = sorted(
        (key for key, paths in groups.items() if often[classes[paths[0]]] > 1), key=sizes.__getitem__
    )
    order = {unit.uid: number for number, unit in enumerate(units)}
    begins = {path: order[use.units[0].uid] for path, use in found.items()}
    return [sorted(groups[key], key=lambda path: begins[path]) for key in chosen]


def _use(units: list[Unit], path: str) -> Use | None:
    """The units of a module, if they can be a block: no simple one alone, no way back, weights shared only inside."""
    inside = [unit for unit in units if unit.scope == path or unit.scope.startswith(f"{path}.")]
    members = {unit.uid for unit in inside}
    if (len(inside) < 2 and not {unit.kind for unit in inside} & WHOLE) or not _apart(units, members):
        return None
    read = {ref for unit in units if unit.uid not in members for ref in unit.inputs.values()}
    entering = dict.fromkeys(
        ref for unit in inside for ref in unit.inputs.values() if ref.partition(".")[0] not in members
    )
    leaving = [ref for unit in inside for ref in sorted(read) if ref.partition(".")[0] == unit.uid]
    return Use(path, inside, [*entering], leaving) if entering and leaving else None


def _apart(units: list[Unit], members: set[str]) -> bool:
    """Whether no path leaves the members and comes back, and no weights are shared across their edge."""
    behind: set[str] = set()
    for unit in units:
        if unit.shares and (unit.uid in members) is not (unit.shares in members):
            return False
        sources = {id for _, id, _ in unit.sources()}
        if unit.uid in members:
            if sources & behind:
                return False
        elif sources & (members | behind):
            behind.add(unit.uid)
    return True


def _filled(unit: Unit) -> dict[str, Any]:
    """All fields of a unit, those with their defaults included; the arguments of a block beside its name."""
    if unit.kind == "Block":
        return {"block": unit.config["block"], **unit.config.get("arguments", {})}
    layer = LAYERS.get(unit.kind)
    usual = {name: info.get_default() for name, info in layer.model_fields.items()} if layer else {}
    return {
        name: [*value] if isinstance(value, tuple) else value for name, value in usual.items()
    } | unit.config


def _lifts(value: Any) -> bool:
    """Whether a field's value may become an argument of a block: a number, and no yes or no."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _columns(uses: list[Use]) -> dict[tuple[float, ...], str]:
    """The numbers in which uses differ, a tuple with one for each use → the name of the argument."""
    columns: dict[tuple[float, ...], str] = {}
    free = Names()
    for place, unit in enumerate(uses[0].units):
        for name, column in _differing(uses, place):
            if column not in columns:
                tail = re.sub(r"\W+", "_", unit.name.rpartition(".")[2])
                stem = name if name not in columns.values() else f"{tail}_{name}"
                columns[column] = free(stem, name)
    return columns


def _differing(uses: list[Use], place: int) -> list[tuple[str, tuple[float, ...]]]:
    """The fields of a unit in which uses differ, with the value of each use."""
    rows = [_filled(use.units[place]) for use in uses]
    found = ((name, tuple(row[name] for row in rows)) for name, value in rows[0].items() if _lifts(value))
    return [(name, column) for name, column in found if len(set(column)) > 1]


def _defined(
    uses: list[Use],
    columns: Mapping[tuple[float, ...], str],
    specs: Mapping[str, Spec],
    blocks: Mapping[str, Graph],
) -> tuple[Graph, dict[str, str]]:
    """A block's graph, drawn after its first use: an Input for each source outside, an Output for what is read there.

    Also where in the compiled block each unit of that use is.
    """
    use = uses[0]
    sources: dict[str, str] = {}
    units = []
    for number, ref in enumerate(use.entering, 1):
        sources[ref] = f"input {number}"
        spec = specs.get(ref, Spec((2, 1)))
        fields = {"shape": [*spec.shape[1:]]} | ({"dtype": "int64"} if spec.dtype != "float32" else {})
        name = f"input{number}" if len(use.entering) > 1 else "x"
        units.append(Unit(sources[ref], use.path, name, "Input", fields, {}))
    for place, unit in enumerate(use.units):
        lifted = {name: columns[column] for name, column in _differing(uses, place)}
        inputs = {port: sources.get(ref, ref) for port, ref in unit.inputs.items()}
        units.append(replace(unit, config=_configured(unit, lifted), inputs=inputs))
    units += [Unit(f"output {number}", use.path, f"output{number}" if len(use.leaving) > 1 else "y", "Output", {},
                   {"input": ref}) for number, ref in enumerate(use.leaving, 1)]  # fmt: skip
    nodes, where = graphed(units, use.path, blocks)
    return Graph(nodes=nodes, arguments={name: column[0] for column, name in columns.items()}), where


def _configured(unit: Unit, lifted: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a unit inside a block, some of them formulas of its arguments."""
    if unit.kind != "Block":
        return {**unit.config, **lifted}
    arguments = {**unit.config.get("arguments", {}), **lifted}
    return {"block": unit.config["block"]} | ({"arguments": arguments} if arguments else {})


def _moved(use: Use, block: Unit, graph: Graph) -> dict[str, str]:
    """What others read of a module's units → what they read of its block."""
    ports = [block.uid, *(f"{block.uid}.{output}" for output in graph.ids("Output")[1:])]
    return dict(zip(use.leaving, ports, strict=True))


def _instead(units: list[Unit], use: Use, block: Unit, moved: Mapping[str, str]) -> list[Unit]:
    """The units with one that uses a block in place of a module's own."""
    members = {unit.uid for unit in use.units}
    made = []
    for unit in units:
        if unit is use.units[0]:
            made.append(block)
        if unit.uid not in members:
            unit.inputs = {port: moved.get(ref, ref) for port, ref in unit.inputs.items()}
            made.append(unit)
    return made


def _around(path: str, classes: Mapping[str, str]) -> str:
    """The innermost module of a person's own class around another."""
    parts = path.split(".")
    above = (".".join(parts[:count]) for count in range(len(parts) - 1, 0, -1))
    return next((one for one in above if one in classes), "")
