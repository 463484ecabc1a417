"""Every problem of a graph, as a list."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from builder.edits import AddNode, Disconnect, Edit, SetConfig, Several, Share
from builder.errors import Problem
from builder.fields import Arguments, Ports, layer_of, ports, sized
from builder.graph import Graph, Node, plain
from builder.layers import LAYERS
from builder.layers.io import Block
from builder.shapes import UNSHARED, Inference, infer, lends, own
from builder.trial import MOST_PARAMETERS, too_large


def check(graph: Graph) -> list[Problem]:
    """All problems of a graph: names, connections, cycles, fields and shapes; warnings last. No errors: it compiles.

    Fixes are looked for in the first problems; `fixes.mended` tells those of any other.
    """
    if doubled := [*_doubled(graph)]:
        return doubled
    inference = infer(graph)
    problems = [*_blocks(inference), *_found(inference)]
    if inference.parameters > MOST_PARAMETERS:
        problems.append(Problem(f"The graph {too_large(inference.parameters)}", rule="must not be too large"))
    return [*problems, *_unread(graph)]


def check_inside(inference: Inference, whole: Graph | None = None) -> list[Problem]:
    """All problems of a block's graph where it is used; their fixes are edits of that graph.

    Those that act in blocks inside it are tried in all their uses, if the whole graph is given; else in those in here.
    """
    graph = inference.graph
    if doubled := [*_doubled(graph)]:
        return doubled
    return [*_found(inference, infer(whole) if whole else None), *_unread(graph)]


def _found(inference: Inference, whole: Inference | None = None) -> list[Problem]:
    """What is wrong with nodes, connections and shapes, with the fixes that work."""
    from builder.fixes import connected, with_fixes

    return [
        *connected(inference, structure(inference.graph, inference.arguments)),
        *with_fixes(inference, whole),
    ]


def errors(problems: list[Problem]) -> list[Problem]:
    """The problems that keep a graph from compiling."""
    return [problem for problem in problems if problem.severity == "error"]


def _blocks(inference: Inference) -> Iterator[Problem]:
    """What is wrong with the connections in each block, used or not."""
    from builder.fixes import in_block

    graph = inference.graph
    for name, block in graph.blocks.items():
        found = [*_doubled(block)] or in_block(inference, name, structure_of_block(graph, block))
        yield from (replace(one, message=f"Block '{name}': {one.message}", node="") for one in found)
        if block.blocks:
            message = f"Block '{name}': blocks belong to the outermost graph. Got {', '.join(block.blocks)}."
            yield Problem(
                message,
                field="blocks",
                rule="must be empty",
                value=list(block.blocks),
                fix="Move them there.",
            )


def _doubled(graph: Graph) -> Iterator[Problem]:
    for id, count in Counter(node.id for node in graph.nodes).items():
        if count > 1:
            message = f"'{id}': id must be used once. Got {count} nodes of this name."
            yield Problem(message, id, "id", "must be unique", id, "Rename one of them.")


def structure(graph: Graph, arguments: Arguments) -> list[Problem]:
    """What is wrong with the nodes and connections themselves, whatever their shapes."""
    behind = {node.id for node in graph.order()[1]}
    found: list[Problem] = []
    known: dict[str, Ports] = {}
    for node in graph.nodes:
        layer, wrong = layer_of(node.key, arguments)
        if isinstance(layer, Block) and layer.block not in graph.blocks:
            continue  # inference says so
        if layer is not None:
            known[node.id] = ports(layer, node, graph.blocks)
        elif node.id in behind:  # all others are found by inference
            found += [Problem(p.message, node.id, p.field, p.rule, p.value, p.fix) for p in wrong]
    for node in graph.nodes:
        if node.id in known:
            found += _connections(graph, node, known)
        if node.shares:
            found += _sharing(graph, node)
        elif node.id in known and LAYERS[node.kind].borrows:
            found.append(_lender_wanted(graph, node))
    if behind:
        found.append(_circle(graph, behind))
    return [*found, *_ends(graph)]


def structure_of_block(graph: Graph, block: Graph) -> list[Problem]:
    """What is wrong with the nodes and connections of one of its blocks, used or not."""
    arguments = sized(tuple(block.arguments.items()), own(block))
    return structure(block.model_copy(update={"blocks": graph.blocks}), arguments)


def _connections(graph: Graph, node: Node, known: dict[str, Ports]) -> Iterator[Problem]:
    required, optional, _ = known[node.id]
    for port in required:
        if port not in node.inputs:
            said = f"port '{port}' must be connected. Nothing leads to it."
            yield _wrong(
                node, port, "must be connected", None, said, "Connect the output of another node to it."
            )
    for port, source, output in node.sources():
        if port not in required and port not in optional:
            said = f"there is no port '{port}'; its ports are {', '.join(required + optional) or 'none'}."
            free = (Disconnect(node=node.id, port=port),)
            yield _wrong(node, port, "must be a port", port, said, f"Disconnect '{source}' from it.", free)
        elif source not in graph:
            said = f"port '{port}' must lead from a node of this graph. Got '{source}'."
            free = (Disconnect(node=node.id, port=port),)
            yield _wrong(node, port, "must exist", source, said, "Connect it to a node that exists.", free)
        elif source in known:
            yield from _output(graph, node, port, source, output, known[source].outputs)


def _output(
    graph: Graph, node: Node, port: str, source: str, output: str, outputs: tuple[str, ...]
) -> Iterator[Problem]:
    if graph[source].kind == "Output":
        outputs = ()
    if not outputs or (output and output not in outputs):
        shown = f"{source}.{output}" if output else source
        said = (f"port '{port}' must lead from an output of '{source}' "
                f"({', '.join(outputs) or 'it has none'}). Got '{shown}'.")  # fmt: skip
        yield _wrong(node, port, "must exist", shown, said, "Choose another output.")


def _sharing(graph: Graph, node: Node) -> Iterator[Problem]:
    owner = graph.by_id.get(node.shares)
    if owner is None or owner.shares or owner.id == node.id:
        said = f"shares must name a node that has weights of its own. Got '{node.shares}'."
        fix = "Choose another node, or let this one have its own."
        yield _wrong(node, "shares", "must own weights", node.shares, said, fix)
    elif node.kind in LAYERS and not lends(owner.kind, LAYERS[node.kind]):
        wanted = "the id of another layer" if node.kind in UNSHARED else f"a node of kind {_lenders(node)}"
        said = f"shares must name {wanted}. Got '{owner.id}', which is {owner.kind}."
        yield _wrong(node, "shares", "must be of the same kind", node.shares, said, "Choose another node.")
    else:
        yield from _settings(node, owner)


def _settings(node: Node, owner: Node) -> Iterator[Problem]:
    """A node that is the same layer as another has the same settings; what it does not state is as there."""
    fields = LAYERS[node.kind].model_fields if owner.kind == node.kind else {}
    for name in [one for one in fields if one in node.config]:
        wanted = owner.config.get(name, plain(name, fields[name].get_default()))
        if node.config[name] != wanted:
            said = f"{name} must be {wanted}, as in '{owner.id}', whose weights it uses. Got {node.config[name]}."
            fix = f"Take the settings of '{owner.id}', or give it weights of its own."
            edits = (SetConfig(node=node.id, config={name: wanted}), Share(node=node.id))
            yield _wrong(node, name, "must be as its owner's", node.config[name], said, fix, edits)


def _lenders(node: Node) -> str:
    return " or ".join(LAYERS[node.kind].borrows or (node.kind,))


def _lender_wanted(graph: Graph, node: Node) -> Problem:
    """A kind that has no weights of its own is told whose it could use."""
    known = [one.id for one in graph.nodes if lends(one.kind, LAYERS[node.kind]) and not one.shares]
    said = f"shares must name a node of kind {_lenders(node)}, whose weights it uses. Got nothing."
    offered = tuple(Share(node=node.id, owner=id) for id in known[:3])
    fix = (
        f"Share the weights of {' or '.join(known[:3])}."
        if known
        else f"Add a node of kind {_lenders(node)}."
    )
    return _wrong(node, "shares", "must name a node", "", said, fix, offered)


def _circle(graph: Graph, behind: set[str]) -> Problem:
    """One circle among the nodes on or behind a cycle, found by following the connections backwards."""
    id = next(node.id for node in graph.nodes if node.id in behind)
    path: dict[str, None] = {}
    while id not in path:
        path[id] = None
        id = next(
            source
            for source in (*(s for _, s, _ in graph[id].sources()), graph[id].shares)
            if source in behind
        )
    ids = [*path]
    circle = ids[ids.index(id) :][::-1]
    on = set(circle)
    start = circle.index(next(node.id for node in graph.nodes if node.id in on))
    circle = circle[start:] + circle[:start]
    first, last = circle[0], circle[-1]
    shown = circle if len(circle) <= 12 else [*circle[:10], "…", last]
    said = f"connections must not lead in a circle: {' → '.join([*shown, first])}."
    cut: list[Edit] = [
        Disconnect(node=first, port=port) for port, source, _ in graph[first].sources() if source == last
    ]
    cut += [Share(node=first)] if graph[first].shares == last else []
    edit = cut[0] if len(cut) == 1 else Several(edits=tuple(cut))
    return _wrong(
        graph[first], "inputs", "no cycles", shown, said, f"Disconnect '{first}' from '{last}'.", (edit,)
    )


def _ends(graph: Graph) -> Iterator[Problem]:
    for kind, words in (("Input", "says what data comes in"), ("Output", "says what the network answers")):
        if not graph.ids(kind):
            message = f"The graph must have an {kind} node, which {words}. Got none."
            add = AddNode(node=Node(id=graph.fresh(kind), kind=kind))
            yield Problem(message, "", "", f"must have an {kind}", None, f"Add an {kind} node.", (add,))


def _unread(graph: Graph) -> Iterator[Problem]:
    """Warnings about nodes that change no answer."""
    waiting = [*graph.ids("Output")]
    reached = set(waiting)
    while waiting:
        needs = graph[waiting.pop()].needs - reached
        reached |= needs
        waiting += (id for id in needs if id in graph)
    for node in graph.nodes if reached else ():
        if node.id not in reached and node.kind in LAYERS:
            said = "nothing reads it." if node.kind == "Input" else "leads to no Output, so it never learns."
            message, fix = f"{node.kind} '{node.id}': {said}", "Connect it, or remove it."
            yield Problem(message, node.id, "", "must lead to an Output", None, fix, severity="warning")


def _wrong(
    node: Node, field: str, rule: str, value: Any, said: str, fix: str, edits: tuple[Any, ...] = ()
) -> Problem:
    return Problem(f"{node.kind} '{node.id}': {said}", node.id, field, rule, value, fix, edits)
