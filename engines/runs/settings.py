"""The settings of a run as a flat list, defaults filled in; and in which of them several runs differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel

from builder.errors import StrataError
from builder.registry import Registered, label

if TYPE_CHECKING:
    from builder.graph import Graph
    from builder.project import Project
    from engines.runs.run import Run


class Setting(NamedTuple):
    """One setting of a run."""

    name: str
    """Where it stands: `engine.optimiser.lr`."""
    title: str
    """What it is called on screen: "Optimiser · Learning rate"."""
    value: Any
    """As plain JSON; of a choice the title of its kind."""


class Row(NamedTuple):
    """One setting in several runs."""

    name: str
    title: str
    values: tuple[Any, ...]
    """One for each run; None where a run does not have the setting, such as a momentum with Adam."""

    @property
    def differs(self) -> bool:
        """Whether not all runs have the same."""
        return any(type(one) is not type(self.values[0]) or one != self.values[0] for one in self.values)


def settings(run: Run) -> list[Setting]:
    """All that was set when a run was made: of its project, and the device and threads that it computes with.

    Raises:
        BadFile: its files cannot be read.
    """
    about = run.about
    machine = [
        Setting("device", "Device", about["device"]),
        Setting("threads", "CPU threads", about["threads"] or "picked at the start"),
    ]
    return [*of_project(run.project), *machine]


def with_changes(told: Sequence[Setting], changes: Sequence[Mapping[str, Any]]) -> list[Setting]:
    """The settings with what they were changed to while it trained, in order: `0.001 → 0.01`.

    Args:
        told: what `settings` gives.
        changes: what `Curves.changes` gives.
    """
    found = {one.name: one for one in told}
    for row in changes:
        for name, value in row["values"].items():
            if one := found.get(f"engine.{name}"):
                found[one.name] = one._replace(value=f"{one.value} → {value}")
            else:  # of the network, such as dropout
                found[name] = Setting(name, name.capitalize(), f"→ {value}")
    return [*found.values()]


def of_project(project: Project) -> list[Setting]:
    """All that a project sets, its networks as their size and fingerprint."""
    from engines.data.data import Data
    from engines.engine import engine_of

    found = [*_declared("engine", "Engine", project.engine, engine_of)]
    found += _declared("data", "Data", project.data, Data.parse)
    found.append(Setting("seed", "Seed", project.seed))
    roles = project.graphs
    for role, graph in roles.items():
        title = "Network" if len(roles) == 1 else f"Network · {role}"
        found.append(Setting(f"graphs.{role}", title, _network(graph)))
    return found


def compare(runs: Sequence[Sequence[Setting]]) -> list[Row]:
    """Each setting in all runs, in the order in which the runs tell them."""
    told = [{one.name: one for one in run} for run in runs]
    order = _merged([[one.name for one in run] for run in runs])
    titles = {one.name: one.title for run in reversed(runs) for one in run}
    return [
        Row(name, titles[name], tuple(run[name].value if name in run else None for run in told))
        for name in order
    ]


def _merged(lists: Sequence[Sequence[str]]) -> list[str]:
    """All names, each behind the one that it follows in its own list."""
    order: list[str] = []
    for names in lists:
        place = 0
        for name in names:
            if name in order:
                place = order.index(name) + 1
            else:
                order.insert(place, name)
                place += 1
    return order


def _declared(name: str, title: str, value: Any, parse: Any) -> Iterator[Setting]:
    """The fields of a declared kind; or what the project says, where that is no kind of ours."""
    try:
        yield from _fields(name, "" if title == "Engine" else title, parse(value))
    except StrataError:
        yield from _raw(name, title, value)


def _fields(name: str, title: str, value: BaseModel) -> Iterator[Setting]:
    """The fields of a record, and of those that it chooses in its fields."""
    if isinstance(value, Registered) and not title:
        yield Setting(name, "Engine", value.title)
    for field, info in type(value).model_fields.items():
        inner, here = getattr(value, field), label(field, info)[0]
        path, words = f"{name}.{field}", f"{title} · {here}" if title else here
        if isinstance(inner, Registered):
            yield Setting(path, words, inner.title)
            yield from _fields(path, words, inner)
        elif isinstance(inner, BaseModel):
            yield from _fields(path, words, inner)
        else:
            yield Setting(path, words, _plain(inner))


def _raw(name: str, title: str, value: Any) -> Iterator[Setting]:
    if not isinstance(value, dict):
        yield Setting(name, title, _plain(value))
        return
    for field, inner in value.items():
        yield from _raw(f"{name}.{field}", f"{title} · {field}", inner)


def _plain(value: Any) -> Any:
    """A value that can be compared and shown; what nests further becomes text."""
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _network(graph: Graph) -> str:
    many = len(graph.nodes)
    return f"{many} node{'s' * (many != 1)}, {graph.digest[:6]}"
