"""What training costs around the engine. By hand: ``python -m tests.benchmarks.bench_training``.

For each workload: microseconds of one step in the engine alone (loss, gradients, update), of one step of the
trainer, of the end of an epoch, and steps per second of a run that is looked at 60 times a second.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.data import Dataset, make_dataset
from nnstudio.engine import compile_network
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.network import Network
from nnstudio.training import Probe, Run, SnapshotRequest, Trainer, TrainingSettings

if TYPE_CHECKING:
    from collections.abc import Callable

ENDLESS = 10**9
SECONDS = 2.0


def layered(sizes: list[int], hidden: str, output: str) -> Network:
    network = Network()
    before = [network.add_neuron("input").id for _ in range(sizes[0])]
    for depth, size in enumerate(sizes[1:], 2):
        role, activation = ("output", output) if depth == len(sizes) else ("hidden", hidden)
        layer = [network.add_neuron(role, activation=activation).id for _ in range(size)]
        for target in layer:
            for source in before:
                network.connect(source, target)
        before = layer
    network.initialize("xavier_uniform", 0)
    return network


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
    request = SnapshotRequest(focus=data.x[0], probe=Probe("grid", grid), outputs=True)
    run.start()
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
        f"{title:34} engine {microseconds(engine):7.1f}   trainer {microseconds(trainer.step):7.1f}   "
        f"end of epoch {microseconds(trainer._end_epoch):7.1f} µs   watched run {steps:8.0f} steps/s"
    )


def main() -> None:
    measure(
        "addition 2-1, online", layered([2, 1], "tanh", "sigmoid"), make_dataset("addition"), batch_size=1
    )
    measure(
        "XOR 2-4-1, full batch", layered([2, 4, 1], "tanh", "sigmoid"), make_dataset("xor"), batch_size=None
    )
    measure(
        "spirals 2-8-8-1, 500 rows, batch 10",
        layered([2, 8, 8, 1], "tanh", "sigmoid"),
        make_dataset("spiral", rows=500),
        batch_size=10,
    )
    measure(
        "iris 4-16-3, batch 32, Adam",
        layered([4, 16, 3], "tanh", "softmax"),
        make_dataset("iris"),
        loss="cross_entropy",
        optimizer="adam",
        learning_rate=0.01,
    )


if __name__ == "__main__":
    main()
