"""A main window with mouse and keyboard: the canvas, the inspector, the training bar and the menus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QScrollArea,
    QWidget,
)

from nnstudio.ui.fields import ValueCombo

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.network import Connection, Neuron
    from nnstudio.ui.main_window import MainWindow
    from nnstudio.ui.panels.fields import ValueSlider

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
_RIM = 25.0
_SHARES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8)
_BENDS = (0.0, 12.0, -12.0, 24.0, -24.0, 48.0, -48.0, 72.0, -72.0, 96.0, -96.0)
_KEYS = {"input": Qt.Key.Key_I, "hidden": Qt.Key.Key_N, "output": Qt.Key.Key_O}


class WindowDriver:
    """Does in a window what a person does. Whatever cannot be done fails, saying what is on view instead."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.qtbot = qtbot
        self._refused: list[str] = []
        self._refused_before = 0
        window.document.refused.connect(self._on_refused)
        window.load_plots()
        window.controller.set_speed("full")

    # The network

    def neuron(self, label: str) -> Neuron:
        """Return a neuron by its label."""
        found = [n for n in self.window.document.network.neurons if label in (n.label, n.id)]
        labels = [n.label for n in self.window.document.network.neurons]
        assert found, f"there is no neuron {label}, only {labels}"
        return found[0]

    def connection(self, source: str, target: str) -> Connection:
        """Return a connection by the labels of its ends."""
        network = self.window.document.network
        found = network.connection_between(self.neuron(source).id, self.neuron(target).id)
        assert found is not None, f"{source} and {target} are not connected"
        return found

    def set_weight(self, source: str, target: str, value: float) -> None:
        """Double-click a connection on the canvas and type its weight; where refused, nothing opens."""
        self._double_click(self._place_of(source, target))
        self._type_in_place(value)

    def set_bias(self, label: str, value: float) -> None:
        """Double-click a neuron on the canvas and type its bias; no field opens where that is refused."""
        self._double_click(self._pixel(*self.neuron(label).position))
        self._type_in_place(value)

    def select(self, label: str, target: str | None = None) -> None:
        """Click a neuron, or with a target the connection to it."""
        pixel = self._pixel(*self.neuron(label).position) if target is None else self._place_of(label, target)
        QTest.mouseClick(self.window.canvas.viewport(), LEFT, NONE, pixel)
        self.settle()

    def drag_slider(self, value: float, label: str | None = None, target: str | None = None) -> None:
        """Drag the slider of the inspector to a value, or as near as a pixel allows.

        It is that of the neuron or connection selected, or of the one that is named, which is selected first.
        """
        if label is not None:
            self.select(label, target)
        slider = self._slider()
        self._show(slider)
        start, end = (
            QPoint(round(slider._x_of(x)), slider.height() // 2) for x in (slider.value or 0.0, value)
        )
        QTest.mousePress(slider, LEFT, NONE, start)
        for step in range(1, 5):
            QTest.mouseMove(slider, start + (end - start) * step / 4)
        QTest.mouseRelease(slider, LEFT, NONE, end)
        self.settle()

    def type_value(self, value: float | str) -> None:
        """Type into the inspector's field for the weight or bias that is selected."""
        inspector: Any = self.window.docks["inspector"].widget()
        is_neuron = bool(self.window.document.selection.neurons)
        field = inspector.neurons_page.bias if is_neuron else inspector.connections_page.weight
        self._raise("inspector")
        self._show(field)
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, str(value))
        QTest.keyClick(field, Qt.Key.Key_Return)
        self.settle()

    def set_activation(self, label: str, key: str) -> None:
        """Choose a neuron's activation in the inspector, by its key as “tanh”."""
        self.select(label)
        self._raise("inspector")
        inspector: Any = self.window.docks["inspector"].widget()
        self._choose(inspector.neurons_page.activation, key)

    def rename(self, label: str, new: str) -> None:
        """Type another label into the inspector."""
        self.select(label)
        self._raise("inspector")
        inspector: Any = self.window.docks["inspector"].widget()
        self._type(inspector.neurons_page.label, new)

    def connect(self, source: str, target: str) -> None:
        """Drag from the rim of a neuron to another one."""
        x, y = self.neuron(source).position
        start, end = self._pixel(x + _RIM, y), self._pixel(*self.neuron(target).position)
        viewport = self.window.canvas.viewport()
        QTest.mouseMove(viewport, start)
        QTest.mousePress(viewport, LEFT, NONE, start)
        for step in range(1, 6):
            QTest.mouseMove(viewport, start + (end - start) * step / 5)
        QTest.mouseRelease(viewport, LEFT, NONE, end)
        self.settle()

    def add_neuron(self, role: str, x: float, y: float) -> Neuron | None:
        """Press the key that adds a neuron, with the pointer at a place of the scene; return the new one."""
        canvas = self.window.canvas
        before = {neuron.id for neuron in self.window.document.network.neurons}
        canvas.setFocus()
        pixel = self._pixel(x, y)
        QTest.mouseMove(canvas.viewport(), pixel + QPoint(3, 3))
        QTest.mouseMove(canvas.viewport(), pixel)
        QTest.keyClick(canvas.viewport(), _KEYS[role])
        self.settle()
        return next((n for n in self.window.document.network.neurons if n.id not in before), None)

    def remove(self, label: str, target: str | None = None) -> None:
        """Click a neuron or connection, and press Delete."""
        self.select(label, target)
        QTest.keyClick(self.window.canvas.viewport(), Qt.Key.Key_Delete)
        self.settle()

    # Training

    def set_setting(self, name: str, value: Any) -> None:
        """Set what the training bar has: loss, optimizer (by key), learning_rate, batch_size or epochs."""
        field: QWidget = getattr(self.window.training_bar, name)
        if isinstance(field, ValueCombo):
            self._type(field.lineEdit(), str(value))
        else:
            assert isinstance(field, QComboBox)
            self._choose(field, value)

    def more_setting(self, name: str, value: Any) -> None:
        """Set what stands behind More settings, as “seed” or “options.momentum”."""
        self.window.training_bar.show_more_settings()
        popup: Any = self.window.training_bar._more
        widget = popup.widgets[name]
        if isinstance(widget, QCheckBox):
            if widget.isChecked() != bool(value):
                QTest.mouseClick(widget, LEFT, NONE, QPoint(8, widget.height() // 2))
        elif isinstance(widget, QComboBox):
            self._choose(widget, value)
        else:
            self._type(widget, str(value))
        popup.hide()
        self.settle()

    def train(self, *, wait: bool = True, timeout: int = 60_000) -> None:
        """Click Train, and wait until the training has ended unless told otherwise."""
        self._click(self.window.training_bar.train_button)
        if wait:
            self.wait_trained(timeout)

    def pause(self) -> None:
        """Click Pause, and wait until the training rests."""
        self._click(self.window.training_bar.train_button)
        self.wait_trained()

    def wait_trained(self, timeout: int = 60_000) -> None:
        """Wait until no training is on."""
        self.qtbot.waitUntil(lambda: not self.window.controller.is_running, timeout=timeout)
        self.settle()

    def step_batch(self) -> None:
        """Train on one batch."""
        self.press("step-batch")
        self.wait_trained()

    def step_epoch(self) -> None:
        """Train to the end of one epoch."""
        self.press("step-epoch")
        self.wait_trained()

    def reset(self) -> None:
        """Go back to the weights that the training began with."""
        self.press("reset")

    def new_start(self) -> None:
        """Draw other random weights."""
        self.press("new-start")

    def undo(self) -> None:
        """Take the last change back."""
        self.press("undo")

    # Data and looks

    def choose_data(self, key: str) -> None:
        """Click a built-in data set, as “xor”, in the Data panel."""
        self._raise("data")
        sets = self.window.data_panel.sets
        self.settle()
        QTest.mouseClick(sets.viewport(), LEFT, NONE, sets.rect_of(key).center())
        self._raise("lessons")

    def scale_features(self, scaling: str) -> None:
        """Choose how the features are scaled, by its key as “standardize”, in the Data panel."""
        self._raise("data")
        field = self.window.data_panel.preparation.scaling
        self._show(field)
        self._choose(field, scaling)
        self._raise("lessons")

    def filter_rows(self, condition: str) -> int:
        """Type a condition into the filter of the data table; returns how many rows it leaves."""
        self._raise("table")
        table: Any = self.window.docks["table"].widget()
        self._type(table.filter, condition)
        count: int = table.model.rowCount()
        return count

    def focus_row(self, row: int) -> None:
        """Put a row of the data in focus, counted from 1."""
        self.window.document.set_focus_row(row - 1)
        self.settle()

    def color_by(self, mode: str) -> None:
        """Color the connections by weight, gradient, both or activity, by its entry in the menu."""
        (action,) = [each for each in self.window.color_modes.actions() if each.data() == mode]
        action.trigger()
        self.settle()

    def press(self, name: str) -> None:
        """Trigger an action of the menus, as its shortcut does."""
        action = self.window.actions_by_name[name]
        assert action.isEnabled(), f"“{action.text()}” cannot be chosen now"
        action.trigger()
        self.settle()

    def refused(self) -> list[str]:
        """Return what was refused since this was last asked."""
        self.settle()
        told, self._refused = self._refused, []
        return told

    def settle(self) -> None:
        """Let what waits for the event loop happen."""
        for _ in range(3):
            QApplication.processEvents()

    # Inner workings

    def _on_refused(self, error: Exception) -> None:
        self._refused.append(str(error))

    def _message(self) -> str:
        return f"the window says: “{self.window.messages.text}”"

    def _click(self, button: QAbstractButton) -> None:
        self._show(button)
        assert button.isEnabled(), f"“{button.text()}” cannot be clicked: {button.toolTip()}"
        QTest.mouseClick(button, LEFT)
        self.settle()

    def _show(self, widget: QWidget) -> None:
        """Scroll to a widget of a panel."""
        area = widget.parentWidget()
        while area is not None:
            if isinstance(area, QScrollArea):
                area.ensureWidgetVisible(widget)
            area = area.parentWidget()
        self.settle()

    def _raise(self, key: str) -> None:
        self.window.docks[key].show()
        self.window.docks[key].raise_()
        self.settle()

    def _pixel(self, x: float, y: float) -> QPoint:
        canvas = self.window.canvas
        pixel = canvas.mapFromScene(QPointF(x, y))
        if not canvas.viewport().rect().contains(pixel):
            canvas.fit_all()
            self.settle()
            pixel = canvas.mapFromScene(QPointF(x, y))
        return pixel

    def _place_of(self, source: str, target: str) -> QPoint:
        """Return a pixel at which the pointer meets a connection and nothing else."""
        canvas = self.window.canvas
        wanted = self.connection(source, target)
        x1, y1 = self.neuron(source).position
        x2, y2 = self.neuron(target).position
        length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1.0)
        for bend in _BENDS:
            for share in _SHARES:
                x = x1 + share * (x2 - x1) - bend * (y2 - y1) / length
                y = y1 + share * (y2 - y1) + bend * (x2 - x1) / length
                pixel = self._pixel(x, y)
                hit = canvas.network_scene.pick(canvas.mapToScene(pixel), canvas.zoom)
                if hit.kind == "connection" and hit.id == wanted.id and self._is_free(pixel):
                    return pixel
        raise AssertionError(f"the pointer meets {source} → {target} nowhere")

    def _is_free(self, pixel: QPoint) -> bool:
        """Whether no card floats over a place of the canvas."""
        viewport = self.window.canvas.viewport()
        top = self.window.childAt(viewport.mapTo(self.window, pixel))
        return top is viewport

    def _double_click(self, pixel: QPoint) -> None:
        self._refused_before = len(self._refused)
        viewport = self.window.canvas.viewport()
        QTest.mouseClick(viewport, LEFT, NONE, pixel)
        QTest.mouseDClick(viewport, LEFT, NONE, pixel)
        self.settle()

    def _type_in_place(self, value: float) -> None:
        editor = self.window.canvas.editor
        if editor is None and len(self._refused) > self._refused_before:
            return
        assert editor is not None, f"no field to type {value} into has opened; {self._message()}"
        editor.selectAll()
        QTest.keyClicks(editor, repr(value))
        QTest.keyClick(editor, Qt.Key.Key_Return)
        self.settle()

    def _slider(self) -> ValueSlider:
        self._raise("inspector")
        inspector: Any = self.window.docks["inspector"].widget()
        is_neuron = bool(self.window.document.selection.neurons)
        slider: ValueSlider = (
            inspector.neurons_page.bias_slider if is_neuron else inspector.connections_page.weight_slider
        )
        return slider

    def _type(self, field: QLineEdit | None, text: str) -> None:
        assert field is not None
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)
        self.settle()

    def _choose(self, combo: QComboBox, data: Any) -> None:
        place = combo.findData(data)
        offered = [combo.itemData(index) for index in range(combo.count())]
        assert place >= 0, f"“{combo.accessibleName()}” does not offer {data}, only {offered}"
        combo.showPopup()
        view = combo.view()
        view.scrollTo(combo.model().index(place, 0))
        self.settle()
        QTest.mouseClick(view.viewport(), LEFT, NONE, view.visualRect(combo.model().index(place, 0)).center())
        self.settle()
