from __future__ import annotations

import pytest

from nnstudio.network import Network
from nnstudio.ui.canvas import drafts


@pytest.mark.parametrize("fan", [(1, 1), (3, 2), (100_000, 100_000)])
def test_start_weights_are_within_xaviers_limit_and_never_0(fan: tuple[int, int]) -> None:
    limit = (6.0 / sum(fan)) ** 0.5
    weights = [drafts.start_weight(f"c{number}", *fan, drafts.Start(3)) for number in range(200)]
    assert all(limit / 20.0 <= abs(weight) <= limit for weight in weights)
    assert min(weights) < 0.0 < max(weights)


def test_start_weights_depend_on_seed_and_id_alone() -> None:
    assert drafts.start_weight("c1", 2, 2, drafts.Start(0)) == drafts.start_weight(
        "c1", 2, 2, drafts.Start(0)
    )
    assert drafts.start_weight("c1", 2, 2, drafts.Start(0)) != drafts.start_weight(
        "c1", 2, 2, drafts.Start(1)
    )
    assert drafts.start_weight("c1", 2, 2, drafts.Start(0)) != drafts.start_weight(
        "c2", 2, 2, drafts.Start(0)
    )


def test_pairs_are_sorted_into_legal_ones_and_reasons() -> None:
    network = Network()
    a, h, y = (network.add_neuron(role).id for role in ("input", "hidden", "output"))
    network.connect(h, y)
    legality = drafts.check_pairs(network, [(a, h), (h, a), (h, y), (y, h), (a, y)])
    assert legality.pairs == ((a, h), (a, y))
    assert len(legality.problems) == 3


def test_a_new_neuron_never_lies_exactly_on_another() -> None:
    network = Network()
    for _ in range(3):
        drafts.add_neuron(network, "hidden", (5.0, 5.0))[0].apply(network)
    assert len({neuron.position for neuron in network.neurons}) == 3
