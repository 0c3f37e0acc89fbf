from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import nnstudio as nn
from tests.project.projects import make_full_project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def full_project() -> nn.Project:
    return make_full_project()


@pytest.fixture
def full_file(full_project: nn.Project, tmp_path: Path) -> Path:
    path = tmp_path / "full.nns"
    nn.save_project(full_project, path)
    return path
