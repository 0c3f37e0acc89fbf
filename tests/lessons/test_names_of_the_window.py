from __future__ import annotations

import pytest

from nnstudio.lessons.model import COLORS, DOCKS
from nnstudio.ui import docks
from nnstudio.ui.canvas.strokes import COLOR_MODES

pytestmark = pytest.mark.ui


def test_lessons_can_show_every_panel_of_the_window_but_their_own() -> None:
    assert {place.key for place in docks._PLACES} - {"lessons"} <= set(DOCKS)


def test_lessons_can_color_as_the_canvas_does() -> None:
    assert COLORS == COLOR_MODES
