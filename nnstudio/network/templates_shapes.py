"""Networks of parts that are known from larger ones: residual blocks, and a mixture of experts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.errors import InvalidValueError
from nnstudio.network.items import COLUMN_SPACING, ROW_SPACING
from nnstudio.network.layout import centered_rows
from nnstudio.network.model import Network

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nnstudio.network.items import Role

# What an expert that is not chosen gets on top of its sum: a sigmoid of it is all but 0, and one between
# 0 and 1 can still be learned.
_SHUT = 6.0


def residual_network(width: int = 2, branch: int = 3, blocks: int = 2, *, seed: int = 0) -> Network:
    """Return blocks that each add something to what they get, and one sigmoid output.

    A block has ``branch`` tanh neurons, and as many sums as there are inputs: each is fed by these, and by
    its own value from before over a connection of weight 1 that stays as it is. Source: He et al. 2016, with
    the identity after the sum as in their second paper. Raises InvalidValueError.
    """
    for size in (width, branch, blocks):
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise InvalidValueError(f"Width, branch and blocks are whole numbers, at least 1, not {size!r}.")
    network = Network()
    stream = _column(network, "input", 0, [f"x{n + 1}" for n in range(width)])
    skips = []
    for block in range(blocks):
        inner = _column(network, "hidden", 2 * block + 1, _numbered("h", branch, block), "tanh")
        sums = _column(network, "hidden", 2 * block + 2, _numbered("s", width, block), "identity")
        _connect(network, stream, inner)
        _connect(network, inner, sums)
        skips += [network.connect(*ends, weight=1.0).id for ends in zip(stream, sums, strict=True)]
        network.add_group(f"Block {block + 1}", (*inner, *sums))
        stream = sums
    _connect(network, stream, _column(network, "output", 2 * blocks + 1, ["y"], "sigmoid"))
    network.initialize("xavier_uniform", seed)
    for skip in skips:
        network.update_connection(skip, weight=1.0, trainable=False)
    return network


def mixture_of_experts(inputs: int = 2, branch: int = 3, *, seed: int = 0) -> Network:
    """Return two small networks, the experts, and a gate that learns which of them answers where.

    Nothing in a network multiplies, so the gate g, a sigmoid, switches instead: an expert's answer is
    sigmoid(a + 6 g - 6) for the one and sigmoid(a' - 6 g) for the other, where a and a' are their sums. At
    g = 1 that is sigmoid(a) and all but 0, at g = 0 the other way round, and between them both can still
    learn. The output adds the two. What switches is frozen. Source: Jacobs et al. 1991, there with products.
    Raises InvalidValueError.
    """
    for size in (inputs, branch):
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise InvalidValueError(f"Inputs and branch are whole numbers, at least 1, not {size!r}.")
    network = Network()
    columns = [COLUMN_SPACING * column for column in range(5)]
    sources = _column(network, "input", 0, [f"x{n + 1}" for n in range(inputs)])
    apart = ROW_SPACING * (branch + 2) / 2.0
    answers = []
    for number, y in ((1, -apart), (2, apart)):
        names = [f"e{number}.{n + 1}" for n in range(branch)]
        inner = _column(network, "hidden", 1, names, "tanh", y)
        answer = network.add_neuron(
            "hidden", activation="identity", label=f"expert {number}", bias=0.0, position=(columns[2], y)
        ).id
        _connect(network, sources, inner)
        _connect(network, inner, [answer])
        network.add_group(f"Expert {number}", (*inner, answer))
        answers.append(answer)
    gate = network.add_neuron(
        "hidden", activation="sigmoid", label="gate", bias=0.0, position=(columns[1], 0.0)
    ).id
    _connect(network, sources, [gate])
    network.add_group("Gate", [gate])
    chosen = [
        network.add_neuron(
            "hidden", activation="sigmoid", label=f"if {number}", position=(columns[3], y), trainable=False
        ).id
        for number, y in ((1, -ROW_SPACING), (2, ROW_SPACING))
    ]
    output = network.add_neuron("output", activation="identity", label="y", position=(columns[4], 0.0)).id
    fixed = [
        *((answer, switch, 1.0) for answer, switch in zip(answers, chosen, strict=True)),
        (gate, chosen[0], _SHUT),
        (gate, chosen[1], -_SHUT),
        *((switch, output, 1.0) for switch in chosen),
    ]
    connections = [(network.connect(source, target).id, weight) for source, target, weight in fixed]
    network.add_group("Choice", chosen)
    network.initialize("xavier_uniform", seed)
    for connection_id, weight in connections:
        network.update_connection(connection_id, weight=weight, trainable=False)
    network.update_neuron(chosen[0], bias=-_SHUT)
    network.update_neuron(chosen[1], bias=0.0)
    network.update_neuron(output, bias=0.0, trainable=False)
    return network


def _column(
    network: Network,
    role: Role,
    column: int,
    labels: Sequence[str],
    activation: str | None = None,
    middle: float = 0.0,
) -> list[str]:
    """Add neurons below each other."""
    return [
        network.add_neuron(
            role, activation=activation, label=label, position=(column * COLUMN_SPACING, middle + y)
        ).id
        for label, y in zip(labels, centered_rows(len(labels)), strict=True)
    ]


def _connect(network: Network, sources: Iterable[str], targets: Iterable[str]) -> None:
    sources = list(sources)
    for target in targets:
        for source in sources:
            network.connect(source, target, weight=0.0)


def _numbered(prefix: str, count: int, block: int) -> list[str]:
    return [f"{prefix}{block * count + n + 1}" for n in range(count)]
