import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.engine.schedules import SCHEDULES, check_schedule
from nnstudio.errors import SettingsError
from tests.engine.reference.torch_schedules import BASE, CASES, torch_rates

REFERENCE = json.loads((Path(__file__).parent / "reference" / "schedules.json").read_text(encoding="utf-8"))
ALL = pytest.mark.parametrize("key", SCHEDULES)


def rates(key, options, base, epochs, losses):
    schedule = SCHEDULES[key]
    state = schedule.init_state(base)
    found = []
    for epoch in range(epochs):
        found.append(schedule.rate(base, epoch, epochs, options, state))
        schedule.observe(state, losses[epoch], options)
    return found


@ALL
def test_entries_say_what_they_are(key):
    entry = SCHEDULES[key]
    assert entry.key == key
    assert all((entry.title, entry.description, entry.formula, entry.latex))
    assert entry.defaults.keys() == entry.limits.keys()
    assert set(entry.whole) <= entry.defaults.keys()
    entry.check(entry.defaults)


@pytest.mark.parametrize("number", range(len(CASES)))
def test_rates_are_pytorchs_as_stored(number):
    case = REFERENCE["cases"][number]
    assert (case["key"], case["options"]) == CASES[number]
    losses = REFERENCE["losses"]
    found = rates(case["key"], case["options"], REFERENCE["base"], len(losses), losses)
    np.testing.assert_allclose(found, case["rates"], rtol=1e-12, atol=1e-16)


def test_every_schedule_is_compared_with_pytorch():
    assert {key for key, _ in CASES} == SCHEDULES.keys()
    assert REFERENCE["base"] == BASE


@pytest.mark.oracle
@pytest.mark.filterwarnings("default")
@given(data=st.data())
@ALL
def test_rates_are_pytorchs(key, data):
    schedule = SCHEDULES[key]
    epochs = data.draw(st.integers(12, 80))
    base = data.draw(st.floats(1e-4, 10.0))
    some = {
        "step_size": st.integers(1, 20),
        "gamma": st.floats(0.01, 0.999),
        "eta_min": st.floats(0.0, 1e-4),
        "start_factor": st.floats(0.01, 0.99),
        "total_iters": st.integers(1, 10),
        "factor": st.floats(0.01, 0.99),
        "patience": st.integers(0, 10),
        "threshold": st.floats(0.0, 0.5),
        "cooldown": st.integers(0, 5),
        "min_lr": st.floats(0.0, 1e-3),
    }
    options = data.draw(st.fixed_dictionaries({}, optional={name: some[name] for name in schedule.defaults}))
    losses = data.draw(
        st.lists(st.one_of(st.floats(0.0, 2.0), st.just(math.nan)), min_size=epochs, max_size=epochs)
    )
    found = rates(key, options, base, epochs, losses)
    np.testing.assert_allclose(found, torch_rates(key, options, base, epochs, losses), rtol=1e-9, atol=1e-15)


@ALL
@given(
    base=st.floats(1e-6, 10.0), epoch=st.integers(0, 10_000), epochs=st.sampled_from([1, 2, 5, 100, 10_000])
)
def test_a_rate_is_never_below_zero_nor_above_the_base_rate(key, base, epoch, epochs):
    rate = SCHEDULES[key].rate(base, epoch, epochs)
    assert 0.0 <= rate <= base * (1.0 + 1e-12)


@ALL
def test_the_rate_of_an_epoch_does_not_depend_on_the_rates_asked_for_before(key):
    schedule = SCHEDULES[key]
    if schedule.watches_loss:
        assert schedule.rate(0.2, 3, 10) == 0.2
        return
    assert schedule.init_state(0.2) == {}
    forward = [schedule.rate(0.2, epoch, 10) for epoch in range(10)]
    assert forward == [schedule.rate(0.2, epoch, 10) for epoch in reversed(range(10))][::-1]
    schedule.observe({}, 1.0)


def test_cosine_stays_down_where_training_goes_on_past_its_end():
    assert SCHEDULES["cosine"].rate(0.1, 15, 10, {"eta_min": 0.01}) == pytest.approx(0.01)
    assert SCHEDULES["warm_up_cosine"].rate(0.1, 15, 10) == pytest.approx(0.0)


def test_a_warm_up_longer_than_the_training_is_cut_short():
    found = [SCHEDULES["warm_up_cosine"].rate(1.0, epoch, 3, {"total_iters": 10}) for epoch in range(3)]
    assert found == pytest.approx([1 / 3, 1 / 3 + 2 / 30, 1 / 3 + 4 / 30])


def test_a_plateau_goes_on_from_a_saved_state():
    schedule, options = SCHEDULES["reduce_on_plateau"], {"patience": 1, "cooldown": 2, "factor": 0.5}
    losses = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]
    whole = rates("reduce_on_plateau", options, 0.4, 10, losses)
    state = schedule.init_state(0.4)
    for loss in losses[:5]:
        schedule.observe(state, loss, options)
    state = {name: np.array(array.tolist()) for name, array in state.items()}
    rest = []
    for loss in losses[5:]:
        rest.append(schedule.rate(0.4, 0, 10, options, state))
        schedule.observe(state, loss, options)
    assert rest == whole[5:]
    assert len(set(whole)) > 1


@ALL
@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, "much", None, True])
def test_options_outside_their_limits_are_refused_by_name(key, value):
    for name in SCHEDULES[key].defaults:
        with pytest.raises(SettingsError, match=name) as caught:
            check_schedule(key, {name: value})
        assert caught.value.setting == "schedule_options"


@pytest.mark.parametrize(
    ("key", "name", "value", "says"),
    [
        ("step", "gamma", 1.0, "above 0 and below 1"),
        ("step", "gamma", 0.0, "above 0 and below 1"),
        ("step", "step_size", 2.5, "a whole number, at least 1, not 2.5"),
        ("step", "step_size", 0, "at least 1"),
        ("reduce_on_plateau", "threshold", 1.0, "at least 0 and below 1"),
        ("constant", "gamma", 0.5, "has none"),
        ("cosine", "gamma", 0.5, "it has eta_min"),
    ],
)
def test_a_refusal_says_what_may_be(key, name, value, says):
    with pytest.raises(SettingsError, match=says):
        check_schedule(key, {name: value})


@pytest.mark.parametrize("key", ["linear", "", None, 3, []])
def test_an_unknown_schedule_is_refused_with_those_there_are(key):
    with pytest.raises(SettingsError, match="reduce_on_plateau") as caught:
        check_schedule(key, {})
    assert caught.value.setting == "schedule"


def test_options_are_names_with_numbers():
    with pytest.raises(SettingsError, match="names with numbers"):
        check_schedule("step", [1])
