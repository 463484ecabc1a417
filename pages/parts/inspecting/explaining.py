"""What counts for an answer, asked once for all who look: at once where that is quick, else beside the server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.parts.inspecting.subject import Example, Subject
from pages.parts.waiting import waiting

if TYPE_CHECKING:
    from engines.attribution import Method, Question
    from engines.trained import Trained

QUICK = 1.0
"""Seconds that a page may compute by itself."""
BACK = 3
"""A way through the network and back takes about as long as so many ways there."""


@dataclass(frozen=True)
class Asked:
    """A question about an example, by what tells it from others."""

    subject: Subject
    example: Example
    output: int = 0
    against: int | None = None

    @property
    def key(self) -> str:
        """What the keys of widgets begin with."""
        about = (self.example.part, self.example.number, self.subject.at, self.output, self.against)
        return f"{self.subject.key} why {about}"

    @property
    def question(self) -> Question:
        """As the engine takes it."""
        from engines.attribution import Question

        return Question.about(self.subject.trained, **self._arguments)

    @property
    def _arguments(self) -> dict[str, Any]:
        return {
            "part": self.example.part, "number": self.example.number, "output": self.output, "against": self.against,
        }  # fmt: skip

    def explained(self, method: Method) -> dict[str, Any] | None:
        """What counts by a method; None until it is known.

        Raises:
            StrataError: the network cannot be asked in this way.
        """
        return self._told("explained", method.passes(self.question), method=method.dump())

    def compared(self) -> dict[str, Any] | None:
        """What counts by all methods that can be asked; None until it is known."""
        from engines.attribution import all_methods

        return self._told("compared", sum(kind().passes(self.question) for kind in all_methods().values()))

    def checked(self, method: Method) -> dict[str, Any] | None:
        """The sanity check of a method; None until it is known."""
        from engines.attribution.sanity import DRAWS, MOST

        passes = DRAWS * MOST * method.passes(self.question)
        return self._told("checked", passes, method=method.dump())

    def _told(self, wish: str, passes: int, **more: Any) -> dict[str, Any] | None:
        folder, checkpoint, at = self.subject.moment
        asked = {**self._arguments, **more}
        if passes * _pace(self.subject.trained, self.subject.moment) * BACK < QUICK:
            known: dict[str, Any] = _quickly(
                self.subject.trained, self.subject.moment, wish, json.dumps(asked)
            )
            return known
        return waiting(
            f"{self.subject.key} {wish}", "engines.attribution.beside:of_run", wish=wish, folder=folder,
            checkpoint=checkpoint, at=at, **asked,
        )  # fmt: skip


@st.cache_resource(max_entries=128, show_spinner="Asking the network …")
def _quickly(_trained: Trained, moment: tuple[str, int, int | None], wish: str, asked: str) -> dict[str, Any]:
    from engines.attribution.beside import WISHES

    return WISHES[wish](_trained, **json.loads(asked))


@st.cache_resource(max_entries=32, show_spinner=False)
def _pace(_trained: Trained, moment: tuple[str, int, int | None]) -> float:
    """Seconds that the network takes for one example, of several at once."""
    assert _trained.splits is not None
    some = _trained.splits.train.inputs[:8]
    _trained.answers((some,))
    began = perf_counter()
    _trained.answers((some,))
    return (perf_counter() - began) / len(some)
