"""The kinds of probes, a file for each thing that they read."""
