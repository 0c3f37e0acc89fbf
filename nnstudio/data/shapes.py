"""Points in the plane and functions to fit, drawn from a seed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.table import Column, Table
from nnstudio.errors import DataError
from nnstudio.expressions import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    # Coordinates of so many points of one class, before noise: (class, rows, rng, options) -> x1, x2
    Shape = Callable[[int, int, np.random.Generator, Mapping[str, Any]], tuple[Floats, Floats]]
    # Names of the classes: (options) -> names
    Names = Callable[[Mapping[str, Any]], Sequence[str]]

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


# Functions of one input


def sine(options: Mapping[str, Any]) -> Table:
    """Return a sine, of so many periods, with noise."""
    rng = np.random.default_rng(options["seed"])
    x = np.linspace(-math.pi, math.pi, options["rows"])
    return _curve(x, np.sin(options["periods"] * x) + options["noise"] * rng.standard_normal(len(x)))


def function(options: Mapping[str, Any]) -> Table:
    """Return a typed formula of x over a range, with noise; raises DataError where it has no value."""
    low, high = options["low"], options["high"]
    if not low < high:
        raise DataError(
            f"The range must run from a smaller number to a larger one, not from {low} to {high}."
        )
    rng = np.random.default_rng(options["seed"])
    x = np.linspace(low, high, options["rows"])
    formula = parse(options["formula"])
    y = formula.value(x)
    if not np.isfinite(y).all():
        problem = next(problem for problem in formula.check_at(x) if problem.kind != "slope")
        raise DataError(f"The function has no value in some rows: {problem}")
    return _curve(x, y + options["noise"] * rng.standard_normal(len(x)))


def _curve(x: Floats, y: Floats) -> Table:
    return Table((Column("x", "number", x), Column("y", "number", y)))


# Functions of two inputs


def plane(options: Mapping[str, Any]) -> Table:
    """Return heights of a tilted plane, with noise."""
    return _heights(1.0, options, lambda a, b: options["slope_1"] * a + options["slope_2"] * b)


def bump(options: Mapping[str, Any]) -> Table:
    """Return heights of a Gaussian bump in the middle, with noise."""
    return _heights(3.0, options, lambda a, b: np.exp(-(a * a + b * b) / (2.0 * options["width"] ** 2)))


def _heights(reach: float, options: Mapping[str, Any], height: Callable[[Floats, Floats], Floats]) -> Table:
    rng = np.random.default_rng(options["seed"])
    points = rng.uniform(-reach, reach, (options["rows"], 2))
    y = height(points[:, 0], points[:, 1]) + options["noise"] * rng.standard_normal(len(points))
    return Table(
        (
            Column("x1", "number", points[:, 0].copy()),
            Column("x2", "number", points[:, 1].copy()),
            Column("y", "number", y),
        )
    )


# Classes of points


def points(shape: Shape, names: Names) -> Callable[[Mapping[str, Any]], Table]:
    """Return what makes a set of points, equally many of each class, the first ones one more where needed."""

    def build(options: Mapping[str, Any]) -> Table:
        rng = np.random.default_rng(options["seed"])
        classes = tuple(names(options))
        every, more = divmod(options["rows"], len(classes))
        counts = [every + (label < more) for label in range(len(classes))]
        drawn = [np.column_stack(shape(label, n, rng, options)) for label, n in enumerate(counts)]
        placed = np.vstack(drawn)
        placed += options["noise"] * rng.standard_normal(placed.shape)
        labels = np.repeat(np.arange(len(classes)), counts)
        return Table(
            (
                Column("x1", "number", placed[:, 0].copy()),
                Column("x2", "number", placed[:, 1].copy()),
                Column("class", "category", labels, classes),
            )
        )

    return build


def circle(
    label: int, rows: int, rng: np.random.Generator, options: Mapping[str, Any]
) -> tuple[Floats, Floats]:
    """Return points of the inner circle or, around it, of the outer one of radius 1."""
    angle = rng.uniform(0.0, 2 * math.pi, rows)
    radius = options["radius"] if label == 0 else 1.0
    return radius * np.cos(angle), radius * np.sin(angle)


def moon(
    label: int, rows: int, rng: np.random.Generator, options: Mapping[str, Any]
) -> tuple[Floats, Floats]:
    """Return points of the upper half circle or of the lower one, which reaches into it so far."""
    angle = rng.uniform(0.0, math.pi, rows)
    if label == 0:
        return np.cos(angle), np.sin(angle)
    return 1.0 - np.cos(angle), options["overlap"] - np.sin(angle)


def arm(label: int, rows: int, rng: np.random.Generator, options: Mapping[str, Any]) -> tuple[Floats, Floats]:
    """Return points of one arm of a spiral."""
    # The root spreads the points evenly along the arm rather than near the center.
    along = np.sqrt(rng.uniform(0.01, 1.0, rows))
    angle = 2 * math.pi * options["turns"] * along + 2 * math.pi * label / options["arms"]
    return 2.0 * along * np.cos(angle), 2.0 * along * np.sin(angle)


def cloud(
    label: int, rows: int, _rng: np.random.Generator, options: Mapping[str, Any]
) -> tuple[Floats, Floats]:
    """Return the center of one of the clouds, which stand around the origin, for each row."""
    count = options["clouds"]
    if count == 2:
        center = -1.0 if label == 0 else 1.0
        return np.full(rows, center), np.full(rows, center)
    angle = 2 * math.pi * (label / count - 0.375)
    reach = max(math.sqrt(2), 1.0 / math.sin(math.pi / count))
    return np.full(rows, reach * math.cos(angle)), np.full(rows, reach * math.sin(angle))


def crossed(
    label: int, rows: int, _rng: np.random.Generator, _options: Mapping[str, Any]
) -> tuple[Floats, Floats]:
    """Return the centers of two opposite corners of a square, in turn."""
    side = np.where(np.arange(rows) % 2 == 0, -1.0, 1.0)
    return side, side if label == 0 else -side


def square(
    label: int, rows: int, rng: np.random.Generator, options: Mapping[str, Any]
) -> tuple[Floats, Floats]:
    """Return points within the squares of one color of a checkerboard from -1 to 1."""
    count = options["squares"]
    cells = np.array([(i, j) for i in range(count) for j in range(count) if (i + j) % 2 == label])
    corner = cells[rng.integers(len(cells), size=rows)]
    placed = (corner + rng.uniform(0.0, 1.0, (rows, 2))) * (2.0 / count) - 1.0
    return placed[:, 0], placed[:, 1]


def arm_names(options: Mapping[str, Any]) -> list[str]:
    """Return what the arms of a spiral are called."""
    return [f"{ordinal} arm" for ordinal in ORDINALS[: options["arms"]]]


def cloud_names(options: Mapping[str, Any]) -> list[str]:
    """Return what Gaussian clouds are called."""
    if options["clouds"] == 2:
        return ["lower left", "upper right"]
    return [f"{ordinal} cloud" for ordinal in ORDINALS[: options["clouds"]]]
