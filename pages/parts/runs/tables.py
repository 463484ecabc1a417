"""Tables of a comparison, a column for each run, as HTML of ours and escaped text."""

import html
from collections.abc import Iterable, Sequence

from engines.runs.settings import Row
from pages.parts.runs.compared import Compared, Figure

STYLE = """<style>
.strata-table { overflow-x: auto; }
.strata-table table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: 0; }
.strata-table :is(th, td) {
  text-align: left; vertical-align: top; font-weight: 400; overflow-wrap: anywhere; min-width: 6.5rem;
  padding: .42rem .8rem; border: 0; border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent);
}
.strata-table tr:last-child :is(th, td) { border-bottom: 0; }
.strata-table tbody th { min-width: 9rem; opacity: .8; }
.strata-table thead th { font-weight: 600; white-space: nowrap; }
.strata-table .best { font-weight: 650; color: light-dark(#0B7A57, #38D9A9); }
.strata-table .none { opacity: .5; }
.st-key-compared [data-testid="stPageLink"] a { padding-left: 0; }
.st-key-compared [data-testid="stPageLink"] a > :not(:has(p)) { display: none; }
.strata-letter {
  display: inline-block; min-width: 1.35rem; padding: 0 .3rem; border-radius: 6px; color: #FFF; font-weight: 650;
  text-align: center; font-size: .8rem; line-height: 1.35rem;
}
</style>"""


def letter(one: Compared) -> str:
    """The letter of a run on its colour."""
    return f'<span class="strata-letter" style="background: {one.colour}">{one.letter}</span>'


def figures(runs: Sequence[Compared], rows: Iterable[Figure]) -> str:
    """The results; the best of a row is bold, green and starred."""
    return _table(
        runs,
        "Result",
        [
            (
                row.title,
                [_best(text) if top else _cell(text) for text, top in zip(row.shown, row.best, strict=True)],
            )
            for row in rows
        ],
    )


def settings(runs: Sequence[Compared], rows: Iterable[Row]) -> str:
    """Settings by run; one that a run does not have is a dash."""
    return _table(
        runs, "Setting", [(row.title, [_cell(_written(value)) for value in row.values]) for row in rows]
    )


def _table(runs: Sequence[Compared], corner: str, rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    heads = "".join(f'<th scope="col">{letter(one)} {html.escape(one.name)}</th>' for one in runs)
    body = "".join(
        f'<tr><th scope="row">{html.escape(title)}</th>{"".join(cells)}</tr>' for title, cells in rows
    )
    head = f'<thead><tr><th scope="col">{corner}</th>{heads}</tr></thead>'
    return f'<div class="strata-table" tabindex="0"><table>{head}<tbody>{body}</tbody></table></div>'


def _best(text: str) -> str:
    return f'<td class="best" title="The best of this row">★ {html.escape(text)}</td>'


def _cell(text: str) -> str:
    return '<td class="none">–</td>' if text == "–" else f"<td>{html.escape(text)}</td>"


def _written(value: object) -> str:
    """A setting as people write it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (
        f"{value:,}"
        if isinstance(value, int)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)[:200]
    )
