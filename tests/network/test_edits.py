"""Every edit can be applied, reverted and applied again; one that fails changes nothing."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from nnstudio.errors import CycleError, NNStudioError, RoleError, UnknownIdError
from nnstudio.network import Network
from nnstudio.network.edits import (
    AddItems,
    ChangeConnections,
    ChangeNeurons,
    Composite,
    RemoveItems,
    SetValues,
    paste,
)
from nnstudio.network.templates import layered_network


def ids(items) -> list[str]:
    return [item.id for item in items]


def check_symmetry(network, edit, mirror) -> None:
    watcher = mirror(network)
    before = network.copy()
    edit.apply(network)
    after = network.copy()
    assert after != before
    watcher.check()
    for _ in range(2):
        edit.revert(network)
        assert network == before
        watcher.check()
        edit.apply(network)
        assert network == after
        watcher.check()
    # One step of the window is one change to it.
    assert len(watcher.heard) == 5


def test_adding_and_undoing(network, mirror) -> None:
    neuron = network.make_neuron("hidden")
    into = replace(network.connection("c1"), id="in", target=neuron.id)
    check_symmetry(network, AddItems("add", [neuron], [into]), mirror)


def test_removing_a_neuron_and_undoing_restores_its_connections_in_order(network, mirror) -> None:
    edit = RemoveItems("delete", ["n1", "n4"], ["c5"])
    check_symmetry(network, edit, mirror)
    edit.revert(network)
    assert ids(network.neurons) == ["n1", "n2", "n3", "n4", "n5"]
    assert ids(network.connections) == ["c1", "c2", "c3", "c4", "c5", "c6"]


@pytest.mark.parametrize(
    "changes",
    [
        {"n3": {"bias": 0.5, "label": "a"}, "n1": {"position": (5, 6)}},
        {"n1": {"role": "hidden"}},
        {"n1": {"role": "output", "activation": "softmax", "bias": 2.0}},
        {"n3": {"role": "output"}, "n5": {"role": "hidden"}},
        {"n3": {"trainable": False, "activation": "relu"}},
    ],
)
def test_changing_neurons_and_undoing(network, changes, mirror) -> None:
    check_symmetry(network, ChangeNeurons("change", changes), mirror)


def test_a_role_change_and_undoing_restores_activation_and_bias(network, mirror) -> None:
    network.update_neuron("n5", activation="softmax", bias=0.7)
    check_symmetry(network, ChangeNeurons("role", {"n5": {"role": "hidden"}}), mirror)
    network.add_neuron("hidden", activation="relu", bias=0.3, id="loose")
    check_symmetry(network, ChangeNeurons("role", {"loose": {"role": "input"}}), mirror)


def test_changing_connections_and_undoing(network, mirror) -> None:
    edit = ChangeConnections("change", {"c1": {"weight": 3}, "c2": {"trainable": False}})
    check_symmetry(network, edit, mirror)


def test_setting_values_and_undoing(network, mirror) -> None:
    check_symmetry(network, SetValues("values", {"c1": 4.0, "c6": 5.0}, {"n5": 1.0}), mirror)


def test_several_edits_are_one_step(network, mirror) -> None:
    pasted = paste(network, network.subnetwork(["n3", "n5"]), label="paste")
    edit = Composite(
        "all",
        [
            RemoveItems("delete", ["n4"]),
            pasted.edit,
            ChangeNeurons("change", {"n3": {"bias": 0.5}, pasted.neuron_ids[0]: {"label": "copy"}}),
            Composite("inner", [SetValues("values", {pasted.connection_ids[0]: 9.0}, {})]),
            RemoveItems("delete", [], ["c1"]),
        ],
    )
    check_symmetry(network, edit, mirror)


FAILING = [
    AddItems("a", [Network().make_neuron("input", id="fresh"), Network().make_neuron("input", id="n1")]),
    RemoveItems("r", ["n3", "n77"]),
    ChangeNeurons("n", {"n3": {"bias": 1.0}, "n77": {"bias": 1.0}}),
    ChangeNeurons("n", {"n3": {"bias": 1.0, "role": "output"}, "n4": {"role": "input"}}),
    ChangeConnections("c", {"c1": {"weight": 1.0}, "c77": {"weight": 1.0}}),
    ChangeConnections("c", {"c1": {"weight": 9.0}, "c2": {"weight": "heavy"}}),
    SetValues("v", {"c1": 5.0}, {"n1": 1.0}),
    SetValues("v", {"c77": 5.0}, {}),
]


@pytest.mark.parametrize("failing", FAILING, ids=lambda edit: f"{type(edit).__name__}-{edit.label}")
@pytest.mark.parametrize("where", ["alone", "last", "nested", "in a batch"])
def test_an_edit_that_fails_changes_nothing_and_tells_nothing(network, failing, where, mirror) -> None:
    watcher = mirror(network)
    before = network.copy()
    first = [RemoveItems("r", ["n2"]), ChangeNeurons("n", {"n3": {"role": "output"}})]

    def in_a_batch() -> None:
        with network.batch():
            first[0].apply(network)
            failing.apply(network)

    attempts = {
        "alone": lambda: failing.apply(network),
        "last": lambda: Composite("all", [*first, failing]).apply(network),
        "nested": lambda: Composite("all", [first[0], Composite("in", [first[1], failing])]).apply(network),
        "in a batch": in_a_batch,
    }
    with pytest.raises(NNStudioError):
        attempts[where]()
    assert network == before
    assert watcher.heard == []


def test_an_edit_that_failed_can_be_applied_later(network, mirror) -> None:
    back = Composite(
        "turn", [RemoveItems("r", [], ["c5"]), AddItems("a", [], [network.make_connection("n1", "n5")])]
    )
    taken = network.extract([], ["c5"])
    with pytest.raises(UnknownIdError):
        back.apply(network)
    network.insert(taken)
    check_symmetry(network, back, mirror)


def test_added_connections_that_close_a_cycle_are_refused_together(network) -> None:
    before = network.copy()
    a, b = (network.make_neuron("hidden") for _ in range(2))
    edges = [("n5", a.id), (a.id, b.id), (b.id, "n3")]
    connections = [
        replace(network.connection("c1"), id=f"e{i}", source=s, target=t) for i, (s, t) in enumerate(edges)
    ]
    with pytest.raises(CycleError) as caught:
        AddItems("add", [a, b], connections).apply(network)
    assert set(caught.value.path) == {"n5", a.id, b.id, "n3"}
    assert network == before


def test_edits_of_the_same_fields_merge_into_one_that_undoes_both(network) -> None:
    before = network.copy()
    first = ChangeNeurons("move", {"n3": {"position": (1, 1)}})
    second = ChangeNeurons("move", {"n3": {"position": (2, 2)}})
    first.apply(network)
    second.apply(network)
    merged = first.merge(second)
    merged.revert(network)
    assert network == before
    merged.apply(network)
    assert network.neuron("n3").position == (2.0, 2.0)
    assert first.merge(ChangeNeurons("move", {"n4": {"position": (2, 2)}})) is None
    assert first.merge(ChangeNeurons("move", {"n3": {"bias": 2.0}})) is None

    one = ChangeConnections("weight", {"c1": {"weight": 1.0}})
    two = ChangeConnections("weight", {"c1": {"weight": 2.0}})
    one.apply(network)
    two.apply(network)
    one.merge(two).revert(network)
    assert network.connection("c1").weight == 0.1
    assert one.merge(ChangeConnections("weight", {"c2": {"weight": 2.0}})) is None


def test_pasting_keeps_the_inside_under_new_ids_and_labels(network) -> None:
    network.update_neuron("n3", activation="relu", bias=0.25)
    fragment = network.subnetwork(["n1", "n3", "n5"])
    pasted = paste(network, fragment, label="paste", offset=(10, 20))
    pasted.edit.apply(network)
    copies = [network.neuron(i) for i in pasted.neuron_ids]
    assert [n.label for n in copies] == ["x3", "h3", "y2"]
    assert (copies[1].activation, copies[1].bias) == ("relu", 0.25)
    x, y = network.neuron("n3").position
    assert copies[1].position == (x + 10, y + 20)
    inner = [network.connection(i) for i in pasted.connection_ids]
    assert [(c.source, c.target, c.weight) for c in inner] == [
        (pasted.neuron_ids[0], pasted.neuron_ids[1], 0.1),
        (pasted.neuron_ids[1], pasted.neuron_ids[2], 0.5),
    ]
    assert set(pasted.neuron_ids).isdisjoint(ids(fragment.neurons))


def test_pasting_can_keep_labels_and_paste_twice(network) -> None:
    fragment = network.subnetwork(["n1", "n2"])
    for _ in range(2):
        paste(network, fragment, label="paste", keep_labels=True).edit.apply(network)
    assert [n.label for n in network.inputs] == ["x1", "x2"] * 3
    assert len(set(ids(network.inputs))) == 6


# At random


def random_edit(rng: random.Random, network: Network, depth: int = 0):
    """Return an edit of any kind; about one in six is refused by some rule."""

    def some(items, most=3):
        return rng.sample(items, min(len(items), rng.randint(0, most)))

    neurons, connections = ids(network.neurons), ids(network.connections)
    kinds = [
        "add",
        "add",
        "connect",
        "connect",
        "remove",
        "neurons",
        "role",
        "connections",
        "values",
        "paste",
    ]
    kind = rng.choice(kinds if depth else [*kinds, "composite"])
    if kind == "add" or not neurons:
        roles = rng.choices(["input", "hidden", "output"], k=rng.randint(1, 3))
        return AddItems("add", [network.make_neuron(role) for role in roles])
    if kind == "connect":
        ends = [(rng.choice(neurons), rng.choice(neurons)) for _ in range(rng.randint(1, 2))]
        legal = [pair for pair in ends if network.connection_between(*pair) is None]
        model = Network()
        model.add_neuron("input", id="a")
        model.add_neuron("hidden", id="b")
        blank = model.make_connection("a", "b", weight=rng.uniform(-1, 1))
        return AddItems(
            "connect",
            [],
            [replace(blank, id=network.new_connection_id(), source=s, target=t) for s, t in legal],
        )
    if kind == "remove":
        return RemoveItems("remove", some(neurons, 2), some(connections))
    if kind == "neurons":
        fields = [
            {"bias": rng.uniform(-1, 1)},
            {"label": rng.choice(["a", "b", "x1", "h1", ""])},
            {"position": (rng.uniform(-9, 9), 0)},
            {"trainable": rng.random() < 0.5},
            {"activation": rng.choice(["relu", "tanh", "softmax"])},
        ]
        return ChangeNeurons("change", {n: rng.choice(fields) for n in some(neurons)})
    if kind == "role":
        roles = ["input", "hidden", "output"]
        return ChangeNeurons("role", {n: {"role": rng.choice(roles)} for n in some(neurons, 2)})
    if kind == "connections":
        fields = [{"weight": rng.uniform(-1, 1)}, {"trainable": rng.random() < 0.5}]
        return ChangeConnections("change", {c: rng.choice(fields) for c in some(connections)})
    if kind == "values":
        biased = [n.id for n in network.neurons if n.bias is not None or rng.random() < 0.1]
        return SetValues(
            "values",
            {c: rng.uniform(-1, 1) for c in some(connections, 9)},
            {n: rng.uniform(-1, 1) for n in some(biased, 9)},
        )
    if kind == "paste":
        fragment = network.subnetwork(some(neurons))
        return paste(network, fragment, label="paste", offset=(3, 3), keep_labels=rng.random() < 0.5).edit
    return Composite("several", [random_edit(rng, network, 1) for _ in range(rng.randint(1, 4))])


def state(network: Network):
    return network.neurons, network.connections


@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_random_edits_done_undone_and_redone_give_the_same_network(seed, mirror) -> None:
    rng = random.Random(seed)
    network = layered_network((2, 3, 1))
    watcher = mirror(network)
    states, done, refused = [state(network)], [], 0
    while len(done) < 1000:
        if network.neuron_count > 25:
            edit = RemoveItems("thin out", rng.sample(ids(network.neurons), 15))
        else:
            edit = random_edit(rng, network)
        heard = len(watcher.heard)
        try:
            edit.apply(network)
        except NNStudioError:
            refused += 1
            assert state(network) == states[-1]
            assert len(watcher.heard) == heard
            continue
        assert (tuple(watcher.neurons), tuple(watcher.connections)) == state(network)
        done.append(edit)
        states.append(state(network))
    assert refused > 50  # or else the refusals were not tried
    watcher.check()
    for edit, before in zip(reversed(done), reversed(states[:-1]), strict=True):
        edit.revert(network)
        assert state(network) == before
    watcher.check()
    for edit, after in zip(done, states[1:], strict=True):
        edit.apply(network)
        assert state(network) == after
    watcher.check()


class Editing(RuleBasedStateMachine):
    """A person at an undo stack: does, undoes and redoes in any order."""

    make_mirror = None  # given by the test

    @initialize()
    def open(self) -> None:
        self.network = layered_network((2, 2, 1))
        self.watcher = type(self).make_mirror(self.network)
        self.states = [state(self.network)]
        self.edits = []
        self.place = 0

    @rule(rng=st.randoms(use_true_random=False))
    def do(self, rng) -> None:
        edit = random_edit(rng, self.network)
        try:
            edit.apply(self.network)
        except NNStudioError:
            return
        self.edits[self.place :] = [edit]
        self.states[self.place + 1 :] = [state(self.network)]
        self.place += 1

    @precondition(lambda self: self.place > 0)
    @rule()
    def undo(self) -> None:
        self.place -= 1
        self.edits[self.place].revert(self.network)

    @precondition(lambda self: self.place < len(self.edits))
    @rule()
    def redo(self) -> None:
        self.edits[self.place].apply(self.network)
        self.place += 1

    @invariant()
    def is_where_it_should_be(self) -> None:
        assert state(self.network) == self.states[self.place]
        self.watcher.check()


def test_doing_undoing_and_redoing_in_any_order(mirror) -> None:
    class Here(Editing):
        make_mirror = staticmethod(mirror)

    Here.TestCase.settings = settings(
        max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )
    case = Here.TestCase("runTest")
    case.runTest()


def test_a_refused_role_change_says_why(network) -> None:
    with pytest.raises(RoleError, match="Delete those connections first"):
        ChangeNeurons("role", {"n3": {"role": "input"}}).apply(network)


def test_values_that_are_set_again_merge_into_one_step_that_undoes_both(network) -> None:
    before = values_of(network)
    first = SetValues("values", {"c1": 4.0}, {"n5": 1.0})
    first.apply(network)
    second = SetValues("values", {"c1": 5.0}, {"n5": 2.0})
    second.apply(network)
    merged = first.merge(second)
    merged.revert(network)
    assert values_of(network) == before
    merged.apply(network)
    assert (network.connection("c1").weight, network.neuron("n5").bias) == (5.0, 2.0)
    assert first.merge(SetValues("values", {"c2": 1.0}, {"n5": 2.0})) is None


def values_of(network) -> list[object]:
    return [c.weight for c in network.connections] + [n.bias for n in network.neurons]
