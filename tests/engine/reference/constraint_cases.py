"""Trainings under constraints, to compare with PyTorch: drawings, and plain values of `TrainingSettings`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.engine.reference.cases import BATCH, LEARNING_RATES
from tests.engine.reference.shaping_cases import EPOCHS, SHAPED_CASE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nnstudio.network import Connection, Network

X, Y, LOSS = SHAPED_CASE.x, SHAPED_CASE.y, SHAPED_CASE.loss

_SHAPED = {"l1": 0.005, "l2": 0.02, "weight_decay": 0.1, "clip_norm": 0.3}


def _free(network: Network) -> list[Connection]:
    """The connections that train and have no partner yet."""
    return [c for c in network.connections if c.trainable and not c.tie]


def _rates(network: Network) -> None:
    for place, connection in enumerate(_free(network)):
        network.update_connection(connection.id, rate_factor=(0.25, 1.0, 3.0, 0.0)[place % 4])
    for place, neuron in enumerate(network.neurons):
        network.update_neuron(neuron.id, rate_factor=(1.0, 0.5, 0.0, 2.0)[place % 4])


def _signs(network: Network) -> None:
    for place, connection in enumerate(_free(network)):
        if place % 3 < 2 and connection.weight:
            sign = 1 if connection.weight > 0.0 else -1
            # Beginning near 0, many would change their sign.
            network.update_connection(connection.id, weight=sign * min(0.1, abs(connection.weight)))
            network.update_connection(connection.id, sign=sign)


def _tie(network: Network, name: str, connections: list[Connection]) -> None:
    for connection in connections:
        network.update_connection(connection.id, tie=name)


def _ties_in_a_layer(network: Network) -> None:
    """Share weights among the connections into one neuron, for two neurons."""
    rows = [[c for c in network.incoming(n.id) if c.trainable] for n in network.neurons]
    for number, row in enumerate(sorted(rows, key=len)[-2:]):
        _tie(network, f"row {number}", row[:3])


def _ties_across_layers(network: Network) -> None:
    """Share a weight by connections on one path, and another one by connections all over."""
    first = next(
        c for c in _free(network) if any(following.trainable for following in network.outgoing(c.target))
    )
    following = next(c for c in network.outgoing(first.target) if c.trainable)
    _tie(network, "path", [first, following])
    _tie(network, "all over", _free(network)[::5])


def _disabled(network: Network) -> None:
    network.update_neuron(network.hidden[2].id, enabled=False)
    network.update_neuron(network.inputs[1].id, enabled=False)
    for output in network.outputs:
        network.update_connection(network.incoming(output.id)[-1].id, enabled=False)


def _all(network: Network) -> None:
    for constrain in (_ties_across_layers, _rates, _signs, _disabled):
        constrain(network)


CONSTRAINTS: dict[str, Callable[[Network], None]] = {
    "rates": _rates,
    "signs": _signs,
    "ties in a layer": _ties_in_a_layer,
    "ties across layers": _ties_across_layers,
    "disabled": _disabled,
    "all": _all,
}


def constrained(name: str) -> Network:
    """Return the drawing of a case: wild wiring, softmax outputs, and the constraints of this name."""
    network = SHAPED_CASE.network.copy()
    CONSTRAINTS[name](network)
    return network


def trainings() -> Iterator[dict[str, Any]]:
    """Yield every optimizer under all kinds of constraints, with and without shaping of its steps."""
    for name in CONSTRAINTS:
        for optimizer, rate in LEARNING_RATES.items():
            common = {
                "constraints": name,
                "loss": LOSS,
                "optimizer": optimizer,
                "learning_rate": rate,
                "batch_size": BATCH,
                "epochs": EPOCHS,
                "shuffle": False,
            }
            yield common
            if optimizer in ("sgd", "adam"):
                yield {**common, **_SHAPED}
