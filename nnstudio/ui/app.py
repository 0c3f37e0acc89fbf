"""The application: starts Qt, opens the window, and tells of whatever goes wrong without taking it down."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
import time
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QEvent,
    QMessageLogContext,
    QObject,
    QTimer,
    QtMsgType,
    Signal,
    Slot,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication, QMessageBox

import nnstudio
from nnstudio import paths
from nnstudio.errors import NNStudioError
from nnstudio.ui import theme
from nnstudio.ui.garbage import GarbageCollector
from nnstudio.ui.warming import KernelWarmer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.main_window import MainWindow

SORRY = "Something went wrong there. Your work is safe; details are in the log."
CANNOT_START = (
    "nnstudio could not start: a part of it is missing or damaged. Install it again; details are in the log."
)
_RUN_THREADS = "training-"
_SWITCH_SECONDS = 0.001
_LOG_BYTES = 1_000_000
_QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
_log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window, with a project file where ``argv`` names one; returns the exit code."""
    began = time.perf_counter()
    arguments = _parse(sys.argv[1:] if argv is None else argv)
    log_to_file()
    keep_window_responsive()
    app = make_application()
    reporter = Reporter()
    reporter.install()
    collector = GarbageCollector()
    try:
        try:
            from nnstudio.ui.main_window import MainWindow

            window = MainWindow(deferred=True)
            starter = _Starter(window, reporter, arguments.file, began if arguments.startup_times else None)
            window.show()
        except Exception as error:
            _tell_no_start(None, error)
            return 1
        code = app.exec()
        del starter
        _leave_compiling_behind(code)
        return code
    finally:
        collector.release()
        reporter.uninstall()


def _tell_no_start(window: QWidget | None, error: Exception) -> None:
    """Tell that nnstudio can't start: the log in full, standard error in a line, whoever looks in a box."""
    _log.error("nnstudio could not start", exc_info=error)
    cause = " ".join(f"{type(error).__name__}: {error}".split())
    # Without a console, as under pythonw, there is no standard error.
    if sys.stderr is not None:
        sys.stderr.write(f"nnstudio: {CANNOT_START} ({cause})\n")
        sys.stderr.flush()
    QMessageBox.critical(window, "nnstudio", CANNOT_START)


def _leave_compiling_behind(code: int) -> None:
    """End the process at once where a training that was canceled still compiles.

    Its thread cannot be stopped, and would crash on what the interpreter takes down at its end.
    """
    if any(thread.name.startswith(_RUN_THREADS) for thread in threading.enumerate()):
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def keep_window_responsive() -> None:
    """Leave the window's thread its share of processor and interpreter while a training runs.

    To be called before NumPy is imported. On two busy cores, the slowest percent of the intervals of a 16 ms
    timer began at 112 ms while a 2-64-64-1 network trained; with one thread less for NumPy's matrix products
    at 59 or less. Turns of 1 ms in place of 5 made 54 of 102 ms with a 2-8-8-1 network.
    """
    threads = str(max(1, (os.cpu_count() or 2) - 1))
    for variable in ("OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ.setdefault(variable, threads)
    sys.setswitchinterval(_SWITCH_SECONDS)


def make_application() -> QApplication:
    """Return the application in our style; there can be only one."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("nnstudio")
    app.setApplicationDisplayName("nnstudio")
    app.setApplicationVersion(nnstudio.__version__)
    app.setDesktopFileName("nnstudio")
    theme.manager().install(app)
    app.setWindowIcon(theme.icon("nnstudio"))
    return app


def log_to_file() -> None:
    """Write the log to the user's log folder; where that can't be written, to standard error."""
    handler: logging.Handler
    try:
        handler = RotatingFileHandler(
            paths.log_dir() / "nnstudio.log", maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("nnstudio")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)


class Reporter(QObject):
    """Takes what nobody caught, from any thread: into the log, and as ``reported`` to the window.

    What concerns the user (an NNStudioError) is told in its own words, all else as an apology with the
    traceback to look at.
    """

    reported = Signal(str, str)  # text, details

    def install(self) -> None:
        """Begin to take uncaught exceptions and the messages of Qt."""
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        qInstallMessageHandler(self._on_qt_message)

    def uninstall(self) -> None:
        """Leave them to Python and Qt again."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__
        qInstallMessageHandler(None)

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        if isinstance(error, NNStudioError):
            _log.warning("%s", error)
            self.reported.emit(str(error), "")
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        _log.error("Uncaught exception\n%s", text)
        self.reported.emit(SORRY, text)

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and args.exc_type is not SystemExit:
            self._on_exception(args.exc_type, args.exc_value, args.exc_traceback)

    @staticmethod
    def _on_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        logging.getLogger("nnstudio.qt").log(
            _QT_LEVELS.get(kind, logging.INFO), "%s: %s", context.category or "qt", message
        )


class _Starter(QObject):
    """Does, once the window has been painted, what would have held it up."""

    def __init__(
        self, window: MainWindow, reporter: Reporter, file: Path | None, began: float | None
    ) -> None:
        super().__init__(window)
        self._window = window
        self._reporter = reporter
        self._file = file
        self._began = began
        self._warmer = KernelWarmer(window)
        application = QApplication.instance()
        assert application is not None
        application.aboutToQuit.connect(self._warmer.stop)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._after_first_frame)
        return False

    @Slot()
    def _after_first_frame(self) -> None:
        self._tell("first frame")
        try:
            self._window.build()
        except Exception as error:
            # An empty window would be of no use to anyone.
            _tell_no_start(self._window, error)
            QApplication.exit(1)
            return
        self._reporter.reported.connect(self._window.show_failure)
        QTimer.singleShot(0, self._open)

    @Slot()
    def _open(self) -> None:
        from nnstudio.ui.gallery import wanted_at_start

        self._tell("canvas")
        if self._file is not None:
            self._window.files.open(self._file)
        elif wanted_at_start():
            self._window.show_gallery()
        QTimer.singleShot(0, self._load_plots)

    @Slot()
    def _load_plots(self) -> None:
        self._window.load_plots()
        self._tell("plots")
        self._warmer.start_later()

    def _tell(self, what: str) -> None:
        if self._began is not None:
            seconds = time.perf_counter() - self._began
            sys.stderr.write(f"{what}: {seconds:.3f} s\n")


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nnstudio", description=nnstudio.__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="project to open")
    parser.add_argument(
        "--startup-times", action="store_true", help="print how long window and plots took to appear"
    )
    arguments = parser.parse_args(list(argv))
    arguments.startup_times = arguments.startup_times or os.environ.get("NNSTUDIO_STARTUP_TIMES") == "1"
    return arguments
