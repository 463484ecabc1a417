"""The history as an event file of TensorBoard."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import ClassVar

from engines.exports.history.history import History, stem
from engines.exports.history.series import series
from engines.runs.axes import in_time
from engines.runs.run import Run

VERSION = "brain.Event:2"
"""What every event file begins with."""


class TensorBoard(History):
    """Event files for TensorBoard: a folder for each run, each series as scalars at its steps and moments."""

    title: ClassVar = "TensorBoard"
    icon: ClassVar = "monitoring"
    needs: ClassVar = "TensorBoard: tensorboard --logdir FOLDER"

    def files(self, run: Run) -> dict[str, bytes]:
        """One event file; its values have the 32 bits that TensorBoard gives a scalar."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.record_writer import RecordWriter

        created = run.about.get("created", 0.0)
        made = io.BytesIO()
        writer = RecordWriter(made)
        writer.write(Event(wall_time=created, file_version=VERSION).SerializeToString())
        for tag, step, value, moment in points(run):
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            writer.write(Event(wall_time=moment, step=step, summary=summary).SerializeToString())
        writer.flush()
        return {f"{stem(run)}/events.out.tfevents.{int(created)}.strata": made.getvalue()}


def points(run: Run) -> Iterator[tuple[str, int, float, float]]:
    """(tag, step, value, moment) of all that the run told, series after series."""
    curves, created = run.curves(), run.about.get("created", 0.0)
    for one in series(curves):
        moments = in_time(one.steps, curves, created)
        tag = f"{tag_of(one.part)}/{tag_of(one.name)}"
        columns = (one.steps, one.values, moments)
        for step, value, moment in zip(*(column.tolist() for column in columns), strict=True):
            yield tag, step, value, moment


def tag_of(name: str) -> str:
    """A name as TensorBoard takes it: a slash opens a group, and few marks are allowed."""
    return re.sub(r"[^\w.+ -]+", "_", name).strip() or "_"
