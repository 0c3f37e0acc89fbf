"""What keeping the past costs a run. By hand: ``python tests/benchmarks/bench_timeline.py``.

For each workload runs with and without a timeline take turns. Told are the steps of those with one as a share
of the others', in their first second and in the one after; the moments, checkpoints and megabytes that are
kept by then; and the longest that a replay to a step anywhere took, in milliseconds.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine import compile_network
from nnstudio.network.templates import layered_network
from nnstudio.training import Run, Timeline, TrainingSettings

if TYPE_CHECKING:
    from nnstudio.network import Network

ENDLESS = 10**9
ROUNDS = 5
SECOND = 1.0
REPLAYS = 30


def steps_in(
    network: Network, data: Dataset, settings: TrainingSettings, timeline: Timeline | None
) -> list[int]:
    """Return the steps of a run's first and second second."""
    program = compile_network(network)
    run = Run(1, 0, program, program.initial_parameters(), data, settings, yield_gil=True, timeline=timeline)
    run.start("step")  # compiling is no part of it
    run.wait("paused")
    steps = [run.state().step]
    for _ in range(2):
        run.resume()
        time.sleep(SECOND)
        run.pause()
        run.wait("paused")
        steps.append(run.state().step)
    run.stop()
    return np.diff(steps).tolist()


def replay_milliseconds(timeline: Timeline) -> float:
    longest = 0.0
    for step in np.random.default_rng(0).integers(0, timeline.steps[-1], REPLAYS).tolist():
        began = time.perf_counter()
        timeline.exact(step)
        longest = max(longest, time.perf_counter() - began)
    return 1e3 * longest


def measure(title: str, network: Network, data: Dataset, **options: object) -> None:
    settings = TrainingSettings(epochs=ENDLESS, **options)
    shares = []
    for _ in range(ROUNDS):
        without = steps_in(network, data, settings, None)
        timeline = Timeline()
        recorded = steps_in(network, data, settings, timeline)
        shares.append([ours / theirs for ours, theirs in zip(recorded, without, strict=True)])
    first, second = (statistics.median(share[part] for share in shares) for part in range(2))
    print(
        f"{title:38} {first:6.3f} {second:6.3f}   {len(timeline):5} moments {len(timeline._checkpoints):4} "
        f"checkpoints {timeline.n_bytes / 2**20:6.2f} MB   replay {replay_milliseconds(timeline):5.1f} ms",
        flush=True,
    )


def main() -> None:
    workloads = {
        "addition": (layered_network([2, 1]), make_dataset("addition"), {"batch_size": 1}),
        "perceptron": (
            layered_network([2, 1], output="step"),
            make_dataset("and"),
            {"batch_size": 1, "optimizer": "perceptron"},
        ),
        "xor": (layered_network([2, 4, 1]), make_dataset("xor"), {"batch_size": 1}),
        "spiral": (
            layered_network([2, 8, 8, 1]),
            make_dataset("spiral", rows=500),
            {"batch_size": 10, "optimizer": "adam"},
        ),
        "digits": (
            layered_network([64, 32, 10], output="softmax"),
            make_dataset("digits"),
            {"loss": "cross_entropy", "optimizer": "adam", "learning_rate": 0.01},
        ),
        "wide": (
            layered_network([64, 512, 512, 10], output="softmax"),
            make_dataset("digits"),
            {"loss": "cross_entropy", "optimizer": "adam", "learning_rate": 0.001},
        ),
    }
    for title in sys.argv[1:] or workloads:
        network, data, options = workloads[title]
        measure(title, network, data, **options)


if __name__ == "__main__":
    main()
