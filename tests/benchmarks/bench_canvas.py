"""Frame times of the canvas, by hand: ``python tests/benchmarks/bench_canvas.py [--platform offscreen]``.

For 100 to 20,000 connections, the median ms of a frame that is painted anew (as with a new snapshot), of one
where nothing of the connections changed (as while the pointer moves), of taking a snapshot and of picking.
The floor is bare one-pixel lines without antialiasing, which nothing that draws single lines can beat.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
SIZES = (10, 32, 71, 100, 141)  # neurons in each of two layers: 100 to 19,881 connections
REPEATS = 15


def median_ms(action: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    """Return the median time of an action, after one to warm up."""
    times = []
    for _ in range(REPEATS + 1):
        before()
        began = time.perf_counter()
        action()
        times.append((time.perf_counter() - began) * 1000.0)
    return statistics.median(times[1:])


def main() -> None:
    """Measure and print one row for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--platform", default="offscreen", help="Qt's platform plugin")
    os.environ["QT_QPA_PLATFORM"] = parser.parse_args().platform

    import numpy as np
    from PySide6.QtCore import QLineF, QPointF
    from PySide6.QtGui import QImage, QPainter, QPen
    from PySide6.QtWidgets import QApplication
    from shiboken6 import wrapInstance

    from nnstudio.network.templates import layered_network
    from nnstudio.project import Project
    from nnstudio.ui.canvas.view import CanvasView
    from nnstudio.ui.document import Document

    app = QApplication([])
    rng = np.random.default_rng(0)
    print(
        f"{'connections':>12} {'new values':>11} {'unchanged':>10} {'snapshot':>9} {'pick':>7} {'floor':>7}"
    )
    for size in SIZES:
        network = layered_network([size, size])
        canvas = CanvasView(Document(Project(network)))
        canvas.resize(1200, 800)
        canvas.show()
        app.processEvents()  # what isn't on the screen yet isn't painted
        canvas.fit()
        scene = canvas.network_scene
        count = network.connection_count
        ids = tuple(connection.id for connection in network.connections)
        neuron_ids = tuple(neuron.id for neuron in network.neurons)
        image = QImage(1200, 800, QImage.Format.Format_ARGB32_Premultiplied)

        def snapshot(count: int = count, ids: Any = ids, neuron_ids: Any = neuron_ids) -> Any:
            return SimpleNamespace(
                connection_ids=ids,
                neuron_ids=neuron_ids,
                weights=rng.normal(size=count),
                weight_gradients=rng.normal(size=count),
                activations=rng.normal(size=len(neuron_ids)),
            )

        shown = snapshot()

        def take(scene: Any = scene, shown: Any = shown) -> None:
            scene.set_snapshot(shown)

        def frame(canvas: Any = canvas) -> None:
            canvas.viewport().repaint()

        def pick(scene: Any = scene) -> None:
            scene.pick(QPointF(90.0, 33.0), 1.0)

        lines = np.ascontiguousarray(scene.graph.lines * canvas.zoom + [300.0, 400.0, 300.0, 400.0])

        def floor(image: Any = image, lines: Any = lines) -> None:
            painter = QPainter(image)
            painter.setPen(QPen())
            painter.drawLines(wrapInstance(lines.ctypes.data, QLineF), len(lines))
            painter.end()

        anew, unchanged = median_ms(frame, take), median_ms(frame)
        print(
            f"{count:>12,} {anew:>11.2f} {unchanged:>10.2f} {median_ms(take):>9.2f} "
            f"{median_ms(pick):>7.2f} {median_ms(floor):>7.2f}"
        )
        canvas.close()
        app.processEvents()


if __name__ == "__main__":
    main()
