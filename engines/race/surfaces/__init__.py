"""The surfaces, a file for each sort."""
