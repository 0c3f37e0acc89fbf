"""One workload, timed: ourselves and our peers by turns, in one process."""

from __future__ import annotations

import math
import statistics
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.cli.benchmarks.peers import peers_of
from nnstudio.engine import compile_network
from nnstudio.engine.backend import choose
from nnstudio.training.methods import Course
from nnstudio.training.trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.cli.benchmarks.workloads import Goal, Workload
    from nnstudio.data import Dataset
    from nnstudio.engine.program import Program

TRAINING, STEPS = "nnstudio", "nnstudio, steps alone"
# Each turn lasts about so many seconds, but at least one epoch.
_TURN, _QUICK_TURN = 0.1, 0.001
_ROUNDS, _QUICK_ROUNDS = 9, 1
# Of which the losses are compared.
_COMPARED = 2
# From there on, training is measured after every 100th epoch only, as in most of a long training.
_SETTLED = 1000
_MOST_EPOCHS = 50_000
# A run looks up as often, in seconds.
_SLICE = 0.01


def measure(work: Workload, *, peers: bool, quick: bool) -> dict[str, Any]:
    """Return the times of a workload, in seconds an epoch, with losses, ratios and what was to be reached."""
    network, data = work.network(), work.dataset()
    began = time.perf_counter()
    program = compile_network(network, dtype=work.dtype)
    compile_seconds = time.perf_counter() - began
    scaling: dict[str, float] = {}
    if work.key.startswith("random-"):
        scaling = {
            "compile_seconds": compile_seconds,
            "bytes_per_connection": _bytes_of_program(work, network) / program.n_connections,
        }
    del network

    batch = min(work.batch, len(data.x_train))
    engine, reason = choose(program, work.loss, work.optimizer, batch)
    runners: dict[str, Callable[[int], float]] = {
        TRAINING: _Training(program, data, work).run,
        STEPS: _Steps(program, data, work).run,
    }
    # Among the largest networks one round of the others would take longer than all the rest.
    if work.connections <= 10_000:
        for peer in peers_of(work, program, data.x_train, data.y_train, all_of_them=peers):
            runners[peer.name] = peer.run
    losses = {name: run(_COMPARED) for name, run in runners.items()}
    seconds = _by_turns(runners, quick=quick)

    rows, steps = len(data.x_train), -(-len(data.x_train) // batch)
    ours = seconds[TRAINING]
    measures = {
        "ns_per_step": ours / steps * 1e9,
        "ns_per_connection_and_row": ours / rows / program.n_connections * 1e9,
        **scaling,
    }
    return {
        "key": work.key,
        "title": work.title,
        "dtype": work.dtype,
        "threads": work.threads,
        "engine": engine,
        "why_not_compiled": reason,
        "rows": rows,
        "steps_per_epoch": steps,
        "connections": program.n_connections,
        "seconds_per_epoch": seconds,
        "loss": {name: loss if math.isfinite(loss) else None for name, loss in losses.items()},
        "ratios": {name: each / ours for name, each in seconds.items() if name not in (TRAINING, STEPS)},
        **measures,
        "goals": [_judge(goal, seconds, measures) for goal in work.goals],
    }


class _Training:
    """A training as `nnstudio train` has it, all by all; only the first epochs of many are left out."""

    def __init__(self, program: Program, data: Dataset, work: Workload) -> None:
        self._trainer = Trainer(program, None, data, work.settings())
        self._trainer.prepare()
        self._started = False

    def run(self, epochs: int) -> float:
        if self._started and self._trainer.epoch_number < _SETTLED:
            self._trainer.epoch_number = _SETTLED
        self._started = True
        left, loss = epochs * self._trainer.steps_per_epoch, math.nan
        while left > 0:
            before = self._trainer.step_number
            ended = self._trainer.advance(_SLICE, most=left)
            if ended:
                loss = ended[-1].loss
            left -= self._trainer.step_number - before
        return loss


class _Steps:
    """The steps alone, along rows that are drawn: what peers do."""

    def __init__(self, program: Program, data: Dataset, work: Workload) -> None:
        self._method = Trainer(program, None, data, work.settings()).prepare()
        self._rows, self._rate = len(data.x_train), work.rate
        self._course = Course(np.empty(0, np.uint64), np.empty(0), np.empty(0))

    def run(self, epochs: int) -> float:
        if len(self._course.losses) != epochs:
            order = np.tile(np.arange(self._rows, dtype=np.uint64), epochs)
            self._course = Course(order, np.zeros(epochs), np.full(epochs, self._rate))
        self._course.losses[:] = 0.0
        position = 0
        while position < len(self._course.order):
            position = self._method.take(self._course, position, 1 << 40)
        return float(self._course.losses[-1]) / self._rows


def _by_turns(runners: dict[str, Callable[[int], float]], *, quick: bool) -> dict[str, float]:
    """Return the median seconds of an epoch for each runner."""
    turn, rounds = (_QUICK_TURN, _QUICK_ROUNDS) if quick else (_TURN, _ROUNDS)
    epochs = {}
    for name, run in runners.items():
        count, spent = 1, 0.0
        while spent < turn / 10 and count < _MOST_EPOCHS:
            began = time.perf_counter()
            run(count)
            spent = time.perf_counter() - began
            if spent < turn / 10:
                count *= 4
        epochs[name] = min(_MOST_EPOCHS, max(1, round(count * turn / spent)))
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(rounds):
        for name, run in runners.items():
            began = time.perf_counter()
            run(epochs[name])
            seconds[name].append((time.perf_counter() - began) / epochs[name])
    return {name: statistics.median(each) for name, each in seconds.items()}


def _bytes_of_program(work: Workload, network: Any) -> int:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        program = compile_network(network, dtype=work.dtype)
        taken = tracemalloc.get_traced_memory()[0] - before
        del program
        return taken
    finally:
        tracemalloc.stop()


def _judge(goal: Goal, seconds: dict[str, float], measures: dict[str, float]) -> dict[str, Any]:
    """Return a goal with the value reached, None where that peer is not there."""
    if goal.peer:
        reached = seconds[goal.peer] / seconds[TRAINING] if goal.peer in seconds else None
        met = None if reached is None else reached >= goal.bound
        return {"peer": goal.peer, "at_least": goal.bound, "reached": reached, "met": met}
    reached = measures[goal.measure]
    return {"measure": goal.measure, "at_most": goal.bound, "reached": reached, "met": reached <= goal.bound}
