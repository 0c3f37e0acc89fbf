"""Data: built-in sets, tables from files, and the dataset that training sees."""

from nnstudio.data.columns import Column
from nnstudio.data.dataset import Dataset
from nnstudio.data.derived import Derived
from nnstudio.data.generators import GENERATORS, Generator, make_dataset
from nnstudio.data.preparation import Preparation, default_preparation
from nnstudio.data.preparing import prepare
from nnstudio.data.reading import read_table
from nnstudio.data.split import Split
from nnstudio.data.tables import load_csv, load_features, load_table
from nnstudio.data.writing import write_table

__all__ = [
    "GENERATORS",
    "Column",
    "Dataset",
    "Derived",
    "Generator",
    "Preparation",
    "Split",
    "default_preparation",
    "load_csv",
    "load_features",
    "load_table",
    "make_dataset",
    "prepare",
    "read_table",
    "write_table",
]
