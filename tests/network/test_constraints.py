from __future__ import annotations

import pytest

from nnstudio.errors import InvalidValueError, RoleError, UnknownIdError
from nnstudio.network import Group, Network
from nnstudio.network.edits import AddItems, ChangeConnections, ChangeNeurons, RemoveItems, SetGroups, paste
from nnstudio.network.events import GroupsChanged, changes_program
from nnstudio.network.templates import layered_network


@pytest.fixture
def network() -> Network:
    return layered_network([2, 3, 1], seed=1)


def weights(network: Network, *ids: str) -> list[float]:
    return [network.connection(i).weight for i in ids]


# Signs and factors


def test_a_weight_on_the_wrong_side_of_its_sign_becomes_zero(network) -> None:
    network.update_connection("c1", weight=-0.5)
    assert network.update_connection("c1", sign=1).weight == 0.0
    with pytest.raises(InvalidValueError, match="must not be negative"):
        network.update_connection("c1", weight=-0.1)
    assert network.update_connection("c1", weight=0.25).weight == 0.25


def test_values_set_at_once_stop_at_the_sign(network) -> None:
    network.update_connection("c1", weight=0.5, sign=1)
    network.set_values({"c1": -3.0, "c2": -3.0}, {})
    assert weights(network, "c1", "c2") == [0.0, -3.0]


def test_a_new_start_keeps_signs_and_shared_weights(network) -> None:
    network.update_connection("c1", weight=-1.0, sign=-1)
    for each in ("c2", "c3"):
        network.update_connection(each, tie="w1")
    for seed in range(8):
        network.initialize("normal", seed)
        assert network.connection("c1").weight < 0.0
        assert network.connection("c2").weight == network.connection("c3").weight != 0.0


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), "fast", True])
def test_a_factor_that_is_none_is_refused(network, value) -> None:
    for update, each in ((network.update_connection, "c1"), (network.update_neuron, "n3")):
        with pytest.raises(InvalidValueError, match="factor on the learning rate"):
            update(each, rate_factor=value)


@pytest.mark.parametrize("value", [2, 0.5, True, "up"])
def test_a_sign_that_is_none_is_refused(network, value) -> None:
    with pytest.raises(InvalidValueError, match="The sign"):
        network.update_connection("c1", sign=value)


# Disabling


def test_an_output_cannot_be_disabled_and_a_disabled_neuron_becomes_an_enabled_output(network) -> None:
    output = network.outputs[0].id
    with pytest.raises(RoleError, match="nothing to compare"):
        network.update_neuron(output, enabled=False)
    network.update_neuron("n3", enabled=False)
    edit = ChangeNeurons("role", {"n3": {"role": "output"}})
    edit.apply(network)
    assert network.neuron("n3").enabled
    edit.revert(network)
    assert not network.neuron("n3").enabled


# Shared weights


def test_what_shares_a_weight_is_equal_in_it_always(network) -> None:
    network.update_connection("c1", weight=0.75, tie="w1", rate_factor=0.5)
    assert network.update_connection("c2", tie="w1").weight == 0.75
    assert network.connection("c2").rate_factor == 0.5
    network.update_connection("c2", weight=-0.25, trainable=False)
    assert weights(network, "c1", "c2") == [-0.25, -0.25]
    assert not network.connection("c1").trainable
    network.set_values({"c1": 2.0}, {})
    assert weights(network, "c1", "c2") == [2.0, 2.0]
    network.update_connection("c1", tie="")
    network.update_connection("c1", weight=9.0)
    assert weights(network, "c1", "c2") == [9.0, 2.0]
    assert [c.id for c in network.tied("w1")] == ["c2"]


def test_parts_that_differ_in_a_shared_weight_are_refused(network) -> None:
    from dataclasses import replace

    connections = [replace(c, tie="w" if c.id in ("c1", "c2") else "") for c in network.connections]
    with pytest.raises(InvalidValueError, match="share the weight"):
        Network.from_parts(network.neurons, connections)


def test_edits_of_shared_weights_are_undone_in_all_of_them(network) -> None:
    before = network.copy()
    tie = ChangeConnections("share", {c: {"tie": "w1"} for c in ("c1", "c2", "c3")})
    tie.apply(network)
    assert len(set(weights(network, "c1", "c2", "c3"))) == 1
    shared = network.copy()
    change = ChangeConnections("weight", {"c2": {"weight": 5.0}})
    change.apply(network)
    assert weights(network, "c1", "c2", "c3") == [5.0] * 3
    change.revert(network)
    assert network == shared
    remove = RemoveItems("remove", connection_ids=["c1"])
    remove.apply(network)
    remove.revert(network)
    assert network == shared
    tie.revert(network)
    assert network == before
    assert network.ties == ()


def test_merged_edits_of_a_shared_weight_go_back_to_the_first_values(network) -> None:
    ChangeConnections("share", {c: {"tie": "w1"} for c in ("c1", "c2")}).apply(network)
    before = network.copy()
    first, second = (ChangeConnections("weight", {"c1": {"weight": w}}) for w in (1.0, 2.0))
    first.apply(network)
    second.apply(network)
    merged = first.merge(second)
    assert merged is not None
    merged.revert(network)
    assert network == before


def test_a_copy_shares_weights_of_its_own(network) -> None:
    for each in ("c1", "c2"):
        network.update_connection(each, tie="w1")
    network.add_group("hidden", ["n3", "n4", "n5"])
    pasted = paste(network, network.copy(), label="paste")
    pasted.edit.apply(network)
    assert [len(network.tied(tie)) for tie in network.ties] == [2, 2]
    copies = network.groups[1]
    assert set(copies.members) <= set(pasted.neuron_ids)
    assert (copies.name, len(copies.members)) == ("hidden", 3)
    pasted.edit.revert(network)
    assert len(network.groups) == len(network.ties) == 1


# Groups


def test_a_neuron_is_in_one_group_at_the_most(network) -> None:
    first = network.add_group("a", ["n3", "n4"])
    second = network.add_group("b", ["n4", "n5"], color="#aa0000")
    assert network.group(first.id).members == ("n3",)
    assert network.group_of("n4") == second
    network.update_group(second.id, members=["n3", "n5"])
    assert [group.name for group in network.groups] == ["b"]
    assert network.group_of("n4") is None


@pytest.mark.parametrize(
    ("group", "error"),
    [
        (Group("g", "a", ()), InvalidValueError),
        (Group("g", "a", ("n3", "n3")), InvalidValueError),
        (Group("g", "a", ("nowhere",)), UnknownIdError),
        (Group("g", "a\n", ("n3",)), InvalidValueError),
        (Group("g", "a", ("n3",), "red"), InvalidValueError),
    ],
)
def test_a_group_that_cannot_be_is_refused(network, group, error) -> None:
    with pytest.raises(error):
        network.set_groups([group])
    assert network.groups == ()


def test_groups_come_back_with_their_neurons(network) -> None:
    edit = SetGroups("group", [Group("g1", "a", ("n3",)), Group("g2", "b", ("n4", "n5"), collapsed=True)])
    empty = network.copy()
    edit.apply(network)
    full = network.copy()
    told: list[object] = []
    network.subscribe(lambda events: told.extend(e for e in events if isinstance(e, GroupsChanged)))
    remove = RemoveItems("remove", ["n3", "n4"])
    remove.apply(network)
    assert [group.members for group in network.groups] == [("n5",)]
    remove.revert(network)
    assert network == full
    assert len(told) == 2
    assert not changes_program(told)
    edit.revert(network)
    assert network == empty


def test_groups_are_added_with_their_neurons(network) -> None:
    neuron = network.make_neuron("hidden")
    edit = AddItems("add", [neuron], groups=[Group("g1", "a", (neuron.id,))])
    before = network.copy()
    edit.apply(network)
    assert network.group_of(neuron.id) is not None
    edit.revert(network)
    assert network == before


def test_part_of_a_network_keeps_its_part_of_the_groups(network) -> None:
    network.add_group("a", ["n3", "n4"])
    assert network.subnetwork(["n1", "n4"]).groups[0].members == ("n4",)
    assert network.subnetwork(["n1", "n5"]).groups == ()
