"""The ready networks by family: pictures, and what is searched. Python alone, no Streamlit."""

from collections.abc import Sequence
from functools import cache

from builder.graph import Graph
from builder.layers import LAYERS
from builder.reference import kinds_in
from builder.templates import TEMPLATES, Template, about
from pages.parts.finding import best_first, found
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
def _told(name: str) -> tuple[str, str, str]:
    """What is searched of a ready network, the likeliest first: titles, layers by any name, what is said of it."""
    one, kinds = about(name), kinds_in(name)
    aliases = [LAYERS[kind].__dict__.get("aliases", "") for kind in kinds if kind in LAYERS]
    layers = ", ".join([one.group, *kinds, *aliases])
    return f"{one.title} {name}".lower(), layers.lower(), f"{one.about} {one.reference}".lower()


def searched(words: Sequence[str]) -> dict[str, list[Template]]:
    """Families with their networks of which title, layers, description or source have all the words, best first."""
    every = families()
    places = found(words, {one.name: _told(one.name) for members in every.values() for one in members})
    names = best_first({group: [one.name for one in members] for group, members in every.items()}, places)
    return {group: [about(name) for name in some] for group, some in names.items()}


def graphs_of(template: Template) -> dict[str, Graph]:
    """The graphs of a ready network by role."""
    return dict(_project_graphs(template.name))


@cache
def _project_graphs(name: str) -> tuple[tuple[str, Graph], ...]:
    return tuple(about(name).project().graphs.items())
