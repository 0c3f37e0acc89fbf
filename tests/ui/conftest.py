from __future__ import annotations

import gc
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QFileDialog, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from tests.ui.controllers import make_controller as make_controller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nnstudio.ui.main_window import MainWindow

_LEFT = Qt.MouseButton.LeftButton
_MOST_TRIES = 200
_NOWHERE = QPoint(-10_000, -10_000)
_PATIENCE_MILLISECONDS = 60_000


class PatientBot(QtBot):
    """Waits for what is to happen, however busy the computer is: only what never happens fails."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = 0) -> None:  # noqa: N802
        """Wait until a condition holds."""
        super().waitUntil(callback, timeout=max(timeout, _PATIENCE_MILLISECONDS))

    def waitActive(self, widget: Any, *, timeout: int = _PATIENCE_MILLISECONDS) -> Any:  # noqa: N802
        """Wait until a window is the active one."""
        return super().waitActive(widget, timeout=timeout)

    def waitExposed(self, widget: Any, *, timeout: int = _PATIENCE_MILLISECONDS) -> Any:  # noqa: N802
        """Wait until a window is on the screen."""
        return super().waitExposed(widget, timeout=timeout)


class Answers(QObject):
    """Answers the dialogs that come up, in order, with mouse and keyboard; others are dismissed and noted."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.unexpected: list[str] = []
        self._waiting: deque[Path | QMessageBox.StandardButton] = deque()
        self._typed: QFileDialog | None = None
        self._tries = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(10)

    def expect(self, *answers: Path | QMessageBox.StandardButton) -> None:
        """Answer the next dialogs: a question by a button, a file dialog by typing a path."""
        self._waiting.extend(answers)

    def finish(self) -> None:
        self._timer.stop()
        assert not self.unexpected, f"dialogs came up that nobody expected: {self.unexpected}"
        assert not self._waiting, f"dialogs never came up: {list(self._waiting)}"

    def _look(self) -> None:
        dialog: Any = QApplication.activeModalWidget()
        if dialog is None or dialog is self._typed:
            self._confirm(dialog)
        elif isinstance(dialog, QMessageBox):
            self.asked.append(dialog.text())
            if self._waiting and isinstance(self._waiting[0], QMessageBox.StandardButton):
                QTest.mouseClick(dialog.button(self._waiting.popleft()), _LEFT)
            else:
                self._dismiss(dialog)
        elif isinstance(dialog, QFileDialog):
            self.asked.append(dialog.windowTitle())
            if self._waiting and not isinstance(self._waiting[0], QMessageBox.StandardButton):
                self._typed, self._tries = dialog, 0
                field = dialog.findChild(QLineEdit, "fileNameEdit")
                field.selectAll()
                path = self._waiting.popleft()
                # Qt marks each folder on the way of a whole path that is typed, and would open the first;
                # pasted, it is taken as it is.
                known = Path(dialog.directory().absolutePath()) == path.parent
                if known:
                    QTest.keyClicks(field, path.name)
                else:
                    field.setText(str(path))
            else:
                self._dismiss(dialog)

    def _confirm(self, dialog: QFileDialog | None) -> None:
        """Press Open or Save; the first times may only close the list of completions."""
        if dialog is None:
            self._typed = None
            return
        self._tries += 1
        if self._tries > _MOST_TRIES:
            self._dismiss(dialog)
            return
        QTest.mouseClick(dialog.findChild(QDialogButtonBox).buttons()[0], _LEFT)

    def _dismiss(self, dialog: Any) -> None:
        self.unexpected.append(self.asked[-1])
        dialog.reject()


@pytest.fixture(autouse=True)
def train_without_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train on NumPy: the first to need the compiled kernels on a computer would wait longer than a test."""
    monkeypatch.setenv("NNSTUDIO_ENGINE", "numpy")


@pytest.fixture(autouse=True)
def collect_garbage_between_tests() -> Iterator[None]:
    """Keep threads that a test starts from freeing objects of Qt, as the program does by itself."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> PatientBot:
    """Drive windows, with the pointer over none of them: it is one for all tests of a process."""
    QCursor.setPos(_NOWHERE)
    return PatientBot(request)


@pytest.fixture
def answers(qapp: QApplication) -> Iterator[Answers]:
    answering = Answers()
    yield answering
    answering.finish()


@pytest.fixture
def make_window(qtbot: QtBot) -> Iterator[Callable[[], MainWindow]]:
    """Open main windows, as many as a test asks for; they are closed without questions at its end."""
    from nnstudio.ui.app import make_application
    from nnstudio.ui.main_window import MainWindow

    make_application()
    opened: list[MainWindow] = []

    def make() -> MainWindow:
        window = MainWindow()
        window.resize(1280, 800)  # also where the screen of the tests is smaller
        opened.append(window)
        window.show()
        window.activateWindow()
        with qtbot.waitActive(window):
            pass
        return window

    yield make
    for window in opened:
        window.controller.halt()
        window.document.undo_stack.setClean()
        window.files.guards.clear()
        window.close()
        window.deleteLater()
    opened.clear()


@pytest.fixture
def window(make_window: Callable[[], MainWindow]) -> MainWindow:
    return make_window()
