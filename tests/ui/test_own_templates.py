"""Templates of the user's own, as files."""

from __future__ import annotations

import json

import pytest

from nnstudio.network.edits import paste
from nnstudio.network.model import Network
from nnstudio.network.templates import half_adder
from nnstudio.ui.own_templates import OwnTemplates, TemplateError

pytestmark = pytest.mark.ui


@pytest.fixture
def store(qapp) -> OwnTemplates:
    return OwnTemplates()


def all_of(network: Network) -> list[str]:
    return [neuron.id for neuron in network.neurons]


def test_what_is_saved_comes_back_with_its_groups_and_values(store, qtbot) -> None:
    network = half_adder()
    with qtbot.waitSignal(store.changed):
        saved = store.save("  My   adder ", network, all_of(network))
    assert saved.title == "My adder"
    templates, problems = OwnTemplates().load()
    assert not problems
    assert [(each.key, each.title) for each in templates] == [("my-adder", "My adder")]
    assert templates[0].network == network


def test_a_part_is_saved_with_what_is_among_it(store) -> None:
    network = half_adder()
    members = network.groups[0].members
    saved = store.save("XOR", network, members)
    assert saved.network == network.subnetwork(members)
    assert [group.name for group in saved.network.groups] == ["XOR"]


def test_templates_of_one_name_do_not_overwrite_each_other(store) -> None:
    network = half_adder()
    for _ in range(3):
        store.save("Adder", network, all_of(network))
    assert [each.key for each in store.load()[0]] == ["adder", "adder-2", "adder-3"]


@pytest.mark.parametrize(("title", "key"), [("日本", "template"), ("../../x", "x"), ("CON: 1/2", "con-1-2")])
def test_any_name_makes_a_plain_file_name(store, title, key) -> None:
    network = half_adder()
    saved = store.save(title, network, all_of(network))
    assert saved.title == title
    assert [path.name for path in store.folder.iterdir()] == [f"{key}.json"]


@pytest.mark.parametrize("title", ["", "   ", "a\x00b", "x" * 61])
def test_names_that_cannot_be_are_refused(store, title) -> None:
    network = half_adder()
    with pytest.raises(TemplateError, match="name"):
        store.save(title, network, all_of(network))
    assert store.load() == ([], [])


def test_another_name_keeps_the_rest(store) -> None:
    network = half_adder()
    store.save("Adder", network, all_of(network))
    store.rename("adder", "Sum of bits")
    (template,) = store.load()[0]
    assert (template.key, template.title) == ("adder", "Sum of bits")
    assert template.network == network
    with pytest.raises(TemplateError, match="name"):
        store.rename("adder", " ")
    assert store.get("adder").title == "Sum of bits"


def test_what_was_deleted_can_be_brought_back(store) -> None:
    network = half_adder()
    store.save("Adder", network, all_of(network))
    deleted = store.delete("adder")
    assert store.load() == ([], [])
    store.save("Adder", network, all_of(network))
    store.restore(deleted)
    assert [each.key for each in store.load()[0]] == ["adder", "adder-2"]


@pytest.mark.parametrize("key", ["other", "../adder", "", "adder.json"])
def test_a_key_that_is_not_there_is_refused(store, key) -> None:
    network = half_adder()
    store.save("Adder", network, all_of(network))
    for act in (store.get, store.delete, lambda key: store.rename(key, "x")):
        with pytest.raises(TemplateError, match="not there any more"):
            act(key)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "its text is damaged"),
        (b"\xff\xfe\x00", "its text is damaged"),
        (b"[" * 100_000, "its text is damaged"),
        (b"[1, 2]", "it holds no neurons"),
        (b'{"title": "x"}', "it holds no neurons"),
        (b'{"format": "nnstudio-neurons", "version": 99}', "a newer nnstudio"),
        (b'{"format": "nnstudio-neurons", "version": 1, "neurons": 3}', "its text is damaged"),
        (
            b'{"format": "nnstudio-neurons", "version": 1, "neurons": [], "connections": [], "groups": []}',
            "it holds no neurons",
        ),
    ],
)
def test_a_damaged_file_is_named_and_the_others_are_still_there(store, content, reason) -> None:
    network = half_adder()
    store.save("Adder", network, all_of(network))
    (store.folder / "broken.json").write_bytes(content)
    templates, problems = store.load()
    assert [each.key for each in templates] == ["adder"]
    assert len(problems) == 1
    assert "“broken.json” cannot be read" in problems[0]
    assert reason in problems[0]
    assert str(store.folder) in problems[0]


def test_a_file_that_breaks_a_rule_says_which(store) -> None:
    network = half_adder()
    store.save("Adder", network, all_of(network))
    path = store.folder / "adder.json"
    content = json.loads(path.read_text("utf-8"))
    content["connections"][0]["target"] = content["connections"][0]["source"]
    path.write_text(json.dumps(content), "utf-8")
    templates, problems = store.load()
    assert templates == []
    assert "a is an input" in problems[0]


def test_a_template_can_be_added_many_times(store) -> None:
    network = half_adder()
    saved = store.save("Adder", network, all_of(network))
    target = Network()
    for _ in range(2):
        paste(target, saved.network, label="Add").edit.apply(target)
    assert target.neuron_count == 2 * network.neuron_count
    assert [group.name for group in target.groups] == ["XOR", "AND", "XOR", "AND"]
