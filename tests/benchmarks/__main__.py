"""`python -m tests.benchmarks [building training …]`: a table of ratios."""

import importlib
import platform
import sys

import torch

GROUPS = ("building", "training", "starting", "canvas", "live", "playground", "inspecting", "landscape")


def main(names: list[str]) -> None:
    """Print the table of the named groups; of all without names."""
    torch.set_num_threads(1)
    print(
        f"torch {torch.__version__}, Python {platform.python_version()}, 1 thread; CPU time, median [quartiles]"
    )
    for name in names or GROUPS:
        for result in importlib.import_module(f"tests.benchmarks.{name}").run():
            print(result, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
