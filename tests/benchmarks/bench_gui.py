"""How even a 16 ms timer of the window's thread ticks, idle and while training. By hand:

python tests/benchmarks/bench_gui.py [--seconds 5] [--no-plots]
"""

# ruff: noqa: E402 - what leaves the window its time has to come before NumPy
from __future__ import annotations

import argparse
import tempfile
import time
from os import environ
from typing import TYPE_CHECKING

environ.setdefault("NNSTUDIO_CONFIG_DIR", tempfile.mkdtemp(prefix="nnstudio-bench-"))

from nnstudio.ui.app import keep_window_responsive, make_application

keep_window_responsive()

import numpy as np
from PySide6.QtCore import QCoreApplication, Qt, QTimer

from nnstudio.data import make_dataset
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import Snapshot, TrainingSettings
from nnstudio.ui.main_window import MainWindow

if TYPE_CHECKING:
    from nnstudio.ui.training_controller import TrainingController

TICK = 0.016


def ticks(seconds: float) -> np.ndarray:
    """Intervals of a 16 ms timer, in ms."""
    times: list[float] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: times.append(time.perf_counter()))
    timer.start(int(TICK * 1000))
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        QCoreApplication.processEvents()
        time.sleep(0.0002)
    timer.stop()
    return np.diff(times) * 1000


def report(what: str, intervals: np.ndarray) -> None:
    median, p99 = np.percentile(intervals, (50, 99))
    late = np.mean(intervals > 2 * TICK * 1000)
    print(f"{what:42} median {median:6.1f} ms   p99 {p99:6.1f} ms   over 32 ms {late:6.1%}")


class Painter:
    """Notes what a training shows, to have the same shown as often without one."""

    def __init__(self, controller: TrainingController) -> None:
        self._controller = controller
        self._snapshots: list[Snapshot] = []
        self._histories = 0
        controller.snapshot_changed.connect(self._note_snapshot)
        controller.history_changed.connect(self._note_history)
        self._timers: list[QTimer] = []
        self._shown = 0

    def looks(self) -> str:
        """Say how much was shown."""
        return f"{len(self._snapshots)} snapshots and {self._histories} histories shown"

    def _note_snapshot(self) -> None:
        self._snapshots.append(self._controller.snapshot)

    def _note_history(self) -> None:
        self._histories += 1

    def begin(self, seconds: float) -> None:
        """Show it again, in as many seconds as it took."""
        self._controller.snapshot_changed.disconnect(self._note_snapshot)
        self._controller.history_changed.disconnect(self._note_history)
        for count, show in (
            (len(self._snapshots), self._show_snapshot),
            (self._histories, self._controller.history_changed.emit),
        ):
            if count:
                timer = QTimer()
                timer.setTimerType(Qt.TimerType.PreciseTimer)
                timer.timeout.connect(show)
                timer.start(round(1000 * seconds / count))
                self._timers.append(timer)

    def _show_snapshot(self) -> None:
        self._controller.snapshot = self._snapshots[self._shown % len(self._snapshots)]
        self._shown += 1
        self._controller.snapshot_changed.emit()

    def stop(self) -> None:
        for timer in self._timers:
            timer.stop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--no-plots", action="store_true")
    options = parser.parse_args()
    make_application()
    # Kept to the end: the collector must not take down a window in the thread of another one's training.
    windows = []
    for sizes in ([2, 8, 8, 1], [2, 64, 64, 1]):
        data = make_dataset("spiral")
        settings = TrainingSettings(optimizer="adam", learning_rate=0.003, batch_size=10, epochs=1_000_000)
        window = MainWindow(remember_layout=False)
        windows.append(window)
        window.resize(1280, 800)
        window.document.replace_project(Project(layered_network(sizes), data, settings))
        window.show()
        if not options.no_plots:
            window.load_plots()
        window.canvas.fit()
        name = "-".join(map(str, sizes))
        ticks(1.0)
        report(f"{name}, idle", ticks(options.seconds))
        controller = window.controller
        controller.set_speed("full")
        controller.train()
        while not len(controller.history or ()):
            ticks(0.5)  # it compiles
        painter = Painter(controller)
        epochs = len(controller.history)
        report(f"{name}, training", ticks(options.seconds))
        print(f"{'':42} {len(controller.history) - epochs} epochs, {painter.looks()}")
        controller.halt()
        painter.begin(options.seconds)
        report(f"{name}, idle, painting as often", ticks(options.seconds))
        painter.stop()
        window.document.undo_stack.setClean()
        window.hide()


if __name__ == "__main__":
    main()
