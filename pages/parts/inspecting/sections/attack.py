"""Attack: how little it takes to mislead the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import streamlit as st

from pages.parts.chart import chart
from pages.parts.header import go
from pages.parts.inspecting.section import Section
from pages.parts.inspecting.subject import PARTS, Example, Subject, no_data
from pages.parts.waiting import waiting
from pages.parts.words import figure, plain
from pages.views import relevance as views
from pages.views.examples import montage, probabilities

if TYPE_CHECKING:
    from torch import Tensor

LARGEST, USUAL = {True: 0.5, False: 2.0}, {True: 0.1, False: 0.25}
"""ε of images (a share of the range of pixels) and of all else (standard deviations)."""
POINTS = 9


class Attack(Section):
    """How little it takes to mislead the network: a change made on purpose, beside a random one that is as large."""

    title: ClassVar = "Attack"
    icon: ClassVar = "gpp_maybe"
    order: ClassVar = 50

    def obstacle(self, subject: Subject) -> str:
        """It needs examples of classes or labels, in numbers."""
        from engines.attack import obstacle

        if why := no_data(subject) or obstacle(subject.splits):
            return why if why.startswith("There") else f"This network cannot be attacked: {why}."
        return ""

    def show(self, subject: Subject) -> None:
        """One example under attack, then a whole part of the data."""
        assert subject.splits is not None
        image = subject.splits.train.inputs.ndim == 4
        left, right = st.columns([1, 2], gap="medium")
        with left:
            example = subject.example()
            unit = "share of the pixels' range" if image else "standard deviations"
            epsilon = st.slider(
                f"ε, {unit}", 0.0, LARGEST[image], USUAL[image], 0.01, key=f"{subject.key} epsilon",
                help="No number of the input is moved further than this",
            )  # fmt: skip
            steps = _steps(subject)
            towards = _towards(subject)
        with right:
            _one(subject, example, epsilon, steps, towards)
        _all(subject, epsilon, steps, example.part, LARGEST[image])


def _steps(subject: Subject) -> int:
    """1 for FGSM; of PGD as many as are wished."""
    way = st.segmented_control(
        "Attack", ["FGSM", "PGD"], default="FGSM", required=True, key=f"{subject.key} way",
        help="FGSM: one step along the sign of the gradient (Goodfellow et al. 2015). PGD: several smaller ones "
        "(Madry et al. 2018)",
    )  # fmt: skip
    return st.slider("Steps", 2, 50, 10, key=f"{subject.key} steps") if way == "PGD" else 1


def _towards(subject: Subject) -> int | None:
    """The class that it is to be taken for; None for any other."""
    splits = subject.splits
    assert splits is not None
    if splits.task != "classification":
        return None
    anything = "anything else"
    chosen = st.selectbox("Make it look like", [anything, *splits.classes], key=f"{subject.key} towards")
    return None if chosen == anything else splits.classes.index(chosen)


def _one(subject: Subject, example: Example, epsilon: float, steps: int, towards: int | None) -> None:
    """The example, what is added, and what comes of it."""
    import torch

    from engines.attack import noise, perturbed, unit
    from engines.probes.sight import objective_of

    trained, splits = subject.trained, subject.splits
    loss = objective_of(trained.project)
    assert splits is not None and loss is not None
    size, low, high = unit(splits)
    wanted = example.target if towards is None else torch.full_like(example.target, towards)
    bent = perturbed(
        trained.module, example.inputs, wanted, loss, epsilon * size, steps=steps, targeted=towards is not None,
        low=low, high=high,
    )  # fmt: skip
    control = noise(example.inputs, epsilon * size, 0, low, high)
    shown = {"The example": example.inputs, "Attacked": bent, "With random signs": control}
    columns = st.columns(3)
    for place, (column, (title, inputs)) in enumerate(zip(columns, shown.items(), strict=True)):
        with column:
            st.markdown(f"**{title}**")
            if inputs.ndim == 4:
                st.image(montage(inputs.numpy(), 1, 240), width="stretch", alt=title)
            _answer(subject, inputs, example, f"{subject.key} attack {place}")
            _change(subject, (inputs - example.inputs)[0].numpy())


def _change(subject: Subject, delta: np.ndarray) -> None:
    """What was changed: of an image amplified, of a row by column."""
    if not delta.any():
        return
    if delta.ndim == 3:
        told = "What was changed, amplified: orange more, blue less"
        st.image(views.overlay(np.zeros_like(delta), delta, 240), width="stretch", alt=told, caption=told)
        return
    splits = subject.splits
    assert splits is not None
    flat, owners = delta.ravel(), splits.preprocessing.inputs.owners
    names = [*owners] if len(owners) == len(flat) else [f"step {place + 1}" for place in range(len(flat))]
    rows = [{"column": name, "changed by": float(value)} for name, value in zip(names, flat, strict=True)][
        :200
    ]
    st.dataframe(rows, hide_index=True, height=180, alt="What was changed, in standard deviations")


def _answer(subject: Subject, inputs: Tensor, example: Example, key: str) -> None:
    """What the network makes of an input."""
    from engines.tasks import classes_of
    from engines.tasks import probabilities as chances_of

    splits = subject.splits
    assert splits is not None
    outputs = subject.trained.answers((inputs,))[0]
    right = bool((classes_of(splits.task, outputs) == example.target.long()).all())
    chances = chances_of(splits.task, outputs)[0].tolist()
    order = np.argsort(chances)[::-1][:3]
    st.badge(
        "still right" if right else "misled", icon=":material/check:" if right else ":material/close:",
        color="green" if right else "red",
    )  # fmt: skip
    names, values = [splits.classes[one] for one in order], [chances[one] for one in order]
    told = ", ".join(f"{name} {value:.0%}" for name, value in zip(names, values, strict=True))
    chart(probabilities, names, values, key=key, alt=plain(f"Most probable: {told}"))


def _all(subject: Subject, epsilon: float, steps: int, part: str, largest: float) -> None:
    """How often it is right on the whole part, by ε; computed beside the server."""
    st.markdown("##### On many examples")
    folder, checkpoint, at = subject.moment
    told: dict[str, Any] | None = waiting(
        f"{subject.key} curve", "engines.attack:curve_of", folder=folder, checkpoint=checkpoint, at=at, part=part,
        steps=steps, epsilons=[round(float(one), 4) for one in np.linspace(0, largest, POINTS)],
    )  # fmt: skip
    if told is None:
        return
    chart(
        views.robustness, told["epsilon"], told["attacked"], told["control"], epsilon, key=f"{subject.key} robustness",
        alt=f"Accuracy falls from {told['attacked'][0]:.0%} to {told['attacked'][-1]:.0%} under attack, and to "
        f"{told['control'][-1]:.0%} with random signs",
    )  # fmt: skip
    first = next((e for e, value in zip(told["epsilon"], told["attacked"], strict=True) if value < 0.5), None)
    fall = f"Below one half from ε = {figure(float(first))} on. " if first is not None else ""
    st.caption(
        f"Of {told['count']:,} examples of the part {PARTS[part].lower()}. {fall}Random signs of the same size are the "
        "control: it is the direction that misleads, not the size."
    )
    if getattr(_engine(subject), "adversarial", 0.0) == 0.0:
        st.caption(
            "A network can learn to withstand this: Adversarial, among the settings of Train, attacks each batch first."
        )
        if st.button("Go to Train", icon=":material/monitoring:", key="harden"):
            go("train")


def _engine(subject: Subject) -> Any:
    from engines.engine import engine_of

    return engine_of(subject.trained.project.engine)
