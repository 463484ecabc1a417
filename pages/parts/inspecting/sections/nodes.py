"""Nodes: what is in a node of the network."""

from __future__ import annotations

from typing import ClassVar

import streamlit as st

from pages.parts.forms.bound import bound
from pages.parts.inspecting.nodes.aspect import Aspect, all_aspects
from pages.parts.inspecting.nodes.look import Look
from pages.parts.inspecting.section import Section
from pages.parts.inspecting.subject import Subject, no_data
from pages.parts.words import plain


class Nodes(Section):
    """Any node: what it gives, how that is distributed and how it changed, what it has learned, and what excites it."""

    title: ClassVar = "Nodes"
    icon: ClassVar = "account_tree"
    order: ClassVar = 10

    def obstacle(self, subject: Subject) -> str:
        """It needs examples."""
        return no_data(subject)

    def show(self, subject: Subject) -> None:
        """A node, an example, and the aspects that this node has."""
        with st.container(horizontal=True, vertical_alignment="bottom"):
            path = subject.node()
            example = subject.example()
        look = Look(subject, path, example)
        aspect = _choose({name: one for name, one in all_aspects().items() if one().suits(look)}, look)
        st.caption(plain(aspect.help()))
        aspect.show(look)


def _choose(aspects: dict[str, type[Aspect]], look: Look) -> Aspect:
    """The aspect that the URL names, if the node has it."""
    named = st.query_params.get("aspect", "")
    chosen = named if named in aspects else next(iter(aspects))
    options = bound(
        f"{look.subject.key} aspect {' '.join(aspects)}",
        chosen,
        lambda one: st.query_params.update(aspect=one),
        [*aspects],
    )
    options["default"] = [*aspects][options.pop("index")]
    st.segmented_control(
        "Aspect",
        format_func=lambda one: f":material/{aspects[one].icon}: {aspects[one].title}",
        required=True,
        label_visibility="collapsed",
        **options,
    )
    return aspects[chosen]()
