"""Why: what in an example counts for the answer, by several methods, and whether to trust them."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import streamlit as st

from builder.errors import StrataError
from pages.parts.chart import chart
from pages.parts.forms.form import Form, fields
from pages.parts.inspecting.answered import answered
from pages.parts.inspecting.section import Section
from pages.parts.inspecting.shown import said
from pages.parts.inspecting.subject import Example, Subject, no_data
from pages.parts.words import figure, plain
from pages.views import relevance as views
from pages.views.examples import montage

if TYPE_CHECKING:
    from engines.attribution import Method, Question


class Why(Section):
    """What in an example counts for the answer. A map is only as good as its method: check it below."""

    title: ClassVar = "Why this answer"
    icon: ClassVar = "psychology"
    order: ClassVar = 40

    def obstacle(self, subject: Subject) -> str:
        """It needs examples."""
        return no_data(subject)

    def show(self, subject: Subject) -> None:
        """An example and a method on the left, what counts on the right."""
        left, right = st.columns([1, 2], gap="medium")
        with left:
            example = subject.example()
            try:
                told = answered(subject, example.part)
            except StrataError as error:
                st.error(plain(error), icon=":material/error:")
                return
            answer = said(told, example.number)
            st.markdown(f"It answers **{plain(answer)}**; in the data: {plain(example.truth)}.")
            question = _question(subject, example, _asked_of(subject, told, example))
            method = _method(subject, question)
        if method is None:
            return
        with right:
            with st.spinner("Asking …", show_time=False):
                found = method.relevance(question).double().cpu().numpy()
            _draw(subject, example, found, method)
            st.caption(f"{plain(type(method).help())} {plain(type(method).reference)}.")
            _sum(question, method, found)
        _check(subject, question, method)


def _asked_of(subject: Subject, told: Any, example: Example) -> int:
    """Which output the question is about: the answer, unless the person asks for another."""
    if told.task == "regression" and len(told.names) == 1:
        return 0
    decided = told.decisions[example.number]
    first = max(int(decided), 0) if told.task == "classification" else 0
    return told.names.index(
        st.selectbox(
            "What speaks for",
            told.names,
            index=first,
            key=f"{subject.key} for {example.part} {example.number} {subject.at}",
        )
    )


def _question(subject: Subject, example: Example, output: int) -> Question:
    from engines.attribution import Question

    return Question(subject.trained.module, subject.trained.graph, example.inputs, output)


def _method(subject: Subject, question: Question) -> Method | None:
    """The method that is chosen, with its settings; None after an explanation if it cannot be used."""
    from engines.attribution import all_methods

    methods = all_methods()
    able = [name for name, one in methods.items() if not one().obstacle(question)]
    name = st.selectbox(
        "Method", able, format_func=lambda one: methods[one].title, key=f"{subject.key} method", help="Others need "
        "something that this network has not, such as maps or attention",
    )  # fmt: skip
    place = f"{subject.key} settings {name}"
    chosen = st.session_state.get(place, {})

    def commit(field: str, value: Any) -> None:
        st.session_state[place] = {**st.session_state.get(place, {}), field: value}

    kind = methods[name]
    if name == "GradCam":
        from engines.attribution.methods.gradients import maps

        paths = maps(question)
        return kind(node=st.selectbox("Maps of", paths, index=len(paths) - 1, key=f"{subject.key} maps"))
    fields(Form(place, commit, plain=2), kind, chosen)
    try:
        return kind.parse({"kind": name, **chosen})
    except ValueError as error:
        st.error(plain(error), icon=":material/error:")
        return None


def _draw(subject: Subject, example: Example, found: np.ndarray, method: Method) -> None:
    """The relevance on the input itself."""
    raw = example.raw
    key = f"{subject.key} relevance"
    splits = subject.splits
    assert splits is not None
    if isinstance(raw, np.ndarray) and raw.ndim == 4:
        one, two = st.columns(2)
        one.image(montage(raw, 1, 360), width="stretch", alt="The example", caption="The example")
        alt = f"What counts by {type(method).title}: most at {_places(found)}"
        two.image(views.overlay(raw[0], found), width="stretch", alt=alt, caption=_legend(method))
    elif example.inputs.is_floating_point() and found.ndim == 1:
        names, values, counts = _columns(subject, example, found)
        order = np.argsort(-np.abs(counts))[:5]
        alt = "; ".join(f"{names[one]} {counts[one]:.3g}" for one in order)
        chart(views.bars, names, values, counts, key=key, alt=plain(f"The most relevant columns: {alt}"))
        st.caption(_legend(method))
    elif example.inputs.is_floating_point():
        flat = np.asarray(raw[0], float).reshape(len(found), -1)
        chart(
            views.series,
            flat,
            found.reshape(len(found), -1),
            key=key,
            alt=f"Relevance by step: most at {_places(found)}",
        )
        st.caption(_legend(method))
    else:
        _words(example.inputs[0].tolist(), found)


def _columns(
    subject: Subject, example: Example, found: np.ndarray
) -> tuple[list[str], list[str], np.ndarray]:
    """A row's columns, their values as a person knows them, and what each counts: all features of a column together."""
    splits = subject.splits
    assert splits is not None
    owners = splits.preprocessing.inputs.owners
    names = [*dict.fromkeys(owners)]
    counts = np.zeros(len(names))
    np.add.at(counts, [names.index(owner) for owner in owners], found)
    raw = example.raw
    if isinstance(raw, np.ndarray):
        return names, [figure(float(value)) for value in np.ravel(raw[0])], counts
    cells = {str(name): value for name, value in raw.iloc[0].items()}
    return names, [str(cells.get(name, "")) for name in names], counts


def _words(tokens: list[int], found: np.ndarray) -> None:
    """Words, each on a ground as strong as it counts."""
    top = views.largest(found)
    pieces = []
    for token, value in zip(tokens, found.ravel(), strict=True):
        share = min(abs(float(value)) / top, 1)
        colour = "232,89,12" if value > 0 else "25,113,194"
        pieces.append(
            f'<span title="{value:.3g}" style="background:rgba({colour},{0.75 * share:.2f});padding:2px 5px;'
            f'margin:2px;border-radius:5px;display:inline-block">{html.escape(str(token))}</span>'
        )
    st.html(f"<div>{''.join(pieces)}</div>")


def _places(found: np.ndarray) -> str:
    """Where the relevance is largest, in words."""
    flat = np.abs(found.sum(0) if found.ndim == 3 else found)
    place = np.unravel_index(int(flat.argmax()), flat.shape)
    return (
        "row {}, column {}".format(*(one + 1 for one in place[:2]))
        if flat.ndim > 1
        else f"place {place[0] + 1}"
    )


def _legend(method: Method) -> str:
    return (
        "Orange speaks for it, blue against it"
        if method.signed
        else "The stronger the orange, the more it counts"
    )


def _sum(question: Question, method: Method, found: np.ndarray) -> None:
    """That integrated gradients add up to the difference they explain."""
    if method.kind != "IntegratedGradients":
        return
    import torch

    with torch.no_grad():
        here, nothing = (float(question.score(one)[0]) for one in (question.start, question.start * 0))
    st.caption(
        f"All of it adds up to {figure(float(found.sum()))}. The score is {figure(here)}, and {figure(nothing)} for "
        f"an input of zeros: a difference of {figure(here - nothing)}."
    )


def _check(subject: Subject, question: Question, method: Method) -> None:
    """The sanity check, on request: it asks a dozen times."""
    with st.expander(
        "Does this map tell what was learned?", icon=":material/fact_check:", key="sanity", on_change="rerun"
    ) as box:
        if not box.open:
            return
        from engines.attribution import sanity

        st.caption(
            "Layers are shuffled, from the output back to the input. A map that stays the same shows the input, not "
            "what the network learned (Adebayo et al. 2018, Sanity checks for saliency maps)."
        )
        with st.spinner("Shuffling …"):
            told = sanity(method, question)
        layers, alike = [path for path, _ in told], [value for _, value in told]
        last = alike[-1] if alike else 0.0
        verdict = (
            "it does: nothing of it is left"
            if abs(last) < 0.5
            else "hardly: much of it stays without the weights"
        )
        st.markdown(f"With all layers shuffled the rank correlation is **{last:.2f}**: {verdict}.")
        chart(
            views.fading,
            layers,
            alike,
            key=f"{subject.key} sanity",
            alt=f"Rank correlation falls from 1 to {last:.2f}",
        )
