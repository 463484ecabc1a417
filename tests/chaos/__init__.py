"""Chaos: workers and servers are killed at random moments, and nothing may come of it."""
