"""Nodes: what a node of the network gives."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import streamlit as st

from pages.parts.chart import chart
from pages.parts.inspecting.section import Section
from pages.parts.inspecting.subject import Subject, no_data
from pages.parts.words import figure, plain
from pages.views.distribution import distribution

MOST = 256
"""Examples that are sent through."""


class Nodes(Section):
    """What each node gives: how its values are distributed, and what it makes of an example."""

    title: ClassVar = "Nodes"
    icon: ClassVar = "account_tree"
    order: ClassVar = 10

    def obstacle(self, subject: Subject) -> str:
        """It needs examples."""
        return no_data(subject)

    def show(self, subject: Subject) -> None:
        """The distribution of a node's values."""
        from builder.watch import watched

        left, right = st.columns([1, 3], gap="medium")
        with left:
            path, part = subject.node(), subject.part()
        assert subject.splits is not None
        found: dict[str, np.ndarray] = {}
        with watched(
            subject.trained.module,
            lambda one, value: found.update({one: value.numpy()}) if one == path else None,
        ):
            subject.trained.answers((subject.splits.part(part).inputs[:MOST],))
        values = found[path]
        with right:
            counts, edges = np.histogram(values, 64)
            chart(
                distribution, counts, edges, "value", key=f"{subject.key} distribution",
                alt=f"Values of {plain(path)} from {figure(float(values.min()))} to {figure(float(values.max()))}",
            )  # fmt: skip
