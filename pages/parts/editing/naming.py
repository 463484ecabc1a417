"""Names that people give to nodes, blocks, arguments and roles: why one is refused, and which is free."""

from collections.abc import Callable, Container

from builder.graph import named
from pages.parts.forms.refusing import text_field


def refusal(name: str, what: str, taken: Container[str]) -> str:
    """Why a name cannot be given to a thing such as "node"; "" if it can."""
    if name in taken:
        return f"There is {'an' if what[0] in 'aeiou' else 'a'} {what} '{name}' already. Choose another name."
    try:
        named(name)
    except ValueError as error:
        got = "" if repr(name) in str(error) else f" Got {name[:80]!r}."
        return f"A name {error}.{got}"
    return ""


def name_field(label: str, key: str, name: str, rename: Callable[[str], str]) -> None:
    """A name in a list of such, to be changed; `rename` says why it refuses one. The label is only spoken."""
    text_field(label, key, name, rename, max_chars=64, label_visibility="collapsed")


def free(stem: str, taken: Container[str]) -> str:
    """The stem with the first number that is free: `block1`."""
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"
