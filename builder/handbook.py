"""The reference as Markdown: for the command line, and for builder/layers/README.md."""

from collections.abc import Iterator

from builder.layers import LAYERS
from builder.reference import Entry, entry, example, networks_with
from builder.templates import about

HEAD = """\
# Layers

Every kind of layer, derived from its class in this folder. This page is generated: `python -m builder reference -o \
builder/layers/README.md`.
"""


def handbook() -> str:
    """All kinds by category; without the networks in which they stand, for those change more often than layers do."""
    entries = sorted((entry(kind) for kind in LAYERS), key=lambda one: (one.category, one.kind.lower()))
    lines = [HEAD]
    for category in dict.fromkeys(one.category for one in entries):
        mine = [one for one in entries if one.category == category]
        links = ", ".join(f"[{one.kind}](#{one.kind.lower()})" for one in mine)
        lines.append(f"- **{category}**: {links}")
    for category in dict.fromkeys(one.category for one in entries):
        lines.append(f"\n## {category}\n")
        lines += ["\n".join(_lines(one)) for one in entries if one.category == category]
    return "\n".join(lines)


def page(kind: str) -> str:
    """What is known of one kind."""
    titles = ", ".join(about(name).title for name in networks_with(kind))
    return "\n".join([*_lines(entry(kind)), *([f"In {titles}.\n"] if titles else [])])


def _lines(one: Entry) -> Iterator[str]:
    yield f"### {one.kind}\n"
    yield f"{one.help}\n"
    if one.formula:
        yield f"$$ {one.formula} $$\n"
    yield f"Expects {one.expects}.\n"
    inputs = ", ".join(
        f"`{port.name}` ({port.takes}{', may stay free' * port.optional})" for port in one.inputs
    )
    outputs = ", ".join(f"`{name}`" for name in one.outputs)
    yield f"Inputs: {inputs or 'none'}. Outputs: {outputs or 'none'}.\n"
    if one.fields:
        yield "| Field | Type | Range | Default | What it does |\n|---|---|---|---|---|"
        for field in one.fields:
            cells = (f"`{field.name}`", field.type, field.range, field.default, field.description)
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        yield ""
    yield from _tried(one.kind)
    if one.paper:
        yield f"Source: {one.paper}.\n"
    if one.other_names:
        yield f"Also known as {', '.join(one.other_names)}.\n"


def _tried(kind: str) -> Iterator[str]:
    found = example(kind)
    costs = f"{found.parameters:,} parameters, {found.multiply_adds:,} multiply–adds for one example"
    taken = f"{', '.join(found.takes)} → " if found.takes else ""
    yield f"Example: {taken}{', '.join(found.gives)}; {costs}.\n"
    if found.source:
        yield f"```python\n{found.source}\n```\n"
