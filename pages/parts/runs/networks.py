"""The networks of two runs, one laid over the other on the canvas, and the same as a table."""

import html
from collections.abc import Sequence

import streamlit as st

from builder.compare import Difference, blocks_that_differ, difference
from builder.errors import StrataError
from builder.graph import Graph
from builder.project import Project
from pages.parts.documents.differing import union, words
from pages.parts.lifespan import torch_is_ready
from pages.parts.runs.compared import Compared
from pages.parts.words import plain
from strata_canvas import built
from strata_canvas import difference as canvas

STYLE = """<style>
.st-key-differing { --canvas-height: clamp(380px, 62vh, 720px); }
</style>"""
WHOLE = ""
"""What stands for the network as a whole where one of its blocks may be chosen."""


def networks(runs: Sequence[Compared]) -> None:
    """In what two networks differ; nothing where there are not two to compare."""
    known = {one.place: one.run.project for one in runs if _readable(one)}
    if len(known) < 2:
        return
    st.markdown("##### Networks")
    with st.container(border=True, key="differing"):
        st.html(STYLE)
        first, second, before, after, where = _chosen(runs, known)
        if first == second:
            st.caption("Choose two different runs.")
            return
        found = difference(before, after)
        if found.empty:
            st.markdown(
                f":material/check: The networks of {plain(first.name)} and {plain(second.name)} are the same{where}."
            )
            return
        _draw(found, before, after, first, second)
        with st.expander("As a table", icon=":material/table_rows:", expanded=not built()):
            st.html(table(found, first.name, second.name))
        st.caption("Nodes are matched by their names: one that was renamed counts as removed and added.")


def _readable(one: Compared) -> bool:
    try:
        return bool(one.run.project.graphs)
    except StrataError:
        return False


def _chosen(
    runs: Sequence[Compared], known: dict[int, Project]
) -> tuple[Compared, Compared, Graph, Graph, str]:
    """Which two runs are compared, and which graphs of theirs; and where that is, in words."""
    places = [*known]
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        if len(places) > 2:

            def shown(place: int) -> str:
                return f"{runs[place].letter} · {runs[place].name}"

            one = st.selectbox("From", places, 0, format_func=shown, key="first network", width=160)
            other = st.selectbox("To", places, 1, format_func=shown, key="second network", width=160)
        else:
            one, other = places
        before, after = known[one].graphs, known[other].graphs
        roles = [role for role in after if role in before] or [*after]
        role = roles[0]
        if len(roles) > 1:
            role = st.selectbox("Network", roles, key="role of networks", width=160)
        graphs = before.get(role, Graph()), after.get(role, Graph())
        blocks = blocks_that_differ(*graphs)
        block = WHOLE
        if blocks:
            options = [WHOLE, *blocks]
            names = {WHOLE: "The whole network", **{name: f"Inside {name}" for name in blocks}}
            block = st.selectbox("Where", options, format_func=names.get, key="block of networks", width=200)
    if block:
        graphs = graphs[0].blocks[block], graphs[1].blocks[block]
    return runs[one], runs[other], *graphs, f" inside {plain(block)}" if block else ""


def _draw(found: Difference, before: Graph, after: Graph, first: Compared, second: Compared) -> None:
    if not built():
        return
    names = [f"{one.letter} · {one.name}" for one in (first, second)]
    label = f"What differs between the networks of {names[0]} and {names[1]}; the table below tells the same"
    told = union(found, before, after, shapes=torch_is_ready())
    canvas({**told, "label": label, "first": names[0], "second": names[1]}, key="difference")


def table(found: Difference, first: str, second: str) -> str:
    """Every node and connection that differs, as HTML of ours and escaped text."""
    rows = []
    for one in found.nodes:
        if one.mark == "same":
            continue
        what = {"added": f"+ only in {second}", "removed": f"− only in {first}", "changed": "≠ changed"}[
            one.mark
        ]
        changes = [_change(*words(change, one.node.kind)) for change in one.changes] or [one.node.kind]
        rows.append((one.node.id, what, "; ".join(changes)))
    for cable in found.cables:
        if cable.mark in ("added", "removed"):
            what = f"+ only in {second}" if cable.mark == "added" else f"− only in {first}"
            rows.append((f"{cable.source} → {cable.node}", what, f"connection to {cable.port}"))
    body = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{html.escape(what)}</td><td>{html.escape(how)}</td></tr>'
        for name, what, how in rows
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Node or connection", "Where", "What"))
    head = f"<thead><tr>{heads}</tr></thead>"
    return f'<div class="strata-table" tabindex="0"><table>{head}<tbody>{body}</tbody></table></div>'


def _change(what: str, before: str, after: str) -> str:
    return f"{what}: {before} → {after}" if before else f"{what}: {after}"
