"""Comparisons with networks that others wrote, where these can be installed."""
