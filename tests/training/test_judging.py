from __future__ import annotations

import importlib.util
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.data import make_dataset
from nnstudio.engine import compile_network
from nnstudio.network.templates import layered_network
from nnstudio.training import judging

if TYPE_CHECKING:
    from numpy.typing import NDArray

seeds = st.integers(0, 10_000)
# In the optional group `oracle`.
needs_scikit_learn = pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is None, reason="needs scikit-learn: run with --oracle"
)


def scored(seed: int, rows: int, *, ties: bool) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    positive = rng.random(rows) < 0.4
    positive[:2] = True, False
    scores = np.clip(rng.normal(0.4 + 0.2 * positive, 0.2), 0.0, 1.0)
    return (np.round(scores, 1) if ties else scores), positive


@needs_scikit_learn
@given(classes=st.integers(2, 6), rows=st.integers(1, 60), seed=seeds)
def test_scores_of_classes_are_those_of_scikit_learn(classes: int, rows: int, seed: int) -> None:
    from sklearn import metrics as oracle

    rng = np.random.default_rng(seed)
    actual, predicted = rng.integers(0, classes, (2, rows))
    scores = judging.class_scores(oracle.confusion_matrix(actual, predicted, labels=np.arange(classes)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class without rows or answers is what is tested
        precision, recall, f1, support = oracle.precision_recall_fscore_support(
            actual, predicted, labels=np.arange(classes), zero_division=np.nan
        )
    np.testing.assert_allclose(scores.precision, precision)
    np.testing.assert_allclose(scores.recall, recall)
    np.testing.assert_allclose(scores.f1, f1)
    assert scores.support.tolist() == support.tolist()
    assert scores.accuracy == pytest.approx(oracle.accuracy_score(actual, predicted))


@needs_scikit_learn
@given(rows=st.integers(2, 80), seed=seeds, ties=st.booleans())
def test_curve_of_thresholds_is_that_of_scikit_learn(rows: int, seed: int, ties: bool) -> None:
    from sklearn import metrics as oracle

    scores, positive = scored(seed, rows, ties=ties)
    curve = judging.roc(scores, positive)
    false_alarms, hits, thresholds = oracle.roc_curve(positive, scores, drop_intermediate=False)
    np.testing.assert_allclose(curve.false_alarms, false_alarms)
    np.testing.assert_allclose(curve.hits, hits)
    np.testing.assert_allclose(curve.thresholds, thresholds)
    assert curve.area == pytest.approx(oracle.roc_auc_score(positive, scores))


@given(rows=st.integers(2, 60), seed=seeds, threshold=st.floats(-0.2, 1.2))
def test_a_threshold_is_read_where_rows_scored_at_least_that_are_found(
    rows: int, seed: int, threshold: float
) -> None:
    scores, positive = scored(seed, rows, ties=True)
    curve = judging.roc(scores, positive)
    place = curve.at(threshold)
    assert curve.hits[place] == pytest.approx(np.mean(scores[positive] >= threshold))
    assert curve.false_alarms[place] == pytest.approx(np.mean(scores[~positive] >= threshold))


def test_without_rows_of_a_kind_there_is_no_area_and_no_number_finds_nothing() -> None:
    assert np.isnan(judging.roc(np.array([0.2, 0.7]), np.array([True, True])).area)
    assert np.isnan(judging.roc(np.empty(0), np.empty(0, bool)).area)
    curve = judging.roc(np.array([np.nan, 0.7, np.nan]), np.array([True, False, True]))
    assert curve.area == 0.0


@needs_scikit_learn
@given(rows=st.integers(2, 120), seed=seeds, bins=st.integers(2, 15))
def test_calibration_is_that_of_scikit_learn_and_its_error_weighs_bins_by_rows(
    rows: int, seed: int, bins: int
) -> None:
    from sklearn.calibration import calibration_curve

    scores, positive = scored(seed, rows, ties=False)
    found = judging.calibration(scores, positive, bins)
    observed, predicted = calibration_curve(positive, scores, n_bins=bins)
    np.testing.assert_allclose(found.observed, observed)
    np.testing.assert_allclose(found.predicted, predicted)
    assert found.counts.sum() == rows
    assert (found.low <= found.predicted + 1e-12).all()
    assert (found.predicted <= found.high + 1e-12).all()
    expected = sum(
        count / rows * abs(p - o)
        for count, p, o in zip(found.counts, found.predicted, found.observed, strict=True)
    )
    assert found.error == pytest.approx(expected)


def test_probabilities_that_come_true_have_no_calibration_error() -> None:
    found = judging.calibration(np.repeat([0.25, 0.75], 4), np.array([1, 0, 0, 0, 1, 1, 1, 0], bool))
    assert found.error == 0.0
    assert found.counts.tolist() == [4, 4]
    assert np.isnan(judging.calibration(np.array([np.nan]), np.array([True])).error)


@pytest.mark.parametrize(
    ("loss", "output", "data"),
    [
        ("mse", "identity", "sine"),
        ("huber", "identity", "sine"),
        ("binary_cross_entropy", "sigmoid", "moons"),
        ("cross_entropy", "softmax", "iris"),
        ("hinge", "tanh", "moons"),
    ],
)
def test_losses_of_rows_have_the_loss_as_their_mean(loss: str, output: str, data: str) -> None:
    rows = make_dataset(data)
    program = compile_network(layered_network([rows.x.shape[1], 3, rows.y.shape[1]], output=output))
    parameters = program.initial_parameters()
    losses = judging.row_losses(loss, program.predict(parameters, rows.x), rows.y)
    assert losses.shape == (len(rows),)
    assert losses.mean() == pytest.approx(program.loss(parameters, rows.x, rows.y, loss=loss))


@given(seed=seeds, rows=st.integers(1, 300), far=st.floats(0, 1e9))
def test_bins_hold_all_values_and_are_few(seed: int, rows: int, far: float) -> None:
    values = np.append(np.random.default_rng(seed).normal(size=rows), far)
    edges = judging.shared_bins([values[:1], values[1:]])
    assert np.histogram(values, edges)[0].sum() == len(values)
    assert 2 <= len(edges) <= 41


def test_values_that_are_all_alike_or_none_have_bins_around_them() -> None:
    assert (
        judging.shared_bins([np.array([np.nan, -1e308, 1e308])]).tolist() == np.linspace(-1, 1, 11).tolist()
    )
    assert judging.shared_bins([]).tolist() == np.linspace(-1, 1, 11).tolist()
    edges = judging.shared_bins([np.full(4, 3.0)])
    assert edges[0] < 3.0 < edges[-1]


def test_values_that_differ_by_rounding_alone_but_for_a_few_have_bins() -> None:
    values = np.append(np.linspace(1.0, 1.0 + 2e-15, 1000), 1.1)
    edges = judging.shared_bins([values])
    assert np.histogram(values, edges)[0].tolist() == [1000, *[0] * 38, 1]


def test_residuals_are_summed_up_over_those_that_are_finite() -> None:
    summary = judging.summarize_residuals(np.array([1.0, -3.0, np.inf]))
    assert summary == (-1.0, 2.0, 3.0)
    assert np.isnan(judging.summarize_residuals(np.empty(0)).mean)


@given(count=st.integers(0, 5000), most=st.integers(1, 500))
def test_a_sample_is_even_and_within_its_size(count: int, most: int) -> None:
    rows = judging.sampled(np.arange(count), most)
    assert len(rows) <= most
    assert len(rows) == count or 2 * len(rows) >= most
    assert len(set(np.diff(rows))) <= 1
