"""What every test gets: no window on the screen, none of the user's own files, and nothing left behind."""

from __future__ import annotations

import gc
import importlib.util
import itertools
import os
import sys
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_scratch = tempfile.TemporaryDirectory(prefix="nnstudio-tests-", ignore_cleanup_errors=True)
_folder_numbers = itertools.count()

# Before anything imports Qt, which reads these once.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["XDG_CONFIG_HOME"] = str(Path(_scratch.name) / "xdg-config")
if "XDG_RUNTIME_DIR" not in os.environ:
    # Qt warns when it is missing, and a warning fails a test; TemporaryDirectory made it private.
    os.environ["XDG_RUNTIME_DIR"] = _scratch.name

# Two cores, shared: how long an example takes says nothing.
_calm = [HealthCheck.too_slow]
settings.register_profile("default", deadline=None, suppress_health_check=_calm)
settings.register_profile("ci", deadline=None, suppress_health_check=_calm, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--oracle", action="store_true", help="run the checks against PyTorch itself")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--oracle") and importlib.util.find_spec("torch") is None:
        raise pytest.UsageError("--oracle needs PyTorch: python3 packaging/bootstrap.py test --oracle")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--oracle"):
        skip = pytest.mark.skip(reason="needs PyTorch: run with --oracle")
        for item in items:
            if item.get_closest_marker("oracle"):
                item.add_marker(skip)


@pytest.fixture(autouse=True)
def own_user_folders(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test fresh folders for settings and logs; return the folder that holds them."""
    folder = Path(_scratch.name) / str(next(_folder_numbers))
    monkeypatch.setenv("NNSTUDIO_CONFIG_DIR", str(folder / "config"))
    monkeypatch.setenv("NNSTUDIO_LOG_DIR", str(folder / "log"))
    return folder


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """Fail a test that leaves a thread running."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 60.0
    for thread in set(threading.enumerate()) - before:
        # One that was told to stop may need a moment: a training cannot be cut short while it compiles.
        thread.join(max(0.0, deadline - time.monotonic()))
    left = [thread.name for thread in threading.enumerate() if thread not in before]
    if left:
        pytest.fail(f"threads left running: {', '.join(left)}")


class _Started:
    """Remembers the objects of a Qt class whose ``start`` was called, as long as they live."""

    def __init__(self, qt_class: Any) -> None:
        self.objects: list[weakref.ref[Any]] = []
        original = qt_class.start

        def start(instance: Any, *arguments: Any) -> None:
            self.objects.append(weakref.ref(instance))
            original(instance, *arguments)

        qt_class.start = start

    def take(self) -> list[Any]:
        """Return what was started since the last call and still exists."""
        import shiboken6

        found = [reference() for reference in self.objects]
        self.objects.clear()
        return [instance for instance in found if instance is not None and shiboken6.isValid(instance)]


_started: dict[str, _Started] = {}


def _watch_qt() -> None:
    """Begin to note which timers, threads and animations are started; patching once is cheap."""
    if not _started:
        from PySide6.QtCore import QPropertyAnimation, QThread, QTimer, QVariantAnimation

        for qt_class in (QTimer, QThread, QVariantAnimation, QPropertyAnimation):
            _started[qt_class.__name__] = _Started(qt_class)


def _describe(instance: Any) -> str:
    parent = instance.parent()
    owner = f" of {type(parent).__name__}" if parent is not None else ""
    return f"{type(instance).__name__} {instance.objectName()!r}{owner}"


def _is_running(instance: Any) -> bool:
    from PySide6.QtCore import QAbstractAnimation, QThread, QTimer
    from PySide6.QtTest import QTest

    if isinstance(instance, QTimer):
        if instance.isSingleShot() and instance.remainingTime() <= 100:
            # pyqtgraph puts off what the mouse does so; it has no owner that could stop it.
            QTest.qWait(max(0, instance.remainingTime()) + 20)
        return instance.isActive()
    if isinstance(instance, QThread):
        return instance.isRunning()
    return bool(instance.state() == QAbstractAnimation.State.Running)


def _top_level_widgets() -> list[Any]:
    """Return the windows that a test may have left: those on view, and those of our own classes.

    pyqtgraph's hidden menus have no parent either, and go when their plot does.
    """
    from PySide6.QtWidgets import QApplication

    if not isinstance(QApplication.instance(), QApplication):
        return []
    return [
        widget
        for widget in QApplication.topLevelWidgets()
        if widget.isVisible() or type(widget).__module__.startswith("nnstudio.")
    ]


@pytest.fixture(autouse=True)
def nothing_of_qt_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a timer, a thread, an animation or a window of Qt behind."""
    if "PySide6.QtWidgets" not in sys.modules and not {"qtbot", "qapp"} & set(request.fixturenames):
        yield
        return
    from PySide6.QtCore import QCoreApplication, QEvent

    _watch_qt()
    for started in _started.values():
        started.take()
    before = set(_top_level_widgets())
    yield
    # deleteLater() waits for an event loop, and no loop runs here any more.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    running = [item for started in _started.values() for item in started.take() if _is_running(item)]
    left = set(_top_level_widgets()) - before
    if left:
        left.clear()
        gc.collect()
        left = set(_top_level_widgets()) - before
    problems = [f"still running: {_describe(item)}" for item in running]
    for widget in left:
        problems.append(f"window left: {_describe(widget)}")
        # Or else every later test would be blamed as well.
        widget.close()
        widget.deleteLater()
    if problems:
        pytest.fail("; ".join(problems))
