"""Nodes: what is in a node of the network."""

from __future__ import annotations

from typing import ClassVar

import streamlit as st

from pages.parts.choosing import choose
from pages.parts.inspecting.nodes.aspect import all_aspects
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
        there = {name: one for name, one in all_aspects().items() if one().suits(look)}
        aspect = there[choose(f"{subject.key} aspect {' '.join(there)}", "aspect", there, "Aspect")]()
        st.caption(plain(aspect.help()))
        aspect.show(look)
