"""What landscape a person asks for; all of it stands in the URL, so that a link and a reload show the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from builder.errors import StrataError
from engines.landscape.axes import Axes, all_axes
from engines.landscape.planes.trajectory import FEWEST
from engines.workspace import Workspace
from pages.parts.choosing import choose
from pages.parts.forms.form import Form, fields
from pages.parts.header import run_name
from pages.parts.inspecting.choosing import chosen, segmented
from pages.parts.inspecting.subject import PARTS, Subject

if TYPE_CHECKING:
    from engines.runs.run import Run

OTHERS = "others"
"""The field of axes, and of the URL, that names other networks."""
MOST_RUNS = 20
EXAMPLES = ("64", "128", "256", "512", "1024", "2048")
PLACES = ("13", "25", "49", "97")
LOOKS = {"3d": "3-D", "contours": "From above", "profile": "Slices"}


@dataclass(frozen=True)
class Asked:
    """A landscape that a person asks for, and how it is to be drawn."""

    axes: Axes
    part: str
    examples: int
    side: int
    look: str
    log: bool

    def arguments(self, subject: Subject) -> dict[str, Any]:
        """Those of engines/landscape/survey.py."""
        folder, checkpoint, at = subject.moment
        return {
            "folder": folder, "checkpoint": checkpoint if at is None else 0, "at": at, "axes": self.axes.dump(),
            "part": self.part, "most": self.examples, "side": self.side, "depends": self.axes.depends(subject.run),
        }  # fmt: skip


def ask(subject: Subject) -> Asked | None:
    """The choices; None, after words that say why, where what is chosen is not enough."""
    kinds = all_axes()
    if len(subject.run.snapshots.numbers()) >= FEWEST:  # what can be seen of one's own training comes first
        kinds = {name: kind for name, kind in kinds.items() if kind.follows} | kinds
    name = choose("landscape axes", "axes", kinds, "Axes of the landscape")
    with st.container(horizontal=True, vertical_alignment="center"):
        look, widget = chosen("view", f"{subject.key} view", [*LOOKS])
        st.segmented_control(
            "View",
            format_func=LOOKS.__getitem__,
            required=True,
            label_visibility="collapsed",
            **segmented(widget),
        )
        log = _switch(subject)
        with st.popover("More", icon=":material/tune:"):
            axes = _fields(subject, name)
            part, examples, side = _size(subject)
    if OTHERS in kinds[name].model_fields:
        axes = _others(subject, axes)
        if not axes.others:  # type: ignore[attr-defined]
            st.info("Choose one other network for a line, two for a plane.", icon=":material/linear_scale:")
            return None
    return Asked(axes, part, examples, side, look, log)


def _switch(subject: Subject) -> bool:
    """Whether heights are powers of ten."""

    def keep() -> None:
        if st.session_state[key]:
            st.query_params["log"] = "1"
        else:
            st.query_params.pop("log", None)

    key = f"{subject.key} log"
    return st.toggle("Log scale", st.query_params.get("log") == "1", key=key, on_change=keep)


def _fields(subject: Subject, name: str) -> Axes:
    """The settings of the axes, out of the URL."""
    kind = all_axes()[name]
    told = {field: st.query_params[field] for field in kind.model_fields if field in st.query_params}
    try:
        axes = kind.model_validate(
            {field: one for field, one in told.items() if field != OTHERS}, strict=False
        )
    except ValueError:  # a link may say anything
        axes = kind()
    form = Form(
        f"{subject.key} axes {name}",
        lambda field, value: st.query_params.update({field: str(value)}),
        plain=4,
    )
    fields(form, kind, axes.model_dump(), [OTHERS])
    return axes


def _size(subject: Subject) -> tuple[str, int, int]:
    """The part of the data, how many of its examples, and how fine the picture is."""
    assert subject.splits is not None
    there = [one for one in ("train", "validation", "test") if len(subject.splits.part(one))]  # type: ignore[arg-type]
    part, widget = chosen("part", f"{subject.key} landscape part", there)
    st.selectbox("Part of the data", format_func=PARTS.__getitem__, **widget)
    examples, widget = chosen("examples", f"{subject.key} examples", EXAMPLES, "256")
    st.selectbox("Examples at most", help="The same ones at every place, drawn with a fixed seed", **widget)
    side, widget = chosen("side", f"{subject.key} side", PLACES, "25")
    st.selectbox(
        "Places along each side", help="Time grows with its square; coarse pictures come first", **widget
    )
    return part, int(examples), int(side)


def _others(subject: Subject, axes: Axes) -> Axes:
    """The other networks of a line or a plane."""
    options = _networks(subject)
    told = [*dict.fromkeys(one for one in _named() if one in options)][:2]
    st.multiselect(
        "Other networks",
        [*options],
        told,
        format_func=options.__getitem__,
        max_selections=2,
        key=f"{subject.key} others",
        on_change=lambda: st.query_params.update(
            {OTHERS: ",".join(st.session_state[f"{subject.key} others"])}
        ),
    )
    moments = [dict(zip(("run", "at"), _read(one), strict=True)) for one in told]
    return type(axes).model_validate({**axes.model_dump(), OTHERS: moments}, strict=False)


def _named() -> list[str]:
    """The other networks that the URL names."""
    return st.query_params.get(OTHERS, "").split(",")


def _read(told: str) -> tuple[str, int | None]:
    """Run and step of `run@step`."""
    run, _, step = told.partition("@")
    return run, int(step) if step else None


def _networks(subject: Subject) -> dict[str, str]:
    """Networks of the same graph, by what stands in the URL: moments of this run, and other runs."""
    steps = subject.run.snapshots.numbers()
    shown = {*steps[:: max(1, len(steps) // 12)], *(step for step in steps if f"@{step}" in _named())}
    found = {f"@{step}": f"this run, step {step:,}" for step in sorted(shown) if step != subject.at}
    graph = subject.run.project.graphs
    for other in Workspace().list_runs()[: 10 * MOST_RUNS]:
        if other.id != subject.run.id and len(found) < MOST_RUNS + 12 and _same(other, graph):
            found[other.id] = f"{run_name(other)}, {other.about['name']}"
    return found


def _same(other: Run, graphs: Any) -> bool:
    try:
        return other.project.graphs == graphs and bool(other.checkpoints.numbers())
    except StrataError:
        return False
