import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.data import Column, Dataset, make_dataset
from nnstudio.data.split import split_rows
from nnstudio.errors import DataError, ShapeError

X = np.arange(20.0).reshape(10, 2)
Y = np.arange(10.0)


def test_arrays_are_copies_that_nobody_can_write() -> None:
    x = X.copy()
    data = Dataset.from_arrays(x, Y)
    x[:] = -1
    assert data.x.tolist() == X.tolist()
    for array in data.arrays().values():
        assert not array.flags.writeable


def test_one_dimensional_arrays_become_one_column() -> None:
    data = Dataset.from_arrays(Y, Y)
    assert data.x.shape == data.y.shape == (10, 1)
    assert data.feature_names == ("x1",)
    assert data.target_names == ("y1",)
    assert data.task == "regression"


def test_parts_are_disjoint_and_together_all_rows() -> None:
    data = Dataset.from_arrays(X, Y, test_fraction=0.3, seed=5)
    assert sorted([*data.train_rows, *data.test_rows]) == list(range(10))
    assert len(data.x_test) == len(data.y_test) == 3
    assert data.y_test[:, 0].tolist() == Y[data.test_rows].tolist()


def test_the_seed_decides_the_split() -> None:
    splits = {tuple(Dataset.from_arrays(X, Y, test_fraction=0.5, seed=seed).test_rows) for seed in range(20)}
    assert len(splits) > 10
    first, again = (Dataset.from_arrays(X, Y, test_fraction=0.5, seed=3).test_rows for _ in range(2))
    assert np.array_equal(first, again)


def test_named_test_rows_keep_their_order() -> None:
    data = Dataset.from_arrays(X, Y, test_rows=[7, 2, 4])
    assert data.test_rows.tolist() == [7, 2, 4]
    assert data.train_rows.tolist() == [0, 1, 3, 5, 6, 8, 9]


@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    fraction=st.floats(0.0, 0.9),
    seed=st.integers(0, 1000),
)
def test_a_stratified_split_gives_every_class_its_share(
    counts: list[int], fraction: float, seed: int
) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    rows = len(labels)
    wanted = round(rows * fraction)
    if wanted == rows or (fraction > 0 and wanted == 0):
        with pytest.raises(DataError):
            split_rows(rows, fraction, seed, labels)
        return
    train, test = split_rows(rows, fraction, seed, labels)
    assert len(test) == wanted
    assert sorted([*train, *test]) == list(range(rows))
    for label, count in enumerate(counts):
        assert abs(np.count_nonzero(labels[test] == label) - count * wanted / rows) < 1


@pytest.mark.parametrize("scaling", ["none", "standardize", "minmax"])
def test_scaling_is_fitted_on_the_training_part_and_can_be_undone(scaling: str) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(5.0, 3.0, (50, 3))
    data = Dataset.from_arrays(values, values[:, 0], scaling=scaling, test_fraction=0.4)
    assert np.allclose(data.feature_values(data.x), values, rtol=0, atol=1e-12)
    assert np.allclose(data.feature_inputs(values), data.x, rtol=0, atol=1e-12)
    if scaling == "standardize":
        assert np.allclose([data.x_train.mean(axis=0), data.x_train.std(axis=0)], [[0] * 3, [1] * 3])
    elif scaling == "minmax":
        assert data.x_train.min(axis=0).tolist() == [0] * 3
        assert data.x_train.max(axis=0).tolist() == [1] * 3
        assert (data.x_test.min() < 0) or (data.x_test.max() > 1)
    else:
        assert data.x.tolist() == values.tolist()


@pytest.mark.parametrize("scaling", ["standardize", "minmax"])
@pytest.mark.parametrize("value", [0.1, 0.0, -1e-300, 1e300])
def test_a_constant_column_becomes_zero_and_not_nan(scaling: str, value: float) -> None:
    data = Dataset.from_arrays(np.full((10, 1), value), Y, scaling=scaling)
    assert not data.x.any()
    assert data.feature_values(data.x)[0, 0] == value


def test_targets_can_be_scaled_and_predictions_put_back_into_their_units() -> None:
    prices = np.linspace(100_000, 900_000, 10)
    data = Dataset.from_arrays(X, prices, target_scaling="standardize")
    assert abs(data.y).max() < 3
    assert np.allclose(data.target_values(data.y)[:, 0], prices)


def test_class_numbers_become_one_column_a_class() -> None:
    data = Dataset.from_arrays(X[:6], [0, 1, 2, 2, 1, 0], classes=("a", "b", "c"), test_fraction=0.0)
    assert data.y.tolist() == np.eye(3)[[0, 1, 2, 2, 1, 0]].tolist()
    assert data.target_names == ("a", "b", "c")
    assert data.class_indices(data.y).tolist() == [0, 1, 2, 2, 1, 0]
    assert data.task == "classification"


def test_two_classes_stay_one_column_and_outputs_are_parted_at_one_half() -> None:
    data = Dataset.from_arrays(X[:4], [0, 1, 1, 0], classes=("no", "yes"), test_fraction=0.0)
    assert data.y.shape == (4, 1)
    assert data.class_indices([[0.49], [0.5], [0.9]]).tolist() == [0, 1, 1]


def test_prepare_encodes_and_scales_new_rows_like_the_data() -> None:
    columns = (Column("size"), Column("color", "category", ("blue", "red")))
    x = [[1.0, 1, 0], [3.0, 0, 1], [5.0, 1, 0]]
    data = Dataset.from_arrays(
        x, [1, 2, 3], feature_names=("size", "color=blue", "color=red"), columns=columns, scaling="minmax",
        test_fraction=0.0,
    )  # fmt: skip
    rows = data.prepare([{"size": "2", "color": "red", "extra": "?"}, (5.0, "blue")])
    assert rows.tolist() == [[0.25, 0.0, 1.0], [1.0, 1.0, 0.0]]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"a": 1}, "row 1: there is no value for “b”"),
        ((1.0,), "row 1: 1 values, expected 2"),
        ((1.0, "two"), "row 1, column “b”: “two” is not a number"),
        ((1.0, "nan"), "not a finite number"),
        ((1.0, ""), "the cell is empty"),
    ],
)
def test_prepare_names_row_and_column_of_what_it_cannot_use(row: object, message: str) -> None:
    data = Dataset.from_arrays(X, Y, feature_names=("a", "b"))
    with pytest.raises(DataError, match=message):
        data.prepare([row])


@pytest.mark.parametrize("key", ["xor", "addition", "iris"])
def test_a_dataset_survives_plain_values_and_arrays(key: str) -> None:
    data = make_dataset(key)
    values = json.loads(json.dumps(data.to_dict()))
    again = Dataset.from_dict(values, {name: array.copy() for name, array in data.arrays().items()})
    assert again.to_dict() == data.to_dict()
    for name, array in data.arrays().items():
        assert again.arrays()[name].tobytes() == array.tobytes()


def test_damaged_values_are_refused() -> None:
    data = make_dataset("xor")
    arrays = data.arrays()
    with pytest.raises(DataError, match="“y” is missing"):
        Dataset.from_dict(data.to_dict(), {name: array for name, array in arrays.items() if name != "y"})
    for key in data.to_dict().keys() - {"preparation"}:  # data of arrays have none
        values = data.to_dict()
        del values[key]
        with pytest.raises(DataError, match="damaged"):
            Dataset.from_dict(values, arrays)
    with pytest.raises(DataError, match="not among the 4 rows"):
        Dataset.from_dict(data.to_dict(), {**arrays, "train_rows": np.array([0, 4])})
    with pytest.raises(ShapeError):
        Dataset.from_dict(data.to_dict(), {**arrays, "feature_scale": np.ones(3)})
    for scale in (0.0, np.nan):
        with pytest.raises(DataError, match="scaling of the data is damaged"):
            Dataset.from_dict(data.to_dict(), {**arrays, "feature_scale": np.array([1.0, scale])})
    with pytest.raises(DataError, match="scaling"):
        Dataset.from_dict({**data.to_dict(), "scaling": "log"}, arrays)


@pytest.mark.parametrize(
    ("x", "y", "options", "error", "message"),
    [
        (X, Y[:9], {}, ShapeError, "10 rows of features but 9 of targets"),
        (np.zeros((0, 2)), [], {}, DataError, "no rows"),
        (np.zeros((10, 0)), Y, {}, DataError, "no features"),
        (np.zeros((2, 2, 2)), Y, {}, ShapeError, "3 dimensions"),
        ([[1, 2], [3]], [1, 2], {}, DataError, "equal length"),
        (np.where(X == 5, np.nan, X), Y, {}, DataError, "Row 3, column “x2”: nan"),
        (X, np.where(Y == 4, np.inf, Y), {}, DataError, "Row 5, column “y1”: inf"),
        (X, Y, {"feature_names": ("a",)}, ShapeError, "1 feature names for 2 columns"),
        (X, Y, {"feature_names": ("a", "a")}, DataError, "Two columns are called “a”"),
        (X, Y, {"scaling": "log"}, DataError, "not a scaling"),
        (
            [-1e308, 1e308, 0],
            [1, 2, 3],
            {"scaling": "minmax", "test_fraction": 0},
            DataError,
            "spans more than",
        ),
        (
            [-1e200, 1e200, 0],
            [1, 2, 3],
            {"scaling": "standardize", "test_fraction": 0},
            DataError,
            "spans more",
        ),
        (X, Y, {"classes": ("a", "b")}, DataError, "must be 0 and 1"),
        (X, Y, {"classes": ("a", "b", "c")}, DataError, "not the number of a class"),
        (X, np.zeros(10), {"classes": ("a",)}, DataError, "one class only"),
        (
            X[:2],
            [0, 2],
            {"classes": ("a", "b", "c"), "test_fraction": 0},
            DataError,
            "3 classes but only 2 rows",
        ),
        (X, np.ones((10, 3)), {"classes": ("a", "b", "c")}, DataError, "exactly one class"),
        (X, Y, {"test_rows": range(10)}, DataError, "No row is left"),
        (X, Y, {"test_rows": [1, 1]}, DataError, "twice"),
        (X, Y, {"test_rows": [10]}, DataError, "not among the 10 rows"),
        (X[:1], Y[:1], {"test_fraction": 0.9}, DataError, "just one row"),
        (X, Y, {"columns": (Column("a"),)}, ShapeError, "do not fit the number of features"),
    ],
)
def test_what_cannot_be_data_is_refused_with_its_place(x, y, options, error, message) -> None:
    with pytest.raises(error, match=message):
        Dataset.from_arrays(x, y, **options)
