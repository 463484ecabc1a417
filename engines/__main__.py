"""The command line: `python -m engines train FILE-or-template --out DIR`, and `resume`, `export`, `history DIR`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from builder.project import Project
    from engines.runs.run import Run
    from engines.runs.status import Status


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; 0 if all went well, 1 if not, 130 after Ctrl-C."""
    options = argparse.Namespace(run=None, folder=None)
    try:  # whatever takes time to import is imported within, so that Ctrl-C finds words then too
        return _obey(arguments, options)
    except KeyboardInterrupt:
        print(f"\n{_farewell(options)}", file=sys.stderr)
        return 130


def _obey(arguments: Sequence[str] | None, options: argparse.Namespace) -> int:
    from builder.errors import StrataError

    try:
        _parser().parse_args(arguments, options)
        options.run(options)
    except StrataError as error:
        print(f"\n{error}", file=sys.stderr)
    except OSError as error:
        from engines.runs.explain import outside

        print(f"\n{outside(error)}", file=sys.stderr)
    else:
        return 0
    return 1


def _farewell(options: argparse.Namespace) -> str:
    """What to say after Ctrl-C."""
    if options.run in (_export, _history):
        return "Stopped before the file was done. The run is as it was; export it again."
    if options.folder and (options.folder / "run.json").is_file():
        return f"Stopped. The last checkpoint is kept; go on with: python -m engines resume {options.folder}"
    return "Stopped before there was a run. Nothing was written."


def _parser() -> argparse.ArgumentParser:
    from builder.templates import templates
    from engines.exports import names
    from engines.exports.history import names as histories

    parser = argparse.ArgumentParser(
        "python -m engines", description="Train networks and take them away as files."
    )
    commands = parser.add_subparsers(required=True, metavar="train | resume | export | history")

    train = commands.add_parser("train", help="train a project file or a template")
    train.add_argument("project", help=f"a project file, or a template: {', '.join(templates())}")
    train.add_argument(
        "--out", dest="folder", type=Path, required=True, metavar="DIR", help="folder of the new run"
    )
    train.add_argument("--device", default="auto", help="auto (the default), cpu, cuda, cuda:1 …")
    train.add_argument("--threads", type=int, default=0, help="CPU threads; 0 (the default) picks them")
    train.add_argument("--epochs", type=int, help="instead of the project's own number")
    train.add_argument("--seed", type=int, help="instead of the project's own")
    train.set_defaults(run=_train)

    resume = commands.add_parser("resume", help="go on with a run from its last checkpoint")
    resume.add_argument("folder", type=Path, metavar="DIR", help="folder of the run")
    resume.set_defaults(run=_resume)

    export = commands.add_parser("export", help="write a network as a file that works without Strata")
    export.add_argument(
        "folder",
        type=Path,
        metavar="DIR",
        help="folder of the run; or a project file or template, as it starts",
    )
    export.add_argument("--to", required=True, choices=names(), help="format of the file")
    export.add_argument("--out", type=Path, metavar="FILE", help="the file; by default in the run's folder")
    export.add_argument("--at", type=int, metavar="STEP", help="as it was at a snapshot, not at the end")
    export.add_argument("--role", default="", help="which graph of a project that has several")
    export.set_defaults(run=_export)

    history = commands.add_parser("history", help="write what a run told as files for other programs")
    history.add_argument("folder", type=Path, metavar="DIR", help="folder of the run")
    history.add_argument("--to", required=True, choices=histories(), help="format of the files")
    history.add_argument("--out", type=Path, metavar="DIR", help="by default `exports` in the run's folder")
    history.set_defaults(run=_history)
    return parser


def _train(options: argparse.Namespace) -> None:
    import engines

    project = _project(options)
    _shown(
        lambda watch: engines.train(
            project, options.folder, device=options.device, threads=options.threads, watch=watch
        )
    )


def _project(options: argparse.Namespace) -> Project:
    """The project that is named, with the fields that are given instead of its own."""
    from builder.templates import find

    project = find(options.project)
    if options.epochs is not None:
        project = project.with_fields(engine={**project.engine, "epochs": options.epochs})
    return project if options.seed is None else project.with_fields(seed=options.seed)


def _resume(options: argparse.Namespace) -> None:
    import engines

    _shown(lambda watch: engines.resume(options.folder, watch=watch))


def _shown(train: Callable[[Callable[[Status], None]], Run]) -> None:
    """Train with a progress bar; at the end say what was measured, and where the run lies."""
    from tqdm import tqdm

    with tqdm(unit=" steps", dynamic_ncols=True) as bar:

        def watch(status: Status) -> None:
            bar.total = status.steps or None
            bar.n = status.step
            validation = status.measured.get("validation", {})
            numbers: dict[str, Any] = {
                "loss": status.loss,
                **{f"validation {k}": v for k, v in validation.items()},
            }
            bar.set_description(
                f"Epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}", refresh=False
            )
            bar.set_postfix({name: f"{value:.4g}" for name, value in numbers.items() if value is not None})

        run = train(watch)
    for part, values in run.status().measured.items():
        print(f"{part}: " + ", ".join(f"{name} {value:.4f}" for name, value in values.items()))
    print(f"{run.status().state.capitalize()}. The run is in {run.folder}")


def _export(options: argparse.Namespace) -> None:
    import engines
    from builder.templates import find, templates

    name = str(options.folder)
    project = options.folder.is_file() or (name in templates() and not options.folder.is_dir())
    source = find(name) if project else options.folder
    print(engines.export(source, options.to, options.out, options.at, options.role))


def _history(options: argparse.Namespace) -> None:
    from engines.exports.history import write
    from engines.runs.run import Run

    for path in write(Run(options.folder), options.to, options.out):
        print(path)


if __name__ == "__main__":
    sys.exit(main())
