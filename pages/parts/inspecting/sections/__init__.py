"""The sections of Inspect, a file each."""
