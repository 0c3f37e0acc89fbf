"""Random acyclic networks, with data that suit them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.network import Network

if TYPE_CHECKING:
    from collections.abc import Sequence

ELEMENTWISE = tuple(key for key, entry in ACTIVATIONS.items() if entry.elementwise)
SMOOTH = tuple(key for key in ELEMENTWISE if not ACTIVATIONS[key].kinks)


def random_network(
    rng: np.random.Generator,
    *,
    inputs: int,
    hidden: int,
    outputs: int,
    density: float,
    hidden_activations: Sequence[str],
    output_activations: Sequence[str],
    softmax: int = 0,
    scale: float = 1.0,
) -> Network:
    """Build a network in which hidden and output neurons stand in any order and feed any later ones.

    ``softmax`` outputs come beside the others, as one group that may feed later neurons too. Neurons and
    connections are made in random order, and some of them are frozen.
    """
    kinds: list[tuple[str, str | None]] = [
        ("hidden", str(rng.choice(hidden_activations))) for _ in range(hidden)
    ]
    kinds += [("output", str(rng.choice(output_activations))) for _ in range(outputs)]
    order = [[kinds[i]] for i in rng.permutation(len(kinds))]
    if softmax:
        order.insert(int(rng.integers(len(order) + 1)), [("output", "softmax")] * softmax)
    steps = [[("input", None)] * inputs, *order]
    places = [(step, kind) for step, members in enumerate(steps) for kind in members]

    network = Network()
    ids: dict[int, str] = {}
    # Made in random order, inputs and outputs included.
    for place in rng.permutation(len(places)).tolist():
        role, activation = places[place][1]
        bias = None if role == "input" else float(rng.normal(0.0, scale))
        trainable = bool(rng.random() < 0.9)
        ids[place] = network.add_neuron(role, activation=activation, bias=bias, trainable=trainable).id
    pairs = [
        (a, b)
        for a, (step_a, _) in enumerate(places)
        for b, (step_b, _) in enumerate(places)
        if step_a < step_b and places[b][1][0] != "input" and rng.random() < density
    ]
    pairs = [pairs[i] for i in rng.permutation(len(pairs))]
    for b, (_, (role, _)) in enumerate(places):
        # Every output is reached.
        if role == "output" and (0, b) not in pairs:
            pairs.append((0, b))
    for a, b in pairs:
        weight = float(rng.normal(0.0, scale))
        network.connect(ids[a], ids[b], weight=weight, trainable=bool(rng.random() < 0.9))
    return network


@st.composite
def networks(
    draw: st.DrawFn,
    *,
    activations: Sequence[str] = ELEMENTWISE,
    max_hidden: int = 8,
    with_softmax: bool = True,
) -> Network:
    """Networks of up to 4 inputs, ``max_hidden`` hidden and 6 output neurons, wired in any way."""
    softmax = draw(st.sampled_from((0, 0, 2, 3))) if with_softmax else 0
    return random_network(
        np.random.default_rng(draw(st.integers(0, 2**32 - 1))),
        inputs=draw(st.integers(1, 4)),
        hidden=draw(st.integers(0, max_hidden)),
        outputs=draw(st.integers(0 if softmax else 1, 3)),
        density=draw(st.sampled_from((0.1, 0.3, 0.6, 1.0))),
        hidden_activations=activations,
        output_activations=activations,
        softmax=softmax,
    )


@st.composite
def batches(draw: st.DrawFn, network: Network, *, max_rows: int = 5) -> tuple[Any, Any]:
    """Rows x (rows, inputs) and targets y (rows, outputs) for a network; targets are 0 and 1."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = draw(st.integers(1, max_rows))
    x = rng.normal(0.0, 1.0, (rows, len(network.inputs)))
    y = rng.integers(0, 2, (rows, len(network.outputs))).astype(float)
    return x, y
