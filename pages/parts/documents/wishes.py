"""Wishes: the edits that a canvas sends, read with suspicion and turned into edits of the project. No Streamlit."""

from collections.abc import Mapping
from functools import cache, partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from builder.edits import Edit, InBlock, InRole, ProjectEdit, SetConfig, Several
from builder.errors import BadValue, Problem
from builder.graph import Graph, Node
from builder.inside import block_at
from builder.layers import LAYERS
from builder.project import usual_role
from pages.parts.documents.document import Graphs, Step
from pages.parts.forms.fields import understood

OF_PROJECTS = ("in_role", "add_role", "remove_role", "rename_role")
MOST_WISHES = 5000
Id = Annotated[str, Field(max_length=200)]
Way = Annotated[tuple[Id, ...], Field(max_length=32)]
Number = Annotated[int, Field(ge=0, lt=2**53)]


class Wish(BaseModel):
    """An edit, undo or redo, under a number that rises within its tab."""

    n: Number
    do: Literal["edit", "undo", "redo"] = "edit"
    edit: dict[str, Any] | None = None
    role: Id | None = None
    path: Way | None = None


class Wishes(BaseModel):
    """What a canvas sends at once: who it is, what is open in it, and which revision it has seen."""

    tab: str = Field(pattern=r"^[\w-]{1,64}$")
    role: Id = ""
    path: Way = ()
    base: Number = 0
    edits: tuple[Wish, ...] = Field((), max_length=MOST_WISHES)

    def steps(self) -> list[Step]:
        """Them as a document takes them."""
        return [
            Step(wish.n, wish.do, partial(self._read, wish) if wish.do == "edit" else None)
            for wish in self.edits
        ]

    def _read(self, wish: Wish, graphs: Graphs) -> Any:
        role = self.role if wish.role is None else wish.role
        path = self.path if wish.path is None else wish.path
        return read(wish.edit or {}, role, path, graphs)


def read(raw: Mapping[str, Any], role: str, path: tuple[str, ...], graphs: Graphs) -> Any:
    """The project edit that plain JSON describes, made where `role` and `path` lead.

    Raises:
        BadValue: it is no edit, or leads nowhere.
    """
    if raw.get("edit") in OF_PROJECTS:
        return _parsed(ProjectEdit, raw)
    edit = _parsed(Edit, raw)
    if role and role not in graphs:
        raise _refused(f"There is no network '{role}' any more.")
    role = usual_role(graphs, role)
    name, graph = block_at(graphs[role], path) if path else ("", graphs[role])
    edit = typed(edit, graph)
    return InRole(role=role, inner=InBlock(block=name, inner=edit) if name else edit)


def typed(edit: Any, graph: Graph) -> Any:
    """The edit with what was typed as text into a field read as that field's numbers and lists.

    `arguments.NAME` sets one argument of a Block node.
    """
    match edit:
        case Several(edits=edits):
            return edit.model_copy(update={"edits": tuple(typed(one, graph) for one in edits)})
        case InBlock(block=block, inner=inner) if block in graph.blocks:
            return edit.model_copy(update={"inner": typed(inner, graph.blocks[block])})
        case SetConfig(node=id, config=config) if id in graph:
            return edit.model_copy(update={"config": _typed(graph[id], config)})
    return edit


def _typed(node: Node, config: Mapping[str, Any]) -> dict[str, Any]:
    fields = LAYERS[node.kind].model_fields if node.kind in LAYERS else {}
    found: dict[str, Any] = {}
    for name, value in config.items():
        stem, _, argument = name.partition(".")
        if argument and stem in fields:
            known = found.get(stem, node.config.get(stem))
            number = understood(value, float | int) if isinstance(value, str) else value
            found[stem] = {**(known if isinstance(known, dict) else {}), argument: number}
        elif isinstance(value, str) and name in fields:
            found[name] = understood(value, fields[name].annotation)
        else:
            found[name] = value
    return found


def _parsed(union: Any, raw: Mapping[str, Any]) -> Any:
    try:
        return _reader(union).validate_python(raw)
    except ValidationError as error:
        raise _refused(words(error)) from None
    except RecursionError:
        raise _refused("This change nests too deeply.") from None


def words(error: ValidationError) -> str:
    """The first thing that is wrong with what was sent; of a name only why, for a person has just typed it."""
    detail = error.errors(include_url=False)[0]
    place = [str(part) for part in detail["loc"] if not isinstance(part, int)]
    said = str(detail["msg"]).removeprefix("Value error, ").rstrip(".")
    got = "" if "Got " in said else f" Got {repr(detail.get('input'))[:60]}."
    if detail["type"] == "value_error" and said.startswith("must "):  # the rule of names has no subject
        return f"A name {said}.{'' if repr(detail.get('input')) in said else got}"
    return f"This change cannot be made: {place[-1] + ' ' if place else ''}{said[:1].lower()}{said[1:]}.{got}"


@cache
def _reader(union: Any) -> TypeAdapter[Any]:
    return TypeAdapter(union)


def _refused(message: str) -> BadValue:
    return BadValue([Problem(message)])
