"""Which runs a person wants to see, and in which order. No Streamlit."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from engines.runs.score import SMALLER, is_number, judged_by
from engines.runs.summary import Summary

ORDERS = {
    "new": "Newest first",
    "old": "Oldest first",
    "name": "Name",
    "validation": "Validation metric",
    "test": "Test metric",
    "time": "Longest training",
}
"""In which orders runs are listed, and what these are called."""


@dataclass(frozen=True)
class Wanted:
    """What is searched for."""

    words: tuple[str, ...] = ()
    """In lower case; each must occur somewhere."""
    of: str = ""
    """The id of a project; "" for all."""
    states: tuple[str, ...] = ()
    """Any of these; () for all."""
    tags: tuple[str, ...] = ()
    """All of these."""
    order: str = "new"

    def among(self, runs: Iterable[Summary], settings: Callable[[Summary], str]) -> list[Summary]:
        """The wanted ones of `runs` (newest first), in their order; `settings` tells what else is searched."""
        return ordered([one for one in runs if self._fits(one, settings)], self.order)

    def _fits(self, one: Summary, settings: Callable[[Summary], str]) -> bool:
        if (self.of and one.of != self.of) or (self.states and one.state not in self.states):
            return False
        if not set(self.tags) <= set(one.tags):
            return False
        told = told_of(one)
        missing = [word for word in self.words if word not in told]
        return not missing or all(word in settings(one) for word in missing)


def told_of(one: Summary) -> str:
    """What a search looks through beside the settings: id, name, state, person, device, tags, note."""
    number = one.id.split("-")[0].lstrip("0")
    parts = (one.id, f"run {number}", one.name, one.state, one.by, one.device, *one.tags, one.note)
    return "\n".join(parts).lower()


def ordered(runs: Sequence[Summary], order: str) -> list[Summary]:
    """Runs in another order than newest first; those without the number in question come last."""
    if order == "old":
        return [*reversed(runs)]
    if order == "name":
        return sorted(runs, key=lambda one: one.name.lower())
    if order == "time":
        return sorted(runs, key=lambda one: -one.elapsed)
    return sorted(runs, key=lambda one: _rank(one, order)) if order in ("validation", "test") else [*runs]


def _rank(one: Summary, part: str) -> tuple[bool, str, float]:
    """Best first among runs of one metric; those of different metrics cannot be compared, so they stay apart."""
    values = one.measured.get(part, {})
    metric = judged_by(values)
    value = values.get(metric)
    if not is_number(value):
        return True, "", 0.0
    return False, metric, value if metric in SMALLER else -value


def written(note: str, most: int = 160) -> str:
    """The beginning of a note in one line."""
    line = " ".join(note.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def address(ids: Sequence[str]) -> str:
    """The runs of a comparison as its URL names them."""
    return ",".join(ids)


def named(text: str, most: int) -> list[str]:
    """The runs that a URL names, each once, at most so many."""
    return [*dict.fromkeys(part for part in text[:2000].split(",") if part)][:most]
