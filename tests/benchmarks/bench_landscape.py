"""Time of a 60 x 60 slice through the loss of a 2-8-8-1 network on 500 rows. Run by hand:

    python tests/benchmarks/bench_landscape.py

Medians, on the compiled kernels and in NumPy, and how soon the measuring ends once it is interrupted. It
fails where the kernels take half a second or more, or an interruption 50 ms or more.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from nnstudio.engine import compile_network
from nnstudio.engine.landscape import Slicer, grid_places, plane_at_random, refine
from nnstudio.engine.watched import Interrupted
from nnstudio.network.templates import layered_network

SIDE, ROUNDS = 60, 9
MOST_SECONDS, MOST_TO_END = 0.5, 0.05
WINDOW = ((-1.0, 1.0), (-1.0, 1.0))


def main() -> int:
    """Measure, tell, and return the exit code."""
    program = compile_network(layered_network([2, 8, 8, 1]))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 2))
    y = (x[:, :1] * x[:, 1:] > 0.0).astype(float)
    plane = plane_at_random(program, program.start.flat, 0)
    places = grid_places(WINDOW, SIDE)
    medians = {}
    for compiled in (True, False):
        slicer = Slicer(program, x, y, "mse", compiled=compiled)
        name = "kernels" if slicer.is_compiled else "NumPy"
        slicer.losses(plane, places[:1])
        seconds = []
        for _ in range(ROUNDS if compiled else 3):
            start = time.perf_counter()
            slicer.losses(plane, places)
            seconds.append(time.perf_counter() - start)
        medians[name] = float(np.median(seconds))
        start = time.perf_counter()
        list(refine(slicer, plane, WINDOW))
        print(
            f"{name:8s} {SIDE} x {SIDE}: {medians[name]:.3f} s   "
            f"refined to 65 x 65 with 11 x 11 gradients: {time.perf_counter() - start:.3f} s"
        )
    to_end = max(seconds_to_end(program, x, y, compiled) for compiled in (True, False) for _ in range(5))
    print(f"the end after an interruption: at most {to_end * 1e3:.1f} ms")
    return int(medians.get("kernels", MOST_SECONDS) >= MOST_SECONDS or to_end >= MOST_TO_END)


def seconds_to_end(program, x, y, compiled: bool) -> float:
    """Return how long a measuring under way goes on after it was interrupted."""
    slicer = Slicer(program, x, y, "mse", compiled=compiled)
    plane = plane_at_random(program, program.start.flat, 0)
    begun = threading.Event()

    def measure() -> None:
        try:
            begun.set()
            slicer.losses(plane, np.zeros((100_000, 2)))
        except Interrupted:
            pass

    thread = threading.Thread(target=measure)
    thread.start()
    begun.wait()
    time.sleep(0.02)
    start = time.perf_counter()
    slicer.interrupt()
    thread.join()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
