"""What can be done with the past of a training: actions for menu, buttons and keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from nnstudio.ui import theme
from nnstudio.ui.numbers import format_count, format_number
from nnstudio.ui.time_machine import MEGABYTE

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.ui.training_controller import TrainingController

_MOST_MEGABYTES = 65_536


class _Entry(NamedTuple):
    key: str
    text: str
    shortcut: str
    icon: str
    tip: str


_SAMPLE_TIP = (
    "the rows of a batch come into focus one by one, in the order in which the next step takes them; "
    "over its end follows the next batch"
)
_ENTRIES = (
    _Entry("past-start", "&To the start", "Ctrl+Shift+F3", "past-start", "Show the start of the training"),
    _Entry("past-back-epoch", "Back one &epoch", "Shift+F3", "past-back-epoch", "Show one epoch earlier"),
    _Entry("past-back-batch", "Back one &batch", "F3", "past-back-batch", "Show one step earlier"),
    _Entry(
        "past-back-sample",
        "Back one &sample",
        "Ctrl+F3",
        "past-back-sample",
        f"One sample back: {_SAMPLE_TIP}",
    ),
    _Entry("past-play", "&Play the past", "Shift+F5", "play", "Play how the network learned"),
    _Entry(
        "past-forward-sample",
        "Forward one samp&le",
        "Ctrl+F4",
        "past-forward-sample",
        f"One sample forward: {_SAMPLE_TIP}",
    ),
    _Entry("past-forward-batch", "Forward one bat&ch", "F4", "past-forward-batch", "Show one step later"),
    _Entry(
        "past-forward-epoch", "Forward one ep&och", "Shift+F4", "past-forward-epoch", "Show one epoch later"
    ),
    _Entry("past-now", "Back to &now", "Ctrl+Shift+F4", "past-now", "Show the network as it is at present"),
    _Entry(
        "past-continue",
        "Continue &from here",
        "Ctrl+F5",
        "play",
        "Go back to the step on view, and train on from there with the settings of now",
    ),
    _Entry(
        "past-return",
        "&Return to the start",
        "",
        "reset",
        "Go back to the weights training began with; the training until now is kept as a curve",
    ),
    _Entry("past-memory", "&Memory for the past…", "", "settings", "Say how much memory the past may take"),
    _Entry("past-forget", "For&get earlier trainings", "", "delete", "Take the earlier curves away"),
)
_NEED_PAST = "Train first: there is no past yet but the start"
# What stands beside the slider, and in its menu.
BUTTONS = tuple(entry.key for entry in _ENTRIES[:9])
MENU = ("past-continue", "past-return", None, "past-memory", "past-forget")
_GROUPS = (
    ("past-start", "past-now", "past-play"),
    ("past-back-epoch", "past-back-batch", "past-back-sample"),
    ("past-forward-epoch", "past-forward-batch", "past-forward-sample"),
    ("past-continue", "past-memory", "past-forget"),
)


class PastActions(QObject):
    """The actions by name, and what of them can be done now."""

    def __init__(self, controller: TrainingController, window: QWidget) -> None:
        super().__init__(window)
        self._controller = controller
        self._window = window
        self._shown: tuple[bool, ...] = ()
        machine = controller.time_machine
        handlers: dict[str, Callable[[], object]] = {
            "past-start": machine.to_start,
            "past-play": machine.moves.play,
            "past-now": machine.to_now,
            "past-continue": machine.continue_here,
            "past-return": controller.reset,
            "past-memory": self._ask_for_memory,
            "past-forget": machine.forget_others,
        }
        for unit in ("sample", "batch", "epoch"):
            handlers[f"past-back-{unit}"] = partial(machine.back, unit)
            handlers[f"past-forward-{unit}"] = partial(machine.forward, unit)
        self.by_name = {entry.key: self._make(entry, handlers[entry.key]) for entry in _ENTRIES}
        machine.changed.connect(self.refresh)
        machine.moves.playing_changed.connect(self._show_playing)
        controller.history_changed.connect(self.refresh)
        controller.state_changed.connect(self.refresh)
        self.refresh()

    def menu(self, title: str) -> QMenu:
        """Return a menu of them."""
        menu = QMenu(title, self._window)
        theme.set_icon(menu.menuAction(), "past")
        for group in _GROUPS:
            if not menu.isEmpty():
                menu.addSeparator()
            menu.addActions([self.by_name[name] for name in group])
        return menu

    def fill(self, menu: QMenu) -> None:
        """Fill the menu beside the slider."""
        for name in MENU:
            if name is None:
                menu.addSeparator()
            else:
                menu.addAction(self.by_name[name])

    @Slot()
    def refresh(self) -> None:
        """Enable what can be done now."""
        machine = self._controller.time_machine
        has_past, is_past = machine.has_past, machine.is_past
        at_start = is_past and machine.step == machine.first_step
        can_reset, has_others = self._controller.can_reset, bool(machine.branches)
        found = has_past, is_past, at_start, can_reset, has_others
        if found == self._shown:
            return
        self._shown = found
        for name, able in {
            "past-start": has_past and not at_start,
            "past-play": has_past,
            "past-now": is_past,
            "past-continue": is_past,
            "past-return": can_reset,
            "past-forget": has_others,
        }.items():
            self.by_name[name].setEnabled(able)
        for unit in ("epoch", "batch", "sample"):
            self.by_name[f"past-back-{unit}"].setEnabled(has_past and (not at_start or unit == "sample"))
            self.by_name[f"past-forward-{unit}"].setEnabled(is_past)
        for entry in _ENTRIES[:9]:
            _describe(self.by_name[entry.key], entry.tip if has_past else _NEED_PAST)

    def _make(self, entry: _Entry, handler: Callable[[], object]) -> QAction:
        action = QAction(entry.text, self._window)
        action.setObjectName(entry.key)
        if entry.shortcut:
            action.setShortcut(QKeySequence(entry.shortcut))
        theme.set_icon(action, entry.icon)
        _describe(action, entry.tip)
        action.triggered.connect(handler)
        self._window.addAction(action)
        return action

    @Slot()
    def _show_playing(self) -> None:
        is_playing = self._controller.time_machine.moves.is_playing
        action = self.by_name["past-play"]
        action.setText("&Pause the past" if is_playing else "&Play the past")
        theme.set_icon(action, "pause" if is_playing else "play")

    @Slot()
    def _ask_for_memory(self) -> None:
        machine = self._controller.time_machine
        timeline = machine.timeline
        taken = 0.0 if timeline is None else timeline.n_bytes / MEGABYTE
        dialog = QInputDialog(self._window)
        dialog.setObjectName("past-memory")
        dialog.setWindowTitle("Memory for the past")
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setIntRange(1, _MOST_MEGABYTES)
        dialog.setIntValue(machine.budget // MEGABYTE)
        dialog.setLabelText(
            "Megabytes that the past of the trainings may take. With less, fewer steps of long trainings can "
            f"be looked at.\nThe one on view takes {format_number(taken, 2)} at present; the usual is "
            f"{format_count(256)}."
        )
        dialog.intValueSelected.connect(machine.set_budget)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _describe(action: QAction, tip: str) -> None:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setToolTip(f"{tip} ({keys})" if keys else tip)
    action.setStatusTip("")
