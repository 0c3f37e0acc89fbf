"""The built-in data: one entry a set, each made from its options and a seed alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import Dataset
from nnstudio.data.tables import load_csv
from nnstudio.errors import DataError
from nnstudio.paths import resource_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Floats = NDArray[np.float64]
MAX_ROWS = 1_000_000

# The published test rows of the addition perceptron, in order.
ADDITION_TEST_ROWS = (
    (0.9, 0.1), (0.5, 0.5), (0.2, 0.3), (0.3, 0.6), (0.1, 0.7), (0.3, 0.1), (0.1, 0.5), (0.9, 0.0),
    (0.3, 0.3), (0.0, 0.1), (0.1, 0.2), (0.2, 0.0), (0.6, 0.1), (0.5, 0.3), (0.9, 0.1), (0.1, 0.4),
    (0.2, 0.4), (0.7, 0.0), (0.6, 0.3), (0.2, 0.6), (0.1, 0.0), (0.3, 0.3), (0.5, 0.0), (0.6, 0.4),
    (0.4, 0.5),
)  # fmt: skip


@dataclass(frozen=True)
class Generator:
    """One built-in set. ``defaults`` are the options it takes, of rows, noise and test_fraction."""

    title: str
    description: str
    task: Literal["classification", "regression"]
    defaults: Mapping[str, float]
    build: Callable[[Mapping[str, Any]], Dataset]


def make_dataset(
    key: str,
    *,
    rows: int | None = None,
    noise: float | None = None,
    seed: int = 0,
    test_fraction: float | None = None,
) -> Dataset:
    """Make a built-in set; what is left out has the set's own default, see `GENERATORS`.

    ``noise`` is the standard deviation of what is added. The same arguments give the same rows and split.
    Raises DataError for an unknown set, an option that it doesn't take and a value out of range.
    """
    if key not in GENERATORS:
        raise DataError(f"There is no built-in data set “{key}”; there are {', '.join(GENERATORS)}.")
    generator = GENERATORS[key]
    options: dict[str, Any] = {**generator.defaults, "seed": seed}
    for name, value in (("rows", rows), ("noise", noise), ("test_fraction", test_fraction)):
        if value is None:
            continue
        if name not in generator.defaults:
            raise DataError(
                f"The rows of “{generator.title}” are fixed: it takes no {name.replace('_', ' ')}."
            )
        options[name] = value
    _check_options(options)
    data = generator.build(options)
    source = {"kind": "generator", "key": key, "options": options}
    return data.described(title=generator.title, source=source)


def _check_options(options: Mapping[str, Any]) -> None:
    seed, rows, noise = options["seed"], options.get("rows", 4), options.get("noise", 0.0)
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise DataError(f"The seed must be a whole number from 0, not {seed}.")
    if not isinstance(rows, int) or isinstance(rows, bool) or not 4 <= rows <= MAX_ROWS:
        raise DataError(f"The number of rows must be a whole number from 4 to {MAX_ROWS:,}, not {rows}.")
    if not (isinstance(noise, int | float) and math.isfinite(noise) and noise >= 0):
        raise DataError(f"The noise must be a number from 0, not {noise}.")


# Truth tables and addition


def _truth_table(outputs: tuple[int, int, int, int]) -> Callable[[Mapping[str, Any]], Dataset]:
    def build(_options: Mapping[str, Any]) -> Dataset:
        return Dataset.from_arrays(
            [(0, 0), (0, 1), (1, 0), (1, 1)],
            outputs,
            feature_names=("a", "b"),
            target_names=("out",),
            classes=("0", "1"),
            test_fraction=0.0,
        )

    return build


def _addition(_options: Mapping[str, Any]) -> Dataset:
    tenths = [(i, j) for i in range(11) for j in range(11 - i)]
    test = [(round(a * 10), round(b * 10)) for a, b in ADDITION_TEST_ROWS]
    rows = np.array(tenths + test)
    return Dataset.from_arrays(
        rows / 10,
        rows.sum(axis=1) / 10,
        feature_names=("a", "b"),
        target_names=("sum",),
        test_rows=np.arange(len(tenths), len(rows)),
    )


# Functions and clouds of points


def _sine(options: Mapping[str, Any]) -> Dataset:
    rng = np.random.default_rng(options["seed"])
    x = np.linspace(-math.pi, math.pi, options["rows"])
    return Dataset.from_arrays(
        x,
        np.sin(x) + options["noise"] * rng.standard_normal(len(x)),
        feature_names=("x",),
        target_names=("y",),
        test_fraction=options["test_fraction"],
        seed=options["seed"],
    )


def _points(
    shape: Callable[[int, int, np.random.Generator], tuple[Floats, Floats]], classes: tuple[str, str]
) -> Callable[[Mapping[str, Any]], Dataset]:
    """``shape(class, rows, rng)`` gives the coordinates of one class's points, before noise."""

    def build(options: Mapping[str, Any]) -> Dataset:
        rng = np.random.default_rng(options["seed"])
        counts = (options["rows"] - options["rows"] // 2, options["rows"] // 2)
        points = np.vstack([np.column_stack(shape(label, count, rng)) for label, count in enumerate(counts)])
        points += options["noise"] * rng.standard_normal(points.shape)
        return Dataset.from_arrays(
            points,
            np.repeat((0, 1), counts),
            feature_names=("x1", "x2"),
            target_names=("class",),
            classes=classes,
            test_fraction=options["test_fraction"],
            seed=options["seed"],
        )

    return build


def _circle(label: int, rows: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    angle = rng.uniform(0.0, 2 * math.pi, rows)
    radius = 0.5 if label == 0 else 1.0
    return radius * np.cos(angle), radius * np.sin(angle)


def _moon(label: int, rows: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    angle = rng.uniform(0.0, math.pi, rows)
    if label == 0:
        return np.cos(angle), np.sin(angle)
    return 1.0 - np.cos(angle), 0.5 - np.sin(angle)


def _arm(label: int, rows: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    # An arm of one and a half turns; the root spreads the points evenly along it rather than near the center.
    along = np.sqrt(rng.uniform(0.01, 1.0, rows))
    angle = 3 * math.pi * along + math.pi * label
    return 2.0 * along * np.cos(angle), 2.0 * along * np.sin(angle)


def _cloud(label: int, rows: int, _rng: np.random.Generator) -> tuple[Floats, Floats]:
    center = np.full(rows, -1.0 if label == 0 else 1.0)
    return center, center


def _iris(options: Mapping[str, Any]) -> Dataset:
    return load_csv(
        resource_path("data", "iris.csv"),
        targets=["species"],
        scaling="standardize",
        test_fraction=options["test_fraction"],
        seed=options["seed"],
    )


def _gate(title: str, description: str, outputs: tuple[int, int, int, int]) -> Generator:
    return Generator(title, description, "classification", {}, _truth_table(outputs))


GENERATORS: dict[str, Generator] = {
    "and": _gate("AND", "1 where both inputs are 1.", (0, 0, 0, 1)),
    "or": _gate("OR", "1 where at least one input is 1.", (0, 1, 1, 1)),
    "nand": _gate("NAND", "0 where both inputs are 1.", (1, 1, 1, 0)),
    "xor": _gate("XOR", "1 where exactly one input is 1; no single neuron can do it.", (0, 1, 1, 0)),
    "addition": Generator(
        "Addition",
        "Two tenths and their sum, up to 1: 66 rows to train, 25 to test.",
        "regression",
        {},
        _addition,
    ),
    "sine": Generator(
        "Sine curve",
        "One period of a sine, as values to fit.",
        "regression",
        {"rows": 100, "noise": 0.05, "test_fraction": 0.2},
        _sine,
    ),
    "circles": Generator(
        "Two circles",
        "One class surrounds the other.",
        "classification",
        {"rows": 200, "noise": 0.08, "test_fraction": 0.2},
        _points(_circle, ("inner", "outer")),
    ),
    "moons": Generator(
        "Two moons",
        "Two half circles that reach into each other.",
        "classification",
        {"rows": 200, "noise": 0.1, "test_fraction": 0.2},
        _points(_moon, ("upper", "lower")),
    ),
    "spiral": Generator(
        "Two spirals",
        "Two arms of one and a half turns: hard, worth hidden neurons.",
        "classification",
        {"rows": 300, "noise": 0.05, "test_fraction": 0.2},
        _points(_arm, ("first arm", "second arm")),
    ),
    "gaussians": Generator(
        "Two clouds",
        "Two Gaussian clouds, which a straight line parts.",
        "classification",
        {"rows": 200, "noise": 0.5, "test_fraction": 0.2},
        _points(_cloud, ("lower left", "upper right")),
    ),
    "iris": Generator(
        "Iris",
        "Fisher's 150 flowers: three species, told by petals and sepals.",
        "classification",
        {"test_fraction": 0.2},
        _iris,
    ),
}
