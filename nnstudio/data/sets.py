"""The registry of built-in sets: one entry a set, with its options and what they may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from nnstudio.data import shapes, truth_tables
from nnstudio.data.options import NOISE, ROWS, TEST, Option, Value
from nnstudio.data.shipped import DIABETES_UNITS, DIGITS_SHAPE, IRIS_UNITS, WINE_UNITS, digits, shipped
from nnstudio.data.split import Split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nnstudio.data.preparation import Task
    from nnstudio.data.scaling import Scaling
    from nnstudio.data.table import Table

Group = Literal["Truth tables", "Functions", "Points", "Real data"]


@dataclass(frozen=True, kw_only=True)
class Generator:
    """One built-in set, made by ``build`` from the values of its ``options`` and “seed”.

    A set in which nothing is drawn has no options. ``targets`` are its target columns; ``units`` those of its
    columns, by name, as far as they are known.
    """

    title: str
    description: str
    task: Task
    group: Group
    build: Callable[[Mapping[str, Any]], Table]
    targets: tuple[str, ...]
    options: Mapping[str, Option] = field(default_factory=dict)
    scaling: Scaling = "none"
    target_scaling: Scaling = "none"
    units: Mapping[str, str] = field(default_factory=dict)
    image_shape: tuple[int, int] | None = None
    split: Split | None = None

    @property
    def defaults(self) -> dict[str, Value]:
        """Default of each option."""
        return {name: option.default for name, option in self.options.items()}


def _truth_table(
    title: str, description: str, build: Callable[[Mapping[str, Any]], Table], **more: Any
) -> Generator:
    return Generator(
        **{
            "title": title,
            "description": description,
            "task": "classification",
            "group": "Truth tables",
            "build": build,
            "targets": ("out",),
            **more,
        }
    )


def _any_gate(inputs: int, default: int) -> dict[str, Option]:
    most = 2**2**inputs - 2  # the first and the last gate are constant
    named = truth_tables.NAMED_GATES[inputs]
    tip = "The outputs, from the last row to the first, as the bits of a number"
    return {"gate": Option("Gate", tip, "whole", default, 1, most, named=named)}


def _drawn(rows: int, noise: float, **own: Option) -> dict[str, Option]:
    return {
        "rows": ROWS.with_default(rows),
        "noise": NOISE.with_default(noise),
        **own,
        "test_fraction": TEST,
    }


def _function(
    title: str, description: str, build: Callable[[Mapping[str, Any]], Table], options: dict[str, Option]
) -> Generator:
    return Generator(
        title=title,
        description=description,
        task="regression",
        group="Functions",
        build=build,
        targets=("y",),
        options=options,
    )


def _points(
    title: str,
    description: str,
    shape: shapes.Shape,
    options: dict[str, Option],
    names: shapes.Names,
) -> Generator:
    return Generator(
        title=title,
        description=description,
        task="classification",
        group="Points",
        build=shapes.points(shape, names),
        targets=("class",),
        options=options,
    )


def _real(
    title: str,
    description: str,
    build: Callable[[Mapping[str, Any]], Table],
    target: str,
    **more: Any,
) -> Generator:
    return Generator(
        **{
            "title": title,
            "description": description,
            "task": "classification",
            "group": "Real data",
            "build": build,
            "targets": (target,),
            "options": {"test_fraction": TEST},
            "scaling": "standardize",
            **more,
        }
    )


def _number(title: str, tooltip: str, default: float, least: float, most: float, step: float) -> Option:
    return Option(title, tooltip, "number", default, least, most, step=step)


_gate = truth_tables.fixed_gate
_SLOPE = "How much the height grows along the {} input"

GENERATORS: dict[str, Generator] = {
    "and": _truth_table("AND", "1 where both inputs are 1.", _gate(2, 8)),
    "or": _truth_table("OR", "1 where at least one input is 1.", _gate(2, 14)),
    "nand": _truth_table("NAND", "0 where both inputs are 1.", _gate(2, 7)),
    "nor": _truth_table("NOR", "1 where both inputs are 0.", _gate(2, 1)),
    "xor": _truth_table("XOR", "1 where exactly one input is 1; no single neuron can do it.", _gate(2, 6)),
    "xnor": _truth_table("XNOR", "1 where both inputs are the same.", _gate(2, 9)),
    "gate2": _truth_table(
        "Gate of 2",
        "Any gate of two inputs, by its number.",
        truth_tables.any_gate(2),
        options=_any_gate(2, 11),
    ),
    "gate3": _truth_table(
        "Gate of 3",
        "Any gate of three inputs, by its number; at first 1 where most inputs are.",
        truth_tables.any_gate(3),
        options=_any_gate(3, 232),
    ),
    "parity": _truth_table(
        "Parity",
        "1 where the number of ones is odd: hard, because every input can turn the answer.",
        truth_tables.parity,
        targets=("odd",),
        options={"bits": Option("Bits", "How many inputs there are", "whole", 3, 2, 8)},
    ),
    "half_adder": _truth_table(
        "Half adder",
        "Two bits and their sum: a digit and a carry.",
        truth_tables.half_adder,
        task="regression",
        targets=("sum", "carry"),
    ),
    "full_adder": _truth_table(
        "Full adder",
        "Two bits and a carry, and their sum: a digit and a carry.",
        truth_tables.full_adder,
        task="regression",
        targets=("sum", "carry out"),
    ),
    "addition": Generator(
        title="Addition",
        description="Two tenths and their sum, up to 1: 66 rows to train, 25 to test.",
        task="regression",
        group="Functions",
        build=truth_tables.addition,
        targets=("sum",),
        split=Split(kind="order", fraction=len(truth_tables.ADDITION_TEST_ROWS) / truth_tables.ADDITION_ROWS),
    ),
    "sine": _function(
        "Sine curve",
        "One period of a sine, as values to fit.",
        shapes.sine,
        _drawn(100, 0.05, periods=_number("Periods", "How often the sine repeats", 1.0, 0.25, 8.0, 0.25)),
    ),
    "function": _function(
        "Function",
        "A function of x that you type, over a range.",
        shapes.function,
        {
            "formula": Option("Formula", "A formula of x, such as sin(2*x) + x/2", "text", "sin(2*x) + x/2"),
            "low": Option("From", "Where x begins", "number", -3.0, -1e6, 1e6, usual=(-10, 10), step=0.5),
            "high": Option("To", "Where x ends", "number", 3.0, -1e6, 1e6, usual=(-10, 10), step=0.5),
            **_drawn(100, 0.05),
        },
    ),
    "plane": _function(
        "Plane",
        "Heights of a tilted plane: what a single neuron can learn.",
        shapes.plane,
        _drawn(
            200,
            0.05,
            slope_1=_number("Slope along x1", _SLOPE.format("first"), 1.0, -3.0, 3.0, 0.1),
            slope_2=_number("Slope along x2", _SLOPE.format("second"), -0.5, -3.0, 3.0, 0.1),
        ),
    ),
    "bump": _function(
        "Bump",
        "Heights of a round Gaussian hill in the middle.",
        shapes.bump,
        _drawn(200, 0.05, width=_number("Width", "How wide the hill is", 1.0, 0.2, 3.0, 0.1)),
    ),
    "circles": _points(
        "Two circles",
        "One class surrounds the other.",
        shapes.circle,
        _drawn(200, 0.08, radius=_number("Inner radius", "Radius of the inner circle", 0.5, 0.0, 0.95, 0.05)),
        lambda _options: ("inner", "outer"),
    ),
    "moons": _points(
        "Two moons",
        "Two half circles that reach into each other.",
        shapes.moon,
        _drawn(
            200, 0.1, overlap=_number("Overlap", "How far they reach into each other", 0.5, -0.5, 1, 0.05)
        ),
        lambda _options: ("upper", "lower"),
    ),
    "spiral": _points(
        "Two spirals",
        "Two arms of one and a half turns: hard, worth hidden neurons.",
        shapes.arm,
        _drawn(
            300,
            0.05,
            turns=_number("Turns", "How often each arm winds around", 1.5, 0.25, 3.0, 0.25),
            arms=Option("Arms", "How many arms there are, each a class", "whole", 2, 2, 6),
        ),
        shapes.arm_names,
    ),
    "xor_clouds": _points(
        "XOR clouds",
        "Four clouds, of which opposite ones are of one class.",
        shapes.crossed,
        _drawn(200, 0.35),
        lambda _options: ("same signs", "other signs"),
    ),
    "gaussians": _points(
        "Two clouds",
        "Two Gaussian clouds, which a straight line parts.",
        shapes.cloud,
        _drawn(
            200, 0.5, clouds=Option("Clouds", "How many clouds there are, each a class", "whole", 2, 2, 6)
        ),
        shapes.cloud_names,
    ),
    "checkerboard": _points(
        "Checkerboard",
        "The two colors of a checkerboard.",
        shapes.square,
        _drawn(400, 0.0, squares=Option("Squares", "How many squares a side has", "whole", 4, 2, 8)),
        lambda _options: ("dark", "light"),
    ),
    "iris": _real(
        "Iris",
        "Fisher's 150 flowers: three species, told by petals and sepals.",
        shipped("iris.csv"),
        "species",
        units=IRIS_UNITS,
    ),
    "wine": _real(
        "Wine",
        "178 wines of three cultivars, told by 13 chemical measures.",
        shipped("wine.csv.gz"),
        "cultivar",
        units=WINE_UNITS,
    ),
    "breast_cancer": _real(
        "Breast cancer",
        "569 tumors, benign or malignant, told by 30 measures of their cells.",
        shipped("breast_cancer.csv.gz"),
        "diagnosis",
    ),
    "diabetes": _real(
        "Diabetes",
        "442 patients: how far the illness goes in a year, from ten measures.",
        shipped("diabetes.csv.gz", classes=False),
        "progression",
        task="regression",
        target_scaling="standardize",
        units=DIABETES_UNITS,
    ),
    "digits": _real(
        "Digits",
        "1,797 handwritten digits, as images of 8 by 8 pixels.",
        digits,
        "digit",
        scaling="none",
        options={"test_fraction": TEST.with_default(0.25)},
        image_shape=DIGITS_SHAPE,
    ),
}
