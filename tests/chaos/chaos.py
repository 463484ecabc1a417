"""Several runs train under a real server, while workers and the server are killed at random moments."""

import os
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import engines
from builder.project import Project
from engines.runs import Run, Status
from engines.runs.disk import read_json
from engines.runs.heartbeat import KILL, last_beat, send
from engines.runs.keeper import DEATHS
from engines.workspace import Workspace
from tests.server import Server
from tests.tiny import equal, project

AT_ONCE = 4
KINDS = [
    {"optimiser": {"kind": "Adam"}, "schedule": {"kind": "OneCycle"}},
    {"optimiser": {"kind": "SGD", "lr": 0.02}, "schedule": {"kind": "Cosine"}},
    {"optimiser": {"kind": "AdamW"}, "schedule": {"kind": "ReduceOnPlateau"}},
    {"optimiser": {"kind": "RMSprop", "lr": 0.001}, "schedule": {"kind": "StepDecay"}, "clip": 1.0},
    {"optimiser": {"kind": "Adagrad"}, "schedule": {"kind": "Exponential"}},
]
"""Trainings of several ways to learn, each of which carries another state from step to step."""
PATIENCE = 300.0


@dataclass
class Outcome:
    """What was done, and what came of it."""

    workers: int = 0
    """Workers that were killed."""
    servers: int = 0
    started: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    finished: int = 0
    exact: int = 0
    """Finished with the weights, losses and measurements of a run that nobody disturbed, to the bit."""
    whole: int = 0
    """Runs whose events follow each other without a gap or a repetition."""
    rewinds: int = 0
    revived: list[float] = field(default_factory=list)
    """Seconds from a kill to the next worker's first beat, where the server lived meanwhile."""
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether nothing was lost, doubled or changed."""
        count = len(self.started)
        return (
            sorted(self.started) == sorted(self.found) and self.finished == self.exact == self.whole == count
        )


class Chaos:
    """A home with a server, and what is done to it.

    Args:
        folder: where everything lies.
        workers: how many workers to kill.
        servers: how often to kill the server.
        kinds: how many kinds of trainings take part.
        epochs: the length of each.
        seed: of all that is drawn.
    """

    def __init__(
        self, folder: Path, workers: int, servers: int, kinds: int = 5, epochs: int = 600, seed: int = 0
    ) -> None:
        os.environ.setdefault("STRATA_SLOTS", str(AT_ONCE))
        self.projects = [project(epochs, 8, **kind) for kind in KINDS[:kinds]]  # type: ignore[arg-type]
        self.folder, self.home = folder, Workspace(folder / "home")
        self.server = Server(folder / "home")
        self.draw = random.Random(seed)
        self.events = ["worker"] * workers + ["server"] * servers
        self.draw.shuffle(self.events)
        self.outcome = Outcome()
        self._starting: threading.Thread | None = None
        self._born = 0.0
        """When the server answered, by our clock; infinite while it does not."""
        self._killed: dict[str, tuple[float, int]] = {}
        self._over, self._unwanted = threading.Event(), threading.Event()

    def run(self) -> Outcome:
        """Do it all."""
        undisturbed = self._references()
        began = time.monotonic()
        watching = threading.Thread(target=self._watch, daemon=True)
        watching.start()
        try:
            self._restart()
            for event in self.events:
                time.sleep(self.draw.uniform(0.05, 0.6))
                self._fill()
                self._kill_worker() if event == "worker" else self._kill_server()
            self._settle()
        finally:
            self._over.set()
            watching.join()
            self.server.close()
        self.outcome.seconds = time.monotonic() - began
        self._judge(undisturbed)
        return self.outcome

    def _references(self) -> list[Run]:
        """Each training once, in peace."""
        return [
            engines.train(one, self.folder / f"undisturbed{number}", threads=1)
            for number, one in enumerate(self.projects)
        ]

    # -- what is done --------------------------------------------------------------------------------------

    def _fill(self) -> None:
        """Let enough runs train or wait that there is always something to kill."""
        going = sum(not run.status().over for run in self.home.list_runs())
        for _ in range(AT_ONCE + 2 - going):
            number = len(self.outcome.started)
            kind = number % len(self.projects)
            self._ask(f"{number + 1:06d}-{kind}", self.projects[kind], by=str(number % 3))

    def _ask(self, id: str, what: Project, by: str) -> None:
        """Queue a run as another server would, and leave it to this one to start it."""
        run = Run.create(self.home.runs / id, what, threads=1, of=id, by=by)
        run.report(Status(state="queued"))
        self.outcome.started.append(id)

    def _kill_worker(self) -> None:
        """Kill one that lives; none whose next death would rightly be its run's last.

        Every other one, roughly, is killed while it starts or trains, the rest while they have something to lose.
        """
        training, end = self.draw.random() < 0.5, time.monotonic() + PATIENCE
        while True:
            assert time.monotonic() < end, "there is nobody to kill"
            for run in self.draw.sample(runs := self.home.list_runs(), len(runs)):
                beat = last_beat(run.folder)
                if run.status().over or beat is None or self._doomed(run):
                    continue
                if training and run.status().step <= max(run.checkpoints.numbers(), default=0):
                    continue
                if send(beat, KILL):
                    self._killed[run.id] = time.monotonic(), beat.process
                    self.outcome.workers += 1
                    return
            time.sleep(0.05)
            self._fill()

    def _doomed(self, run: Run) -> bool:
        known = read_json(run.folder / "deaths.json")
        latest = max(run.checkpoints.numbers(), default=0)
        return known.get("checkpoint") == latest and known.get("deaths", 0) >= DEATHS - 1

    def _kill_server(self) -> None:
        """Kill it, perhaps while it starts, and start it again while workers go on being killed."""
        if self.draw.random() < 0.7:
            self._join()
        self._born = float("inf")
        self._unwanted.set()
        if self.server.process and self.server.process.poll() is None:
            self.server.process.kill()
        self._join()
        self._unwanted.clear()
        self.outcome.servers += 1
        self._starting = threading.Thread(target=self._restart, daemon=True)
        self._starting.start()

    def _restart(self) -> None:
        """Start the server; again where a busy machine was too slow, but not where it was killed meanwhile."""
        while not self._unwanted.is_set():
            try:
                self.server.start()
            except AssertionError:
                continue
            self._born = time.monotonic()
            return

    def _join(self) -> None:
        if self._starting:
            self._starting.join()
            self._starting = None

    def _settle(self) -> None:
        """Wait until everything is over."""
        self._join()
        end = time.monotonic() + PATIENCE
        while not all(run.status().over for run in self.home.list_runs()):
            assert time.monotonic() < end, [
                run.status() for run in self.home.list_runs() if not run.status().over
            ]
            time.sleep(0.2)

    def _watch(self) -> None:
        """Note when runs whose worker was killed have another."""
        while not self._over.wait(0.05):
            for id, (moment, process) in list(self._killed.items()):
                beat = last_beat(self.home.runs / id)
                if beat and beat.process != process:
                    if self._born < moment:
                        self.outcome.revived.append(time.monotonic() - moment)
                    if self._killed.get(id) == (moment, process):
                        del self._killed[id]

    # -- what came of it -----------------------------------------------------------------------------------

    def _judge(self, undisturbed: list[Run]) -> None:
        for run in self.home.list_runs():
            self.outcome.found.append(run.id)
            if run.status().state != "finished":
                print(run.id, run.status())
                continue
            self.outcome.finished += 1
            self.outcome.exact += equal(run, undisturbed[int(run.id.split("-")[1])])
            self.outcome.whole += whole(run)
            self.outcome.rewinds += run.curves().rewinds


def whole(run: Run) -> bool:
    """Whether a run's events follow each other: no step is missing, and none told twice unless it was taken back."""
    following = 1
    for row in run.events()[0]:
        if row["type"] == "resumed":
            if row["step"] >= following:
                return False
            following = row["step"] + 1
        elif row["type"] == "steps":
            if row["first"] != following:
                return False
            following += len(row["values"]["loss"])
    ends = [row["state"] for row in run.events()[0] if row["type"] == "state" and row["state"] == "finished"]
    return following == run.status().steps + 1 and len(ends) == 1
