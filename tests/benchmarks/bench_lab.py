"""What looking at a training costs: all views on, all off, and a run without any window. By hand:

python tests/benchmarks/bench_lab.py [xor spirals digits frames] [--seconds 3] [--rounds 5] [--profile FILE]

They take turns, each for some seconds, several times. Told are the steps a second as a share of those of the
bare run of the same turn (the median of all turns), the same of the time in which the run did not wait for a
processor that others had (Linux tells), the processor time that run and window took of each second, how even
a 16 ms timer of the window's thread ticked, and how much processor time that thread took between two ticks:
what no other process has a part in. ``frames``: what the canvas paints while a
training runs and the view moves all the time.
"""

# ruff: noqa: E402 - what leaves the window its time has to come before NumPy
from __future__ import annotations

import argparse
import cProfile
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("NNSTUDIO_CONFIG_DIR", tempfile.mkdtemp(prefix="nnstudio-bench-"))

from nnstudio.ui.app import keep_window_responsive, make_application

keep_window_responsive()

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer

from nnstudio import paths
from nnstudio.data import Dataset
from nnstudio.engine import compile_network
from nnstudio.network.templates import layered_network
from nnstudio.project import Project, load_project
from nnstudio.training import Run, Timeline, TrainingSettings
from nnstudio.ui.canvas.raster import loading
from nnstudio.ui.garbage import GarbageCollector
from nnstudio.ui.main_window import MainWindow

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

ENDLESS = 10**9
TICK_MILLISECONDS = 16
SETTLE = 1.0  # seconds until views that have just come or gone are at their pace
FACES = {"xor": "plane", "spirals": "plane", "digits": "weights"}


class Stretch(NamedTuple):
    """Steps a second, at all and of the time served; processor seconds a second; ticks as of `spend`."""

    speed: float
    served_speed: float
    run_share: float
    window_share: float
    ticks: np.ndarray


def spend(seconds: float) -> np.ndarray:
    """Let the window live; returns the intervals of a 16 ms timer and the work in each, (ticks, 2) in ms."""
    times: list[tuple[float, float]] = []
    loop, timer = QEventLoop(), QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: times.append((time.perf_counter(), time.thread_time())))
    timer.start(TICK_MILLISECONDS)
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()
    return np.diff(np.array(times), axis=0) * 1000


def thread_seconds(thread: threading.Thread) -> tuple[float, float]:
    """Return for how long a thread has had a processor and has waited for one; NaN where nobody tells."""
    try:
        told = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text()
    except OSError:
        return float("nan"), float("nan")
    had, waited, _ = map(int, told.split())
    return had / 1e9, waited / 1e9


def measured(run: Run, seconds: float, live: Callable[[float], np.ndarray]) -> Stretch:
    """Measure a run that is on."""
    trainer, thread = run._trainer, run._thread
    first, began = trainer.step_number, time.perf_counter()
    (had, waited), window = thread_seconds(thread), time.thread_time()
    ticks = live(seconds)
    steps, passed = trainer.step_number - first, time.perf_counter() - began
    has, waits = thread_seconds(thread)
    served = passed - (waits - waited)
    shares = (has - had) / passed, (time.thread_time() - window) / passed
    return Stretch(steps / passed, steps / served, *shares, ticks)


def example(name: str) -> Project:
    """Return an example that trains without end."""
    project = load_project(paths.resource_path("examples") / f"{name}.nns")
    assert project.settings is not None
    project.settings = replace(project.settings, epochs=ENDLESS, target_loss=None, patience=None)
    project.checkpoint = project.history = project.start = None
    return project


class Lab:
    """A main window with a project, in which everything can be shown at once, or nothing."""

    def __init__(self, project: Project, faces: str = "value") -> None:
        self.window = MainWindow(remember_layout=False)
        self.controller = self.window.controller
        self._faces = faces
        self.window.resize(1920, 1080)
        self.window.load_plots()
        self.window.document.replace_project(project)
        self.window.show()
        spend(0.2)
        self._lay_side_by_side()
        for key in ("explain", "landscape", "distributions"):
            self.window.lazy_docks.make(key)
        self.window.document.set_focus_row(0)
        self.window.canvas.fit()
        self.window.controller.set_speed("full")

    def _lay_side_by_side(self) -> None:
        """Give every panel a place of its own; those of lessons and of data alone have nothing to follow."""
        docks = self.window.docks
        for key in ("explain", "landscape", "distributions", "table"):
            docks[key].setFloating(True)
            docks[key].setGeometry(20, 40, 640, 420)  # Qt takes one off the screen for hidden
            docks[key].show()
        for key in ("lessons", "looks"):
            docks[key].hide()
        self._shown = [dock for key, dock in docks.items() if key not in ("lessons", "looks")]

    def show_all(self, *, wanted: bool) -> None:
        """Show every view there is at once, pictures in the neurons as well, or the plain canvas alone."""
        for dock in self._shown:
            dock.setVisible(wanted)
        self.window.canvas.faces.set_mode(self._faces if wanted else "value")
        self.window.actions_by_name["phases"].setChecked(wanted)
        self.window.phases.set_wanted(remember=False)
        self.window.canvas.set_color_mode("gradient" if wanted else "weight")

    def train(self) -> Run:
        """Train, and return the run once it is at its first steps."""
        self.controller.train()
        assert self.controller.problem is None, self.controller.problem
        session = self.controller._session
        while session.run._trainer.step_number == 0 or session.run.is_preparing:
            spend(0.05)
        return session.run

    def close(self) -> None:
        self.controller.shutdown()
        self.window.document.undo_stack.setClean()
        self.window.close()


def bare_run(project: Project) -> Run:
    """Return a run like that of the window, with its past kept, that nobody looks at."""
    program = compile_network(project.network, dtype=project.settings.dtype)
    parameters = program.initial_parameters()
    run = Run(1, 0, program, parameters, project.data, project.settings, yield_gil=True, timeline=Timeline())
    run.start()
    while run._trainer.step_number == 0 or run.is_preparing:
        time.sleep(0.05)
    return run


def asleep(seconds: float) -> np.ndarray:
    time.sleep(seconds)
    return np.empty((0, 2))


def compare(name: str, seconds: float, rounds: int, profile: str | None) -> None:
    project = example(name)
    lab = Lab(project, FACES[name])
    ways = ("bare", "away", "off", "on")
    found: dict[str, list[Stretch]] = {way: [] for way in ways}
    profiler = cProfile.Profile(time.thread_time) if profile else None
    for number in range(rounds):
        for way in ways if number % 2 else ways[::-1]:
            if way == "bare":
                run = bare_run(project)
                asleep(SETTLE)
                found[way].append(measured(run, seconds, asleep))
                run.stop()
                continue
            lab.show_all(wanted=way == "on")
            lab.window.setVisible(way != "away")
            run = lab.train()
            spend(SETTLE)
            if way == "on" and profiler is not None:
                profiler.enable()
            found[way].append(measured(run, seconds, spend))
            if profiler is not None:
                profiler.disable()
            lab.controller.halt()
            lab.window.document.undo_stack.clear()
    tell(name, found)
    if profiler is not None:
        profiler.dump_stats(f"{profile}-{name}")
    lab.close()


def tell(name: str, found: dict[str, list[Stretch]]) -> None:
    for way, stretches in found.items():
        pairs = list(zip(stretches, found["bare"], strict=True))
        share = np.median([one.speed / bare.speed for one, bare in pairs])
        served = np.median([one.served_speed / bare.served_speed for one, bare in pairs])
        speed, run, window = (
            float(np.median([getattr(each, part) for each in stretches]))
            for part in ("speed", "run_share", "window_share")
        )
        line = (
            f"{name:8} {way:5} {speed:9.0f} steps/s  {share:4.0%}, served {served:4.0%}  "
            f"run {run:4.0%}  window {window:4.0%}"
        )
        ticks = np.concatenate([each.ticks for each in stretches])
        if len(ticks):
            intervals, work = (np.percentile(column, (50, 95, 99)) for column in ticks.T)
            line += "  ticks p50 {:.1f} p95 {:.1f} p99 {:.1f} ms".format(*intervals)
            line += ", work {:.1f} {:.1f} {:.1f}".format(*work)
        print(line, flush=True)


class FrameCounter(QObject):
    """Moves a view all the time, and counts what it paints."""

    def __init__(self, lab: Lab) -> None:
        super().__init__()
        self._canvas = lab.window.canvas
        self.frames = self._moves = 0
        self._canvas.viewport().installEventFilter(self)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._move)
        self._timer.start(0)

    def _move(self) -> None:
        self._moves += 1
        self._canvas.scroll_by(5 if self._moves % 40 < 20 else -5, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        self.frames += event.type() == QEvent.Type.Paint
        return False


def count_frames(seconds: float) -> None:
    for sizes in ([6, 20, 18, 1], [20, 60, 60, 1]):
        network = layered_network(sizes)
        network.initialize("xavier_normal", 0)
        rows = np.random.default_rng(0).normal(size=(500, sizes[0]))
        data = Dataset.from_arrays(rows, np.tanh(rows[:, :1]), seed=0)
        settings = TrainingSettings(optimizer="adam", learning_rate=1e-4, batch_size=10, epochs=ENDLESS)
        lab = Lab(Project(network, data, settings))
        for wanted in (False, True):
            lab.show_all(wanted=wanted)
            lab.train()
            spend(SETTLE)
            lab.window.canvas.fit()
            counter = FrameCounter(lab)
            spend(SETTLE)
            counter.frames, began, before = 0, time.perf_counter(), time.thread_time()
            spend(seconds)
            rate = counter.frames / (time.perf_counter() - began)
            work = 1000 * (time.thread_time() - before) / max(counter.frames, 1)
            counter._timer.stop()
            lab.window.canvas.viewport().removeEventFilter(counter)
            what = "all views" if wanted else "canvas alone"
            print(
                f"{network.connection_count:6,} connections, {what:12} {rate:5.0f} frames/s, "
                f"work {work:.1f} ms each, everything included",
                flush=True,
            )
            lab.controller.halt()
        lab.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", default=[*FACES, "frames"])
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", help="where to write what the window's thread did with all views on")
    options = parser.parse_args()
    make_application()
    collector = GarbageCollector()
    loading.warm()
    loading.loader.wait()
    for name in options.what:
        if name == "frames":
            count_frames(options.seconds)
        else:
            compare(name, options.seconds, options.rounds, options.profile)
    collector.release()


if __name__ == "__main__":
    main()
