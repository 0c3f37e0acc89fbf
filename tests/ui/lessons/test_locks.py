from __future__ import annotations

from nnstudio.ui.lessons.locks import reasons, summary


def test_a_reason_says_what_is_kept_what_can_be_done_and_the_way_out() -> None:
    found = reasons(["structure", "data", "settings", "training"])
    assert found["structure"] == (
        "This step keeps the wiring as it is: change the weights alone. Leave the lesson to edit freely."
    )
    assert set(found) == {"structure", "data", "settings", "training"}


def test_what_may_be_trained_is_said_so() -> None:
    told = reasons(["structure", "values", "data"])["values"]
    assert told.startswith("This step keeps the weights as they are: change the settings alone or train.")


def test_nothing_is_proposed_where_nothing_can_be_changed() -> None:
    found = reasons(["structure", "values", "data", "settings", "training"])
    assert found["values"] == "This step keeps the weights as they are. Leave the lesson to edit freely."


def test_no_locks_have_no_reasons() -> None:
    assert reasons([]) == {}


def test_what_is_locked_is_told_in_a_line() -> None:
    assert summary(["training", "structure"]) == "Locked in this step: wiring, training"
    assert summary([]) == ""
