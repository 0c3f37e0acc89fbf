import math

import numpy as np
import pytest

from nnstudio.errors import DataError
from nnstudio.training import EpochRow, Epochs, History


def rows(count: int, first: int = 1) -> list[EpochRow]:
    return [
        EpochRow(n, 1.0 / n, 2.0 / n, {"accuracy": n / 1000}, 0.1 / n) for n in range(first, first + count)
    ]


def test_appending_one_by_one_and_extending_give_the_same_columns() -> None:
    one_by_one = History()
    for row in rows(300):
        one_by_one.append(row)
    at_once = History.from_rows(rows(300))
    assert len(one_by_one) == len(at_once) == 300
    assert one_by_one.epochs.tolist() == list(range(1, 301))
    for name, column in one_by_one.arrays().items():
        assert np.array_equal(column, at_once.arrays()[name])
    assert one_by_one.metrics["accuracy"][299] == 0.3


def test_columns_are_views_that_cannot_be_written_and_do_not_move() -> None:
    history = History.from_rows(rows(10))
    loss = history.loss
    with pytest.raises(ValueError, match="read-only"):
        loss[0] = 5.0
    before = loss.tolist()
    history.extend(rows(500, first=11))
    assert loss.tolist() == before


def test_clearing_leaves_columns_that_were_handed_out_alone() -> None:
    history = History.from_rows(rows(10))
    loss = history.loss
    before = loss.tolist()
    history.clear()
    history.append(EpochRow(1, 99.0, 99.0, {}))
    assert loss.tolist() == before
    assert len(history) == 1
    assert history.loss.tolist() == [99.0]


def test_a_metric_that_begins_later_is_nan_before() -> None:
    history = History.from_rows([EpochRow(1, 1.0, math.nan, {}), EpochRow(2, 0.5, math.nan, {"r2": 0.7})])
    assert math.isnan(history.metrics["r2"][0])
    assert history.metrics["r2"][1] == 0.7
    history.append(EpochRow(3, 0.4, math.nan, {}))
    assert math.isnan(history.metrics["r2"][2])


def test_rows_can_be_read_from_either_end() -> None:
    history = History.from_rows(rows(5))
    assert history.row(-1) == rows(5)[-1]
    assert history.row(0) == rows(5)[0]
    with pytest.raises(IndexError):
        history.row(5)
    with pytest.raises(IndexError):
        History().row(-1)


def test_a_history_survives_its_arrays() -> None:
    history = History.from_rows([*rows(70), EpochRow(71, 0.1, math.nan, {"accuracy": 1.0})])
    again = History.from_arrays({name: column.copy() for name, column in history.arrays().items()})
    again.append(EpochRow(72, 0.1, 0.1, {"accuracy": 1.0}))
    assert len(again) == 72
    for name, column in history.arrays().items():
        assert again.arrays()[name][:71].tobytes() == column.tobytes()


def test_an_empty_history_survives_its_arrays() -> None:
    assert len(History.from_arrays(History(["accuracy"]).arrays())) == 0


@pytest.mark.parametrize(
    "arrays",
    [
        {"epoch": np.ones(2), "loss": np.ones(2)},
        {"epoch": np.ones(2), "loss": np.ones(3), "test_loss": np.ones(2)},
        {"epoch": np.ones((2, 2)), "loss": np.ones((2, 2)), "test_loss": np.ones((2, 2))},
    ],
)
def test_damaged_arrays_are_refused(arrays: dict) -> None:
    with pytest.raises(DataError):
        History.from_arrays(arrays)


def test_a_history_of_an_earlier_version_has_no_learning_rates() -> None:
    arrays = History.from_rows(rows(3)).arrays()
    old = History.from_arrays({name: column for name, column in arrays.items() if name != "learning_rate"})
    assert np.isnan(old.learning_rate).all()
    assert set(old.metrics) == {"accuracy"}
    old.extend(rows(1, first=4))
    assert old.learning_rate[-1] == 0.1 / 4
    assert old.loss.tolist() == History.from_rows(rows(4)).loss.tolist()


def stretches() -> Epochs:
    """Epochs 5 to 9 and then 10, of which 7 and 10 are measured."""
    epochs = Epochs()
    epochs.add(5, np.array([5.0, 4.0, 3.0]), np.full(3, 0.1), EpochRow(7, 3.0, 3.5, {"r2": 0.5}, 0.1))
    later = Epochs()
    later.add(8, np.array([2.0, 1.5]), np.full(2, 0.05))
    later.add(10, np.array([1.0]), np.full(1, 0.05), EpochRow(10, 1.0, 1.25, {"r2": 0.75}, 0.05))
    epochs.extend(later)
    return epochs


def test_epochs_in_columns_read_like_their_rows() -> None:
    epochs = stretches()
    assert len(epochs) == 6
    assert [row.epoch for row in epochs] == [5, 6, 7, 8, 9, 10]
    assert [row.loss for row in epochs] == [5.0, 4.0, 3.0, 2.0, 1.5, 1.0]
    assert [row.learning_rate for row in epochs] == [0.1, 0.1, 0.1, 0.05, 0.05, 0.05]
    assert [row.metrics.get("r2") for row in epochs] == [None, None, 0.5, None, None, 0.75]
    assert epochs[2] is epochs[-4]
    assert epochs[1:4] == list(epochs)[1:4]
    with pytest.raises(IndexError):
        epochs[6]
    assert not Epochs()


def test_a_history_of_columns_is_that_of_their_rows() -> None:
    by_columns, by_rows = History.from_rows(rows(3)), History.from_rows(rows(3))
    by_columns.extend(stretches())
    by_rows.extend(list(stretches()))
    assert set(by_columns.arrays()) == set(by_rows.arrays())
    for name, column in by_columns.arrays().items():
        np.testing.assert_array_equal(column, by_rows.arrays()[name])
    assert by_columns.test_loss[5] == 3.5
    assert math.isnan(by_columns.test_loss[6])
    assert by_columns.metrics["r2"][8] == 0.75


def fast_epochs(first: int, count: int, loss_of=lambda n: 1.0 / n) -> Epochs:
    """Return epochs of which only the last was measured."""
    epochs, numbers = Epochs(), np.arange(first, first + count)
    last = first + count - 1
    measured = EpochRow(last, float(loss_of(last)), 5.0, {"accuracy": 0.5}, 0.1)
    epochs.add(first, loss_of(numbers.astype(float)), np.full(count, 0.1), measured)
    return epochs


def test_a_limited_history_never_grows_beyond_its_limit_and_spans_all_epochs() -> None:
    history = History(limit=200)
    for first in range(1, 100_001, 50):
        history.extend(fast_epochs(first, 50))
        assert len(history) <= 200
        assert history.epochs[-1] == first + 49
    numbers = history.epochs
    assert (np.diff(numbers) > 0).all()
    assert numbers[:50].tolist() == list(range(1, 51))
    # What is left of the rest is evenly apart, to a factor of two either way.
    assert np.diff(numbers[50:]).max() <= 4 * np.median(np.diff(numbers[50:]))
    assert np.array_equal(history.loss, 1.0 / numbers)


def test_a_limited_history_keeps_the_least_loss() -> None:
    def loss_of(numbers):
        return np.where(numbers == 7_777, 0.25, 1.0)

    history = History(limit=100)
    for first in range(1, 20_001, 40):
        history.extend(fast_epochs(first, 40, loss_of))
    assert history.epochs[history.loss.argmin()] == 7_777


def test_a_limited_history_is_whole_until_it_has_as_many_epochs() -> None:
    limited, whole = History(limit=100), History()
    for history in (limited, whole):
        history.extend(rows(100))
    assert limited.epochs.tolist() == whole.epochs.tolist()
    limited.extend(rows(1, first=101))
    assert len(limited) < 100


def test_columns_handed_out_before_epochs_are_left_out_stay_as_they_were() -> None:
    history = History(limit=100)
    history.extend(rows(90))
    loss = history.loss
    before = loss.tolist()
    history.extend(rows(500, first=91))
    history.extend(rows(500, first=591))
    assert loss.tolist() == before


def test_a_history_from_a_file_is_limited_once_it_grows() -> None:
    history = History.from_arrays(History.from_rows(rows(300)).arrays(), limit=100)
    assert len(history) == 300
    history.extend(rows(1, first=301))
    assert len(history) <= 100
    assert (history.epochs[0], history.epochs[-1]) == (1, 301)


def test_losses_without_a_number_are_left_out_like_others() -> None:
    history = History(limit=60)
    history.extend(fast_epochs(1, 1000, lambda n: np.full(np.shape(n), math.nan)))
    assert len(history) <= 60
