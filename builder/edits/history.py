"""The edits of anything that edits apply to, to undo and redo."""

from typing import Any, Generic, TypeVar

T = TypeVar("T")


class History(Generic[T]):
    """What an edited thing is `now` and was before. Merges the edits of one gesture; keeps the last thousand."""

    LONGEST = 1000

    def __init__(self, now: T) -> None:
        self.now = now
        self._past: list[tuple[T, str]] = []
        self._future: list[T] = []

    def do(self, edit: Any) -> T:
        """Apply an edit; what was undone before is forgotten. An edit that changes nothing leaves no trace."""
        after = edit.apply(self.now)
        if after == self.now:
            return self.now
        merges = edit.undone_with and self._past and self._past[-1][1] == edit.undone_with
        if not merges:
            self._past = [*self._past[1 - self.LONGEST :], (self.now, edit.undone_with)]
        self._future.clear()
        self.now = after
        return self.now

    def undo(self) -> T:
        """What it was before the last edit (or gesture)."""
        if self._past:
            self._future.append(self.now)
            self.now, _ = self._past.pop()
            if self._past:  # what a gesture did before is one edit now, which later ones must not join
                self._past[-1] = (self._past[-1][0], "")
        return self.now

    def redo(self) -> T:
        """What it was before the last undo."""
        if self._future:
            self._past.append((self.now, ""))
            self.now = self._future.pop()
        return self.now

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to undo."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is anything to redo."""
        return bool(self._future)
