"""Activations that are written out, as x * 0.5 * (1 + erf(x / √2)): told by their values, and drawn as one layer."""

import json
from collections import Counter
from typing import Any

from builder.errors import StrataError
from builder.graph import Graph, Node
from builder.reading.draft import Draft, Drawn

PARTS = {
    "Add", "Subtract", "Multiply", "Divide", "Affine", "Power", "Exp", "Log", "Sqrt", "Tanh", "Sigmoid", "Softplus",
    "Clamp", "ReLU", "ReLU6", "Hardsigmoid", "Hardtanh", "Formula", "Minimum", "Maximum",
}  # fmt: skip
"""Layers of which activations are written."""
KNOWN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("GELU", {}), ("GELU", {"approximate": "tanh"}), ("SiLU", {}), ("Mish", {}), ("Hardswish", {}), ("Hardsigmoid", {}),
    ("Softplus", {}), ("Sigmoid", {}), ("Tanh", {}), ("ReLU6", {}), ("Softsign", {}), ("LogSigmoid", {}),
)  # fmt: skip
"""Activations that are looked for."""
NEAR = [step / 5 for step in range(-40, 41)]
FAR = [sign * far for far in (12.0, 16.0, 20.0, 30.0, 100.0, 1000.0) for sign in (-1, 1)]
"""Where both are computed: safety terms and bounds show far out."""
ALLOWED = 2e-5
"""The largest difference, relative to values above 1."""
MOST_PARTS = 16


def recognise(draft: Draft) -> None:
    """Put one layer in the place of several that compute an activation, where nothing else reads what lies between."""
    seen: dict[str, tuple[str, dict[str, Any]] | None] = {}
    readers = Counter(ref for one in draft.nodes.values() for ref in one.inputs.values())
    for id in [*draft.nodes]:
        root = draft.nodes.get(id)
        if root is None or root.kind not in PARTS:
            continue
        members, leaf = _written(draft, root, readers)
        if len(members) < 2 or leaf is None:
            continue
        text = _text(members, leaf)
        if text not in seen:
            seen[text] = _meant(members, leaf)
        if (meant := seen[text]) is not None:
            readers.subtract(ref for one in members for ref in one.inputs.values())
            root.kind, root.config, root.inputs = meant[0], dict(meant[1]), {"input": leaf}
            readers[leaf] += 1
            for one in members[:-1]:
                del draft.nodes[one.id]


def _written(draft: Draft, root: Drawn, readers: Counter[str]) -> tuple[list[Drawn], str | None]:
    """The layers that compute a value from one and the same other value, the last one last; and that value."""
    members: dict[str, Drawn] = {}
    leaves: set[str] = set()
    met = 0

    def visit(one: Drawn) -> None:
        nonlocal met
        met += 1
        for ref in one.inputs.values():
            inner = draft.nodes.get(ref)
            if inner is None or inner.kind not in PARTS or readers[ref] != 1 or met > MOST_PARTS:
                leaves.add(ref)
            else:
                visit(inner)
        members[one.id] = one

    visit(root)
    return [*members.values()], leaves.pop() if len(leaves) == 1 else None


def _text(members: list[Drawn], leaf: str) -> str:
    """What is computed, whatever the nodes are called."""
    place = {one.id: number for number, one in enumerate(members)}
    return json.dumps([
        [one.kind, one.config, {port: place.get(ref, "x" if ref == leaf else ref) for port, ref in one.inputs.items()}]
        for one in members
    ])  # fmt: skip


def _meant(members: list[Drawn], leaf: str) -> tuple[str, dict[str, Any]] | None:
    """The activation that these layers compute, if it is a known one; found by computing both."""
    points = _computed([(one.id, one.kind, one.config, one.inputs) for one in members], leaf)
    if points is None:
        return None
    for kind, config in KNOWN:
        if any(one.kind == kind for one in members):  # then the rest would be for safety alone
            continue
        wanted = _computed([("y", kind, config, {"input": "x"})], "x")
        if wanted is None:
            continue
        apart = (points - wanted).abs() / wanted.abs().clamp_min(1.0)
        if bool(apart.max() < ALLOWED):
            return kind, config
    return None


def _computed(nodes: list[tuple[str, str, dict[str, Any], dict[str, str]]], leaf: str) -> Any:
    """What some layers make of a row of points, None if they cannot be built."""
    import torch

    import builder

    inner = [
        Node(id=f"n_{id}"[-60:].lstrip("_"), kind=kind, config=config,
             inputs={port: "given" if ref == leaf else f"n_{ref}"[-60:].lstrip("_") for port, ref in inputs.items()})
        for id, kind, config, inputs in nodes
    ]  # fmt: skip
    ends = (Node(id="given", kind="Input", config={"shape": [len(NEAR + FAR)]}), *inner,
            Node(id="made", kind="Output", inputs={"input": inner[-1].id}))  # fmt: skip
    try:
        module = builder.compile(Graph(nodes=ends)).eval()
        with torch.no_grad():
            made = module(torch.tensor(NEAR + FAR).expand(2, -1))
    except (StrataError, ValueError, RuntimeError):
        return None
    return made.nan_to_num(1e9)
