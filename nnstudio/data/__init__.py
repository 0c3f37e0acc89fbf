"""Data: built-in sets, tables from files, and the dataset that training sees."""

from nnstudio.data.columns import Column
from nnstudio.data.dataset import Dataset
from nnstudio.data.generators import GENERATORS, Generator, make_dataset
from nnstudio.data.tables import load_csv, load_features, read_csv

__all__ = [
    "GENERATORS",
    "Column",
    "Dataset",
    "Generator",
    "load_csv",
    "load_features",
    "make_dataset",
    "read_csv",
]
