"""Kill workers and servers at random moments: `python -m tests.chaos [--workers 100] [--servers 20]`."""

import os

# The number of threads changes the bits of a result; processes that are started inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import argparse
import sys
import tempfile
from pathlib import Path

from tests.chaos.chaos import Chaos, Outcome


def main() -> int:
    """Do it, and print what came of it; 0 if nothing was lost, doubled or changed."""
    parser = argparse.ArgumentParser("python -m tests.chaos", description=__doc__)
    parser.add_argument("--workers", type=int, default=100, help="how many workers to kill")
    parser.add_argument("--servers", type=int, default=20, help="how often to kill the server")
    parser.add_argument("--epochs", type=int, default=600, help="the length of each training")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        chaos = Chaos(
            Path(folder), options.workers, options.servers, epochs=options.epochs, seed=options.seed
        )
        outcome = chaos.run()
    print(table(outcome))
    return 0 if outcome.good else 1


def table(outcome: Outcome) -> str:
    """The outcome, to be read."""
    count, revived = len(outcome.started), sorted(outcome.revived)
    rows = [
        ("kill -9 of workers", outcome.workers),
        ("kill -9 of the server", outcome.servers),
        ("runs asked for", count),
        ("lost", len({*outcome.started} - {*outcome.found})),
        ("doubled", len(outcome.found) - len({*outcome.found} & {*outcome.started})),
        ("finished", outcome.finished),
        ("equal to the undisturbed run, to the bit", outcome.exact),
        ("events without gap or repetition", outcome.whole),
        ("times that a run went back to a checkpoint", outcome.rewinds),
    ]
    if revived:
        rows += [
            ("seconds to the next worker, median", f"{revived[len(revived) // 2]:.2f}"),
            ("seconds to the next worker, longest", f"{revived[-1]:.2f}"),
        ]
    rows += [("seconds", f"{outcome.seconds:.0f}"), ("good", "yes" if outcome.good else "NO")]
    return "\n".join(f"{name:<45}{value:>8}" for name, value in rows)


if __name__ == "__main__":
    sys.exit(main())
