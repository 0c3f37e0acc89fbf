"""Projects and the files that hold them."""

from nnstudio.project.project import Project
from nnstudio.project.storage import load_project, save_project

__all__ = ["Project", "load_project", "save_project"]
