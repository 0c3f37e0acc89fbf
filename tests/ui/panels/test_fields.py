from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from nnstudio.ui.panels.fields import MixedCheckBox, NumberField, ValueSlider, common, slider_limit

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.ui


@pytest.fixture
def field(qtbot: QtBot) -> NumberField:
    field = NumberField("Weight", "What it is", minimum=-10, maximum=10)
    qtbot.addWidget(field)
    field.set_value(0.3)
    field.show()
    qtbot.waitExposed(field)
    field.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    return field


def edits_of(field: NumberField | ValueSlider) -> list[tuple[float, str]]:
    edits: list[tuple[float, str]] = []
    field.edited.connect(lambda value, gesture: edits.append((value, gesture)))
    return edits


def type_over(field: NumberField, text: str) -> None:
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_a_typed_number_is_taken_on_enter(field: NumberField) -> None:
    edits = edits_of(field)
    type_over(field, "-1,25")
    assert edits == [(-1.25, "")]
    assert field.text() == "−1.25"


def test_enter_on_an_untouched_number_does_not_round_it(field: NumberField) -> None:
    field.set_value(0.123456789)
    edits = edits_of(field)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert edits == []
    assert field.value == 0.123456789


@pytest.mark.parametrize("text", ["abc", "11", "1e999", "nan"])
def test_a_bad_entry_is_refused_visibly_and_escape_brings_the_value_back(
    field: NumberField, text: str
) -> None:
    edits, reasons = edits_of(field), []
    field.refused.connect(reasons.append)
    type_over(field, text)
    assert edits == []
    assert field.value == 0.3
    assert field.property("invalid") is True
    assert reasons
    assert field.toolTip() == reasons[0]
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "0.3"
    assert not field.property("invalid")
    assert field.toolTip() == "What it is"


def test_steps_of_one_stay_belong_to_one_gesture_and_stop_at_the_ends(field: NumberField) -> None:
    edits = edits_of(field)
    for _ in range(3):
        QTest.keyClick(field, Qt.Key.Key_Up)
    QTest.keyClick(field, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert [value for value, _ in edits] == [0.4, 0.5, 0.6, 1.6]
    assert len({gesture for _, gesture in edits}) == 1
    assert edits[0][1]
    for _ in range(12):
        QTest.keyClick(field, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert edits[-1][0] == 10


def test_mixed_values_are_shown_as_such_until_one_is_typed(field: NumberField) -> None:
    field.set_value(None)
    assert field.text() == ""
    assert field.placeholderText() == "mixed"
    edits = edits_of(field)
    type_over(field, "2")
    assert edits == [(2.0, "")]


def test_a_new_value_does_not_disturb_what_is_being_typed(field: NumberField) -> None:
    field.selectAll()
    QTest.keyClicks(field, "7.")
    field.set_value(0.3)
    assert field.text() == "7."
    field.set_value(0.9)
    assert field.text() == "0.9"


def test_a_read_only_field_neither_steps_nor_takes_text(field: NumberField) -> None:
    field.setReadOnly(True)
    edits = edits_of(field)
    QTest.keyClick(field, Qt.Key.Key_Up)
    type_over(field, "5")
    assert edits == []


def test_a_whole_number_field_refuses_fractions(qtbot: QtBot) -> None:
    field = NumberField("Rows", "How many", minimum=4, integer=True)
    qtbot.addWidget(field)
    field.set_value(10)
    field.show()
    edits, reasons = edits_of(field), []
    field.refused.connect(reasons.append)
    type_over(field, "4.5")
    type_over(field, "3")
    assert edits == []
    assert reasons == ["Rows must be a whole number.", "Rows must be at least 4."]


def test_each_drag_of_a_slider_is_a_gesture_of_its_own(qtbot: QtBot) -> None:
    slider = ValueSlider("Weight", "Drag")
    qtbot.addWidget(slider)
    slider.resize(200, 22)
    slider.show()
    edits = edits_of(slider)
    for start in (120, 60):
        QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(start, 11))
        QTest.mouseMove(slider, QPoint(start + 20, 11))
        QTest.mouseMove(slider, QPoint(start + 30, 11))
        QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(start + 30, 11))
    gestures = [gesture for _, gesture in edits]
    assert len(set(gestures)) == 2
    assert all(gestures)
    assert edits[0][0] < edits[1][0] < edits[2][0]


def test_a_slider_snaps_to_zero_and_grows_to_hold_its_value(qtbot: QtBot) -> None:
    slider = ValueSlider("Weight", "Drag")
    qtbot.addWidget(slider)
    slider.resize(200, 22)
    slider.set_value(1.0)
    edits = edits_of(slider)
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(101, 11))
    assert edits[0][0] == 0.0
    slider.set_value(30.0)
    assert slider.bounds == (-50.0, 50.0)


@pytest.mark.parametrize("value", [0.0, 1.9, -2.1, 7.0, 450.0, 1e12, float("inf")])
def test_the_ends_of_a_slider_leave_room(value: float) -> None:
    limit = slider_limit(value)
    assert limit >= 2.0
    assert limit >= abs(value) or limit == 2.0


def test_a_click_on_a_mixed_box_checks_all(qtbot: QtBot) -> None:
    box = MixedCheckBox("Trains")
    qtbot.addWidget(box)
    box.show_state(None)
    assert box.checkState() is Qt.CheckState.PartiallyChecked
    box.click()
    assert box.checkState() is Qt.CheckState.Checked


def test_what_is_common_to_different_values_is_nothing() -> None:
    assert common([1.0, 1.0]) == 1.0
    assert common([1.0, 2.0]) is None
    assert common([]) is None
