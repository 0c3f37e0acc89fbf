"""What training costs around the engine. By hand: ``python tests/benchmarks/bench_training.py``.

For each workload: microseconds of one step in the engine alone (loss, gradients, update), of one step of the
trainer, and steps per second of a run that is looked at 60 times a second.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine import compile_network
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.network.templates import layered_network
from nnstudio.training import Probe, Run, SnapshotRequest, Trainer, TrainingSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.network import Network

ENDLESS = 10**9
SECONDS = 2.0


def microseconds(action: Callable[[], object]) -> float:
    """Return the best of several means: the others were disturbed."""
    best, count = float("inf"), 200
    for _ in range(7):
        began = time.perf_counter()
        for _ in range(count):
            action()
        best = min(best, (time.perf_counter() - began) / count)
    return 1e6 * best


def watched_steps_per_second(network: Network, data: Dataset, settings: TrainingSettings) -> float:
    program = compile_network(network)
    run = Run(1, 0, program, program.initial_parameters(), data, settings, yield_gil=True)
    grid = np.random.default_rng(0).uniform(-1, 1, (2500, data.x.shape[1]))
    request = SnapshotRequest(focus=data.x[0], probes=(Probe("grid", grid),), outputs=True)
    run.start()
    while run.is_preparing:  # compiling is no part of it
        time.sleep(1 / 60)
    began = time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        run.request(request)
        run.take()
        run.drain()
        time.sleep(1 / 60)
    run.stop()
    return run.state().step / SECONDS


def measure(title: str, network: Network, data: Dataset, **options: object) -> None:
    settings = TrainingSettings(epochs=ENDLESS, **options)
    program = compile_network(network)
    trainer = Trainer(program, program.initial_parameters(), data, settings)
    batch = settings.batch_rows(len(data.x_train))
    x, y = data.x_train[:batch], data.y_train[:batch]
    optimizer, parameters = OPTIMIZERS[settings.optimizer], program.initial_parameters()
    state = optimizer.init_state(len(parameters.flat))

    def engine() -> None:
        _, gradients = program.loss_and_gradients(parameters, x, y, settings.loss)
        optimizer.step(
            parameters.flat, gradients.flat, state, 1e-6, settings.optimizer_options, program.gradient_mask
        )

    steps = watched_steps_per_second(network, data, settings)
    print(
        f"{title:34} engine {microseconds(engine):7.1f}   trainer {microseconds(trainer.step):7.1f} µs   "
        f"watched run {steps:8.0f} steps/s"
    )


def main() -> None:
    measure("addition 2-1, online", layered_network([2, 1]), make_dataset("addition"), batch_size=1)
    measure("XOR 2-4-1, full batch", layered_network([2, 4, 1]), make_dataset("xor"), batch_size=None)
    measure(
        "spirals 2-8-8-1, 500 rows, batch 10",
        layered_network([2, 8, 8, 1]),
        make_dataset("spiral", rows=500),
        batch_size=10,
    )
    measure(
        "iris 4-16-3, batch 32, Adam",
        layered_network([4, 16, 3], output="softmax"),
        make_dataset("iris"),
        loss="cross_entropy",
        optimizer="adam",
        learning_rate=0.01,
    )


if __name__ == "__main__":
    main()
