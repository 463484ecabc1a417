"""The command line: `python -m builder summary|check|source FILE-or-template`; `read` turns ONNX or Keras into one."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import builder
from builder.amounts import TRAINING, USUAL_BATCH, batch_of, size
from builder.check import errors
from builder.errors import BadFile, BadGraph, StrataError
from builder.files import write_atomically
from builder.graph import Graph
from builder.layers import LAYERS
from builder.meant import meant_kind
from builder.reading.suspicion import content_of
from builder.spreadsheet import costs
from builder.summary import Summary, summary_inside
from builder.templates import about, find, templates

Rows = Sequence[Sequence[str]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; 0 if all is well, 1 if there are problems."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except StrataError as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:  # `… | head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"{error.filename} cannot be written: {error.strerror}.", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m builder", description="Look at networks without training them."
    )
    commands = parser.add_subparsers(
        required=True, metavar="summary | check | source | read | templates | reference"
    )
    for run, help in (
        (_summary, "a table of its nodes: shapes, parameters, multiply–adds, memory"),
        (_check, "everything that is wrong with it"),
        (_source, "the network as a Python file that needs torch alone"),
    ):
        command = commands.add_parser(run.__name__[1:], help=help, description=f"Show {help}.")
        command.add_argument("project", help="a project file, or the name of a template")
        command.add_argument("--role", default="", help="which graph of the project; by default model")
        if run is not _check:
            command.add_argument("-o", "--out", type=Path, metavar="FILE", help="write it to a file")
        if run is _summary:
            command.add_argument(
                "--inside",
                default="",
                metavar="NODE",
                help="the block that a node uses, or NODE.NODE for one in it",
            )
            command.add_argument(
                "--to", choices=["text", "csv"], default="text", help="for people or for programs"
            )
            command.add_argument(
                "--batch",
                type=int,
                help=f"of the training memory; by default the project's, or {USUAL_BATCH}",
            )
        command.set_defaults(run=run)
    read = commands.add_parser("read", help="an ONNX model, or Keras's JSON, as a project")
    read.add_argument("file", type=Path, help="what onnx.save or model.to_json() wrote")
    read.add_argument("-o", "--out", type=Path, metavar="FILE", help="write the project to a file")
    read.add_argument("--weights", type=Path, metavar="FILE", help="write its weights, as safetensors")
    read.set_defaults(run=_read)
    listed = commands.add_parser("templates", help="the names of the ready networks")
    listed.set_defaults(run=_templates)
    told = commands.add_parser("reference", help="every kind of layer, or one, as Markdown")
    told.add_argument("kind", nargs="?", default="", help="such as Conv2d; by default all")
    told.add_argument("-o", "--out", type=Path, metavar="FILE", help="write it to a file")
    told.set_defaults(run=_reference)
    return parser


def _summary(options: argparse.Namespace) -> int:
    project = find(options.project)
    graph = _graph(options)
    summary = summary_inside(graph, options.inside.split(".") if options.inside else ())
    batch = options.batch or batch_of(project)
    if options.to == "csv":
        _write(costs(summary, batch), options.out)
    else:
        memory = size(summary.training_bytes(batch))
        table = _table(_header(), [[*row] for row in _rows(summary)], _totals(summary))
        told = f"{memory} to train it with Adam in batches of {batch}:\n{TRAINING}"
        _write(f"{table}\n{told}\n", options.out)
    return _told(graph)


def _check(options: argparse.Namespace) -> int:
    graph = _graph(options)
    code = _told(graph)
    if not code:
        print("No errors: it compiles.")
    return code


def _source(options: argparse.Namespace) -> int:
    _write(builder.source(_graph(options)), options.out)
    return 0


def _write(text: str, out: Path | None) -> None:
    """Into a file if one is named; else on the screen."""
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(out, text.encode())
    else:
        print(text, end="")


def _read(options: argparse.Namespace) -> int:
    reading = builder.read(content_of(options.file))
    print(reading.report())
    if options.out:
        builder.save(reading.project(options.file.stem), options.out)
    if options.weights:
        from safetensors.torch import save

        if not reading.state:
            raise BadFile(f"{options.file.name} holds no weights, so none were written.")
        options.weights.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(options.weights, save(reading.state))
    return _told(reading.graph) or int(reading.wrong)


def _templates(options: argparse.Namespace) -> int:
    print("\n".join(_aligned([[name, about(name).title] for name in templates()], "")))
    return 0


def _reference(options: argparse.Namespace) -> int:
    from builder.handbook import handbook, page

    if options.kind and options.kind not in LAYERS:
        near = meant_kind(options.kind)
        raise BadFile(f"There is no layer {options.kind!r}.{f' Did you mean {near}?' if near else ''}")
    _write(page(options.kind) if options.kind else handbook(), options.out)
    return 0


def _told(graph: Graph) -> int:
    """Print the problems of a graph; 1 if one of them is an error."""
    problems = builder.check(graph)
    for problem in problems:
        print(f"{problem.severity}: {problem}", file=sys.stderr)
    return int(bool(errors(problems)))


def _graph(options: argparse.Namespace) -> Graph:
    project = find(options.project)
    if not project.graphs:
        raise BadGraph([builder.Problem("The project has no graph.")])
    if options.role and options.role not in project.graphs:
        raise BadFile(f"The project has no graph {options.role!r}; it has {', '.join(project.graphs)}.")
    if not options.role and len(project.graphs) > 1:
        shown, *others = sorted(project.graphs, key=lambda role: project.graphs[role] is not project.graph)
        print(f"This is the {shown}; --role shows the other graphs: {', '.join(others)}.", file=sys.stderr)
    return project.graphs[options.role] if options.role else project.graph


def _header() -> list[str]:
    return ["node", "layer", "output", "parameters", "multiply–adds", "activations", "receptive field"]


def _rows(summary: Summary) -> Rows:
    return [
        [
            row.node,
            row.kind,
            row.shape or "?",
            f"as {row.shares}" if row.shares else _number(row.parameters),
            _number(row.multiply_adds),
            _memory(row.activation_bytes),
            "?" if row.shape is None else _sides(row.receptive_field),
        ]
        for row in summary.rows
    ]


def _totals(summary: Summary) -> list[str]:
    numbers = (_number(summary.parameters), _number(summary.multiply_adds), _memory(summary.activation_bytes))
    return ["total", f"{summary.depth} deep", f"{_memory(summary.weight_bytes)} of weights", *numbers, ""]


def _table(header: list[str], rows: Rows, totals: list[str]) -> str:
    """Columns as wide as they need, text on the left, numbers on the right, totals below a line."""
    lines = _aligned([header, *rows, totals], "<<<>>>>")
    rule = "─" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _aligned(rows: Rows, sides: str) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = sides.ljust(len(widths), "<")
    return [
        "  ".join(
            f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _sides(field: tuple[int, ...] | None) -> str:
    return " × ".join(map(str, field or ())) or "–"


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}" if value else "–"


def _memory(number: int | None) -> str:
    return "?" if number is None else size(number) if number else "–"


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal may not know ×
    sys.exit(main())
