"""A class watches networks train: `python -m tests.load [--sessions 50] [--trainings 2] [--seconds 40]`."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import psutil

from tests.load import measures
from tests.load.classroom import Classroom


def main() -> int:
    """Do it, and print a table; 0 if all goals were met."""
    parser = argparse.ArgumentParser("python -m tests.load", description=__doc__)
    parser.add_argument("measures", nargs="*", default=[*measures.MEASURES], help="memory, streams, reruns")
    parser.add_argument("--sessions", type=int, default=50, help="how many people watch")
    parser.add_argument("--trainings", type=int, default=2, help="how many networks train")
    parser.add_argument("--seconds", type=float, default=40, help="how long they work")
    parser.add_argument(
        "--nice",
        type=int,
        default=0,
        help="on a machine that others use too: a priority for the server and this script, such as -10",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        room = Classroom(Path(folder), options.trainings)
        try:
            room.begin()
            if options.nice:
                prefer(room, options.nice)
            for result in measures.run(room, options.measures, options.sessions, options.seconds):
                print(result, flush=True)
        finally:
            room.close()
            prefer(room, 0)
    return 0


def prefer(room: Classroom, nice: int) -> None:
    """Let the server and this script come before what else the machine does; the trainings stay as they are.

    Linux may weigh sessions of processes against each other and heed a priority only within one: then it is that of our
    session that counts.
    """
    assert room.server.process
    for process in (os.getpid(), room.server.process.pid):
        group = Path(f"/proc/{process}/autogroup")
        if group.exists():
            group.write_text(str(nice))
        if psutil.pid_exists(process):
            for thread in psutil.Process(process).threads():
                os.setpriority(os.PRIO_PROCESS, thread.id, nice)


if __name__ == "__main__":
    sys.exit(main())
