"""The training bar: train, step, start again, and the settings that matter most."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QToolBar, QToolButton, QWidget

from nnstudio.errors import SettingsError
from nnstudio.ui import theme
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.fields import ValueCombo
from nnstudio.ui.numbers import format_count, format_number, parse_number
from nnstudio.ui.speed import NOTE, SPEEDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from nnstudio.ui.more_settings import MoreSettings
    from nnstudio.ui.training_controller import TrainingController

_RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_BATCHES: tuple[int | None, ...] = (1, 4, 8, 10, 16, 32, 64, None)
_EPOCHS = (10, 100, 300, 1000, 3000, 10_000, 100_000)
_MOST_EPOCHS = 100_000_000


class TrainingBar(QToolBar):
    """Buttons and settings of the training."""

    def __init__(
        self, controller: TrainingController, actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__("Training bar", parent)
        self.setObjectName("training-bar")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._controller = controller
        self._document = controller.document
        self._train_action = actions["train"]

        self.train_button = QPushButton("Train")
        self.train_button.setProperty("primary", True)
        self.train_button.setMinimumWidth(116)
        self.train_button.clicked.connect(self._train_action.trigger)
        self.addWidget(self.train_button)
        for name in ("step-batch", "step-epoch", "reset", "new-start"):
            self.addWidget(_tool_button(actions[name]))
        self.speed = _QuietCombo()
        self.speed.setAccessibleName("Speed")
        for index, entry in enumerate(SPEEDS):
            self.speed.addItem(entry.title, entry.key)
            tip = f"{entry.tip} ({entry.shortcut})"
            self.speed.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self.speed.setFixedWidth(78)
        self._add_label("Speed", self.speed)
        self.addSeparator()

        self.loss = self._add_choice("Loss", "What is made as small as possible")
        self.optimizer = self._add_choice("Optimizer", "How gradients become changes of weights")
        self.learning_rate = self._add_value(
            "Rate",
            78,
            ValueCombo(
                _RATES, _read_rate, format_number, "Learning rate: the size of a step. Any number above 0"
            ),
        )
        self.batch_size = self._add_value(
            "Batch",
            58,
            ValueCombo(
                _BATCHES,
                _read_batch,
                _write_batch,
                "Rows in a batch: 1 updates after each row, all once an epoch",
            ),
        )
        self.epochs = self._add_value(
            "Epochs",
            78,
            ValueCombo(_EPOCHS, _read_epochs, str, "Epochs to train: passes through all training rows"),
        )

        self._more_button = _tool_button(actions["more-settings"])
        self.addWidget(self._more_button)
        self._more: MoreSettings | None = None
        self.speed.activated.connect(self._choose_speed)
        self.loss.activated.connect(self._choose_loss)
        self.optimizer.activated.connect(self._choose_optimizer)
        self.learning_rate.committed.connect(self._set_learning_rate)
        self.batch_size.committed.connect(self._set_batch_size)
        self.epochs.committed.connect(self._set_epochs)
        controller.state_changed.connect(self._show_state)
        controller.speed_changed.connect(self._show_speed)
        self._document.settings_changed.connect(self._show_settings)
        self._document.project_replaced.connect(self._show_settings)
        self._fill_choices()
        self._show_settings()
        self._show_state()
        self._show_speed()

    def show_more_settings(self) -> None:
        """Open the list of further settings below their button."""
        from nnstudio.ui.more_settings import MoreSettings

        if self._more is None:
            self._more = MoreSettings(self._controller, self)
        # Where the window is narrow, the button is in the menu at the end of the bar.
        below = self._more_button if self._more_button.isVisible() else self
        self._more.open_at(below.mapToGlobal(below.rect().bottomRight()))

    # Building

    def _add_label(self, text: str, field: QWidget) -> None:
        label = QLabel(text)
        label.setProperty("role", "muted")
        label.setBuddy(field)
        # One item of the bar: where the window is narrow, both go to the second row together.
        pair = QWidget()
        row = QHBoxLayout(pair)
        row.setContentsMargins(4, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(label)
        row.addWidget(field)
        self.addWidget(pair)

    def _add_choice(self, name: str, tooltip: str) -> QComboBox:
        field = _QuietCombo()
        field.setToolTip(tooltip)
        field.setAccessibleName(name)
        self._add_label(name, field)
        return field

    def _add_value(self, name: str, width: int, field: ValueCombo) -> ValueCombo:
        field.setFixedWidth(width)
        field.setAccessibleName(name)
        self._add_label(name, field)
        return field

    def _fill_choices(self) -> None:
        from nnstudio.engine.losses import LOSSES
        from nnstudio.engine.optimizers import OPTIMIZERS

        for field, registry, width in ((self.loss, LOSSES, 172), (self.optimizer, OPTIMIZERS, 146)):
            for index, (key, entry) in enumerate(registry.items()):
                field.addItem(entry.title, key)
                explanation = f"{entry.description}\n{entry.formula}"
                field.setItemData(index, explanation, Qt.ItemDataRole.ToolTipRole)
            field.setFixedWidth(width)
            field.view().setMinimumWidth(field.sizeHint().width() + 60)

    # From the document to the fields

    @Slot()
    def _show_settings(self) -> None:
        settings = self._controller.settings
        for field, key, usual in (
            (self.loss, settings.loss, "What is made as small as possible"),
            (self.optimizer, settings.optimizer, "How gradients become changes of weights"),
        ):
            field.setCurrentIndex(field.findData(key))
            explanation = field.currentData(Qt.ItemDataRole.ToolTipRole)
            field.setToolTip(f"{usual}\n\n{explanation}" if explanation else usual)
        self.learning_rate.show_value(settings.learning_rate)
        self.batch_size.show_value(settings.batch_size or None)
        self.epochs.show_value(settings.epochs)

    @Slot()
    def _show_state(self) -> None:
        running, preparing = self._controller.is_running, self._controller.state == "preparing"
        resting = "Continue" if self._controller.time_machine.is_past else "Train"
        self.train_button.setText("Cancel" if preparing else "Pause" if running else resting)
        self.train_button.setToolTip(self._train_action.toolTip())
        theme.set_icon(self.train_button, "pause" if running else "play", "accent_text")
        if preparing:
            # The word takes all of the room.
            self.train_button.setIcon(QIcon())

    @Slot()
    def _show_speed(self) -> None:
        speed = self._controller.speed
        self.speed.setCurrentIndex(self.speed.findData(speed))
        tip = next(entry.tip for entry in SPEEDS if entry.key == speed)
        self.speed.setToolTip(f"How fast training goes. {NOTE}\n\n{self.speed.currentText()}: {tip}")

    # From the fields to the document

    def _change(self, label: str, **changes: Any) -> None:
        settings = replace(self._controller.settings, **changes)
        if settings == self._controller.settings:
            return
        try:
            settings.validate()
        except SettingsError as error:
            self._document.refused.emit(error)
            self._show_settings()
            return
        change = ProjectChange(label, settings=settings)
        if not self._document.do(change, merge_key=f"settings {sorted(changes)}"):
            self._show_settings()

    @Slot(int)
    def _choose_speed(self, _index: int) -> None:
        self._controller.set_speed(self.speed.currentData())

    @Slot(int)
    def _choose_loss(self, _index: int) -> None:
        self._change("Change the loss", loss=self.loss.currentData())

    @Slot(int)
    def _choose_optimizer(self, _index: int) -> None:
        # Options belong to one optimizer.
        self._change("Change the optimizer", optimizer=self.optimizer.currentData(), options={})

    @Slot(object)
    def _set_learning_rate(self, value: float) -> None:
        self._change("Change the learning rate", learning_rate=value)

    @Slot(object)
    def _set_batch_size(self, value: int | None) -> None:
        self._change("Change the batch size", batch_size=value)

    @Slot(object)
    def _set_epochs(self, value: int) -> None:
        self._change("Change the epochs", epochs=value)


def _tool_button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setObjectName(action.objectName())
    button.setAccessibleName(action.text())
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


class _QuietCombo(QComboBox):
    """A choice that the mouse wheel passes by: scrolling must not change how the network is trained."""

    def wheelEvent(self, event: Any) -> None:
        event.ignore()


def _read_rate(text: str) -> float:
    value = parse_number(text)
    if value <= 0:
        raise ValueError("The learning rate must be above 0.")
    return value


def _read_batch(text: str) -> int | None:
    if text.strip().lower() in ("all", "full", "0"):
        return None
    return _read_whole(text, "A batch has", "or type “all”")


def _write_batch(value: int | None) -> str:
    return "all" if value is None else str(value)


def _read_epochs(text: str) -> int:
    value = _read_whole(text, "The epochs are", "such as 1000")
    if value > _MOST_EPOCHS:
        raise ValueError(f"At most {format_count(_MOST_EPOCHS)} epochs; press Train again for more.")
    return value


def _read_whole(text: str, what: str, hint: str) -> int:
    try:
        value = parse_number(text)
    except ValueError:
        value = 0.0
    if value < 1 or value != int(value):
        raise ValueError(f"{what} a whole number from 1, {hint}.")
    return int(value)
