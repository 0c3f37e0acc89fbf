import math

import numpy as np
import pytest

from nnstudio.errors import DataError
from nnstudio.training import EpochRow, History


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
