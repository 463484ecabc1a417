"""The history of a run as files for other programs: what it told, not what it learnt. See ../README.md."""

from __future__ import annotations

from engines.exports.history.csv import Csv
from engines.exports.history.history import History, by_name, file_name, names, packed, write
from engines.exports.history.tensorboard import TensorBoard

__all__ = ["Csv", "History", "TensorBoard", "by_name", "file_name", "names", "packed", "write"]
