from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from nnstudio.data import make_dataset
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.network.templates import layered_network
from nnstudio.training import TrainingSettings
from nnstudio.ui.fields import ValueEdit
from nnstudio.ui.more_settings import MoreSettings
from nnstudio.ui.setting_fields import fields_for, read, value_of, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui


@pytest.fixture
def controller(make_controller: Callable[..., TrainingController]) -> TrainingController:
    return make_controller(layered_network([2, 3, 1]), make_dataset("xor"), epochs=30, optimizer="adam")


@pytest.fixture
def popup(qtbot: QtBot, controller: TrainingController) -> Iterator[MoreSettings]:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    popup = MoreSettings(controller, parent)
    popup.open_at(QPoint(600, 20))
    yield popup
    popup.hide()


def type_into(qtbot: QtBot, popup: MoreSettings, name: str, text: str) -> ValueEdit:
    field = popup.widgets[name]
    assert isinstance(field, ValueEdit)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    return field


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_every_field_shows_a_value_that_it_reads_back_and_says_what_it_is(optimizer: str) -> None:
    settings = TrainingSettings(optimizer=optimizer)
    fields = fields_for(settings)
    assert {field.name for field in fields if field.within == "options"} == set(
        OPTIMIZERS[optimizer].defaults
    )
    for field in fields:
        assert field.title, field.name
        assert field.tooltip, field.name
        value = value_of(field, settings)
        if field.kind in ("whole", "number"):
            assert read(field, write(field, value)) == value
        elif field.kind == "choice":
            assert value in dict(field.choices)
        else:
            assert isinstance(value, bool)


def test_a_change_is_one_step_of_undo_and_undo_shows_in_the_field(
    qtbot: QtBot, popup: MoreSettings, controller: TrainingController
) -> None:
    field = type_into(qtbot, popup, "options.beta1", "0.8")
    assert controller.settings.options == {"beta1": 0.8}
    assert controller.document.undo_stack.undoText() == "Change “beta 1”"
    controller.document.undo_stack.undo()
    assert field.text() == "0.9"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("options.beta1", "1", "below 1"),
        ("options.eps", "0", "above 0"),
        ("options.eps", "much", "not a number"),
        ("seed", "1.5", "whole"),
        ("seed", "-1", "from 0"),
        ("target_loss", "low", "not a number"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_with_its_reason_and_changes_nothing(
    qtbot: QtBot, popup: MoreSettings, controller: TrainingController, name: str, text: str, told: str
) -> None:
    before = controller.settings
    field = type_into(qtbot, popup, name, text)
    assert field.property("invalid")
    assert told in popup._error.text()
    assert popup._error.isVisible()
    assert controller.settings == before
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert popup._error.isHidden()
    assert popup.isVisible()
    assert field.text() == field._write(field.value)


def test_the_largest_seed_keeps_all_of_its_digits(
    qtbot: QtBot, popup: MoreSettings, controller: TrainingController
) -> None:
    type_into(qtbot, popup, "seed", "9223372036854775807")
    assert controller.settings.seed == 9223372036854775807


def test_a_loss_to_stop_at_can_be_set_and_taken_away(
    qtbot: QtBot, popup: MoreSettings, controller: TrainingController
) -> None:
    type_into(qtbot, popup, "target_loss", "0.01")
    assert controller.settings.target_loss == 0.01
    field = type_into(qtbot, popup, "target_loss", "off")
    assert controller.settings.target_loss is None
    assert field.text() == "off"


def test_check_boxes_and_choices_change_the_settings(
    qtbot: QtBot, popup: MoreSettings, controller: TrainingController
) -> None:
    shuffle, initializer = popup.widgets["shuffle"], popup.widgets["initializer"]
    assert isinstance(shuffle, QCheckBox)
    assert isinstance(initializer, QComboBox)
    shuffle.click()
    assert controller.settings.shuffle is False
    initializer.setCurrentIndex(initializer.findData("he_normal"))
    initializer.activated.emit(initializer.currentIndex())
    assert controller.settings.initializer == "he_normal"


def test_another_optimizer_brings_its_own_options(
    popup: MoreSettings, controller: TrainingController
) -> None:
    from nnstudio.ui.document import ProjectChange

    settings = TrainingSettings(optimizer="momentum")
    controller.document.do(ProjectChange("Change the optimizer", settings=settings))
    assert "options.momentum" in popup.widgets
    assert "options.beta1" not in popup.widgets


def test_another_schedule_brings_its_own_options_and_begins_with_its_defaults(
    qtbot: QtBot, popup: MoreSettings, controller: TrainingController
) -> None:
    schedule = popup.widgets["schedule"]
    assert isinstance(schedule, QComboBox)
    schedule.setCurrentIndex(schedule.findData("step"))
    schedule.activated.emit(schedule.currentIndex())
    type_into(qtbot, popup, "schedule_options.gamma", "0.5")
    assert controller.settings.schedule_options == {"gamma": 0.5}
    schedule = popup.widgets["schedule"]
    assert isinstance(schedule, QComboBox)
    schedule.setCurrentIndex(schedule.findData("constant"))
    schedule.activated.emit(schedule.currentIndex())
    assert "schedule_options.gamma" not in popup.widgets
    assert controller.settings.schedule_options == {}


def test_each_group_stands_together(controller: TrainingController) -> None:
    groups = [
        group for group, _ in itertools.groupby(field.group for field in fields_for(controller.settings))
    ]
    assert len(groups) == len(set(groups))


def test_what_is_typed_counts_when_the_popup_closes(
    qtbot: QtBot, popup: MoreSettings, controller: TrainingController
) -> None:
    field = popup.widgets["seed"]
    assert isinstance(field, ValueEdit)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "7")
    popup.hide()
    assert controller.settings.seed == 7
