"""Attack: how little it takes to mislead the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import streamlit as st

from builder.errors import StrataError
from pages.parts.chart import chart
from pages.parts.header import go
from pages.parts.inspecting.answered import answered
from pages.parts.inspecting.attacking import LARGEST, Attacked, attacked
from pages.parts.inspecting.choosing import chosen, chosen_number, segmented
from pages.parts.inspecting.section import Section
from pages.parts.inspecting.subject import PARTS, Subject, no_data
from pages.parts.waiting import waiting
from pages.parts.words import figure, plain, short
from pages.views import attacked as views

if TYPE_CHECKING:
    from torch import Tensor

POINTS = 9
ANYTHING, HIGHER, LOWER = "any", "higher", "lower"


class Attack(Section):
    """How little it takes to mislead the network: a change made on purpose, beside a random one that is as large."""

    title: ClassVar = "Attack"
    icon: ClassVar = "gpp_maybe"
    order: ClassVar = 50

    def obstacle(self, subject: Subject) -> str:
        """It needs examples in numbers, and a loss to make larger."""
        from engines.attack import obstacle
        from engines.probes.sight import objective_of

        if told := no_data(subject):
            return told
        if why := obstacle(subject.splits):
            return f"This network cannot be attacked: {why}."
        return (
            ""
            if objective_of(subject.trained.project)
            else "Its engine has no loss that an attack could raise."
        )

    def show(self, subject: Subject) -> None:
        """One example under attack, then a whole part of the data."""
        left, right = st.columns([1, 2], gap="medium")
        with left:
            example = subject.example()
            try:
                answered(subject, example.part)
            except StrataError as error:
                st.error(plain(error), icon=":material/error:")
                return
            image = example.inputs.ndim == 4
            epsilon = _epsilon(subject, image)
            steps = _steps(subject)
            towards = _towards(subject)
        told = attacked(subject, example, epsilon, steps, towards)
        with right:
            _verdicts(told)
            if image:
                _pictures(told)
            elif example.inputs.ndim == 2:
                _row(told)
            else:
                _series(told)
            if told.task != "regression":
                _chances(told)
        _all(subject, epsilon, steps, example.part, LARGEST[image])


def _epsilon(subject: Subject, image: bool) -> float:
    """How far any number may be moved, said in the data's own terms."""
    from engines.attack import unit

    splits = subject.splits
    assert splits is not None
    most, usual = LARGEST[image], 0.1 if image else 0.25
    value, widget = chosen_number("epsilon", f"{subject.key} epsilon", 0.0, most, usual)
    scaled = {
        "standard": "standard deviations",
        "min-max": "shares of the range",
        "none": "the data's own units",
    }
    label = "share of the pixels' range" if image else scaled[_scaling(subject)]
    st.slider(
        f"ε, {label}", 0.0, most, step=0.01, **widget,
        help="No number of the input is moved further than this",
    )  # fmt: skip
    if image:
        _, low, high = unit(splits)
        raw = splits.preprocessing.inputs.restored(np.concatenate([low, high]))
        bottom, top = (round(float(one), 5) + 0.0 for one in (raw.min(), raw.max()))
        st.caption(plain(f"That is {value * (top - bottom):.4g} for pixels from {bottom:.4g} to {top:.4g}."))
    return float(value)


def _scaling(subject: Subject) -> str:
    """How the inputs are scaled: "standard", "min-max" or "none"."""
    return str(subject.trained.project.data.get("scaling", "standard"))


def _steps(subject: Subject) -> int:
    """1 for FGSM; of PGD as many as are wished."""
    way, widget = chosen("attack", f"{subject.key} way", ["FGSM", "PGD"])
    st.segmented_control(
        "Attack", required=True, **segmented(widget),
        help="FGSM: one step along the sign of the gradient (Goodfellow et al. 2015). PGD: several smaller ones "
        "(Madry et al. 2018)",
    )  # fmt: skip
    if way == "FGSM":
        return 1
    steps, widget = chosen_number("pgd", f"{subject.key} steps", 2, 50, 10)
    st.slider("Steps", 2, 50, **widget)
    return int(steps)


def _towards(subject: Subject) -> str:
    """What it is to be taken for: the number of a class, a direction of values, or anything that is wrong."""
    splits = subject.splits
    assert splits is not None
    if splits.task == "multi-label":
        return ANYTHING
    if splits.task == "regression":
        labels = {ANYTHING: "as wrong as can be", HIGHER: "higher", LOWER: "lower"}
        title = "Make the value"
    else:
        names = {str(place): short(name, 40) for place, name in enumerate(splits.classes)}
        labels, title = {ANYTHING: "anything else", **names}, "Make it look like"
    value, widget = chosen("towards", f"{subject.key} towards", [*labels])
    st.selectbox(title, format_func=labels.__getitem__, **widget)
    return value


def _verdicts(told: Attacked) -> None:
    """What the network makes of the example, of the attack, and of random signs."""
    grid = st.grid(3, min_column_width=100)
    for title in told.inputs:
        with grid, st.container(gap="xxsmall"):
            st.markdown(f"**{title}**")
            if told.task == "regression":
                st.badge(plain(short(told.answer(title), 40)), icon=":material/straighten:", color="gray")
            elif told.answer(title) == told.example.truth:
                st.badge(plain(short(told.answer(title), 40)), icon=":material/check:", color="green")
            else:
                st.badge(plain(short(told.answer(title), 40)), icon=":material/close:", color="red")
    st.caption(plain(told.sentence))


def _chances(told: Attacked) -> None:
    """How probable each class is before and after."""
    chances = told.chances
    most = {title: told.names[int(values.argmax())] for title, values in chances.items()}
    alt = "; ".join(f"{title}: {name} {chances[title].max():.0%}" for title, name in most.items())
    chart(views.answers, told.names, chances, key=f"{told.key} answers", alt=f"Most probable. {alt}")


def _pictures(told: Attacked) -> None:
    """Example + change = attacked, and the same with random signs."""
    size, low, high = (one[0].numpy() for one in told.unit)
    example = told.inputs["The example"][0].numpy()
    for title, words in (("Attacked", "what the attack adds"), ("With random signs", "random signs")):
        given = told.inputs[title][0].numpy()
        grid = st.grid(3, min_column_width=90)
        factor = f", × {1 / told.epsilon:.0f}" if told.epsilon else ""
        shown = (
            (views.picture(example, low, high), "The example"),
            (views.change(given - example, told.epsilon * size), f"+ {words}{factor}"),
            (views.picture(given, low, high), f"= {title.lower()}"),
        )
        for sheet, caption in shown:
            grid.image(sheet, width="stretch", alt=caption, caption=caption)
    st.caption(
        "Of the changes orange is more, blue less; the full colour is ε. No pixel leaves the data's range."
    )


def _row(told: Attacked) -> None:
    """A row in its own units: as it is, attacked, and with random signs."""
    import pandas as pd

    inputs = told.splits.preprocessing.inputs
    table = {"column": [*inputs.features]}
    for title, given in told.inputs.items():
        table[title.lower()] = [figure(float(one)) for one in inputs.restored(given.double().numpy())[0]]
    st.dataframe(
        pd.DataFrame(table), hide_index=True, height="content" if len(table["column"]) <= 12 else 420,
        alt="The row in its own units: as it is, attacked, and with random signs",
    )  # fmt: skip
    if len({*inputs.owners}) < len(inputs.owners):
        st.caption(
            "In the data's own units. Categories, and yes or no, are moved as the numbers that stand for them, 0 or "
            "1: no real row is between."
        )
    else:
        st.caption("In the data's own units.")


def _series(told: Attacked) -> None:
    """A series as it is, attacked, and with random signs; of several features the one that is moved most."""
    inputs = told.splits.preprocessing.inputs

    def restored(given: Tensor) -> np.ndarray:
        raw = inputs.restored(given.double().numpy())[0]
        flat: np.ndarray = raw.reshape(len(raw), -1)
        return flat

    values = {title: restored(given) for title, given in told.inputs.items()}
    moved = np.abs(values["Attacked"] - values["The example"]).sum(0)
    feature = int(moved.argmax())
    shown = {title: one[:, feature] for title, one in values.items()}
    alt = (
        f"The series; the attack moves it by {figure(float(moved[feature] / len(values['Attacked'])))} a step"
    )
    chart(views.lines, shown, key=f"{told.key} series", alt=alt)
    if len(moved) > 1:
        st.caption(f"Feature {feature + 1} of {len(moved)}, which is moved most.")


def _all(subject: Subject, epsilon: float, steps: int, part: str, largest: float) -> None:
    """How good it is on the whole part, by ε; computed beside the server."""
    st.markdown("##### On many examples")
    folder, checkpoint, at = subject.moment

    def preview(told: dict[str, Any]) -> None:
        if len(told["epsilon"]):
            _curve(subject, told, epsilon, largest)

    told: dict[str, Any] | None = waiting(
        f"{subject.key} curve", "engines.attack:curve_of", preview=preview, folder=folder, checkpoint=checkpoint,
        at=at, part=part, steps=steps, epsilons=[round(float(one), 4) for one in np.linspace(0, largest, POINTS)],
    )  # fmt: skip
    if told is None:
        return
    _curve(subject, told, epsilon, largest)
    fall = ""
    if (splits := subject.splits) and splits.task != "regression":
        below = (
            one
            for one, value in zip(told["epsilon"], told["attacked"], strict=True)
            if value < told["simple"]
        )
        first = next(below, None)
        fall = f"Worse than always the commonest from ε = {float(first):g} on. " if first is not None else ""
    st.caption(
        f"Of {told['count']:,} {'example' if told['count'] == 1 else 'examples'} of the part {PARTS[part].lower()}, "
        f"each moved away from its truth. {fall}Random signs of the same size are the "
        "control, the mean of five draws: it is the direction that misleads, not the size."
    )
    _harden(subject)


def _curve(subject: Subject, told: dict[str, Any], epsilon: float, largest: float) -> None:
    values = subject.splits is not None and subject.splits.task == "regression"
    ends = {name: figure(float(told[name][-1])) for name in ("attacked", "control")}
    name = "error" if values else "accuracy"
    chart(
        views.robustness, told["epsilon"], told["attacked"], told["control"], told["simple"], epsilon, largest, values,
        key=f"{subject.key} robustness {len(told['epsilon'])}",
        alt=f"At ε = {float(told['epsilon'][-1]):g} the {name} is {ends['attacked']} under attack, and "
        f"{ends['control']} with random signs; without, {figure(float(told['attacked'][0]))}",
    )  # fmt: skip


def _harden(subject: Subject) -> None:
    """That a network can be trained to withstand this, or that this one was."""
    from engines.engine import engine_of

    trained_at = getattr(engine_of(subject.trained.project.engine), "adversarial", 0.0)
    if trained_at:
        st.caption(f"This network was trained adversarially, at ε = {trained_at:g}.")
        return
    st.caption(
        "A network can learn to withstand this: Adversarial, among the settings of Train, attacks each batch before "
        "the network learns from it."
    )
    if st.button("Go to Train", icon=":material/monitoring:", key="harden"):
        go("train")
