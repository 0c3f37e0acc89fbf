import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.data import Dataset, make_dataset
from nnstudio.training import metrics


def classified(classes: int, rows: int, rng: np.random.Generator) -> Dataset:
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, rows)])
    x = rng.normal(size=(len(labels), 2))
    return Dataset.from_arrays(x, labels, classes=[f"c{k}" for k in range(classes)], test_fraction=0.3)


@given(classes=st.integers(2, 5), rows=st.integers(5, 60), seed=st.integers(0, 1000))
def test_confusion_counts_every_row_where_it_belongs(classes: int, rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = classified(classes, rows, rng)
    outputs = rng.random(data.y.shape)
    counts = metrics.confusion(data, outputs, data.y)
    expected = np.zeros((classes, classes))
    for output, target in zip(outputs, data.y, strict=True):
        if classes == 2:
            expected[int(target[0]), int(output[0] >= 0.5)] += 1
        else:
            expected[np.argmax(target), np.argmax(output)] += 1
    assert counts.tolist() == expected.tolist()
    assert metrics.accuracy(data, outputs, data.y) == pytest.approx(np.trace(expected) / len(data))


@given(rows=st.integers(2, 40), targets=st.integers(1, 3), seed=st.integers(0, 1000))
def test_r2_is_one_less_the_unexplained_share_of_the_variance(rows: int, targets: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, outputs = rng.normal(5, 2, (rows, targets)), rng.normal(5, 2, (rows, targets))
    each = [1 - ((y[:, k] - outputs[:, k]) ** 2).mean() / y[:, k].var() for k in range(targets)]
    assert metrics.r2(outputs, y) == pytest.approx(np.mean(each))
    assert metrics.r2(y, y) == 1.0
    assert metrics.r2(np.broadcast_to(y.mean(axis=0), y.shape), y) == pytest.approx(0.0)


def test_r2_of_a_constant_target_is_one_where_met_and_zero_where_not() -> None:
    y = np.full((7, 1), 0.1)
    assert metrics.r2(y, y) == 1.0
    assert metrics.r2(y + 0.5, y) == 0.0


def test_mean_absolute_error_is_in_the_datas_own_units() -> None:
    data = Dataset.from_arrays(
        np.arange(4.0), [0.0, 100.0, 200.0, 300.0], target_scaling="minmax", test_fraction=0
    )
    assert metrics.mae(data, data.y + 0.1, data.y) == pytest.approx(30.0)


def test_rounded_accuracy_compares_at_one_decimal() -> None:
    outputs = np.array([[0.449], [0.451], [0.96], [1.04], [0.94]])
    targets = np.array([[0.4], [0.4], [1.0], [1.0], [1.0]])
    assert metrics.rounded_accuracy(outputs, targets) == pytest.approx(3 / 5)
    addition = make_dataset("addition")
    assert metrics.rounded_accuracy(addition.y, addition.y) == 1.0


@pytest.mark.parametrize("key", ["xor", "iris", "addition", "sine", "moons"])
def test_the_evaluator_measures_what_the_single_functions_do(key: str) -> None:
    data = make_dataset(key)
    rng = np.random.default_rng(0)
    train, test = (y + rng.normal(0, 0.4, y.shape) for y in (data.y_train, data.y_test))
    has_test = len(test) > 0
    values = metrics.Evaluator(data, "mse").measure(train, test if has_test else None)
    assert tuple(values) == metrics.metric_names(data)
    parts = [("", train, data.y_train)] + ([("test_", test, data.y_test)] if has_test else [])
    for prefix, outputs, targets in parts:
        if data.classes:
            assert values[f"{prefix}accuracy"] == metrics.accuracy(data, outputs, targets)
        else:
            assert values[f"{prefix}r2"] == metrics.r2(outputs, targets)
            assert values[f"{prefix}mae"] == metrics.mae(data, outputs, targets)


def test_hinge_goes_by_the_sign_of_a_single_output() -> None:
    data = make_dataset("and")
    outputs = np.array([[-2.0], [-0.1], [-1.0], [0.2]])
    assert metrics.accuracy(data, outputs, data.y, loss="hinge") == 1.0
    assert metrics.accuracy(data, outputs, data.y, loss="mse") == 0.75
    assert metrics.Evaluator(data, "hinge").measure(outputs, None) == {"accuracy": 1.0}
    assert metrics.confusion(data, outputs, data.y, loss="hinge").tolist() == [[3, 0], [0, 1]]
