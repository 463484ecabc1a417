"""Edits of the blocks that a graph defines: their arguments, their names, and whether they stay."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from builder.edits.record import GraphEdit, changed
from builder.errors import BadValue, Problem
from builder.graph import Finite, Graph, Name, Node


class SetArguments(GraphEdit):
    """Give a block these arguments with their defaults, and no others; uses forget values for those that are gone."""

    edit: Literal["arguments"] = "arguments"
    block: str
    arguments: dict[Name, Finite | int]

    def apply(self, graph: Graph) -> Graph:
        """Replace them."""
        before = defined(graph, self.block)
        gone = set(before.arguments) - set(self.arguments)

        def forgotten(node: Node) -> Node:
            given = node.config.get("arguments")
            if not names(node, self.block) or not isinstance(given, dict) or not gone & set(given):
                return node
            left = {name: value for name, value in given.items() if name not in gone}
            return changed(node, config={**node.config, "arguments": left})

        after = before.model_copy(update={"arguments": self.arguments})
        return everywhere(with_blocks(graph, {**graph.blocks, self.block: after}), forgotten)


class RenameBlock(GraphEdit):
    """Give a block another name; every use follows."""

    edit: Literal["rename_block"] = "rename_block"
    block: str
    to: Name

    def apply(self, graph: Graph) -> Graph:
        """The blocks stay in their order."""
        defined(graph, self.block)
        if self.to != self.block:
            free(graph, self.to)

        def renamed(node: Node) -> Node:
            return (
                changed(node, config={**node.config, "block": self.to}) if names(node, self.block) else node
            )

        blocks = {self.to if name == self.block else name: block for name, block in graph.blocks.items()}
        return everywhere(with_blocks(graph, blocks), renamed)


class RemoveBlock(GraphEdit):
    """Forget a block that nothing uses."""

    edit: Literal["remove_block"] = "remove_block"
    block: str

    def apply(self, graph: Graph) -> Graph:
        """Drop its definition."""
        defined(graph, self.block)
        if used := [*uses(graph, self.block)]:
            shown = ", ".join(f"'{id}'" for id in used[:5]) + (" …" if len(used) > 5 else "")
            raise said(
                f"Block '{self.block}' is used by {shown}.", self.block, "Remove or unpack its uses first."
            )
        return with_blocks(graph, {name: block for name, block in graph.blocks.items() if name != self.block})


def port_renamed(graph: Graph, block: str, kind: str, port: str, to: str) -> Graph:
    """Every use of a block follows the new name of one of its Input or Output nodes, which are its ports."""

    def of(one: Graph) -> Graph:
        users = {node.id for node in one.nodes if names(node, block)}

        def followed(node: Node) -> Node:
            inputs = node.inputs
            if kind == "Output":
                led = {f"{user}.{port}": f"{user}.{to}" for user in users}
                inputs = {own: led.get(source, source) for own, source in inputs.items()}
            elif node.id in users:
                inputs = {to if own == port else own: source for own, source in inputs.items()}
            return changed(node, inputs=inputs)

        return one.with_nodes(tuple(map(followed, one.nodes))) if users else one

    return with_blocks(of(graph), {name: of(inner) for name, inner in graph.blocks.items()})


def names(node: Node, block: str) -> bool:
    """Whether a node uses a block."""
    return node.kind == "Block" and node.config.get("block") == block


def uses(graph: Graph, block: str) -> Iterator[str]:
    """The ids of the nodes that use a block; of those in other blocks with the block's name before it."""
    yield from (node.id for node in graph.nodes if names(node, block))
    for name, inner in graph.blocks.items():
        if name != block:
            yield from (f"{name}: {node.id}" for node in inner.nodes if names(node, block))


def defined(graph: Graph, block: str) -> Graph:
    """The graph of a block, or BadValue."""
    if block not in graph.blocks:
        known = ", ".join(graph.blocks) or "it has none"
        raise said(f"'{block}' must be a block of this graph ({known}).", block, "It may have been removed.")
    return graph.blocks[block]


def free(graph: Graph, name: str) -> None:
    """BadValue if a block has this name."""
    if name in graph.blocks:
        raise said(f"There is a block '{name}' already.", name, "Choose another name.")


def said(message: str, value: Any = None, fix: str = "", node: str = "") -> BadValue:
    """A refusal in words."""
    return BadValue([Problem(message, node, rule="block", value=value, fix=fix)])


def with_blocks(graph: Graph, blocks: dict[str, Graph]) -> Graph:
    """The same graph with other blocks."""
    return graph.model_copy(update={"blocks": blocks})


def everywhere(graph: Graph, change: Callable[[Node], Node]) -> Graph:
    """Every node changed, those in blocks too; what stays equal stays the same object."""

    def of(one: Graph) -> Graph:
        nodes = tuple(change(node) for node in one.nodes)
        return one if all(a is b for a, b in zip(nodes, one.nodes, strict=True)) else one.with_nodes(nodes)

    return with_blocks(of(graph), {name: of(block) for name, block in graph.blocks.items()})
