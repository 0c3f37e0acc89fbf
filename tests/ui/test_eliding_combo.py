"""A list to choose from that ends what it has no room for in dots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nnstudio.ui.eliding_combo import ElidingCombo

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.ui


def test_a_name_is_told_in_full_where_there_is_room_and_ends_in_dots_elsewhere(qtbot: QtBot) -> None:
    combo = ElidingCombo()
    qtbot.addWidget(combo)
    combo.addItems(["h1 → a xor b", "a"])
    combo.resize(combo.sizeHint())
    assert combo.shown_text() == "h1 → a xor b"
    combo.resize(combo.sizeHint().width() - 20, combo.height())
    assert combo.shown_text().endswith("…")
    assert combo.shown_text().startswith("h1 →")
    assert not combo.grab().isNull()
    assert combo.minimumSizeHint().width() < combo.sizeHint().width()
    combo.setCurrentIndex(1)
    assert combo.shown_text() == "a"
