from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data import Dataset, Preparation, Split, make_dataset, prepare
from nnstudio.data.editing import sheet_of
from nnstudio.data.sets import GENERATORS
from nnstudio.data.table import Column, Table, category_column
from nnstudio.errors import DataError


def houses() -> Dataset:
    """Five houses, of which one has no price and one no size; the fourth is to test."""
    table = Table(
        (
            Column("size", "number", np.array([10.0, 20.0, np.nan, 40.0, 50.0])),
            category_column("town", ["Rome", "Oslo", "Oslo", "Oslo", "Rome"]),
            Column("price", "number", np.array([1.0, np.nan, 3.0, 4.0, 5.0])),
            category_column("set", ["learn", "learn", "learn", "test", "learn"]),
        ),
        title="Houses",
    )
    preparation = Preparation(
        roles={"size": "feature", "town": "feature", "price": "target"},
        missing={"size": "mean"},
        split=Split(kind="column", column="set"),
    )
    return prepare(table, preparation)


@pytest.mark.parametrize("key", GENERATORS)
def test_every_built_in_set_is_given_again_by_its_sheet(key: str) -> None:
    data = make_dataset(key)
    sheet = sheet_of(data)
    again = prepare(sheet.table, sheet.preparation)
    assert np.array_equal(again.x, data.x)
    assert np.array_equal(again.y, data.y)
    assert again.classes == data.classes
    assert np.array_equal(again.test_rows, data.test_rows)


@pytest.mark.parametrize("classes", [(), ("no", "yes"), ("a", "b", "c")])
def test_data_of_plain_numbers_are_given_again_by_their_sheet(classes: tuple[str, ...]) -> None:
    rng = np.random.default_rng(1)
    y = np.arange(30.0) % len(classes) if classes else rng.normal(50.0, 9.0, size=(30, 2))
    data = Dataset.from_arrays(
        rng.normal(5.0, 2.0, (30, 3)),
        y,
        classes=classes,
        scaling="standardize",
        target_scaling="minmax",
        sample_weights=rng.uniform(1.0, 2.0, 30),
    )
    sheet = sheet_of(data)
    again = prepare(sheet.table, sheet.preparation)
    assert np.allclose(again.x, data.x, rtol=0, atol=1e-12)
    assert np.allclose(again.y, data.y, rtol=0, atol=1e-12)
    assert np.array_equal(again.test_rows, data.test_rows)
    assert np.array_equal(again.sample_weights, data.sample_weights)


def test_rows_are_added_to_the_training_part_and_the_others_stay_in_theirs() -> None:
    data = make_dataset("moons", rows=40)
    more = sheet_of(data).with_rows({"x1": [0.5, 0.6], "x2": [0.1, 0.2], "class": list(data.classes)})
    assert len(more) == 42
    assert more.feature_values(more.x)[-2:].tolist() == [[0.5, 0.1], [0.6, 0.2]]
    assert more.class_indices(more.y)[-2:].tolist() == [0, 1]
    assert more.test_rows.tolist() == data.test_rows.tolist()
    assert more.table is not None


def test_edited_data_say_so_and_where_they_came_from() -> None:
    data = make_dataset("moons", rows=40)
    once = sheet_of(data).without_rows([0])
    twice = sheet_of(once).without_rows([0])
    assert twice.title == f"{data.title}, edited"
    assert twice.source["kind"] == "edited"
    assert twice.source["from"] == dict(data.source)
    assert twice.feature_values(twice.x).tolist() == data.feature_values(data.x)[2:].tolist()


def test_edited_data_are_the_same_after_they_were_stored() -> None:
    data = sheet_of(make_dataset("iris")).with_part([1, 2], test=True)
    again = Dataset.from_dict(data.to_dict(), data.arrays())
    assert np.array_equal(again.x, data.x)
    rest = data.test_rows[data.test_rows > 0]
    assert sheet_of(again).without_rows([0]).test_rows.tolist() == (rest - 1).tolist()


def test_a_cell_is_changed_in_the_row_that_is_seen_where_rows_were_left_out() -> None:
    data = houses()
    changed = sheet_of(data).with_values([2], {"price": ["7.5"], "town": ["Rome"]})
    assert changed.target_values(changed.y)[:, 0].tolist() == [1.0, 3.0, 7.5, 5.0]
    assert changed.features_in_units(changed.x)["town"].tolist() == ["Rome", "Oslo", "Rome", "Rome"]
    assert changed.test_rows.tolist() == [2]


def test_scaling_follows_the_rows_that_are_there() -> None:
    data = sheet_of(make_dataset("iris")).with_values([0], {"petal_length": [1000.0]})
    assert np.allclose(data.x_train.mean(axis=0), 0.0)
    assert np.allclose(data.x_train.std(axis=0), 1.0)


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("size", "big", "“big” is not a number"),
        ("size", "1e999", "“1e999” is not a finite number"),
        ("town", "Bonn", "“Bonn” is none of its categories: Oslo, Rome"),
    ],
)
def test_a_cell_that_cannot_be_is_refused_with_a_reason(column: str, cell: str, reason: str) -> None:
    with pytest.raises(DataError, match=r"^Column “") as caught:
        sheet_of(houses()).with_values([0], {column: [cell]})
    assert reason in str(caught.value)


def test_a_value_that_is_filled_in_may_be_taken_out() -> None:
    changed = sheet_of(houses()).with_values([3], {"size": [""]})
    assert changed.features_in_units(changed.x)["size"].tolist() == [10.0, 10.0, 40.0, 10.0]


def test_parts_are_changed_and_no_row_need_be_to_test() -> None:
    sheet = sheet_of(houses())
    assert sheet.with_part([0], test=True).test_rows.tolist() == [0, 2]
    none = sheet.with_part([2], test=False)
    assert none.test_rows.tolist() == []
    assert sheet_of(none).with_part([1], test=True).test_rows.tolist() == [1]
    with pytest.raises(DataError, match="test part"):
        sheet.with_part([0, 1, 2, 3], test=True)


def test_copies_of_rows_are_to_train_on() -> None:
    more = sheet_of(houses()).with_copies([2, 0])
    assert more.target_values(more.y)[-2:, 0].tolist() == [4.0, 1.0]
    assert more.test_rows.tolist() == [2]


def test_what_leaves_nothing_to_learn_is_refused() -> None:
    data = make_dataset("moons", rows=20)
    of_first = np.flatnonzero(data.class_indices(data.y) == 0)
    with pytest.raises(DataError, match="one class"):
        sheet_of(data).without_rows(of_first)
    with pytest.raises(DataError, match="No row would be left"):
        sheet_of(data).without_rows(np.arange(20))


def test_another_number_as_a_class_is_another_class() -> None:
    changed = sheet_of(make_dataset("and")).with_values([0], {"out": ["5"]})
    assert changed.classes == ("0", "1", "5")
