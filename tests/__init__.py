"""The tests of Strata: `python -m tests` runs them all."""
