"""What Strata costs, as ratios to its peers in the same process. Run `python -m tests.benchmarks`."""
