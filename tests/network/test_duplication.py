from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.network.duplication import duplicate
from nnstudio.network.templates import layered_network

if TYPE_CHECKING:
    from nnstudio.network import Network


def copied(network: Network, ids: tuple[str, ...], *, outer: bool) -> tuple[str, ...]:
    pasted = duplicate(network, ids, label="Duplicate", offset=(10.0, 20.0), outer=outer)
    before = network.copy()
    pasted.edit.apply(network)
    pasted.edit.revert(network)
    assert network == before
    pasted.edit.apply(network)
    return pasted.neuron_ids


def test_a_copy_with_all_connections_is_fed_and_feeds_as_its_original() -> None:
    network = layered_network((2, 2, 1))
    network.update_neuron("n3", bias=0.7)
    (new,) = copied(network, ("n3",), outer=True)
    assert network.sources_of(new) == network.sources_of("n3")
    assert network.targets_of(new) == network.targets_of("n3")
    assert [c.weight for c in network.incoming(new)] == [c.weight for c in network.incoming("n3")]
    assert [c.weight for c in network.outgoing(new)] == [c.weight for c in network.outgoing("n3")]
    assert network.neuron(new).bias == 0.7


def test_inner_connections_join_the_copies_and_outer_ones_the_rest() -> None:
    network = layered_network((1, 1, 1))
    new_h, new_y = copied(network, ("n2", "n3"), outer=True)
    assert network.sources_of(new_y) == (new_h,)
    assert network.sources_of(new_h) == ("n1",)
    assert network.connection_count == 4


def test_without_outer_connections_only_inner_ones_are_copied() -> None:
    network = layered_network((1, 1, 1))
    copied(network, ("n2", "n3"), outer=False)
    assert network.connection_count == 3


def test_copies_of_shared_weights_share_one_of_their_own() -> None:
    network = layered_network((2, 2, 1))
    first, second = network.incoming("n3")
    for connection in (first, second):
        network.update_connection(connection.id, tie="w1")
    network.update_connection(network.incoming("n5")[0].id, tie="w1")
    (new,) = copied(network, ("n3",), outer=True)
    ties = {c.tie for c in (*network.incoming(new), *network.outgoing(new))}
    assert len(ties) == 1
    assert ties.isdisjoint({"", "w1"})
