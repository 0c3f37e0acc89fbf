"""How fast the canvas is, by hand: ``python tests/benchmarks/bench_canvas.py [--only frames,scene,run]``.

Frames at 1280x800, offscreen: the median and the 95th percentile in ms of one with new values, and of one
while panning, zooming, after zooming, hovering, dragging a neuron with up to 200 connections, and drawing a
rubber band over everything. The floor is what QPainter needs for as many plain lines of one pixel without
antialiasing. Then opening, undo and picking, and how fast a training is beside the window.
"""

# ruff: noqa: E402 - what leaves the window its time has to come before NumPy
from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("NNSTUDIO_CONFIG_DIR", tempfile.mkdtemp(prefix="nnstudio-bench-"))

from nnstudio.ui.app import keep_window_responsive, make_application

keep_window_responsive()

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QLineF, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPen
from shiboken6 import wrapInstance

from nnstudio.data import Dataset
from nnstudio.engine import compile_network
from nnstudio.network import Network
from nnstudio.network.edits import RemoveItems
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import Run, TrainingSettings
from nnstudio.ui.canvas.raster import loading
from nnstudio.ui.canvas.view import CanvasView
from nnstudio.ui.document import Document
from nnstudio.ui.main_window import MainWindow

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = ([5] * 5, [10] * 11, [25] * 9, [50] * 9, [100] * 11)  # 100 to 100,000 connections
HUB = 200
REPEATS = 25
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def times(action: Callable[[], object], repeats: int = REPEATS) -> tuple[float, float]:
    """Return the median and the 95th percentile of an action in ms, after two to warm up."""
    taken = []
    for _ in range(repeats + 2):
        began = time.perf_counter()
        action()
        taken.append((time.perf_counter() - began) * 1000.0)
    median, high = np.percentile(taken[2:], (50, 95)).tolist()
    return median, high


def canvas_with(network: Network) -> CanvasView:
    canvas = CanvasView(Document(Project(network)))
    canvas.resize(1280, 800)
    canvas.show()
    QCoreApplication.processEvents()  # what isn't on the screen yet isn't painted
    canvas.fit()
    return canvas


def layered(sizes: list[int]) -> tuple[Network, str]:
    """Return a network of layers, and the id of a neuron with as many connections as there may be, to 200."""
    network = layered_network(sizes)
    network.initialize("xavier_normal", 0)
    hub = network.neurons[len(network.neurons) // 2].id
    earlier = network.neurons[: len(network.neurons) // 2 - sizes[0]]
    with network.batch():
        for neuron in reversed(earlier):
            has_room = len(network.incoming(hub)) + len(network.outgoing(hub)) < HUB
            if has_room and network.connection_between(neuron.id, hub) is None:
                network.connect(neuron.id, hub, weight=0.1)
    return network, hub


def mouse(canvas: CanvasView, kind: QEvent.Type, at: QPoint, *, held: bool) -> None:
    viewport = canvas.viewport()
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else LEFT
    buttons = LEFT if held else Qt.MouseButton.NoButton
    place = QPointF(at)
    event = QMouseEvent(kind, place, QPointF(viewport.mapToGlobal(at)), button, buttons, NONE)
    QCoreApplication.sendEvent(viewport, event)


def frames(sizes: list[int]) -> list[tuple[float, float]]:
    """Return the times of frames of a network of layers, in the order of `COLUMNS`."""
    rng = np.random.default_rng(0)
    network, hub = layered(sizes)
    canvas = canvas_with(network)
    scene, viewport = canvas.network_scene, canvas.viewport()
    count = network.connection_count
    given = {
        "connection_ids": tuple(connection.id for connection in network.connections),
        "neuron_ids": tuple(neuron.id for neuron in network.neurons),
        "weight_gradients": rng.normal(size=count),
        "activations": rng.normal(size=network.neuron_count),
    }
    weights = [rng.normal(size=count) for _ in range(4)]
    number = 0

    def step() -> int:
        nonlocal number
        number += 1
        return number

    def recolor() -> None:
        scene.set_snapshot(SimpleNamespace(**given, weights=weights[step() % 4]))  # type: ignore[arg-type]
        viewport.repaint()

    def pan() -> None:
        way = 1 if step() % 20 < 10 else -1
        canvas.scroll_by(9 * way, 4 * way)
        viewport.repaint()

    def zoom() -> None:
        canvas.zoom_steps(1 if step() % 8 < 4 else -1, QPointF(640, 400))
        viewport.repaint()

    def rest() -> None:
        scene.layer.lines_changed()
        viewport.repaint()

    def hover() -> None:
        at = QPoint(*rng.integers((200, 100), (1080, 700)).tolist())
        mouse(canvas, QEvent.Type.MouseMove, at, held=False)
        viewport.repaint()

    def drag() -> None:
        at = grip + QPoint(step() % 40, 3 * (step() % 30))
        mouse(canvas, QEvent.Type.MouseMove, at, held=True)
        viewport.repaint()

    def rubber() -> None:
        share = (step() % 20 + 1) / 20
        at = QPoint(round(2 + 1270 * share), round(2 + 790 * share))
        mouse(canvas, QEvent.Type.MouseMove, at, held=True)
        viewport.repaint()

    found = [times(recolor), times(pan)]
    canvas.fit()
    found += [times(zoom), times(rest, 8)]
    canvas.fit()
    found.append(times(hover))
    grip = canvas.mapFromScene(QPointF(*network.neuron(hub).position))
    mouse(canvas, QEvent.Type.MouseButtonPress, grip, held=True)
    found.append(times(drag))
    canvas.cancel_gesture()
    canvas.document.selection.clear()
    mouse(canvas, QEvent.Type.MouseButtonPress, QPoint(2, 2), held=True)
    found.append(times(rubber))
    canvas.cancel_gesture()

    image = QImage(1280, 800, QImage.Format.Format_ARGB32_Premultiplied)
    transform = canvas.viewportTransform()
    offset = np.array([transform.dx(), transform.dy()] * 2)
    lines = np.ascontiguousarray(scene.graph.lines * transform.m11() + offset)

    def floor() -> None:
        painter = QPainter(image)
        painter.setPen(QPen())
        painter.drawLines(wrapInstance(lines.ctypes.data, QLineF), len(lines))
        painter.end()

    found.append(times(floor))
    canvas.close()
    QCoreApplication.processEvents()
    return found


COLUMNS = ("new values", "pan", "zoom", "at rest", "hover", "drag one", "rubber band", "floor")


def measure_frames() -> None:
    print("Frames at 1280x800, ms: median / 95th percentile")
    print(f"{'connections':>12}" + "".join(f"{column:>16}" for column in COLUMNS))
    for sizes in SIZES:
        row = frames(list(sizes))
        count = sum(a * b for a, b in itertools.pairwise(sizes))
        print(f"{count:>12,}" + "".join(f"{f'{m:.1f} / {p:.1f}':>16}" for m, p in row), flush=True)


def sparse(neurons: int, connections: int) -> Network:
    """Return a network in columns of 70 neurons with connections between any of them."""
    network, rng = Network(), np.random.default_rng(0)
    with network.batch():
        ids = [
            network.add_neuron(
                "input" if number < 100 else "hidden", position=(number // 70 * 200.0, number % 70 * 90.0)
            ).id
            for number in range(neurons)
        ]
        pairs = np.sort(rng.integers(0, neurons, (3 * connections, 2)), axis=1)
        pairs = np.unique(pairs[(pairs[:, 0] < pairs[:, 1]) & (pairs[:, 1] >= 100)], axis=0)
        for source, target in rng.permutation(pairs)[:connections].tolist():
            network.connect(ids[source], ids[target], weight=float(rng.normal()))
    return network


def measure_scene() -> None:
    print("\nOpening, undo and picking")
    for neurons, connections in ((5_000, 20_000), (5_000, 100_000)):
        network = sparse(neurons, connections)
        canvas = canvas_with(Network())
        document = canvas.document

        def opened(canvas: Any = canvas, network: Any = network) -> None:
            canvas.document.replace_project(Project(network))
            canvas.fit()
            canvas.viewport().repaint()

        began = time.perf_counter()
        opened()
        first = time.perf_counter() - began
        document.do(RemoveItems("Delete", tuple(neuron.id for neuron in network.neurons)))
        canvas.viewport().repaint()
        began = time.perf_counter()
        document.undo_stack.undo()
        canvas.viewport().repaint()
        undone = time.perf_counter() - began
        graph, rng = canvas.network_scene.graph, np.random.default_rng(0)

        def pick(canvas: Any = canvas, rng: Any = rng, graph: Any = graph) -> None:
            at = QPointF(*rng.uniform(graph.positions.min(), graph.positions.max(), 2))
            canvas.network_scene.pick(at, canvas.zoom)

        median, high = times(pick, 200)
        print(
            f"{neurons:,} neurons, {connections:,} connections: to a painted canvas {first:.2f} s, "
            f"undo of deleting all {undone:.2f} s, pick {median:.2f} / {high:.2f} ms"
        )
        canvas.close()


def measure_run(seconds: float) -> None:
    print("\nA training at full speed beside the window, epochs a second")
    for sizes in ([2, 32, 32, 2], [25] * 9, [50] * 9):
        rng = np.random.default_rng(0)
        rows = rng.normal(size=(500, sizes[0]))
        data = Dataset.from_arrays(rows, np.tanh(rows[:, ::-1])[:, : sizes[-1]], seed=0)
        network = layered_network(sizes)
        network.initialize("xavier_normal", 0)
        settings = TrainingSettings(
            optimizer="adam", learning_rate=1e-4, batch_size=10, epochs=1_000_000, loss="mse"
        )
        program = compile_network(network)
        run = Run(1, 0, program, program.initial_parameters(), data, settings)
        run.start()
        while not run.drain():
            time.sleep(0.05)  # it compiles
        began = time.perf_counter()
        time.sleep(seconds)
        alone = len(run.drain()) / (time.perf_counter() - began)
        run.stop()

        window = MainWindow(remember_layout=False)
        window.resize(1280, 800)
        window.document.replace_project(Project(network, data, settings))
        window.show()
        window.load_plots()
        window.canvas.fit()
        window.controller.set_speed("full")
        window.controller.train()
        shown = 0

        def count() -> None:
            nonlocal shown
            shown += 1

        while not len(window.controller.history or ()):
            QCoreApplication.processEvents()
        window.controller.snapshot_changed.connect(count)
        start, began, shown = window.controller.epoch, time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            QCoreApplication.processEvents()
            time.sleep(0.0005)
        lasted = time.perf_counter() - began
        beside = (window.controller.epoch - start) / lasted
        window.controller.halt()
        window.document.undo_stack.setClean()
        window.close()
        print(
            f"{network.connection_count:>7,} connections: alone {alone:9.1f}, "
            f"beside {beside:9.1f} ({beside / alone:.0%}), "
            f"{shown / lasted:.0f} pictures a second",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="that each training is measured")
    parser.add_argument("--only", default="frames,scene,run", help="what to measure")
    parser.add_argument("--without-compiled", action="store_true", help="lines drawn by Qt alone")
    options = parser.parse_args()
    make_application()
    if not options.without_compiled:
        loading.warm()
        loading.loader.wait()
    else:
        loading.loader.wanted = lambda: None  # type: ignore[method-assign]
    wanted = options.only.split(",")
    if "frames" in wanted:
        measure_frames()
    if "scene" in wanted:
        measure_scene()
    if "run" in wanted:
        measure_run(options.seconds)


if __name__ == "__main__":
    main()
