"""Starting weights: one entry a scheme, by each neuron's own fan-in and fan-out."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from nnstudio.errors import SettingsError

if TYPE_CHECKING:
    from nnstudio.network.model import Network

# (fan_in of the target, fan_out of the source, generator) -> one weight
Scheme = Callable[[int, int, random.Random], float]


def _uniform(limit: Callable[[int, int], float]) -> Scheme:
    return lambda fan_in, fan_out, rng: limit(fan_in, fan_out) * (2.0 * rng.random() - 1.0)


def _normal(deviation: Callable[[int, int], float]) -> Scheme:
    return lambda fan_in, fan_out, rng: deviation(fan_in, fan_out) * rng.gauss(0.0, 1.0)


# Sources: Glorot and Bengio 2010, equation 16 (xavier); He et al. 2015, equation 10 (he).
INITIALIZERS: dict[str, Scheme] = {
    "zeros": lambda _in, _out, _rng: 0.0,
    "uniform": lambda _in, _out, rng: rng.random(),
    "normal": _normal(lambda _in, _out: 1.0),
    "xavier_uniform": _uniform(lambda fan_in, fan_out: math.sqrt(6.0 / (fan_in + fan_out))),
    "xavier_normal": _normal(lambda fan_in, fan_out: math.sqrt(2.0 / (fan_in + fan_out))),
    "he_uniform": _uniform(lambda fan_in, _: math.sqrt(6.0 / fan_in)),
    "he_normal": _normal(lambda fan_in, _: math.sqrt(2.0 / fan_in)),
}


def draw(network: Network, scheme: str, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return new weights by connection id and biases by neuron id; what is frozen is left out.

    A weight of a fixed sign is drawn like the others and turned to its side.

    Biases are 0, but drawn from 0 to 1 like the weights for ``uniform``. The generator is Python's own,
    seeded with ``seed``, and draws in the order of the drawing. Raises SettingsError for an unknown scheme.
    """
    if scheme not in INITIALIZERS:
        raise SettingsError(
            f"“{scheme}” is not an initializer; there are {', '.join(INITIALIZERS)}.", setting="initializer"
        )
    rng = random.Random(seed)
    sample = INITIALIZERS[scheme]
    fan_in = Counter(connection.target for connection in network.connections)
    fan_out = Counter(connection.source for connection in network.connections)
    weights = {}
    for connection in network.connections:
        # Frozen ones draw too, so that freezing one connection doesn't shift the start of the others.
        weight = sample(fan_in[connection.target], fan_out[connection.source], rng)
        if connection.trainable:
            weights[connection.id] = abs(weight) * connection.sign if connection.sign else weight
    biases = {}
    for neuron in network.neurons:
        if neuron.role != "input":
            bias = rng.random() if scheme == "uniform" else 0.0
            if neuron.trainable:
                biases[neuron.id] = bias
    return weights, biases
