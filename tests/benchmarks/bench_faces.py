"""What 200 neurons that show pictures cost: a refresh, a frame, and the run's speed. By hand:

python tests/benchmarks/bench_faces.py [--seconds 3] [--rounds 4]
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
from PySide6.QtCore import QCoreApplication

from nnstudio.data import make_dataset
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui.canvas.faces import numbers
from nnstudio.ui.canvas.faces.painting import Sheet
from nnstudio.ui.main_window import MainWindow

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = {"deep": [2, *[20] * 9, 17, 1], "wide": [2, 99, 98, 1]}
MODES = ("value", "plane", "histogram")


def milliseconds(action: Callable[[], object]) -> float:
    """Return the best of several times: the others were disturbed."""
    times = []
    for _ in range(20):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return 1000 * min(times)


def spend(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        QCoreApplication.processEvents()
        time.sleep(0.0005)


def measure(window: MainWindow, title: str, seconds: float, rounds: int) -> None:
    """Train with each mode in turns, several times, and tell the means."""
    controller, faces = window.controller, window.canvas.faces
    drawn: list[float] = []
    faces.drawn.connect(lambda: drawn.append(time.perf_counter()))
    speeds: dict[str, list[float]] = {mode: [] for mode in MODES}
    refreshes: dict[str, list[float]] = {mode: [] for mode in MODES}
    controller.train()
    spend(3.0)  # compiling, and the first epochs, are no part of it
    for number in range(rounds):
        for mode in MODES if number % 2 else MODES[::-1]:
            faces.set_mode(mode)
            spend(0.5)
            drawn.clear()
            first, began = controller.snapshot.step, time.perf_counter()
            spend(seconds)
            passed = time.perf_counter() - began
            speeds[mode].append((controller.snapshot.step - first) / passed)
            refreshes[mode].append(len(drawn) / passed)
    controller.pause()
    spend(0.5)
    base = np.median(speeds["value"])
    for mode in MODES:
        speed = np.median(speeds[mode])
        faces.set_mode(mode)
        spend(0.3)
        frame = milliseconds(window.canvas.viewport().repaint)
        print(
            f"{title} {mode:10} {speed:9.0f} steps/s ({speed / base - 1:+6.1%})   "
            f"{np.mean(refreshes[mode]):5.1f} refreshes/s   frame {frame:5.1f} ms"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    make_application()
    tiles = np.random.default_rng(0).normal(size=(200, 24, 24)).astype(np.float32)
    full = numbers.scales(tiles)
    colored = numbers.painted(tiles, full, "light")
    print(
        f"200 images of 24 x 24: scales {milliseconds(lambda: numbers.scales(tiles)):.1f} ms, "
        f"colors {milliseconds(lambda: numbers.painted(tiles, full, 'light')):.1f} ms, "
        f"sheet {milliseconds(lambda: Sheet(colored, is_smooth=True)):.1f} ms"
    )
    # Kept to the end: the collector must not take down a window in the thread of another one's training.
    windows = []
    for title, sizes in SIZES.items():
        settings = TrainingSettings(optimizer="adam", learning_rate=0.003, batch_size=10, epochs=1_000_000)
        window = MainWindow(remember_layout=False)
        windows.append(window)
        window.resize(1280, 800)
        window.document.replace_project(
            Project(layered_network(sizes), make_dataset("spiral", rows=500), settings)
        )
        window.show()
        spend(0.5)
        window.canvas.fit_all()
        measure(window, title, options.seconds, options.rounds)
        window.controller.shutdown()
        window.document.undo_stack.setClean()
        window.close()


if __name__ == "__main__":
    main()
