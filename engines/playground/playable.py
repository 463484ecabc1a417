"""Playable: which projects can be played with, and what the others are."""

from __future__ import annotations

from builder.project import Project
from engines.engine import Engine

PAIR = {"generator", "discriminator"}


def unplayable(project: Project) -> str:
    """Why a project cannot be played with, by what it is, in one sentence; "" if it can be."""
    kind = project.engine.get("kind", "Supervised")
    if PAIR & set(project.graphs):
        return "This is a GAN: two networks learn from each other, not from examples with known answers."
    if kind != "Supervised":
        title = Engine.registry[kind].title if kind in Engine.registry else kind
        return f"This project learns by {title}, not from examples with known answers."
    if "policy" in project.graphs:
        return "This is a policy: it learns from rewards (reinforcement learning), not from examples."
    if "model" not in project.graphs:
        return "This project has no network yet."
    inputs, outputs = (project.graph.ids(one) for one in ("Input", "Output"))
    if len(inputs) != 1 or len(outputs) != 1:
        return (
            f"This network has {_counted(len(inputs), 'input')} and {_counted(len(outputs), 'output')}; "
            "the Playground draws one answer over a plane through one input."
        )
    if project.graph[inputs[0]].config.get("dtype") == "int64":
        return "This network reads indices (of words, for example), and between them there is no plane to draw on."
    return ""


def _counted(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
