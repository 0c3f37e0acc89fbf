"""Projects and the files that hold them."""

from nnstudio.project.project import Project

__all__ = ["Project"]
