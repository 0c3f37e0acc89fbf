"""The loss over one weight or bias, all others as they are: curve, tangent, and the path of a training.

A line is a `Plane` without a second direction: u is the value of the parameter, v means nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnstudio.engine.landscape import Plane, parameter_name, tied_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from nnstudio.engine.landscape import Slicer
    from nnstudio.engine.program import Program

# Points of the curves, each of which has those of the one before it.
POINTS = (9, 17, 33, 65, 129)


class Tangent(NamedTuple):
    """Where a tangent touches the curve: the value ``at``, the ``loss`` there, and the exact ``slope``."""

    at: float
    loss: float
    slope: float


class Tracing(NamedTuple):
    """How far the measuring of a line is: a ``share`` from 0 to 1, and what is new with it, if anything.

    ``losses`` (points,) are evenly spread over the range, NaN or infinite where the loss is; ``path`` has
    the losses of the first of the moments asked for, more with each report.
    """

    share: float
    losses: NDArray[np.float64] | None = None
    tangent: Tangent | None = None
    path: NDArray[np.float64] | None = None


def line_of_parameter(program: Program, flat: ArrayLike, index: int) -> Plane:
    """Return the line of the values of one parameter, by its place in ``flat``, the others as there.

    A weight that connections share is moved in all of them.
    """
    origin = np.array(flat, np.float64)
    direction = np.zeros(len(origin))
    direction[tied_to(program, index)] = 1.0
    origin[direction != 0.0] = 0.0
    return Plane(origin, direction, np.zeros(len(origin)), names=(parameter_name(program, index), "loss"))


def loss_of(slicer: Slicer, flat: NDArray[np.float64]) -> float:
    """Return the loss at parameters (connections + neurons,). Raises Interrupted."""
    nowhere = np.zeros(len(flat))
    return float(slicer.losses(Plane(flat, nowhere, nowhere), np.zeros((1, 2)))[0])


def trace(
    slicer: Slicer,
    line: Plane,
    span: tuple[float, float] | None,
    at: float,
    moments: Sequence[NDArray[np.float64]] = (),
    points: Sequence[int] = POINTS,
) -> Iterator[Tracing]:
    """Measure the tangent where the parameter is ``at``, the curve over a range, and losses of a path.

    The curve grows finer and finer, each with the points of the one before it; without a ``span`` there is
    none. ``moments`` are parameters (connections + neurons,) each, wherever they lie. Raises Interrupted.
    """
    # A gradient takes about as long as three losses.
    whole = 4 + (points[-1] if span is not None else 0) + len(moments)
    place = np.array([[at, 0.0]])
    touched = Tangent(at, float(slicer.losses(line, place)[0]), float(slicer.slopes(line, place)[0, 0]))
    measured = 4
    yield Tracing(measured / whole, tangent=touched)
    losses = np.empty(0)
    for count in points if span is not None else ():
        curve, unknown = np.full(count, np.nan), np.ones(count, bool)
        if len(losses):
            curve[::2] = losses
            unknown[::2] = False
        places = np.zeros((count, 2))
        places[:, 0] = np.linspace(*(span or (0.0, 0.0)), count)
        for part in _parts(np.flatnonzero(unknown), slicer.places_at_once):
            curve[part] = slicer.losses(line, places[part])
            measured += len(part)
            yield Tracing(measured / whole)
        losses = curve.copy()
        losses.flags.writeable = False
        yield Tracing(measured / whole, losses=losses)
    passed = np.empty(len(moments))
    for part in _parts(np.arange(len(moments)), slicer.places_at_once):
        passed[part] = [loss_of(slicer, np.asarray(moments[i], np.float64)) for i in part.tolist()]
        measured += len(part)
        yield Tracing(measured / whole, path=passed[: part[-1] + 1].copy())


def _parts(numbers: NDArray[np.intp], most: int) -> list[NDArray[np.intp]]:
    return [numbers[start : start + most] for start in range(0, len(numbers), most)]
