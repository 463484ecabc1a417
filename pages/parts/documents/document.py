"""Document: a project as all tabs and the canvas share it: one history, one number that each change raises."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from filelock import FileLock

from builder.edits import History
from builder.errors import BadFile, StrataError
from builder.files import load, save
from builder.graph import Graph
from builder.project import Project
from engines.kept import ID
from engines.workspace import Workspace
from pages.parts.documents.ledger import Ledger
from pages.parts.documents.merging import merged

MOST_OPEN = 64
"""Documents that stay in memory though nobody looks at them."""
MOST_CHANGES = 1000
ELSEWHERE = ""
"""The author of a change that another process made."""
Stamp = tuple[int, int, int]
"""When a file was last written (nanoseconds), its number and its size: each write changes at least one of them."""
Graphs = dict[str, Graph]


class Gone(BadFile):
    """There is no file of this project."""


@dataclass(frozen=True)
class Step:
    """One wish of a canvas: an edit, undo or redo, under a number that rises within its tab."""

    n: int
    do: str
    edit: Callable[[Graphs], Any] | None = None
    """Reads the edit, given the graphs to which it will be made."""


@dataclass(frozen=True)
class Taken:
    """What became of some steps."""

    ack: int
    """The last number of the tab that was dealt with; it need not be sent again."""
    refused: tuple[tuple[int, str], ...]
    before: Graphs
    after: Graphs
    stepped: bool
    """Whether something was undone or redone."""


@dataclass(frozen=True)
class Snapshot:
    """A document at one moment."""

    project: Project
    tab: str
    can_undo: bool
    can_redo: bool


class _Replaced:
    """An edit that no record describes: a page made other graphs."""

    undone_with = ""

    def __init__(self, graphs: Graphs) -> None:
        self.graphs = graphs

    def apply(self, graphs: Graphs) -> Graphs:
        return self.graphs


class Document:
    """A project file, read once and written with each change, with the history of its graphs."""

    def __init__(self, id: str, path: Path) -> None:
        self.id = id
        self.path = path
        self.changes: deque[tuple[int, str]] = deque(maxlen=MOST_CHANGES)
        """The numbers of the last changes, and which tab made each."""
        self._lock = threading.RLock()
        self._stamp = _stamp(path)
        self.project = load(path)
        self.history: History[Graphs] = History(self.project.graphs)
        self._ledger = Ledger(path.with_name(f".{id}.done"), self.revision)

    @property
    def revision(self) -> int:
        """How many changes made the project what it is."""
        return self.project.revision

    @property
    def tab(self) -> str:
        """Who made the last change; "" if another process did, or nobody since the server started."""
        return self.changes[-1][1] if self.changes else ELSEWHERE

    def foreign(self, base: int, tab: str) -> bool:
        """Whether any other tab has made a change after the revision `base`."""
        return any(revision > base and who != tab for revision, who in list(self.changes))

    def refresh(self) -> Snapshot:
        """The newest state, what other processes wrote included.

        Raises:
            BadFile: the file is gone or damaged.
        """
        with self._lock:
            self._look()
            return Snapshot(self.project, self.tab, self.history.can_undo, self.history.can_redo)

    def change(self, make: Callable[[Project], Project], tab: str) -> Project:
        """Save what `make` makes of the newest project.

        Raises:
            StrataError: it does not fit the newest project, or cannot be saved; nothing was changed.
        """
        with self._newest():
            return self._write(make(self.project), tab)

    def keep(self, base: Project, project: Project, tab: str) -> Project:
        """Save what `project` changed of `base`, and nothing else."""
        return self.change(lambda newest: project if newest is base else merged(base, project, newest), tab)

    def edit(self, edit: Any, tab: str) -> Project:
        """Apply a project edit to the newest graphs and save."""
        with self._newest():
            return self._write_graphs(self.history.do(edit), tab)

    def undo(self, tab: str, base: int) -> Project:
        """Take the last edit back; refused if another tab made a change after `base`, which was not seen here."""
        with self._newest():
            return self._write_graphs(self._stepped("undo", tab, base), tab)

    def redo(self, tab: str, base: int) -> Project:
        """Make the edit again that was last taken back; refused as `undo` is."""
        with self._newest():
            return self._write_graphs(self._stepped("redo", tab, base), tab)

    def take(self, steps: Sequence[Step], tab: str, base: int) -> Taken:
        """Do what a canvas wishes, each step by itself, and save once. What was done before is not done again."""
        with self._newest():
            done, before, stepped = self._ledger.done(tab), self.project.graphs, False
            refused: list[tuple[int, str]] = []
            for step in steps:
                if step.n <= done:
                    continue
                done = step.n
                try:
                    stepped |= self._do(step, tab, base)
                except StrataError as error:
                    refused.append((step.n, str(error)))
                except Exception:  # a fault of ours must not be sent again and again
                    logging.getLogger(__name__).exception("an edit could not be made")
                    refused.append(
                        (step.n, "This change met a fault in Strata. It was logged; nothing was changed.")
                    )
            with self._ledger.taking(tab, done, self.revision + (self.history.now != before)):
                self._write_graphs(self.history.now, tab)
            return Taken(done, tuple(refused), before, self.project.graphs, stepped)

    def _do(self, step: Step, tab: str, base: int) -> bool:
        if step.edit is not None:
            self.history.do(step.edit(self.history.now))
            return False
        before = self.history.now
        return self._stepped(step.do, tab, base) is not before

    def _stepped(self, way: str, tab: str, base: int) -> Graphs:
        """A step in the history; not if that could take back what this tab has not seen."""
        if self.foreign(base, tab):
            done = "undone" if way == "undo" else "redone"
            raise StrataError(
                f"This project was changed in another tab, so {way} here could take that change back. "
                f"You see the newest state; nothing was {done}."
            )
        return self.history.undo() if way == "undo" else self.history.redo()

    @contextmanager
    def _newest(self) -> Iterator[None]:
        """Nobody else writes meanwhile, and what lies on the disk is known; a change that fails leaves no trace."""
        with self._lock, FileLock(self.path.with_name(f".{self.id}.lock")):
            self._look()
            try:
                yield
            except BaseException:
                if self.history.now is not self.project.graphs:
                    self.history = History(self.project.graphs)
                raise

    def _look(self) -> None:
        """Take over what another process wrote; the history starts anew then."""
        try:
            stamp = _stamp(self.path)
        except OSError as error:
            raise Gone(
                "The file of this project has been removed, so the change could not be saved."
            ) from error
        if stamp == self._stamp:
            return
        project = load(self.path)
        self._stamp = stamp
        if project.model_copy(update={"revision": self.revision}) == self.project:
            return
        revision = project.revision if project.revision > self.revision else self.revision + 1
        self.project = project.model_copy(update={"revision": revision})
        self.history = History(self.project.graphs)
        self.changes.append((revision, ELSEWHERE))

    def _write_graphs(self, graphs: Graphs, tab: str) -> Project:
        return self._write(self.project.model_copy(update={"graphs": graphs}), tab)

    def _write(self, project: Project, tab: str) -> Project:
        """Save a project under the next number; one that is as before is not written."""
        if project == self.project:
            return self.project
        if project.graphs != self.history.now:
            self.history.do(_Replaced(project.graphs))
        project = project.model_copy(update={"graphs": self.history.now, "revision": self.revision + 1})
        save(project, self.path)
        self.project, self._stamp = project, _stamp(self.path)
        self.changes.append((project.revision, tab))
        return project


_known: WeakValueDictionary[Path, Document] = WeakValueDictionary()
_recent: OrderedDict[Path, Document] = OrderedDict()
_opening = threading.Lock()


def document(id: str) -> Document:
    """The document of a project, the same object for everybody in this process.

    Raises:
        BadFile: there is no such project, or its file is damaged.
    """
    path = Workspace().projects / f"{id}.json" if ID.fullmatch(id) else None
    if path is None or not path.is_file():
        raise Gone(f"There is no project {id[:80]!r} here.")
    with _opening:
        one = _known.get(path)
        if one is None:
            one = _known[path] = Document(id, path)
        _recent[path] = one
        _recent.move_to_end(path)
        while len(_recent) > MOST_OPEN:
            _recent.popitem(last=False)
        return one


def _stamp(path: Path) -> Stamp:
    told = path.stat()
    return told.st_mtime_ns, told.st_ino, told.st_size
