"""How outputs compare with what is true, in more than one number: per class, by threshold, by probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.losses import LOSSES

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = NDArray[np.float64]
Counts = NDArray[np.intp]
_MOST_BINS = 40
_FARTHEST = 1e100


class ClassScores(NamedTuple):
    """How well each class is told, (classes,) each; NaN where nothing can be said.

    ``precision`` is the share of the answers of a class that are right, ``recall`` the share of its rows that
    are found, ``f1`` their harmonic mean, ``support`` the number of its rows; ``accuracy`` is over all rows.
    """

    precision: Floats
    recall: Floats
    f1: Floats
    support: Counts
    accuracy: float


def class_scores(counts: Counts) -> ClassScores:
    """Return the scores of a confusion matrix (classes, classes): row the true class, column the answer."""
    right = np.diag(counts).astype(np.float64)
    support, answers = counts.sum(axis=1), counts.sum(axis=0)
    total = int(counts.sum())
    return ClassScores(
        precision=_share(right, answers),
        recall=_share(right, support),
        f1=_share(2.0 * right, support + answers),
        support=support,
        accuracy=float(right.sum()) / total if total else float("nan"),
    )


class Roc(NamedTuple):
    """What each threshold finds: (thresholds,) each, from the highest down, the first one finding nothing.

    ``hits`` are the shares of the positive rows that are found, ``false_alarms`` those of all others that
    are taken for positive; ``area`` is the area under the curve. NaN where one of the two has no rows.
    """

    thresholds: Floats
    hits: Floats
    false_alarms: Floats
    area: float

    def at(self, threshold: float) -> int:
        """Return the place on the curve where rows scored at least ``threshold`` are found."""
        return int(np.searchsorted(-self.thresholds, -threshold, side="right")) - 1


def roc(scores: Floats, positive: NDArray[np.bool_]) -> Roc:
    """Return the curve of scores (rows,), rows being found from a threshold up. Not a number finds nothing.

    Source: Fawcett 2006, An introduction to ROC analysis.
    """
    scores = np.where(np.isnan(scores), -np.inf, scores)
    order = np.argsort(-scores, kind="stable")
    scores, hit = scores[order], positive[order]
    # The last row of each score; a difference would be none between infinite ones.
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)) if len(scores) else np.empty(0, int)
    found = np.append(0, np.cumsum(hit)[last])
    false = np.append(0, np.cumsum(~hit)[last])
    count = int(positive.sum())
    hits, false_alarms = _share(found, np.array(count)), _share(false, np.array(len(positive) - count))
    area = float(np.trapezoid(hits, false_alarms)) if len(scores) else float("nan")
    return Roc(np.append(np.inf, scores[last]), hits, false_alarms, area)


class Calibration(NamedTuple):
    """Whether probabilities come true, by bins of equal width that hold rows, (bins,) each.

    ``predicted`` is the mean probability in a bin, ``observed`` the share of positive rows, ``counts`` the
    number of rows; ``error`` is the expected calibration error: the mean distance of the two over all rows.
    ``low`` and ``high`` are the edges of the bins.
    """

    predicted: Floats
    observed: Floats
    counts: Counts
    low: Floats
    high: Floats
    error: float


def calibration(probabilities: Floats, positive: NDArray[np.bool_], bins: int = 10) -> Calibration:
    """Return how probabilities (rows,) from 0 to 1 compare with what is true; rows without one are left out.

    Source: Guo et al. 2017, On calibration of modern neural networks, equation 3.
    """
    known = np.isfinite(probabilities)
    probabilities, positive = probabilities[known], positive[known]
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.searchsorted(edges[1:-1], probabilities)
    counts = np.bincount(place, minlength=bins)
    filled = np.flatnonzero(counts)
    predicted = np.bincount(place, weights=probabilities, minlength=bins)[filled] / counts[filled]
    observed = np.bincount(place, weights=positive, minlength=bins)[filled] / counts[filled]
    error = float(np.abs(predicted - observed) @ counts[filled]) / len(place) if len(place) else float("nan")
    return Calibration(predicted, observed, counts[filled], edges[filled], edges[filled + 1], error)


def row_losses(loss: str, outputs: Floats, targets: Floats) -> Floats:
    """Return what each row adds to a loss, before weights, (rows,). outputs, targets (rows, targets)."""
    entry = LOSSES[loss]
    with np.errstate(all="ignore"):
        terms: Floats = entry.terms(outputs, targets).sum(axis=1)
    return terms / targets.shape[1] if entry.mean_over_outputs else terms


class Residuals(NamedTuple):
    """Predictions minus targets of one part: mean, standard deviation and largest magnitude."""

    mean: float
    deviation: float
    largest: float


def summarize_residuals(residuals: Floats) -> Residuals:
    """Return the summary of residuals (rows,) that are finite; NaN where there are none."""
    finite = residuals[np.isfinite(residuals)]
    if not len(finite):
        return Residuals(*[float("nan")] * 3)
    return Residuals(float(finite.mean()), float(finite.std()), float(np.abs(finite).max()))


def shared_bins(parts: Sequence[Floats], most: int = _MOST_BINS) -> Floats:
    """Return the edges of bins that suit several parts, (bins + 1,), in a histogram of all of them.

    Bins are as wide as NumPy's "auto" has them for the middle of the values, but ``most`` at the most. What
    lies beyond all bounds has none.
    """
    values = np.concatenate([*parts, np.empty(0)])
    values = values[np.abs(values) < _FARTHEST]
    if not len(values):
        return np.linspace(-1.0, 1.0, 11)
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
        half = max(0.5 * abs(low), 0.5)
        return np.linspace(low - half, high + half, 11)
    # A few far away would ask for more bins than there is memory.
    middle = np.clip(values, *np.percentile(values, [1.0, 99.0]))
    if most * np.ptp(middle) <= high - low:
        return np.linspace(low, high, most + 1)  # even one bin for the middle makes for more than so many
    width = np.ptp(middle) / max(1, len(np.histogram_bin_edges(middle, "auto")) - 1)
    count = int(min(most, max(5.0, np.ceil((high - low) / width))))
    return np.linspace(low, high, count + 1)


def sampled(rows: Counts, most: int) -> Counts:
    """Return at most ``most`` of rows (rows,), evenly spread over them."""
    return rows[:: max(1, -(-len(rows) // most))]


def _share(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        quotient: Floats = np.true_divide(part, whole)
    return np.where(whole == 0, np.nan, quotient)
