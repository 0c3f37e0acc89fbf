from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.data import Dataset, Derived, Preparation, Split, default_preparation, make_dataset, prepare
from nnstudio.data.derived import product, sine, square, variable
from nnstudio.data.remarks import remarks
from nnstudio.data.table import Column, Table, category_column
from nnstudio.errors import DataError, ExpressionError

NAN = float("nan")
PRICES = [100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0]


def number(name: str, *values: float) -> Column:
    return Column(name, "number", np.array(values, np.float64))


def houses() -> Table:
    """Eight houses with gaps in each kind of column but the target."""
    return Table(
        (
            number("size (m²)", 10, 20, NAN, 40, 50, 60, 70, 80),
            category_column("town", ["Rome", "Oslo", "Oslo", "", "Oslo", "Rome", "Rome", "Oslo"]),
            Column("built", "date", np.array([0.0, 365, 731, 1096, NAN, 1826, 2191, 2557])),
            number("weight", 1, 1, 2, 2, 1, 1, 1, 1),
            category_column("part", ["train"] * 6 + ["test"] * 2),
            number("price", *PRICES),
        ),
        title="Houses",
    )


FEATURES = {"size (m²)": "feature", "town": "feature", "built": "feature", "price": "target"}
BY_PART = Split(kind="column", column="part")
FILLED = Preparation(
    roles=FEATURES,
    missing={"size (m²)": "mean", "town": "mode", "built": "median"},
    scaling="none",
    split=BY_PART,
)


def changed(**changes: object) -> Preparation:
    return replace(FILLED, **changes)


def test_rows_that_lack_a_value_are_dropped_unless_it_is_filled_in() -> None:
    data = prepare(houses(), changed(missing={}))
    assert data.table_rows is not None
    assert data.table_rows.tolist() == [0, 1, 5, 6, 7]
    assert data.target_values(data.y)[:, 0].tolist() == [100, 200, 600, 700, 800]
    assert data.test_rows.tolist() == [3, 4]
    assert len(prepare(houses(), FILLED)) == 8


def test_a_row_without_its_target_is_dropped_even_where_a_feature_would_be_filled_in() -> None:
    gaps = [*PRICES[:6], NAN, 800.0]
    data = prepare(
        houses().with_column(number("price", *gaps)), changed(missing={**FILLED.missing, "price": "mean"})
    )
    assert data.table_rows is not None
    assert data.table_rows.tolist() == [0, 1, 2, 3, 4, 5, 7]


def test_what_fills_gaps_is_fitted_on_the_training_part_alone() -> None:
    data = prepare(houses(), FILLED)
    size, town, built = data.columns
    assert size.fill == np.mean([10, 20, 40, 50, 60])
    assert town.fill == "Oslo"  # over all rows, both towns stand alike often
    assert built.fill == np.median([0, 365, 731, 1096, 1826])
    shown = data.features_in_units(data.x)
    assert shown["size (m²)"].tolist() == [10, 20, 36, 40, 50, 60, 70, 80]
    assert shown["town"].tolist()[3] == "Oslo"
    assert shown["built"].tolist()[:2] == ["1970-01-01", "1971-01-01"]


def test_gaps_become_a_constant_where_that_is_chosen() -> None:
    constants = {"size (m²)": 7, "town": "nowhere", "built": 1.5}
    data = prepare(houses(), changed(missing=dict.fromkeys(constants, "constant"), constants=constants))
    shown = data.features_in_units(data.x)
    assert shown["size (m²)"].tolist()[2] == 7
    assert shown["town"].tolist()[3] == "nowhere"
    assert shown["built"].tolist()[4] == "1970-01-02T12:00:00"


def test_scaling_is_chosen_for_all_features_and_for_single_ones() -> None:
    data = prepare(houses(), changed(scaling="standardize", scalings={"built": "minmax", "price": "minmax"}))
    assert data.feature_names == ("size (m²)", "town=Oslo", "town=Rome", "built")
    assert np.allclose([data.x_train[:, 0].mean(), data.x_train[:, 0].std()], [0, 1])
    assert set(data.x[:, 1].tolist()) == {0.0, 1.0}, "a category stays 0 and 1"
    assert [data.x_train[:, 3].min(), data.x_train[:, 3].max()] == [0, 1]
    assert [data.y_train.min(), data.y_train.max()] == [0, 1]
    assert data.targets_in_units(data.y)["price"].tolist() == pytest.approx(PRICES)


def test_a_category_is_one_column_each_or_its_number() -> None:
    one_hot = prepare(houses(), FILLED)
    assert one_hot.x[:3, 1:3].tolist() == [[0, 1], [1, 0], [1, 0]]
    label = prepare(houses(), changed(encodings={"town": "label"}, scaling="standardize"))
    assert label.feature_names == ("size (m²)", "town", "built")
    assert label.feature_values(label.x)[:3, 1].tolist() == pytest.approx([1, 0, 0])
    assert (
        label.features_in_units(label.x)["town"].tolist()
        == one_hot.features_in_units(one_hot.x)["town"].tolist()
    )


@pytest.mark.parametrize("scaling", ["none", "standardize", "minmax"])
def test_new_rows_are_prepared_like_the_data_and_gaps_filled_alike(scaling: str) -> None:
    data = prepare(houses(), changed(scaling=scaling, derived=(square("size (m²)"),)))
    cells = [
        {"size (m²)": "10", "town": "Rome", "built": "1970-01-01"},
        {"size (m²)": "", "town": "Oslo", "built": "1972-01-02"},
        {"size (m²)": 40.0, "town": "", "built": 1096.0},
    ]
    assert np.array_equal(data.prepare(cells), data.x[[0, 2, 3]])
    assert np.array_equal(data.encode_row(cells[0]), data.x[0])
    assert np.array_equal(data.encode_table(houses()), data.x)


def test_a_new_row_with_an_unknown_category_is_refused_with_its_place() -> None:
    data = prepare(houses(), FILLED)
    with pytest.raises(DataError, match="row 1, column “town”: “Bonn” is none of its categories: Oslo, Rome"):
        data.encode_row({"size (m²)": 1, "town": "Bonn", "built": 3.0})
    table = houses().with_column(category_column("town", ["Rome"] * 7 + ["Bonn"]))
    with pytest.raises(DataError, match="row 8, column “town”: “Bonn”"):
        data.encode_table(table)
    with pytest.raises(DataError, match="no column “built”"):
        data.encode_table(houses().select(["size (m²)", "town"]))
    with pytest.raises(DataError, match="“soon” is not a date"):
        data.encode_row({"size (m²)": 1, "town": "Oslo", "built": "soon"})


def test_derived_features_follow_the_columns_and_see_their_own_units() -> None:
    derived = (
        square("size (m²)"),
        product("size (m²)", "weight"),
        sine("built"),
        Derived("half", "weight / 2"),
    )
    data = prepare(houses(), changed(derived=derived, scaling="standardize"))
    size = data.features_in_units(data.x)["size (m²)"]
    shown = data.features_in_units(data.x)
    assert data.feature_names[-4:] == ("size (m²)²", "size (m²)·weight", "sin built", "half")
    assert np.allclose(shown["size (m²)²"], size**2)
    assert np.allclose(shown["size (m²)·weight"], size * houses()["weight"].values)
    assert np.allclose(shown["half"], houses()["weight"].values / 2)
    assert "weight" not in data.feature_names, "it is only computed with"
    assert [column.name for column in data.columns] == ["size (m²)", "town", "built", "weight"]


def test_a_derived_feature_may_be_computed_from_one_before_it() -> None:
    derived = (Derived("double", "2 * weight"), Derived("four times", "double * 2"))
    data = prepare(houses(), changed(roles={"price": "target"}, derived=derived, missing={}))
    assert data.feature_names == ("double", "four times")
    assert data.x.tolist() == [[2 * w, 4 * w] for w in houses()["weight"].values.tolist()]
    assert data.encode_row({"weight": 3}).tolist() == [6, 12]


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("x", "x"),
        ("petal length (cm)", "petal_length_cm"),
        ("2nd", "_2nd"),
        ("e", "e_"),
        ("max", "max_"),
        ("%", "_"),
        ("size (m²)", "size_m"),
        ("a__b c", "a__b_c"),
    ],
)
def test_formulas_know_a_column_by_a_word(column: str, name: str) -> None:
    assert variable(column) == name


@pytest.mark.parametrize(
    ("derived", "message"),
    [
        (
            Derived("a", "log(weight - 1)"),
            r"“a”, row 1: log\(weight - 1\) is the logarithm .* at weight = 1\. Write",
        ),
        (Derived("a", "1 / (weight - 2)"), "“a”, row 3: .* divides by 0 at weight = 2"),
        (Derived("a", "town * 2"), "holds “town”, which holds categories, not numbers"),
        (Derived("a", "price * 2"), "holds “price”, which is a target"),
        (Derived("a", "3 + 4"), "the same for every row"),
        (Derived("a", "wieght * 2"), "“a”: “wieght” is not known"),
        (Derived("town", "weight * 2"), "Two columns are called “town”"),
    ],
)
def test_a_formula_that_cannot_be_is_refused_with_row_and_reason(derived: Derived, message: str) -> None:
    with pytest.raises((DataError, ExpressionError), match=message):
        prepare(houses(), changed(derived=(derived,)))


def test_a_slope_that_is_infinite_does_not_matter_to_a_derived_feature() -> None:
    data = prepare(houses(), changed(derived=(Derived("root", "sqrt(weight - 1)"),)))
    assert data.x[:3, -1].tolist() == [0, 0, 1]


def test_a_column_can_say_how_much_each_row_counts() -> None:
    data = prepare(houses(), changed(roles={**FEATURES, "weight": "weight"}))
    assert data.sample_weights is not None
    assert data.sample_weights.tolist() == [1, 1, 2, 2, 1, 1, 1, 1]
    table = houses().with_column(number("weight", 1, 1, 2, 0, 1, 1, 1, 1))
    with pytest.raises(DataError, match="row 4, column “weight”: 0 is not a weight"):
        prepare(table, changed(roles={**FEATURES, "weight": "weight"}))


# Splits


def test_by_order_the_last_rows_are_tested() -> None:
    data = prepare(houses(), changed(split=Split(kind="order", fraction=0.25)))
    assert data.train_rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert data.test_rows.tolist() == [6, 7]


def test_a_number_can_mark_the_rows_to_test() -> None:
    split = Split(kind="column", column="weight", test_value="2")
    assert prepare(houses(), changed(split=split)).test_rows.tolist() == [2, 3]


def test_a_stratified_split_gives_each_class_its_share() -> None:
    table = Table((number("x", *range(40)), category_column("kind", ["a"] * 30 + ["b"] * 10)))
    split = Split(kind="stratified", fraction=0.2, seed=3)
    data = prepare(table, Preparation(roles={"x": "feature", "kind": "target"}, split=split))
    assert data.y_test.sum() == 2
    assert len(data.test_rows) == 8
    other = replace(split, seed=4)
    again = prepare(table, Preparation(roles={"x": "feature", "kind": "target"}, split=other))
    assert again.test_rows.tolist() != data.test_rows.tolist()


@pytest.mark.parametrize("kind", ["random", "order"])
@pytest.mark.parametrize("fraction", [0.2, 0.8])
def test_a_single_row_is_to_train_on_alone(kind, fraction) -> None:
    table = Table((number("x", 1), number("y", 1)))
    plan = Preparation(
        roles={"x": "feature", "y": "target"}, split=Split(kind=kind, fraction=fraction), scaling="none"
    )
    with pytest.raises(DataError, match=r"There is just one row.* Set the test part to 0"):
        prepare(table, plan)
    data = prepare(table, replace(plan, split=Split(kind=kind, fraction=0.0)))
    assert (data.train_rows.tolist(), data.test_rows.tolist()) == ([0], [])


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (Split(fraction=0.05), "test part of 0.05 of 8 rows would be empty"),
        (Split(fraction=0.99), "No row of 8 would be left to train on"),
        (Split(kind="order", fraction=0.05), "would be empty"),
        (Split(kind="order", fraction=0.99), "No row of 8 would be left"),
        (
            Split(kind="column", column="part", test_value="no"),
            "All rows would be in the training part: .*“train”, “test”",
        ),
        (Split(kind="column", column="town", test_value=""), "in the training part|in the test part"),
        (Split(kind="column", column="gone"), "no column “gone”"),
        (Split(kind="stratified"), "targets are values. Split at random"),
    ],
)
def test_a_split_that_leaves_a_part_empty_is_refused(split: Split, message: str) -> None:
    table = houses().with_column(category_column("town", ["Rome"] * 8))
    with pytest.raises(DataError, match=message):
        prepare(table, changed(split=split))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"fraction": 1.0}, "at least 0 and below 1"),
        ({"fraction": NAN}, "at least 0 and below 1"),
        ({"seed": -1}, "seed"),
        ({"kind": "by hand"}, "not a way to split"),
        ({"kind": "column"}, "No column is named"),
    ],
)
def test_a_split_that_cannot_be_is_refused(values: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Split(**values)


# Targets


def test_a_category_as_the_target_gives_its_classes_back() -> None:
    kinds = ["b", "a", "c", "a", "b", "c", "a", "b"]
    table = houses().with_column(category_column("kind", kinds))
    data = prepare(table, changed(roles={"weight": "feature", "kind": "target"}))
    assert data.classes == data.target_names == ("a", "b", "c")
    assert data.targets_in_units(data.y)["kind"].tolist() == kinds


def test_numbers_are_classes_where_they_are_0_and_1_or_by_choice() -> None:
    table = houses().with_column(number("kind", 0, 1, 1, 0, 0, 1, 1, 0))
    roles = {"weight": "feature", "kind": "target"}
    assert prepare(table, changed(roles=roles)).classes == ("0", "1")
    assert prepare(table, changed(roles=roles, task="regression")).classes == ()
    table = houses().with_column(number("kind", 7, 5, 5, 2.5, 2.5, 7, 5, 7))
    assert prepare(table, changed(roles=roles)).classes == ()
    data = prepare(table, changed(roles=roles, task="classification"))
    assert data.classes == ("2.5", "5", "7")
    assert data.targets_in_units(data.y)["kind"].tolist()[:4] == ["7", "5", "5", "2.5"]


def test_several_values_can_be_targets() -> None:
    data = prepare(houses(), changed(roles={"size (m²)": "feature", "price": "target", "weight": "target"}))
    assert data.target_names == ("price", "weight")
    assert data.targets_in_units(data.y)["weight"].tolist() == houses()["weight"].values.tolist()


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (category_column("t", ["a"] * 8), "one class only, “a”"),
        (category_column("t", list("abcdefgh")), "8 classes in 8 rows"),
        (category_column("t", ["a"] * 6 + ["b"] * 2), "rows to train on are of one class, “a”"),
        (number("t", *[3.0] * 8), "“t” is 3 in every row to train on"),
        (number("t", *[3.0] * 6, 4, 5), "“t” is 3 in every row to train on"),
        (number("t", 1, 2, 3, np.inf, 5, 6, 7, 8), "row 4, column “t”: inf is not a finite number"),
        (number("t", *[NAN] * 8), "No row is complete: each lacks a value of “t”"),
    ],
)
def test_a_target_of_which_nothing_can_be_learned_is_refused(column: Column, message: str) -> None:
    with pytest.raises(DataError, match=message):
        prepare(houses().with_column(column), changed(roles={"weight": "feature", "t": "target"}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"roles": {"price": "target"}}, "No column is a feature"),
        ({"roles": {"weight": "feature"}}, "No column is the target"),
        (
            {"roles": {"gone": "feature", "also": "feature", "price": "target"}},
            "no column “gone”, “also”, which the",
        ),
        (
            {"roles": {"weight": "feature", "price": "target", "town": "target"}, "missing": {}},
            "can only be a target alone",
        ),
        ({"roles": {**FEATURES, "weight": "weight", "price": "weight"}}, "No column is the target"),
        ({"missing": {"town": "mean"}}, "holds categories, which have no mean"),
        ({"missing": {"town": "constant"}, "constants": {"town": " "}}, "cannot become an empty text"),
        ({"missing": {"built": "constant"}, "constants": {"built": "x"}}, "cannot become “x”"),
    ],
)
def test_choices_that_do_not_fit_the_table_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        prepare(houses(), changed(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"roles": {"a": "input"}}, "“input” is not a role"),
        ({"missing": {"a": "guess"}}, "“guess” is not a way"),
        ({"missing": {"a": "constant"}}, "none is given"),
        ({"scaling": "log"}, "“log” is not a scaling"),
        ({"scalings": {"a": "log"}}, "“log” is not a scaling"),
        ({"encodings": {"a": "hash"}}, "“hash” is not a"),
        ({"task": "ranking"}, "“ranking” is not a task"),
    ],
)
def test_a_preparation_that_cannot_be_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Preparation(**changes)


def test_a_feature_without_a_value_in_the_training_part_cannot_be_filled_in() -> None:
    table = houses().with_column(number("size (m²)", *[NAN] * 6, 1, 2))
    with pytest.raises(DataError, match="No row to train on has a value of “size"):
        prepare(table, FILLED)


# As plain values


def test_a_preparation_survives_plain_values() -> None:
    preparation = changed(
        constants={"town": "x"},
        scalings={"price": "minmax"},
        encodings={"town": "label"},
        derived=(square("weight"),),
    )
    assert Preparation.from_dict(json.loads(json.dumps(preparation.to_dict(), sort_keys=True))) == preparation
    for key in preparation.to_dict():
        values = {name: value for name, value in preparation.to_dict().items() if name != key}
        with pytest.raises(DataError, match="damaged"):
            Preparation.from_dict(values)
        if key != "task":
            with pytest.raises(DataError, match=r"damaged|not a"):
                Preparation.from_dict({**preparation.to_dict(), key: 3})


def test_a_prepared_dataset_survives_plain_values_and_arrays_bit_for_bit() -> None:
    data = prepare(houses(), changed(derived=(square("weight"),)))
    values = json.loads(json.dumps(data.to_dict()))
    again = Dataset.from_dict(values, {name: array.copy() for name, array in data.arrays().items()})
    assert again.to_dict() == data.to_dict()
    assert again.arrays().keys() == data.arrays().keys()
    for name, array in data.arrays().items():
        assert again.arrays()[name].tobytes() == array.tobytes(), name
    assert again.table is not None
    assert prepare(again.table, again.preparation).x.tobytes() == data.x.tobytes()
    assert again.encode_row({"size (m²)": "", "town": "", "built": "", "weight": 2}).tolist()


def test_the_default_preparation_takes_all_other_columns_as_features() -> None:
    preparation = default_preparation(houses(), ["price"])
    assert preparation.names("feature") == ("size (m²)", "town", "built", "weight", "part")
    assert preparation.split.kind == "random"
    assert default_preparation(houses(), ["town"]).split.kind == "stratified"
    with pytest.raises(DataError, match="no column “prize”"):
        default_preparation(houses(), ["prize"])


# What is worth knowing


def test_remarks_tell_what_was_left_out_and_what_nothing_can_be_learned_from() -> None:
    table = houses().with_column(category_column("kind", ["a", "b", "a", "b", "a", "b", "c", "a"]))
    roles = {"size (m²)": "feature", "weight": "feature", "kind": "target"}
    table = table.with_column(number("weight", *[2.0] * 8))
    data = prepare(table, changed(roles=roles, missing={}))
    assert remarks(data) == (
        "1 row lacks a value and is left out.",
        "Always the same, so nothing can be learned from it: “weight”.",
        "No row to train on is of the class “c”.",
        "No row to test is of the class “b”.",
    )


@pytest.mark.parametrize("key", ["xor", "iris", "digits", "diabetes", "spiral"])
def test_there_is_nothing_to_remark_on_sets_without_gaps(key: str) -> None:
    assert remarks(make_dataset(key)) == ()


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=30, unique=True),
    scaling=st.sampled_from(["none", "standardize", "minmax"]),
    encoding=st.sampled_from(["one_hot", "label"]),
    kind=st.sampled_from(["random", "order"]),
    seed=st.integers(0, 99),
)
def test_the_way_back_gives_what_stood_in_the_table(
    values: list[float], scaling: str, encoding: str, kind: str, seed: int
) -> None:
    texts = [["x", "y", "z"][round(abs(value)) % 3] for value in values]
    table = Table((number("a", *values), category_column("c", texts), number("t", *values)))
    preparation = Preparation(
        roles={"a": "feature", "c": "feature", "t": "target"},
        scaling=scaling,
        target_scaling=scaling,
        encodings={"c": encoding},
        split=Split(kind=kind, seed=seed),
    )
    data = prepare(table, preparation)
    shown = data.features_in_units(data.x)
    assert shown["a"] == pytest.approx(np.array(values), rel=1e-9, abs=1e-6)
    assert shown["c"].tolist() == texts
    assert data.targets_in_units(data.y)["t"] == pytest.approx(np.array(values), rel=1e-9, abs=1e-6)
    assert data.encode_table(table).tobytes() == data.x.tobytes()
