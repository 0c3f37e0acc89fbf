"""The options that a built-in set has of its own: a slider and a number each, or a formula to type."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from nnstudio.ui.fields import ValueEdit
from nnstudio.ui.panels.fields import NumberField, ValueSlider
from nnstudio.ui.panels.section import Form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnstudio.data.options import Option


class OwnOptions(QWidget):
    """A form that is made anew for each set; ``edited`` carries option, value and gesture."""

    edited = Signal(str, object, str)
    refused = Signal(str)
    accepted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.setVisible(False)
        self._form: Form | None = None
        self._options: dict[str, Option] = {}
        self.fields: dict[str, NumberField | ValueEdit] = {}
        self.sliders: dict[str, ValueSlider] = {}
        self._names: dict[str, QLabel] = {}

    def offer(self, options: Mapping[str, Option]) -> None:
        """Offer these options and no others."""
        if dict(options) == self._options:
            return
        self._options = dict(options)
        self.fields, self.sliders, self._names = {}, {}, {}
        if self._form is not None:
            self._form.hide()
            self._form.deleteLater()
        self._form = Form(self)
        for name, option in options.items():
            self._add(self._form, name, option)
        self.layout().addWidget(self._form)
        self.setVisible(bool(options))

    def show_value(self, name: str, value: Any) -> None:
        """Show the value of an option."""
        field = self.fields[name]
        if isinstance(field, ValueEdit):
            field.show_value(value)
            return
        field.set_value(float(value))
        self.sliders[name].set_value(float(value))
        if name in self._names:
            self._names[name].setText(self._options[name].named.get(int(value), ""))

    def _add(self, form: Form, name: str, option: Option) -> None:
        if option.kind == "text":
            typed = ValueEdit(_read_formula, str, option.tooltip, form)
            typed.setAccessibleName(option.title)
            typed.setAlignment(Qt.AlignmentFlag.AlignLeft)
            typed.committed.connect(lambda value: self.edited.emit(name, value, ""))
            typed.refused.connect(self._on_refused)
            self.fields[name] = typed
            form.add(option.title, typed)
            return
        slider = ValueSlider(f"{option.title} slider", option.tooltip, bounds=option.slider)
        field = NumberField(
            option.title,
            option.tooltip,
            step=option.step,
            minimum=option.least,
            maximum=option.most,
            integer=option.kind == "whole",
        )
        for widget in (slider, field):
            widget.edited.connect(partial(self._on_number, name))
        field.refused.connect(self.refused)
        field.accepted.connect(self.accepted)
        self.fields[name], self.sliders[name] = field, slider
        form.add(option.title, slider, field)
        if option.named:
            label = QLabel(form)
            label.setProperty("role", "muted")
            label.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._names[name] = label
            form.add_wide(label)

    def _on_number(self, name: str, value: float, gesture: str) -> None:
        option = self._options[name]
        self.edited.emit(name, round(value) if option.kind == "whole" else value, gesture)

    def _on_refused(self, reason: str) -> None:
        if reason:
            self.refused.emit(reason)
        else:
            self.accepted.emit()


def _read_formula(text: str) -> str:
    from nnstudio.expressions import parse

    parse(text)
    return text.strip()
