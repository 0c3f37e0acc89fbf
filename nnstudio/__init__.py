"""nnstudio: build neural networks neuron by neuron, train them and watch them learn.

What programs need is here, imported when first used, so that ``import nnstudio`` costs nothing:

>>> import nnstudio as nn
>>> network = nn.Network()
>>> network.add_neuron("input", label="a").label
'a'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnstudio.data import Dataset as Dataset
    from nnstudio.data import load_csv as load_csv
    from nnstudio.data import make_dataset as make_dataset
    from nnstudio.engine import compile_network as compile_network
    from nnstudio.errors import CompileError as CompileError
    from nnstudio.errors import CycleError as CycleError
    from nnstudio.errors import DataError as DataError
    from nnstudio.errors import DivergenceError as DivergenceError
    from nnstudio.errors import DuplicateConnectionError as DuplicateConnectionError
    from nnstudio.errors import ExpressionError as ExpressionError
    from nnstudio.errors import InvalidValueError as InvalidValueError
    from nnstudio.errors import NetworkError as NetworkError
    from nnstudio.errors import NNStudioError as NNStudioError
    from nnstudio.errors import ProjectError as ProjectError
    from nnstudio.errors import RoleError as RoleError
    from nnstudio.errors import SettingsError as SettingsError
    from nnstudio.errors import ShapeError as ShapeError
    from nnstudio.errors import UnknownIdError as UnknownIdError
    from nnstudio.network import Connection as Connection
    from nnstudio.network import Network as Network
    from nnstudio.network import Neuron as Neuron
    from nnstudio.project import Project as Project
    from nnstudio.project import load_project as load_project
    from nnstudio.project import save_project as save_project
    from nnstudio.training import TrainingSettings as TrainingSettings
    from nnstudio.training import train as train

__version__ = "0.1.0"

_MODULES = {
    "nnstudio.data": ("Dataset", "load_csv", "make_dataset"),
    "nnstudio.engine": ("compile_network",),
    "nnstudio.errors": (
        "CompileError",
        "CycleError",
        "DataError",
        "DivergenceError",
        "DuplicateConnectionError",
        "ExpressionError",
        "InvalidValueError",
        "NNStudioError",
        "NetworkError",
        "ProjectError",
        "RoleError",
        "SettingsError",
        "ShapeError",
        "UnknownIdError",
    ),
    "nnstudio.network": ("Connection", "Network", "Neuron"),
    "nnstudio.project": ("Project", "load_project", "save_project"),
    "nnstudio.training": ("TrainingSettings", "train"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'nnstudio' has no attribute '{name}'")
    value = getattr(import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF})
