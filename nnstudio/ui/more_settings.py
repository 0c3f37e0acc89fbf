"""The settings of a training that the bar has no room for, in a popup below their button."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from nnstudio.errors import SettingsError
from nnstudio.training.setting_list import changed
from nnstudio.ui import theme
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.fields import ValueEdit
from nnstudio.ui.panels.section import ErrorLabel, Form
from nnstudio.ui.setting_fields import fields_for, read, value_of, write

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent

    from nnstudio.training import TrainingSettings
    from nnstudio.training.setting_list import SettingInfo
    from nnstudio.ui.training_controller import TrainingController

_WIDTH, _FIELD_WIDTH = 320, 176
_GAP = 4


class MoreSettings(QFrame):
    """Fields for the further settings, by group. Each change is a step of undo, and acts on a run at once."""

    def __init__(self, controller: TrainingController, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("more-settings")
        self.setAccessibleName("More settings")
        self._controller = controller
        self._document = controller.document
        self.widgets: dict[str, QWidget] = {}
        self._fields: list[SettingInfo] = []
        self._error = ErrorLabel(self)
        self._error.setContentsMargins(14, 0, 14, 8)
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addWidget(self._area)
        layout.addWidget(self._error)
        self._document.settings_changed.connect(self.refresh)
        self._document.project_replaced.connect(self.refresh)
        theme.manager().changed.connect(self._restyle)
        self._restyle()

    def open_at(self, corner: QPoint) -> None:
        """Show the popup with its upper right corner at a place of the screen."""
        self.refresh()
        self._fit()
        screen = self.screen().availableGeometry()
        left = min(max(corner.x() - self.width(), screen.left()), screen.right() - self.width())
        self.move(left, corner.y() + _GAP)
        self.show()
        first = next(iter(self.widgets.values()))
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    @Slot()
    def refresh(self) -> None:
        """Show the settings of now."""
        settings = self._controller.settings
        fields = fields_for(settings)
        if fields != self._fields:
            self._fields = fields
            self._build()
        for field in fields:
            self._show(field, settings)

    def _build(self) -> None:
        focused = next((name for name, widget in self.widgets.items() if widget.hasFocus()), "")
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(14, 12, 14, 14)
        column.setSpacing(8)
        self.widgets = {}
        form, group = None, ""
        for field in self._fields:
            if form is None or field.group != group:
                group = field.group
                title = QLabel(group)
                title.setProperty("role", "title")
                if form is not None:
                    column.addSpacing(8)
                column.addWidget(title)
                form = Form()
                column.addWidget(form)
            widget = self._make(field)
            widget.setFixedWidth(_FIELD_WIDTH)
            widget.setAccessibleName(field.title)
            widget.setToolTip(field.tooltip)
            self.widgets[_key(field)] = widget
            form.add("" if field.kind == "flag" else field.title, widget)
        self._area.setWidget(content)
        self._say("")
        if focused in self.widgets:
            self.widgets[focused].setFocus()
        if self.isVisible():
            self._fit()

    def _make(self, field: SettingInfo) -> QWidget:
        if field.kind == "flag":
            box = QCheckBox(field.title)
            box.toggled.connect(partial(self._set, field))
            return box
        if field.kind == "choice":
            choice = QComboBox()
            for key, title in field.choices:
                choice.addItem(title, key)
            choice.activated.connect(partial(self._choose, field, choice))
            return choice
        entry = ValueEdit(partial(read, field), partial(write, field), field.tooltip)
        entry.committed.connect(partial(self._set, field))
        entry.refused.connect(self._say)
        return entry

    def _show(self, field: SettingInfo, settings: TrainingSettings) -> None:
        widget, value = self.widgets[_key(field)], value_of(field, settings)
        if isinstance(widget, QCheckBox):
            widget.blockSignals(True)
            widget.setChecked(bool(value))
            widget.blockSignals(False)
        elif isinstance(widget, QComboBox):
            widget.setCurrentIndex(widget.findData(value))
        elif isinstance(widget, ValueEdit):
            widget.show_value(value)

    def _choose(self, field: SettingInfo, choice: QComboBox, _index: int) -> None:
        self._set(field, choice.currentData())

    def _set(self, field: SettingInfo, value: Any) -> None:
        before = self._controller.settings
        settings = replace(before, **changed(before, field, value))
        if settings == before:
            return
        try:
            settings.validate()
        except SettingsError as error:
            self._show(field, before)
            self._say(str(error))
            return
        self._say("")
        title = field.title[:1].lower() + field.title[1:]
        if not self._document.do(ProjectChange(f"Change “{title}”", settings=settings)):
            self._show(field, before)

    @Slot(str)
    def _say(self, text: str) -> None:
        self._error.tell(text)
        if self.isVisible():
            self._fit()

    def _fit(self) -> None:
        content = self._area.widget()
        height = content.sizeHint().height() + 2
        if self._error.text():
            height += self._error.heightForWidth(_WIDTH) + 8
        room = self.screen().availableGeometry().height() * 3 // 4
        self.resize(_WIDTH, min(height, room))

    def hideEvent(self, event: QHideEvent) -> None:
        # What was typed and not taken must not wait for the next time.
        focused = self.focusWidget()
        if isinstance(focused, ValueEdit):
            focused.commit()
        self._say("")
        super().hideEvent(event)

    @Slot()
    def _restyle(self) -> None:
        colors = theme.manager().current
        panel, border = colors.panel.name(), colors.border.name()
        self.setStyleSheet(f"#more-settings {{ background: {panel}; border: 1px solid {border}; }}")


def _key(field: SettingInfo) -> str:
    return f"{field.within}.{field.name}" if field.within else field.name
