"""The symptoms, a file for each way of showing; each says itself which others follow from it."""

from engines.doctor.symptoms import data, diverging, generalising, layers, learning

__all__ = ["data", "diverging", "generalising", "layers", "learning"]
