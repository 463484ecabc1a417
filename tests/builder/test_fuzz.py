"""36: project files mutated in every way are refused in words, or can be checked, summed up and written again."""

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import builder

BYTES = (Path(__file__).parent.parent / "golden" / "project-v1.json").read_bytes()
TREE = json.loads(BYTES)
QUICK = settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def survives(text: str | bytes) -> None:
    """Either it is refused in words, or what was read can be checked, summed up and written again."""
    try:
        project = builder.loads(text)
    except builder.BadFile as error:
        assert str(error) and "\n" not in str(error)
        return
    assert builder.loads(builder.dumps(project)) == project
    for graph in project.graphs.values():
        problems = builder.check(graph)
        assert all(problem.message for problem in problems)
        builder.summary(graph)
        if not any(problem.severity == "error" for problem in problems):
            compile(builder.source(graph), "source", "exec")


PLACES = st.integers(0, len(BYTES))
PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from([b'"', b"{", b"}", b"[", b"]", b",", b":", b"0", b"null", b"1e9", b"\\"]),
)


@QUICK
@given(st.lists(st.tuples(PLACES, st.integers(0, 8), PIECES), min_size=1, max_size=4))
def test_36_mutated_bytes(cuts: list[tuple[int, int, bytes]]) -> None:
    """Bytes cut out of the golden file and others put in."""
    content = BYTES
    for place, length, piece in cuts:
        content = content[:place] + piece + content[place + length :]
    survives(content)


def spots(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all values of a JSON tree."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(spot for key, value in pairs for spot in spots(value, (*path, key)))]


def planted(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The tree with another value at a path."""
    if not path:
        return value
    if isinstance(tree, dict):
        return {**tree, path[0]: planted(tree.get(path[0]), path[1:], value)}
    if isinstance(tree, list) and isinstance(path[0], int) and path[0] < len(tree):
        return [*tree[: path[0]], planted(tree[path[0]], path[1:], value), *tree[path[0] + 1 :]]
    return tree


SPOTS = spots(TREE)
NAMES = [
    "linear1",
    "head",
    "words",
    "encoder.hidden",
    "residual",
    "Linear",
    "Block",
    "Output",
    "Conv2d",
    "float32",
]
WORDS = st.sampled_from([*NAMES, "same", "\ud800", "width", "2 * width", "width ** 9", "a'b\"c\n"])
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(0, 9), st.floats(), st.text(max_size=5), WORDS
)
KEYS = st.one_of(WORDS, st.text(max_size=3))
VALUES = st.recursive(
    st.one_of(LEAVES, st.sampled_from(SPOTS).map(lambda path: at(TREE, path))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=5,
)


def at(tree: Any, path: tuple[Any, ...]) -> Any:
    """The value at a path."""
    for step in path:
        tree = tree[step]
    return tree


@QUICK
@given(st.lists(st.tuples(st.sampled_from(SPOTS), VALUES), min_size=1, max_size=3))
@example([(("graphs", "model", "nodes", 1, "config", "width"), "\ud800")])
@example([(("graphs", "model", "nodes", 1, "config"), {"a\n": "\ud800"})])
def test_36_mutated_structure(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    """Values of the golden file replaced by others of the wrong type, place or size, and by parts of itself."""
    tree = TREE
    for path, value in changes:
        tree = planted(tree, path, value)
    survives(json.dumps(tree))
