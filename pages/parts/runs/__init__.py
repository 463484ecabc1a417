"""The Runs page: its list, its comparison, and what can be done to a run there."""
