"""The ready networks by family: pictures, and what is searched. Python alone, no Streamlit."""

from collections.abc import Sequence
from functools import cache

from builder.graph import Graph
from builder.layers import LAYERS
from builder.reference import kinds_in
from builder.templates import TEMPLATES, Template, about
from pages.views.picture import picture

FAMILIES = {
    "Images": "Small pictures of handwritten digits: every kind of network can read them, each in its way.",
    "Points in the plane": "Two numbers a point, so that everything a network does can be drawn.",
    "Tables": "Measurements in columns, beside the simple models that are hard to beat.",
    "Convolutional networks": "They look at pictures through small windows, from edges to objects.",
    "Sequences": "They read step by step and remember.",
    "Transformers": "Each step looks at all others: language, translation, and pictures in patches.",
    "Autoencoders": "They learn what matters by squeezing it through a narrow place.",
    "Generative adversarial networks": "One makes pictures that were never there, the other tries to tell; both learn.",
    "Pairs and recommendations": "They compare two things: are they alike, and will this person like that one?",
    "Graph networks": "They learn from who is connected with whom.",
    "Capsules, energies and maps": "Parts that vote for wholes, memories that settle, maps of neighbours.",
    "Reinforcement learning": "They learn from rewards what to do next.",
}
"""In the order in which they are shown, with a word about each; families that are not named here follow."""
LARGE = (960, 240)


def families() -> dict[str, list[Template]]:
    """The ready networks by family; those that train here come first."""
    groups = dict.fromkeys([*FAMILIES, *(one.group for one in TEMPLATES.values())])
    found = {group: [one for one in TEMPLATES.values() if one.group == group] for group in groups}
    return {
        group: sorted(members, key=lambda one: not one.trains) for group, members in found.items() if members
    }


def related(template: Template) -> list[Template]:
    """The others of its family."""
    return [one for one in families()[template.group] if one.name != template.name]


@cache
def drawn(name: str, large: bool = False) -> str:
    """The picture of a ready network."""
    project = about(name).project()
    return picture(project.graphs if len(project.graphs) > 1 else project.graph, *LARGE[: 2 * large])


@cache
def _searched(name: str) -> str:
    one = about(name)
    kinds = kinds_in(name)
    aliases = [
        word
        for kind in kinds
        if kind in LAYERS
        for word in LAYERS[kind].__dict__.get("aliases", "").split(", ")
    ]
    return " ".join([one.title, one.about, one.group, one.reference, one.name, *kinds, *aliases]).lower()


def found(words: Sequence[str], members: Sequence[Template]) -> list[Template]:
    """Those of which title, description, source or layers have all the words; where the title has them, first."""
    hits = [one for one in members if all(word in _searched(one.name) for word in words)]
    return sorted(hits, key=lambda one: not all(word in one.title.lower() for word in words))


def graphs_of(template: Template) -> dict[str, Graph]:
    """The graphs of a ready network by role."""
    return dict(_project_graphs(template.name))


@cache
def _project_graphs(name: str) -> tuple[tuple[str, Graph], ...]:
    return tuple(about(name).project().graphs.items())
