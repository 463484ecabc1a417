"""The process that trains a run: `python -m engines.runs.worker FOLDER`.

It holds the run's lock for life, so of two workers one trains and the other leaves. SIGTERM makes it take a checkpoint
and end with the run `interrupted`, which can be resumed.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import torch
from filelock import Timeout

from builder import Project, compile
from builder.errors import BadValue, StrataError
from engines.context import Context
from engines.data.data import Data, Splits, prepare
from engines.doctor.data import measure
from engines.engine import Engine, engine_of
from engines.events import State
from engines.runs import exact
from engines.runs.driver import Driver, Rewind
from engines.runs.explain import explain
from engines.runs.heartbeat import DUMP, Heartbeat
from engines.runs.launch import LAUNCHED, LOG
from engines.runs.limits import cap_memory, die_first, step_back
from engines.runs.machine import check_threads, device_of, threads_for
from engines.runs.record import Record, Watch
from engines.runs.run import Run
from engines.runs.status import Status

LOCK_PATIENCE = 1.0
"""Seconds to wait for the lock: whoever asks whether a run is alive takes it for an instant."""


def main(folder: str | Path) -> int:
    """Train the run in a folder; 0 when that was done, 3 when another worker does it."""
    run = Run(folder)
    asked: list[State] = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append("interrupted"))
    step_back()
    log = os.open(run.folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    faulthandler.enable(2)
    if DUMP:
        faulthandler.register(DUMP, file=2)
    try:
        _confine(run)
        while _train_once(run, asked):
            pass
    except Timeout:
        (run.folder / LAUNCHED).unlink(missing_ok=True)
        return 3
    return 0


def _confine(run: Run) -> None:
    """See that this worker harms nobody else when memory is short."""
    die_first()
    try:
        if run.about["device"] == "cpu" or not torch.cuda.is_available():  # CUDA maps more than it takes
            cap_memory()
    except StrataError:  # a damaged run, or a limit that is none: `work` says so
        return


def _train_once(run: Run, asked: list[State]) -> bool:
    """Take the lock and train; whether that must be done again, for a command that came too late."""
    with run.lock(LOCK_PATIENCE):
        (run.folder / LAUNCHED).unlink(missing_ok=True)  # first: who dies from here on is missed at once
        with Heartbeat(run.folder):
            gc.freeze()  # collections in the loop look at its own objects only
            now = run.status()
            if (
                now.over or now.state == "queued"
            ):  # another worker, asked for at the same moment, has done it all
                return False
            work(run, asked)
    return not asked and run.unheard()


def work(run: Run, asked: list[State], watch: Watch | None = None, attended: bool = True) -> Status:
    """Train a run whose lock is held, from its last checkpoint if it has one; the status at the end."""
    try:
        record = Record(run, watch)
    except OSError as error:
        status = replace(run.status(), state="failed", message=explain(error)[0])
        with suppress(OSError):  # on a full disk nothing can be written
            run.report(status)
        return status
    try:
        while True:
            try:
                _train(run, record, asked, attended)
                return record.status
            except Rewind:
                continue
    except Exception as error:
        if not run.exists():  # removed meanwhile: nothing may be written into what is left of it
            return record.status
        with suppress(OSError), open(run.folder / LOG, "a") as log:
            print(time.strftime("%F %T"), traceback.format_exc(), file=log)
        try:
            record.state("failed", *explain(error, _batch(run)))
        except OSError:
            with suppress(OSError):  # the status may be written although the events cannot
                record.report()
        return record.status
    finally:
        record.close()


def _batch(run: Run) -> int:
    """The batch size of a run; 0 if that cannot be told."""
    try:
        return int(getattr(engine_of(run.project.engine), "batch", 0))
    except StrataError:
        return 0


def prepared(engine: Engine, project: Project) -> Splits:
    """The project's data, if the engine can learn them with the project's networks.

    Raises:
        BadValue: it cannot; the problems say why.
    """
    splits = prepare(Data.parse(project.data))
    if problems := [problem for problem in engine.check(project, splits) if problem.severity == "error"]:
        raise BadValue(problems)
    return splits


def _train(run: Run, record: Record, asked: list[State], attended: bool) -> None:
    """Build everything, restore the last checkpoint if there is one, and drive."""
    about, project = run.about, run.project
    device, threads = device_of(about["device"]), check_threads(about["threads"])
    engine = engine_of(project.engine)
    with exact.exact(project.seed):
        splits = prepared(engine, project)
        run.keep_preprocessing(splits.preprocessing)
        exact.seed_all(project.seed)  # so that the first weights do not depend on what the data drew
        models = {role: compile(project.graphs[role]) for role in engine.roles}
        context = Context(project, splits, models, device)
        threads = threads or threads_for(context, getattr(engine, "batch", 1))
        torch.set_num_threads(threads)
        if about["threads"] != threads or about["device"] != device:
            run.describe(threads=threads, device=device)  # from now on it is these, or the bits would differ
        record.status = replace(record.status, device=device, threads=threads)
        elapsed = _restore(run, record, context)
        if elapsed is not None:
            Driver(engine, context, record, asked, attended).drive(elapsed)


def _restore(run: Run, record: Record, context: Context) -> float | None:
    """Go back to the last good checkpoint; seconds trained by then, or None if the run had finished."""
    tree, refused = run.checkpoints.load()
    if refused:
        run.checkpoints.discard_damaged()
        beyond = "goes on from the one before" if tree else "starts from the beginning"
        record.notice(f"{' '.join(refused)} Training {beyond}.", "warning")
    if tree is None:
        begun = record.status.step or record.status.state not in ("created", "starting")
        if begun or run.curves().marks:  # also if it died right after it had told of its data
            record.resumed(0, 0)
        record.evidence(measure(context.splits))
        return 0.0
    context.restore(tree["context"])
    if tree["finished"]:  # killed between the last checkpoint and the news of it
        record.recall(context.capture()["position"], tree["elapsed"])
        record.state("finished")
        return None
    if tree["torch"] != torch.__version__:
        record.notice(
            f"This run began with torch {tree['torch']} and goes on with {torch.__version__}: "
            "its last digits may differ from those of a run that was not interrupted.",
            "warning",
        )
    record.resumed(context.step_count, tree["marks"])
    return float(tree["elapsed"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
