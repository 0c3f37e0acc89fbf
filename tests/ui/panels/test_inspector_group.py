"""The inspector while all neurons of a group are selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog

from nnstudio.data import make_dataset
from nnstudio.network.templates import half_adder
from nnstudio.ui.own_templates import own_templates
from nnstudio.ui.panels.inspector import InspectorPanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from nnstudio.network.items import Group
    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def inspector(qtbot: QtBot, make_controller: Callable[..., TrainingController]) -> InspectorPanel:
    controller = make_controller(half_adder(), make_dataset("xor"), epochs=10)
    panel = InspectorPanel(controller.document, controller)
    qtbot.addWidget(panel)
    panel.resize(332, 900)
    panel.show()
    qtbot.waitExposed(panel)
    panel.activateWindow()
    controller.document.selection.set(controller.document.network.groups[0].members)
    panel.refresh()
    return panel


def group(inspector: InspectorPanel) -> Group:
    return inspector._document.network.groups[0]


def test_it_shows_name_color_and_count(inspector) -> None:
    page = inspector.group_page
    assert page.isVisible()
    assert page.name.text() == "XOR"
    assert page.count.text() == "3 neurons, 2 connections among them"
    assert page.colors.checkedButton().accessibleName() == "No color"
    assert not page.collapsed.isChecked()
    assert inspector.headline.text().startswith("XOR")
    assert inspector.neurons_page.isVisible()


def test_it_goes_when_less_or_more_is_selected(inspector) -> None:
    selection = inspector._document.selection
    members = group(inspector).members
    for ids in (members[:-1], (*members, inspector._document.network.inputs[0].id), ()):
        selection.set(ids)
        inspector.refresh()
        assert not inspector.group_page.isVisible()


def test_each_field_changes_the_group_in_one_step(inspector) -> None:
    page, stack = inspector.group_page, inspector._document.undo_stack
    page.name.setFocus()
    page.name.selectAll()
    QTest.keyClicks(page.name, "Exclusive or")
    QTest.keyClick(page.name, Qt.Key.Key_Return)
    assert group(inspector).name == "Exclusive or"
    assert stack.count() == 1
    violet = next(b for b in page.colors.buttons() if b.accessibleName() == "Violet")
    QTest.mouseClick(violet, LEFT)
    assert group(inspector).color == "#9163d6"
    QTest.mouseClick(page.collapsed, LEFT, pos=page.collapsed.rect().center() * 0.2)
    assert group(inspector).collapsed
    assert stack.count() == 3
    for _ in range(3):
        stack.undo()
    inspector.refresh()
    assert page.name.text() == "XOR"
    assert page.colors.checkedButton().accessibleName() == "No color"
    assert not page.collapsed.isChecked()


def test_esc_brings_the_name_back(inspector) -> None:
    name = inspector.group_page.name
    name.setFocus()
    QTest.keyClicks(name, "!")
    QTest.keyClick(name, Qt.Key.Key_Escape)
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert group(inspector).name == "XOR"
    assert inspector._document.undo_stack.count() == 0


def test_a_color_from_elsewhere_checks_no_swatch(inspector) -> None:
    inspector._document.network.update_group(group(inspector).id, color="#123456")
    inspector.refresh()
    assert inspector.group_page.colors.checkedButton() is None
    QTest.mouseClick(inspector.group_page.colors.button(1), LEFT)
    inspector.refresh()
    assert [b.isChecked() for b in inspector.group_page.colors.buttons()].count(True) == 1


def test_ungroup_lets_the_neurons_go(inspector) -> None:
    QTest.mouseClick(inspector.group_page.ungroup, LEFT)
    assert [each.name for each in inspector._document.network.groups] == ["AND"]
    inspector.refresh()
    assert not inspector.group_page.isVisible()


def test_it_is_saved_as_a_template_under_its_name(inspector, monkeypatch) -> None:
    asked = []

    def get_text(*_arguments, text: str) -> tuple[str, bool]:
        asked.append(text)
        return text, True

    monkeypatch.setattr(QInputDialog, "getText", get_text)
    QTest.mouseClick(inspector.group_page.save, LEFT)
    assert asked == ["XOR"]
    assert [each.title for each in own_templates().load()[0]] == ["XOR"]
