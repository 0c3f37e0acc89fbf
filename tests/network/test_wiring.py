from __future__ import annotations

import random

import pytest

from nnstudio.errors import InvalidValueError, SettingsError
from nnstudio.network import Network
from nnstudio.network.edits import AddItems
from nnstudio.network.templates import layered_network
from nnstudio.network.wiring import (
    all_to_all,
    at_random,
    by_fan_in,
    left_out,
    make_connections,
    one_to_one,
    wire,
)


def columns(left: int, right: int) -> tuple[Network, list[str], list[str]]:
    network = Network()
    sources = [network.add_neuron("input", position=(0, -50 * row)).id for row in range(left)]
    targets = [network.add_neuron("output", position=(200, 50 * row)).id for row in range(right)]
    return network, sources, targets


def test_all_to_all_has_every_pair() -> None:
    network, sources, targets = columns(3, 2)
    wiring = wire(network, all_to_all(sources, targets))
    assert set(wiring.pairs) == {(s, t) for s in sources for t in targets}
    assert wiring.skipped_count == 0
    assert left_out(wiring.skipped) == ""


def test_one_to_one_goes_from_top_to_bottom_and_stops_with_the_shorter_column() -> None:
    network, sources, targets = columns(3, 2)
    # The sources stand upside down.
    assert one_to_one(network, sources, targets) == [(sources[2], targets[0]), (sources[1], targets[1])]


def test_random_pairs_come_from_the_seed_with_about_the_probability() -> None:
    _, sources, targets = columns(40, 50)
    pairs = at_random(sources, targets, 0.25, seed=3)
    assert pairs == at_random(sources, targets, 0.25, seed=3)
    assert pairs != at_random(sources, targets, 0.25, seed=4)
    assert 400 < len(pairs) < 600
    assert at_random(sources, targets, 0.0, seed=3) == []
    assert len(at_random(sources, targets, 1.0, seed=3)) == 2000
    with pytest.raises(InvalidValueError):
        at_random(sources, targets, 1.5, seed=3)


def test_by_fan_in_each_target_gets_so_many_legal_sources() -> None:
    network, sources, targets = columns(10, 5)
    network.connect(sources[0], targets[0])
    wiring = wire(network, by_fan_in(sources, targets, seed=1), most_into_each=4)
    for target in targets:
        assert sum(pair[1] == target for pair in wiring.pairs) == 4
    assert len(set(wiring.pairs)) == 20
    assert (sources[0], targets[0]) not in wiring.pairs
    again = wire(network, by_fan_in(sources, targets, seed=1), most_into_each=4)
    assert again == wiring
    assert wire(network, by_fan_in(sources, targets, seed=2), most_into_each=4) != wiring


def test_a_fan_in_that_cannot_be_reached_says_what_stands_against_it() -> None:
    network, sources, targets = columns(2, 1)
    network.connect(sources[0], targets[0])
    wiring = wire(network, by_fan_in(sources, targets, seed=0), most_into_each=2)
    assert wiring.pairs == ((sources[1], targets[0]),)
    assert wiring.skipped == {"present": 1}


def test_what_may_not_be_is_counted_by_its_reason() -> None:
    network = layered_network((1, 1, 1))
    x, h, y = (n.id for n in network.neurons)
    wiring = wire(network, [(x, y), (x, h), (y, h), (h, x), (y, x), (h, h)])
    assert wiring.pairs == ((x, y),)
    assert wiring.skipped == {"present": 1, "cycle": 1, "input": 2, "itself": 1}
    assert left_out(wiring.skipped) == (
        "Left out: 1 is there already, 1 would close a cycle, 1 would lead from a neuron to itself, "
        "2 would lead into inputs."
    )


def test_pairs_that_close_a_cycle_only_together_are_not_taken_together() -> None:
    network = Network()
    a, b, c, d = (network.add_neuron("hidden").id for _ in range(4))
    network.connect(a, b)
    network.connect(c, d)
    wiring = wire(network, [(b, c), (d, a)])
    assert wiring.pairs == ((b, c),)
    assert wiring.skipped == {"cycle": 1}


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_wanted_what_is_taken_is_legal_and_no_more_could_be(seed: int) -> None:
    rng = random.Random(seed)
    network = Network()
    ids = [network.add_neuron(rng.choice(("input", "hidden", "output"))).id for _ in range(12)]
    for source, target in rng.sample(all_to_all(ids, ids), 40):
        if wire(network, [(source, target)]).pairs:
            network.connect(source, target)
    candidates = rng.sample(all_to_all(ids, ids), 60)
    wiring = wire(network, candidates)
    assert len(wiring.pairs) + wiring.skipped_count == 60
    AddItems("x", connections=make_connections(network, wiring.pairs, initializer="normal", seed=0)).apply(
        network
    )
    assert wire(network, candidates).pairs == ()


def test_weights_are_drawn_by_the_initializer_and_the_seed_with_the_fans_to_be() -> None:
    network, sources, targets = columns(3, 2)
    network.connect(sources[0], targets[0])
    pairs = wire(network, all_to_all(sources, targets)).pairs
    made = make_connections(network, pairs, initializer="he_uniform", seed=5)
    again = make_connections(network, pairs, initializer="he_uniform", seed=5)
    assert [c.weight for c in made] == [c.weight for c in again]
    assert len({c.id for c in (*made, *again)}) == 2 * len(pairs)
    limit = (6.0 / 3.0) ** 0.5
    assert all(abs(c.weight) <= limit for c in made)
    assert [c.weight for c in make_connections(network, pairs, initializer="zeros", seed=5)] == [0.0] * 5
    with pytest.raises(SettingsError):
        make_connections(network, pairs, initializer="none", seed=5)


def test_more_than_a_million_pairs_are_refused_with_the_numbers() -> None:
    many = [f"n{number}" for number in range(1001)]
    with pytest.raises(InvalidValueError, match="1,002,001"):
        all_to_all(many, many)
