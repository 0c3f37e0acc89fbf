"""Time what is done with large drawings; by hand: ``python tests/benchmarks/bench_network.py``."""

from __future__ import annotations

import random
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nnstudio.network import Connection, Network, Neuron
from nnstudio.network.edits import RemoveItems, SetValues
from nnstudio.network.layout import layered_positions
from nnstudio.network.rules import connection_problem

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 3
INPUTS = 10


def random_parts(count: int) -> tuple[list[Neuron], list[Connection]]:
    """Return the parts of a random acyclic network with ``count`` connections, ten a neuron."""
    rng = random.Random(0)
    size = max(20, count // 10)
    neurons = [
        Neuron(f"n{i}", "input", None, None, f"x{i}", (0.0, 0.0))
        if i < INPUTS
        else Neuron(f"n{i}", "hidden", "tanh", 0.0, f"h{i}", (0.0, 0.0))
        for i in range(size)
    ]
    ends: set[tuple[int, int]] = set()
    while len(ends) < count:
        source, target = rng.randrange(size), rng.randrange(INPUTS, size)
        if source < target:
            ends.add((source, target))
    return neurons, [Connection(f"c{k}", f"n{a}", f"n{b}", 0.5) for k, (a, b) in enumerate(sorted(ends))]


def timed(prepare: Callable[[], Any], work: Callable[[Any], object]) -> float:
    """Return the median time of ``work`` in seconds; each round works on what ``prepare`` makes."""
    times = []
    for _ in range(ROUNDS):
        subject = prepare()
        start = time.perf_counter()
        work(subject)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def connect_all(network: Network, connections: list[Connection]) -> None:
    """Connect one by one, as a script or a hand does."""
    for connection in connections:
        network.connect(connection.source, connection.target, weight=connection.weight)


def measure(count: int) -> dict[str, float]:
    """Return seconds by task for a network of ``count`` connections."""
    neurons, connections = random_parts(count)
    whole = Network.from_parts(neurons, connections)
    half = [neuron.id for neuron in random.Random(1).sample(neurons, len(neurons) // 2)]
    middle = neurons[len(neurons) // 2].id
    asked = neurons[-1].id

    def applied(edit: RemoveItems | SetValues) -> tuple[Network, RemoveItems | SetValues]:
        network = whole.copy()
        network.subscribe(lambda told: None)  # or else no events are made
        edit.apply(network)
        return network, edit

    def undo(pair: tuple[Network, RemoveItems | SetValues]) -> None:
        pair[1].revert(pair[0])

    values = ({c.id: 0.25 for c in connections}, {n.id: 0.25 for n in neurons[INPUTS:]})
    return {
        "build one by one": timed(
            lambda: Network.from_parts(neurons, []), lambda n: connect_all(n, connections)
        ),
        "load (from_parts)": timed(lambda: None, lambda _: Network.from_parts(neurons, connections)),
        "take half out": timed(whole.copy, lambda n: n.extract(half, ())),
        "undo taking half": timed(lambda: applied(RemoveItems("", half)), undo),
        "undo taking one": timed(lambda: applied(RemoveItems("", [middle])), undo),
        "set all values": timed(whole.copy, lambda n: SetValues("", *values).apply(n)),
        "undo setting": timed(lambda: applied(SetValues("", *values)), undo),
        "new start": timed(whole.copy, lambda n: n.initialize("xavier_uniform", 0)),
        "may I connect": timed(lambda: whole, lambda n: connection_problem(n, asked, middle)),
        "arrange": timed(lambda: whole, layered_positions),
    }


def main() -> None:
    """Print a table of milliseconds."""
    counts = (1_000, 10_000, 100_000)
    columns = [measure(count) for count in counts]
    print(f"{'ms, median of ' + str(ROUNDS):<20}" + "".join(f"{count:>12,}" for count in counts))
    for task in columns[0]:
        print(f"{task:<20}" + "".join(f"{column[task] * 1e3:>12.2f}" for column in columns))


if __name__ == "__main__":
    main()
