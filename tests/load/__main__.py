"""A class watches networks train: `python -m tests.load [--sessions 50] [--trainings 2] [--seconds 40]`."""

import argparse
import tempfile
from pathlib import Path

from tests.load import measures
from tests.load.classroom import Classroom


def main() -> None:
    """Do it, and print a table."""
    parser = argparse.ArgumentParser("python -m tests.load", description=__doc__)
    parser.add_argument("measures", nargs="*", default=[*measures.MEASURES], help="memory, streams, reruns")
    parser.add_argument("--sessions", type=int, default=50, help="how many people watch")
    parser.add_argument("--trainings", type=int, default=2, help="how many networks train")
    parser.add_argument("--seconds", type=float, default=40, help="how long they work")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        room = Classroom(Path(folder), options.trainings)
        try:
            room.begin()
            for result in measures.run(room, options.measures, options.sessions, options.seconds):
                print(result, flush=True)
        finally:
            room.close()


if __name__ == "__main__":
    main()
