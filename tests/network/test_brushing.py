from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nnstudio.network.constraints import constraint_edits
from nnstudio.network.templates import layered_network

if TYPE_CHECKING:
    from nnstudio.network import Network


@pytest.fixture
def network() -> Network:
    return layered_network([2, 3, 1], seed=1)


def apply(network, constraint, neurons=(), connections=(), **options):
    edits = constraint_edits(network, constraint, neurons, connections, **options)
    for edit in edits:
        edit.apply(network)
    return edits


def test_freezing_skips_inputs_and_what_is_frozen(network) -> None:
    edits = apply(network, "freeze", ["n1", "n3"], ["c1", "c2"])
    assert [edit.label for edit in edits] == ["Freeze 1 neuron and 2 connections"] * 2
    assert not network.neuron("n3").trainable
    assert network.neuron("n1").trainable
    assert not network.connection("c2").trainable
    assert apply(network, "freeze", ["n3"], ["c1"]) == []
    apply(network, "freeze", ["n3"], ["c1"], wanted=False)
    assert network.neuron("n3").trainable
    assert network.connection("c1").trainable


def test_outputs_are_not_disabled(network) -> None:
    output = network.outputs[0].id
    apply(network, "disable", ["n1", "n3", output], ["c1"])
    assert [n.id for n in network.neurons if not n.enabled] == ["n1", "n3"]
    assert not network.connection("c1").enabled


def test_taking_a_sign_away_leaves_the_other_one(network) -> None:
    apply(network, "positive", [], ["c1"])
    apply(network, "negative", ["n3"], ["c2"])
    apply(network, "positive", [], ["c1", "c2"], wanted=False)
    assert (network.connection("c1").sign, network.connection("c2").sign) == (0, -1)


def test_a_rate_is_that_of_the_bias_too(network) -> None:
    apply(network, "rate", ["n3"], ["c1"], factor=0.1)
    assert network.neuron("n3").rate_factor == network.connection("c1").rate_factor == 0.1
    apply(network, "rate", ["n3"], ["c1"], factor=0.1, wanted=False)
    assert network.neuron("n3").rate_factor == 1.0


def test_a_stroke_of_ties_joins_the_first_shared_weight_it_meets(network) -> None:
    assert apply(network, "tie", [], ["c1"]) == []
    apply(network, "tie", [], ["c1", "c2"])
    apply(network, "tie", [], ["c3", "c2"])
    assert {c.id for c in network.tied(network.ties[0])} == {"c1", "c2", "c3"}
    assert network.connection("c3").weight == network.connection("c1").weight


def test_what_would_share_with_nothing_is_parted_too(network) -> None:
    apply(network, "tie", [], ["c1", "c2", "c3"])
    apply(network, "tie", [], ["c1"], wanted=False)
    assert len(network.tied(network.ties[0])) == 2
    apply(network, "tie", [], ["c2"], wanted=False)
    assert network.ties == ()
