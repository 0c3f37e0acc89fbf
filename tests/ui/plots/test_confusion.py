from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtGui import QFontMetrics

from nnstudio.ui.plots.confusion import ConfusionView, step_of_names

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.ui


@pytest.mark.parametrize(("side", "step"), [(40.0, 1), (14.0, 1), (8.0, 2), (4.0, 3)])
def test_in_rows_lower_than_a_line_fewer_are_named(side: float, step: int) -> None:
    assert step_of_names(side, 14.0) == step


def test_names_of_low_rows_leave_gaps_between_them(qtbot: QtBot) -> None:
    view = ConfusionView()
    qtbot.addWidget(view)
    view.resize(300, 160)
    view.show_counts(np.eye(10, dtype=np.intp), tuple("0123456789"))
    image = view.grab().toImage()
    back = image.pixelColor(1, 1)
    ratio = image.devicePixelRatio()
    middle = round(image.height() / 2)
    # The names stand right-aligned at the left of the squares: the first column from the left with ink.
    first = next(
        x for x in range(image.width()) if any(image.pixelColor(x, y) != back for y in (middle, middle + 3))
    )
    inked = [
        any(image.pixelColor(first + dx, y) != back for dx in range(4))
        for y in range(round(50 * ratio), image.height() - round(24 * ratio))
    ]
    heights, run = [], 0
    for ink in [*inked, False]:
        if ink:
            run += 1
        elif run:
            heights.append(run)
            run = 0
    assert max(heights) <= QFontMetrics(view.font()).height() * ratio
