from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.phases.driving import example

if TYPE_CHECKING:
    from nnstudio.ui.main_window import MainWindow


@pytest.fixture
def xor(window: MainWindow) -> MainWindow:
    window.document.replace_project(example("xor"))
    window.controller.look()
    window.canvas.fit_all()
    window.canvas.setFocus()
    return window
