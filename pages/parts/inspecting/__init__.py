"""The Inspect page: sections that each look into a trained network in their own way."""
