"""Run: one training, which is a folder. Everything that anybody knows about a run is read from there."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from filelock import FileLock, Timeout

from builder.errors import BadFile, StrataError
from builder.files import write_atomically
from engines.events import Command
from engines.runs.arrays import Arrays
from engines.runs.curves import Curves
from engines.runs.disk import Lines, read_json, read_lines
from engines.runs.status import Status

if TYPE_CHECKING:
    from torch import Tensor, nn

    from builder.project import Project
    from engines.data.preprocessing import Preprocessing
    from engines.runs.checkpoint import Checkpoints

FORMAT = 1
ABOUT: dict[str, type] = {"format": int, "of": str, "name": str, "device": str, "threads": int}
"""What every run.json says."""


class Run:
    """A training in a folder; the README of this package lists its files.

    Readers and the worker meet in these files alone, so a run outlives whoever looks at it.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).resolve()
        self.id = self.folder.name

    @classmethod
    def create(
        cls,
        folder: str | Path,
        project: Project,
        *,
        device: str = "auto",
        threads: int = 0,
        of: str = "",
        **more: Any,
    ) -> Run:
        """Make the folder of a run that is yet to start.

        Args:
            folder: the folder, which may exist but must not hold a run.
            project: what to train.
            device: "cpu", "cuda", "cuda:1" … or "auto".
            threads: CPU threads to compute with; 0 picks them when the run starts.
            of: the id of the project in its workspace.
            more: what else `about` is to tell, such as `by`, the person who started it.

        Raises:
            BadFile: there is a run in the folder already, or the folder cannot be made or written.
        """
        from builder.files import dumps

        run = cls(folder)
        about: dict[str, Any] = {"format": FORMAT, "of": of, "name": project.name, "device": device}
        about |= {"threads": threads, "created": time.time(), **more}
        try:
            if run.exists():
                raise BadFile(
                    f"There is a run in {run.folder.name!r} already. Resume it, or choose another folder."
                )
            run.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(run.folder / "project.json", dumps(project).encode())
            run.describe(**about)  # last, for it makes the folder a run
        except OSError as error:
            why = error.strerror or error
            raise BadFile(
                f"No run can be made in the folder {str(folder)!r}: {why}. Choose another folder."
            ) from error
        return run

    # -- reading -------------------------------------------------------------------------------------------

    def exists(self) -> bool:
        """Whether there is a run in the folder."""
        return (self.folder / "run.json").is_file()

    @property
    def about(self) -> dict[str, Any]:
        """What was decided when the run was made or first started: of, name, device, threads, created.

        Raises:
            BadFile: there is no run, or a damaged one, or one that a newer version made.
        """
        if not self.exists():
            raise BadFile(f"There is no run in {self.folder.name!r}.")
        about = read_json(self.folder / "run.json")
        if type(about.get("format")) is int and about["format"] > FORMAT:
            raise BadFile(f"Run {self.id!r} was made by a newer version of Strata. Update Strata to read it.")
        if wrong := [name for name, kind in ABOUT.items() if type(about.get(name)) is not kind]:
            raise BadFile(
                f"Run {self.id!r} is damaged: its run.json does not say {', '.join(wrong)} as it should. "
                "Train the project again in another folder."
            )
        return about

    @cached_property
    def project(self) -> Project:
        """The project as it was when the run was made.

        Raises:
            BadFile: there is no run, or its project file is damaged.
        """
        from builder.files import load

        if not self.exists():
            raise BadFile(f"There is no run in {self.folder.name!r}.")
        return load(self.folder / "project.json")

    def status(self) -> Status:
        """How the run is doing."""
        values = read_json(self.folder / "status.json")
        return Status(**{item.name: values[item.name] for item in fields(Status) if item.name in values})

    def alive(self) -> bool:
        """Whether a worker is at work on it (paused or not). The lock says so, never a process id."""
        try:
            with self.lock():
                return False
        except Timeout:
            return True

    def lock(self, timeout: float = 0) -> FileLock:
        """The lock that a worker holds for life; a `with` raises Timeout if it is not free within `timeout` seconds."""
        return FileLock(self.folder / "lock", timeout=timeout, poll_interval=0.005)

    def events(self, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """The events from a byte offset on, as written (see engines/events.py), and the offset for the next time."""
        return read_lines(self.folder / "events.jsonl", offset)

    def curves(self) -> Curves:
        """All that the run has told so far. Call again for more: only new events are read."""
        return self._curves.read()

    @cached_property
    def _curves(self) -> Curves:
        return Curves(self.folder / "events.jsonl")

    @property
    def checkpoints(self) -> Checkpoints:
        """The run's checkpoints."""
        from engines.runs.checkpoint import Checkpoints

        return Checkpoints(self.folder / "checkpoints")

    @property
    def snapshots(self) -> Checkpoints:
        """Checkpoints that stay, along the whole run; their numbers are steps."""
        from engines.runs.checkpoint import Checkpoints

        return Checkpoints(self.folder / "snapshots", kept=None)

    @property
    def arrays(self) -> Arrays:
        """What probes kept of the nodes, by step and name."""
        return Arrays(self.folder / "arrays")

    def weights(self, role: str = "model", at: int | None = None) -> dict[str, Tensor]:
        """A network's weights (and other saved tensors) by name, from the newest checkpoint that is whole.

        Args:
            role: of the network.
            at: the step of a snapshot, to have those of that moment instead.

        Raises:
            BadFile: there is no checkpoint yet, or none of that role; or no such snapshot.
        """
        tree, refused = (self.snapshots.read(at), []) if at is not None else self.checkpoints.load()
        if tree is None or role not in tree["context"]["models"]:
            raise BadFile(
                " ".join([*refused, f"Run {self.id!r} has no weights of a {role!r} yet. Train it first."])
            )
        return tree["context"]["models"][role]

    def model(self, role: str = "model", at: int | None = None) -> nn.Module:
        """The network with its newest weights (or those of a snapshot), on the CPU, in evaluation mode.

        Raises:
            BadFile: there are no weights, or they are not those of the project's network.
        """
        from builder import compile
        from engines.runs.explain import CHANGED

        model, weights = compile(self.project.graphs[role]), self.weights(role, at)
        try:
            model.load_state_dict(weights)
        except RuntimeError as error:
            raise BadFile(CHANGED) from error
        return model.eval()

    def preprocessing(self) -> Preprocessing | None:
        """How rows become inputs and outputs become answers; None if the run has never been started.

        Raises:
            BadFile: the file that says so is damaged.
        """
        from pydantic import ValidationError

        from engines.data.preprocessing import Preprocessing

        path = self.folder / "preprocessing.json"
        try:
            return Preprocessing.model_validate_json(path.read_bytes()) if path.is_file() else None
        except (ValidationError, OSError) as error:
            raise BadFile(
                f"Run {self.id!r} is damaged: its preprocessing.json cannot be read, so its network cannot be used. "
                "Train the project again in another folder."
            ) from error

    # -- writing -------------------------------------------------------------------------------------------

    def describe(self, **about: Any) -> None:
        """Add to what `about` tells."""
        known = read_json(self.folder / "run.json")
        write_atomically(self.folder / "run.json", json.dumps({**known, **about}).encode())

    def keep_preprocessing(self, preprocessing: Preprocessing) -> None:
        """Keep how rows become inputs (the worker does), so that the network can be used when its data are gone."""
        self._replace("preprocessing.json", preprocessing.model_dump_json())

    def report(self, status: Status) -> None:
        """Write the status (the worker does)."""
        self._replace("status.json", json.dumps(asdict(status)))

    def _replace(self, name: str, text: str) -> None:
        write_atomically(self.folder / name, text.encode(), durable=False)

    def send(self, command: Command, **detail: Any) -> None:
        """Ask the worker for something, which it does within about 0.1 s; wakes a run whose worker is gone.

        A run that waits in the queue leaves it to stop; all else it does when its turn has come.

        Args:
            command: what to do.
            detail: for "set" the `values`, such as {"optimiser.lr": 0.001} (see engines/tuning.py).

        Raises:
            StrataError: there is no such command, or no such run (any more).
        """
        if command not in get_args(Command):
            raise StrataError(f"A run knows the commands {', '.join(get_args(Command))}. Got {command!r}.")
        if not self.exists():
            raise BadFile(f"There is no run in {self.folder.name!r}.")
        from engines.runs.queue import stop_idle

        status = self.status()
        if (status.over and command in ("pause", "stop", "set")) or (command == "stop" and stop_idle(self)):
            return
        # asked before: a worker that obeys a stop at once must not be followed by another
        asleep = status.state != "queued" and not self.alive()
        lines = Lines(self.folder / "commands.jsonl")
        lines.add({"command": command, "at": time.time(), **detail})
        lines.close()
        if command != "pause" and (asleep or self._fell_asleep()):
            self.start()

    def unheard(self) -> bool:
        """Whether there are commands that no worker has read yet and that would go on with a paused run."""
        status = self.status()
        rows, _ = read_lines(self.folder / "commands.jsonl", status.commands)
        return status.state == "paused" and any(row.get("command") != "pause" for row in rows)

    def _fell_asleep(self) -> bool:
        """Whether a paused run lost its worker just now: it may not have read what it was asked for."""
        return self.status().state == "paused" and not self.alive()

    def start(self) -> None:
        """Start a worker in a process of its own, on a new run or from the last checkpoint of an old one.

        It starts at once; `Workspace.start` and `Workspace.go_on` wait for room.

        Does nothing if the run is finished or a worker is at work (of two workers that start at the same moment the
        second finds the lock taken and leaves). A paused run stays paused: send it "resume".
        """
        from engines.runs.launch import launch

        status = self.status()
        if status.state == "finished" or self.alive():
            return
        if status.state != "paused":
            self.report(replace(status, state="starting", message="", node=""))
        launch(self.folder)
