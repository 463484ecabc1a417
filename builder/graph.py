"""A graph as plain data: nodes that name their inputs, and blocks that are graphs themselves."""

import hashlib
import heapq
import json
import keyword
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Self, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MODULE_NAMES = frozenset(
    "add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval extra_repr "
    "float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules mtia "
    "named_buffers named_children named_modules named_parameters parameters register_backward_hook register_buffer "
    "register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook "
    "register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter "
    "register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule "
    "share_memory state_dict to to_empty train training type xpu zero_grad".split()
)
"""Attributes of torch.nn.Module, which a node's name would hide."""
RESERVED = MODULE_NAMES | {"self", "super", "torch", "nn", "block", "range", "tuple"}
MOST_NODES = 20_000
DEEPEST_FIELD = 8
"""How deep lists may nest in a field."""
_written = json.JSONEncoder(sort_keys=True).encode
"""json.dumps makes an encoder anew at each call, which takes longer than the encoding."""


def named(name: str) -> str:
    """The name, if it can stand in Python source as an attribute and a variable; else ValueError says why not."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name):
        raise ValueError(
            "must begin with a letter, and have at most 64 small letters a–z, digits and underscores"
        )
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in RESERVED or "__" in name:
        raise ValueError(f"must not be {name!r}, which Python or PyTorch uses itself")
    return name


Name = Annotated[str, AfterValidator(named)]
Reference = Annotated[str, Field(max_length=200)]
"""Text that should name a port or a node; whether it does, check tells."""
Finite = Annotated[float, Field(allow_inf_nan=False)]


def shown(name: str) -> str:
    """A name as a message tells it: in one short line, in quotes if it is none that Python could have."""
    return (name if name.isidentifier() else repr(name))[:70]


def plain(name: str, value: Any) -> Any:
    """A field's value as a project file will give it back: tuples as lists; ValueError if it cannot stand in JSON."""
    if type(value) in (int, bool):
        return value
    try:
        text = json.dumps([value], ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{shown(name)} must be text that can be written as UTF-8. Got {value!r}."
        ) from error
    except ValueError as error:
        raise ValueError(f"{shown(name)} must be finite. Got {value!r}.") from error
    except (TypeError, RecursionError) as error:
        raise ValueError(
            f"{shown(name)} must be plain JSON: numbers, text, lists. Got {type(value).__name__}."
        ) from error
    if text.count("[") + text.count("{") > DEEPEST_FIELD and _depth(value) > DEEPEST_FIELD:
        raise ValueError(f"{shown(name)} must not nest more than {DEEPEST_FIELD} deep.")
    return json.loads(text)[0]


def _depth(value: Any) -> int:
    """How deep lists and dictionaries nest; json has found that it is not endless."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else None
    return 0 if parts is None else 1 + max(map(_depth, parts), default=0)


def _all_plain(fields: dict[str, Any]) -> dict[str, Any]:
    plain("fields", [*fields])
    return {name: plain(name, value) for name, value in fields.items()}


Plain = Annotated[dict[str, Any], AfterValidator(_all_plain)]
"""Fields and their values, as JSON."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other fields; unlike pydantic's own it does not take over what was derived from the old ones."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return cast(Self, type(self).model_construct(**{**fields, **(update or {})}))


class Node(_Record):
    """A layer placed in a graph. It names its inputs: port → "node" or "node.port"."""

    id: Name
    kind: str = Field(max_length=64)
    config: Plain = {}
    inputs: dict[Reference, Reference] = {}
    position: tuple[Finite, Finite] | None = None
    shares: Reference = ""
    """The id of the node whose layer, weights included, this node uses again; "" if it has its own."""

    @cached_property
    def key(self) -> tuple[str, str]:
        """The layer of this node as a hashable value: its kind and its config."""
        return self.kind, _written(self.config) if self.config else "{}"

    def sources(self) -> tuple[tuple[str, str, str], ...]:
        """The node's connections as (own port, source node, source port); the source port is "" for the first."""
        return self._sources

    @cached_property
    def _sources(self) -> tuple[tuple[str, str, str], ...]:
        return tuple((port, *reference.partition(".")[::2]) for port, reference in self.inputs.items())

    @cached_property
    def needs(self) -> frozenset[str]:
        """The nodes that must be computed before this one."""
        return frozenset([source for _, source, _ in self._sources] + [self.shares] * bool(self.shares))


class Graph(_Record):
    """Nodes in the order in which they were placed, and the blocks that they use, by name."""

    nodes: tuple[Node, ...] = Field((), max_length=MOST_NODES)
    blocks: dict[Name, "Graph"] = {}
    arguments: dict[Name, Finite | int] = {}
    """For a block: the values that its fields may refer to, with their defaults."""

    def settings(self, node: Node) -> dict[str, Any]:
        """The fields of a node; one that is the same layer as another has those of that."""
        owner = self.by_id.get(node.shares)
        return {**owner.config, **node.config} if owner and owner.kind == node.kind else node.config

    @cached_property
    def by_id(self) -> dict[str, Node]:
        """The nodes by id; of doubled ids the last (check reports them)."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def digest(self) -> str:
        """A hash of everything in the graph but the positions."""
        places = {"__all__": {"position"}}
        plain = self.model_dump_json(exclude={"nodes": places, "blocks": {"__all__": {"nodes": places}}})
        return hashlib.sha256(plain.encode()).hexdigest()

    def __getitem__(self, id: str) -> Node:
        """The node of this id."""
        return self.by_id[id]

    def __contains__(self, id: object) -> bool:
        """Whether there is a node of this id."""
        return id in self.by_id

    def with_nodes(self, nodes: tuple[Node, ...]) -> "Graph":
        """The same graph with other nodes."""
        return Graph.model_construct(nodes=nodes, blocks=self.blocks, arguments=self.arguments)

    def fresh(self, stem: str) -> str:
        """An id that is free: the stem with the next number (`Conv2d` → `conv3`)."""
        stem = re.sub(r"[^a-z]+", "", re.sub(r"\dd$", "", stem).lower()) or "node"
        numbers = [
            int(node.id[len(stem) :])
            for node in self.nodes
            if node.id.startswith(stem) and node.id[len(stem) :].isdigit()
        ]
        return f"{stem}{max(numbers, default=0) + 1}"

    def ids(self, kind: str) -> tuple[str, ...]:
        """The ids of the nodes of a kind, in the order in which they were placed."""
        return tuple(self._by_kind.get(kind, ()))

    def order(self) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        """The nodes sources first (stable: as placed where free), and those that lie on or behind a cycle."""
        return self._order

    @cached_property
    def _by_kind(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for node in self.nodes:
            found.setdefault(node.kind, []).append(node.id)
        return found

    @cached_property
    def _order(self) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        if self._placed_in_order():
            return self.nodes, ()
        waiting = {node.id: {source for source in node.needs if source in self} for node in self.nodes}
        readers: dict[str, list[str]] = {}
        for id, sources in waiting.items():
            for source in sources:
                readers.setdefault(source, []).append(id)
        place = {node.id: number for number, node in enumerate(self.nodes)}
        done: list[Node] = []
        ready = [place[id] for id, sources in waiting.items() if not sources]
        heapq.heapify(ready)
        while ready:
            node = self.nodes[heapq.heappop(ready)]
            done.append(node)
            for reader in readers.get(node.id, ()):
                waiting[reader].discard(node.id)
                if not waiting[reader]:
                    heapq.heappush(ready, place[reader])
        reached = {node.id for node in done}
        return tuple(done), tuple(node for node in self.nodes if node.id not in reached)

    def _placed_in_order(self) -> bool:
        known = self.by_id
        seen: set[str] = set()
        for node in self.nodes:
            for _, source, _ in node.sources():
                if source not in seen and source in known:
                    return False
            if node.shares and node.shares not in seen and node.shares in known:
                return False
            seen.add(node.id)
        return len(known) == len(self.nodes)
