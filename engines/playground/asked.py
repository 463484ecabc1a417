"""Asked: what browsers ask of the Playground's process, and its answers. Every request says all that it needs."""

from __future__ import annotations

import json
import logging
import time
from collections import OrderedDict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from builder.errors import BadFile, BadGraph, BadValue, Problem, StrataError
from engines.playground.frame import Look, Picture
from engines.playground.session import started
from engines.playground.settings import MOST_STEPS, Settings

MOST, IDLE = 64, 120.0
"""Sessions that are kept, and the seconds after which one that nobody asks for is forgotten."""
SHARED, SHORTEST, LONGEST = 0.25, 0.01, 0.04
"""Seconds that all who wait should get their turn within; and how long a turn takes at least and at most."""


class Ask(BaseModel):
    """A request: train these settings until a step, and show what there is then.

    Whoever asks knows the step that he has seen, so a session that was forgotten is simply trained anew until there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    key: str = Field(pattern=r"^[0-9a-f]{16,64}$", description="Which tab asks")
    settings: dict[str, str] = Field(max_length=40, description="Settings, as an address tells them")
    to: int = Field(0, ge=0, le=MOST_STEPS, description="The step that is to be shown")
    fast: bool = Field(False, description="Whether to go on from there for as long as a turn takes")
    look: tuple[str, int] | None = Field(None, description="A unit to look at: cell and number")
    opening: bool = Field(False, description="Whether points and layout are wanted, too")


class Sessions:
    """The sessions that are kept, by the tab that asks for them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, Picture]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def answer(self, request: bytes, waiting: int = 0) -> bytes:
        """A frame; or, of what is refused, a header alone: {"error", "problems": [{message, field, fix}]}.

        Args:
            request: an Ask as JSON.
            waiting: how many others wait for their turn.
        """
        try:
            return self._answered(Ask.model_validate_json(request), waiting)
        except ValidationError as error:
            return _refusal(BadValue([_told(detail) for detail in error.errors(include_url=False)[:3]]))
        except StrataError as error:
            return _refusal(error)
        except Exception:
            logging.getLogger(__name__).exception("a request of the Playground failed")
            return _header(
                {"error": "Something went wrong in Strata itself. Reset the network.", "problems": []}
            )

    def _answered(self, ask: Ask, waiting: int) -> bytes:
        begun = time.monotonic()
        settings = Settings.read(ask.settings)
        picture, new = self._picture(ask, settings)
        session = picture.session
        turn = min(max(SHARED / (1 + waiting), SHORTEST), LONGEST)
        if session.step < ask.to:
            session.advance(ask.to, turn)
        left = turn - (time.monotonic() - begun)
        if ask.fast and left > 0 and session.step >= ask.to:
            session.advance(MOST_STEPS, left)
        return picture.frame(Look(*ask.look) if ask.look else None, ask.opening or new)

    def _picture(self, ask: Ask, settings: Settings) -> tuple[Picture, bool]:
        """The tab's session, made anew where its settings are others or it is beyond the wanted step."""
        now = time.monotonic()
        known = self._kept.pop(ask.key, (now, None))[1]
        if known is None or known.session.step > ask.to or not known.session.take(settings):
            picture, new = Picture(started(settings)), True
        else:
            picture, new = known, False
        self._kept[ask.key] = (now, picture)
        for key in [key for key, (used, _) in self._kept.items() if now - used > IDLE]:
            del self._kept[key]
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return picture, new


def _told(detail: Any) -> Problem:
    """What is wrong with a request, which our own page does not send."""
    name = ".".join(map(str, detail["loc"])) or "request"
    return Problem(
        f"Playground: {name}: {detail['msg']}.", field=name, rule=detail["msg"], fix="Reload the page."
    )


def _refusal(error: StrataError) -> bytes:
    problems: list[Problem] = error.problems if isinstance(error, BadValue | BadGraph) else []
    told = [{"message": one.message, "field": one.field, "fix": one.fix} for one in problems[:5]]
    missing = {"missing": True} if isinstance(error, BadFile) else {}
    return _header({"error": str(error)[:2000], "problems": told, **missing})


def _header(values: dict[str, Any]) -> bytes:
    text = json.dumps(values).encode()
    return len(text).to_bytes(4, "little") + text
