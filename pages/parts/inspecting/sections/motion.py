"""Slow motion: one example through the network, node by node, and the gradient on its way back."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

import streamlit as st

from pages.parts.inspecting.frames import show_frame
from pages.parts.inspecting.losing import show_loss
from pages.parts.inspecting.section import Section
from pages.parts.inspecting.subject import Example, Subject, no_data
from pages.parts.words import short

if TYPE_CHECKING:
    from engines.motion import Film
    from engines.trained import Trained

SPEEDS = {"slow": 2.0, "usual": 1.0, "quick": 0.5}
AROUND = 9
"""Nodes before and behind the one that is looked at, of which the names are shown."""
_STYLE = """<style>
.strata-film { display: flex; flex-wrap: wrap; gap: 4px; align-items: center; font-size: .8rem; }
.strata-film span { padding: 2px 8px; border-radius: 6px; border: 1px solid var(--st-border-color); opacity: .55; }
.strata-film .done { opacity: 1; background: rgba(76,110,245,.14); border-color: rgba(76,110,245,.4); }
.strata-film .back { opacity: 1; background: rgba(240,140,0,.16); border-color: rgba(240,140,0,.5); }
.strata-film .now { opacity: 1; background: #3B5BDB; color: #FFF; border-color: #3B5BDB; font-weight: 600; }
.strata-film .now.back { background: #D9480F; border-color: #D9480F; }
</style>"""


class Motion(Section):
    """One example through the network, node by node, in numbers; then the gradient back, by the chain rule."""

    title: ClassVar = "Slow motion"
    icon: ClassVar = "slow_motion_video"
    order: ClassVar = 20

    def obstacle(self, subject: Subject) -> str:
        """It needs examples."""
        return no_data(subject)

    def show(self, subject: Subject) -> None:
        """The example, and the player."""
        with st.container(horizontal=True, vertical_alignment="bottom", width=560):
            example = subject.example()
        told = _film(subject.trained, subject.moment, example.part, example.number, example)
        playing = st.session_state.get(f"{subject.key} playing", False)
        every = SPEEDS[st.session_state.get(f"{subject.key} speed", "usual")] if playing else None
        st.fragment(_player, run_every=every)(subject, told, _rate(subject))


@st.cache_resource(max_entries=8, show_spinner="Sending the example through …")
def _film(
    _trained: Trained, moment: tuple[str, int, int | None], part: str, number: int, _example: Example
) -> Film:
    from engines.motion import film

    return film(_trained, (_example.inputs,), _example.target)


def _rate(subject: Subject) -> float:
    """The learning rate of the run's optimiser."""
    from engines.engine import engine_of

    return float(getattr(getattr(engine_of(subject.trained.project.engine), "optimiser", None), "lr", 0.01))


def _player(subject: Subject, film: Film, rate: float) -> None:
    """Where the film is, the controls, and the frame."""
    key, order = subject.key, film.order
    frames = [*order, "loss", *order[::-1]] if film.loss is not None else order
    place = f"{key} frame"
    at = min(st.session_state.get(place, _named()), len(frames) - 1)
    if st.session_state.get(f"{key} playing") and st.session_state.pop(f"{key} ticked", False):
        at = min(at + 1, len(frames) - 1)
    st.session_state[f"{key} ticked"] = (
        True  # the next run of this fragment is a tick, unless a button says otherwise
    )
    if at == len(frames) - 1 and st.session_state.get(f"{key} playing"):
        st.session_state[f"{key} playing"] = False
        st.session_state[place] = at
        st.rerun()
    st.session_state[place] = at
    st.query_params["frame"] = str(at)
    _controls(key, place, frames, len(order), at)
    back = at > len(order)
    _strip(order, frames[at], back)
    if frames[at] == "loss":
        assert subject.splits is not None
        show_loss(film, subject.splits)
    else:
        show_frame(key, film, frames[at], back, rate)


def _named() -> int:
    """The frame that the address names."""
    text = st.query_params.get("frame", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _controls(key: str, place: str, frames: list[str], forward: int, at: int) -> None:
    """Step, play, scrub."""

    def go(to: int) -> None:
        st.session_state[place] = min(max(to, 0), len(frames) - 1)
        st.session_state[f"{key} ticked"] = False

    def scrubbed() -> None:
        go(st.session_state[f"{key} scrub {at}"])

    def play() -> None:
        if at == len(frames) - 1:
            go(0)
        st.session_state[f"{key} playing"] = not st.session_state.get(f"{key} playing", False)
        st.session_state[f"{key} ticked"] = False

    playing = st.session_state.get(f"{key} playing", False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        buttons: tuple[tuple[str, str, Any], ...] = (
            ("To the beginning", "first_page", lambda: go(0)),
            ("One back", "chevron_left", lambda: go(at - 1)),
            ("Pause" if playing else "Play", "pause" if playing else "play_arrow", play),
            ("One on", "chevron_right", lambda: go(at + 1)),
            ("To the end", "last_page", lambda: go(len(frames) - 1)),
        )
        for words, icon, act in buttons:
            plays = words in ("Play", "Pause")
            clicked = st.button(
                words if plays else "", key=f"{key} {icon.replace('pause', 'play_arrow')}", icon=f":material/{icon}:",
                help=words, on_click=act, type="primary" if plays else "secondary",
            )  # fmt: skip
            if clicked and plays:
                st.rerun()  # the fragment ticks, or no longer does
        st.selectbox("Speed", [*SPEEDS], index=1, key=f"{key} speed", width=110)
        st.slider(
            "Frame", 0, len(frames) - 1, at, key=f"{key} scrub {at}", on_change=scrubbed,
            help=f"The first {forward} frames go forward, the others back",
        )  # fmt: skip


def _strip(order: list[str], now: str, back: bool) -> None:
    """The nodes around the one that is looked at; those that are done are coloured."""
    here = order.index(now) if now in order else len(order) - 1
    first, last = max(0, here - AROUND), min(len(order), here + AROUND + 1)
    if first == 1:  # the name of a single one takes no more room than that there is one
        first = 0
    if last == len(order) - 1:
        last = len(order)
    pieces = [f"<i>{first} before …</i>"] if first else []
    for place in range(first, last):
        done = "back" if back and place >= here else "done" if back or place <= here or now == "loss" else ""
        current = " now" if order[place] == now else ""
        pieces.append(f'<span class="{done}{current}">{escape(short(order[place], 28))}</span>')
    pieces += [f"<i>… {len(order) - last} more</i>"] if last < len(order) else []
    loss = "now" if now == "loss" else "back" if back else ""
    pieces.append(f'<span class="{loss}">loss</span>')
    way = "The gradient comes back: ←" if back else "Forward: →"
    st.html(
        f'{_STYLE}<div class="strata-film" role="img" aria-label="{escape(now)}">{way} {" ".join(pieces)}</div>'
    )
