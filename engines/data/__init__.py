"""Data sets, uploaded tables, and how they become training, validation and test tensors."""

from engines.data.data import Data, Part, Splits, prepare
from engines.data.dataset import Dataset, Examples
from engines.data.generated import Circles, Gaussians, Moons, Spirals, Xor
from engines.data.playground import Disc, DrawnByHand, Plane, Quadrants, SixHills, TwoClouds, TwoSpirals
from engines.data.preprocessing import Preprocessing
from engines.data.sequences import Waves
from engines.data.small import BreastCancer, Diabetes, Digits, Iris, Wine
from engines.data.table.csv import Csv
from engines.data.table.reading import Table, read_csv
from engines.data.table.uploads import familiar, store_csv, stored_table, write_csv

__all__ = [
    "BreastCancer", "Circles", "Csv", "Data", "Dataset", "Diabetes", "Digits", "Disc", "DrawnByHand",
    "Examples", "Gaussians", "Iris", "Moons", "Part", "Plane", "Preprocessing", "Quadrants", "SixHills", "Spirals",
    "Splits", "Table", "TwoClouds", "TwoSpirals", "Waves", "Wine", "Xor", "familiar", "prepare",
    "read_csv", "store_csv", "stored_table", "write_csv",
]  # fmt: skip
