"""Why: what in an example counts for the answer, by several methods, and whether to trust them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import streamlit as st

from builder.errors import StrataError
from pages.parts.chart import chart
from pages.parts.forms.form import Form, fields
from pages.parts.inspecting.answered import answered
from pages.parts.inspecting.choosing import chosen, number
from pages.parts.inspecting.explaining import Asked
from pages.parts.inspecting.relevant import draw, pixels_of, places_of, shape_of
from pages.parts.inspecting.section import Section
from pages.parts.inspecting.shown import said
from pages.parts.inspecting.subject import Example, Subject, no_data
from pages.parts.words import figure, listed, plain, short
from pages.views import relevance as views

if TYPE_CHECKING:
    from engines.answers import Answers
    from engines.attribution import Method

FEW = 10
"""Numbers in a map whose ranks agree by chance too often to say much."""
LITTLE, MUCH = 0.3, 0.6
"""Rank correlations below which hardly anything, and above which most of a map is left."""
APART = 0.05
"""A share of the difference that integrated gradients may miss before more steps are advised."""
ANSWER, TRUTH, NOTHING = "answer", "truth", "none"


class Why(Section):
    """What in an example counts for the answer. A map is only as good as its method: check it below."""

    title: ClassVar = "Why this answer"
    icon: ClassVar = "psychology"
    order: ClassVar = 40

    def obstacle(self, subject: Subject) -> str:
        """It needs examples."""
        return no_data(subject)

    def show(self, subject: Subject) -> None:
        """An example and a method on the left, what counts on the right; below, whether to believe it."""
        left, right = st.columns([1, 2], gap="medium")
        with left:
            example = subject.example()
            try:
                told = answered(subject, example.part)
            except StrataError as error:
                st.error(plain(error), icon=":material/error:")
                return
            st.markdown(_sentence(told, example))
            asked = Asked(subject, example, *_asked_of(subject, told, example))
            method = _method(asked)
        if method is None:
            return
        with right:
            try:
                found = asked.explained(method)
            except StrataError as error:
                st.error(plain(error), icon=":material/error:")
                return
            if found is None:
                return
            scale = _scale(asked)
            relevance = found["relevance"] * scale
            key = f"{asked.key} {sorted(method.dump().items())}"
            draw(subject, example, relevance, type(method).title, type(method).signed, key)
            st.caption(f"{plain(type(method).help())} {plain(type(method).reference)}.")
            _sum(asked, method, relevance, found["score"], found["nothing"])
        _compare(asked)
        _check(asked, method)


def _sentence(told: Answers, example: Example) -> str:
    """What the network answers, how sure it is, and what is true."""
    answer = said(told, example.number)
    sure = ""
    if told.task == "classification" and told.finite[example.number]:
        sure = f" ({told.scores[example.number].max():.1%})"
    return f"It answers **{plain(answer)}**{plain(sure)}; in the data: {plain(example.truth)}."


def _asked_of(subject: Subject, told: Answers, example: Example) -> tuple[int, int | None]:
    """Which output the question is about, the answer unless a person asks for another; and which one it is against."""
    names = [short(one, 40) for one in told.names]
    if len(names) == 1:
        return 0, None
    labels = {str(place): name for place, name in enumerate(names)}
    if told.task != "classification":
        label = "What speaks for" if told.task == "multi-label" else "Which value"
        value, widget = chosen("for", f"{subject.key} for", [*labels])
        st.selectbox(label, format_func=labels.__getitem__, **widget)
        return int(value), None
    answer, true = max(int(told.decisions[example.number]), 0), int(told.truth[example.number])
    first = {ANSWER: f"its answer: {names[answer]}", TRUTH: f"the truth: {names[true]}"}
    value, widget = chosen("for", f"{subject.key} for {answer} {true}", [*first, *labels])
    st.selectbox("What speaks for", format_func={**first, **labels}.__getitem__, **widget)
    output = {ANSWER: answer, TRUTH: true}.get(value, int(value) if value in labels else answer)
    return output, _against(subject, labels, output, answer)


def _against(subject: Subject, labels: dict[str, str], output: int, answer: int) -> int | None:
    """The class that the other is held against; None for none, or where there are two, which says it all."""
    if len(labels) < 3:
        return None
    first = {NOTHING: "(no other)", ANSWER: f"its answer: {labels[str(answer)]}"}
    options = {**(first if output != answer else {NOTHING: first[NOTHING]}), **labels}
    options.pop(str(output))
    value, widget = chosen("against", f"{subject.key} against {output} {answer}", [*options])
    st.selectbox(
        "Rather than", format_func=options.__getitem__, **widget,
        help="What makes the one class score higher than the other: the difference of the two scores",
    )  # fmt: skip
    return {NOTHING: None, ANSWER: answer}.get(value, int(value) if value in labels else None)


def _method(asked: Asked) -> Method | None:
    """The method that is chosen, with its settings; None after an explanation if a setting is refused."""
    from engines.attribution import all_methods

    methods, key, question = all_methods(), asked.subject.key, asked.question
    obstacles = {name: kind().obstacle(question) for name, kind in methods.items()}
    able = [name for name, why in obstacles.items() if not why]
    others = " ".join(why for why in obstacles.values() if why)
    name, widget = chosen("method", f"{key} method {len(able)}", able)
    st.selectbox("Method", format_func=lambda one: methods[one].title, help=plain(others) or None, **widget)
    kind = methods[name]
    if name == "GradCam":
        from engines.attribution.methods.gradients import maps

        return kind(node=asked.subject.node(maps(question)[::-1], "Maps of, the last first"))
    settings = {
        field: number(told, info.default) if isinstance(info.default, int) else told
        for field, info in kind.model_fields.items()
        if (told := st.query_params.get(field, ""))
    }
    hidden = ["baseline"] if question.words else []
    form = Form(
        f"{key} settings {name}", lambda field, value: st.query_params.update({field: str(value)}), plain=2
    )
    try:
        method = kind.parse({"kind": name, **settings})
    except ValueError:  # a link may say anything
        method = kind()
    fields(form, kind, method.model_dump(), hidden)
    return method


def _scale(asked: Asked) -> float:
    """How many of the target's own units one of the network's output is; 1 for scores."""
    splits = asked.subject.splits
    assert splits is not None
    scales = splits.preprocessing.scale
    return float(scales[asked.output]) if splits.task == "regression" and scales else 1.0


def _sum(asked: Asked, method: Method, relevance: np.ndarray, score: float, nothing: float) -> None:
    """What the numbers are, and that integrated gradients add up to the difference that they explain."""
    splits = asked.subject.splits
    assert splits is not None
    if splits.task == "regression":
        scales, offsets = splits.preprocessing.scale, splits.preprocessing.offset
        score, nothing = (one * scales[asked.output] + offsets[asked.output] for one in (score, nothing))
    if method.kind != "IntegratedGradients":
        return
    base = "zeros" if asked.question.words else getattr(method, "baseline", "zeros")
    words = {"mean": "the mean training example", "lowest": "the lowest values", "zeros": "zeros"}[base]
    whole, difference = float(relevance.sum()), score - nothing
    value = "value" if splits.task == "regression" else "score"
    told = (
        f"The {value} is {figure(score)}, and {figure(nothing)} for {words}: a difference of {figure(difference)}. All "
        f"that counts adds up to {figure(whole)}."
    )
    if abs(whole - difference) > APART * max(abs(difference), 1e-6):
        told += " More steps bring the two together."
    st.caption(plain(told))


def _compare(asked: Asked) -> None:
    """All methods beside each other, on request."""
    with st.expander(
        "All methods beside each other", icon=":material/compare:", key="methods", on_change="rerun"
    ) as box:
        if not box.open:
            return
        try:
            told = asked.compared()
        except StrataError as error:
            st.error(plain(error), icon=":material/error:")
            return
        if told is None:
            return
        from engines.attribution import all_methods

        methods = {name: one.title for name, one in all_methods().items() if name in told}
        titles, maps = [*methods.values()], np.stack([told[name] for name in methods])
        if shape_of(asked.example) == "image":
            sheet = views.strip(pixels_of(asked.example), [*maps])
            words = f"From left to right: {listed(titles)}"
            st.image(sheet, width="stretch", alt=words, caption=words)
        else:
            places, counts = places_of(asked.subject, asked.example, maps)
            most = [places[int(one)] for one in np.abs(counts).argmax(1)]
            alt = "; ".join(f"{title}: most {place}" for title, place in zip(titles, most, strict=True))
            chart(views.lanes, titles, places, counts, key=f"{asked.key} lanes", alt=alt)
        st.caption(
            "With their usual settings, each in its own full colours. Where they disagree, ask what each one measures."
        )


def _check(asked: Asked, method: Method) -> None:
    """The sanity check, on request: it asks many times."""
    with st.expander(
        "Does this map tell what was learned?", icon=":material/fact_check:", key="sanity", on_change="rerun"
    ) as box:
        if not box.open:
            return
        st.caption(
            "The weights of more and more layers are drawn anew, from the output back to the input. A map that stays "
            "the same shows the input, not what was learned (Adebayo et al. 2018, Sanity checks for saliency maps)."
        )
        told = asked.checked(method)
        if told is None:
            return
        if not told["layers"]:
            st.caption("This network has no weights.")
            return
        st.markdown(_verdict(told, method.signed))
        curves = {"where it lies": told["alike"]}
        if method.signed:
            curves["with signs"] = told["signed"]
        ends = "; ".join(f"{name} {one.mean(0)[-1]:.2f}" for name, one in curves.items())
        chart(
            views.fading, [_ending(one) for one in told["layers"]], curves, key=f"{asked.key} {method.kind} sanity",
            alt=f"Rank correlation with the trained network's map goes from 1 to: {ends}",
        )  # fmt: skip
        if shape_of(asked.example) == "image":
            words = f"From left to right: trained, then shuffled back to {listed(told['layers'])}"
            sheet = views.strip(pixels_of(asked.example), [*told["maps"]])
            st.image(sheet, width="stretch", alt=words, caption=plain(words))


def _ending(path: str, most: int = 16) -> str:
    """A path that fits under an axis: its end says most."""
    return path if len(path) <= most else "…" + path[1 - most :]


def _verdict(told: dict[str, Any], signed: bool) -> str:
    """What the check says, in words."""
    places, signs = (float(told[name][:, -1].mean()) for name in ("alike", "signed"))
    count = int(told["maps"][0].size)
    if abs(places) < LITTLE:
        verdict = "the map tells what was learned, for hardly anything of it stays without"
    elif signed and abs(signs) < LITTLE:
        verdict = (
            "where the map lies shows the input as well, for that stays without anything learned; what speaks for "
            "and what against was learned"
        )
    elif abs(places) < MUCH:
        verdict = "a part of the map is there without anything learned: it shows the input as well"
    else:
        verdict = "most of the map is there without anything learned: it shows the input, not the network"
    few = f" With only {count} numbers, ranks often agree by chance." if count < FEW else ""
    also = f", with signs **{signs:.2f}**" if signed else ""
    draws = len(told["alike"])
    return (
        f"With all layers shuffled the rank correlation is **{places:.2f}**{also} (mean of {draws} draws): "
        f"{verdict}.{few}"
    )
