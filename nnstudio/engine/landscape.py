"""The loss over a plane through the space of all weights and biases: where it is measured, and how.

A plane has an origin and two directions, all as long as the flat vector of parameters; a place on it is
``origin + u first + v second``. Three ways to lay it:

- by two parameters: u and v are the values of two weights or biases, all others stay as they are.
- at random, normalized by neuron: Gaussian directions, of which the part that belongs to one neuron (its bias
  and the weights of the connections into it) is scaled to the length that this part has in the network, so
  that a step means as much to small weights as to large ones. Source: Li et al. 2018, section 4.
- along the path of a training: its two principal directions, from the singular value decomposition of its
  moments less the present one. Source: Li et al. 2018, section 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnstudio.engine import backend
from nnstudio.engine.parameters import Parameters
from nnstudio.engine.watched import Interrupted, watched
from nnstudio.errors import SettingsError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from nnstudio.engine.program import Program

Floats = Any
Window = tuple[tuple[float, float], tuple[float, float]]

# Points along each side of the grids, each of which has those of the one before it.
SIDES = (9, 17, 33, 65)
ARROWS = 11
# Directions that differ by less than this share of their length count as one.
_SAME = 1e-9
# A path whose second principal direction is shorter than this share of the first is a straight line.
_STRAIGHT = 1e-6
# So many moments of a path tell its principal directions.
_MOST_MOMENTS = 400
# About so many multiplications are done between two reports of progress: some 20 ms.
_WORK_AT_ONCE = 1 << 24
# Fewer rows tell nothing of the loss.
_LEAST_ROWS = 32
# A loss in NumPy takes a tenth of a millisecond at least.
_CALLS_AT_ONCE = 16
_TOO_FEW = (
    "A landscape needs two different directions, but too few of the network's weights and biases train."
)


@dataclass(frozen=True, eq=False)
class Plane:
    """``origin``, ``first`` and ``second`` (connections + neurons,), and what the directions are, in words.

    ``share`` is how much of the path's variation lies in the two directions, NaN where that isn't known.
    """

    origin: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    names: tuple[str, str] = ("u", "v")
    share: float = float("nan")

    def at(self, u: float, v: float) -> NDArray[np.float64]:
        """Return the parameters (connections + neurons,) at one place."""
        return self.origin + u * self.first + v * self.second

    def places(self, moments: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the places (moments, 2) nearest to parameters, and how far these are from the plane.

        ``moments`` (moments, connections + neurons); the distances (moments,) are Euclidean.
        """
        apart = np.atleast_2d(np.asarray(moments, np.float64)) - self.origin
        with np.errstate(over="ignore", invalid="ignore"):
            places = apart @ self._inverse.T
            return places, np.linalg.norm(apart - places @ self._directions, axis=1)

    def slopes(self, gradients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return gradients (places, connections + neurons) as they lie in the plane, (places, 2)."""
        return gradients @ self._inverse.T

    @property
    def stacked(self) -> NDArray[np.float64]:
        """Origin and directions, (3, connections + neurons)."""
        return np.stack([self.origin, self.first, self.second])

    @cached_property
    def _directions(self) -> NDArray[np.float64]:
        return np.stack([self.first, self.second])

    @cached_property
    def _inverse(self) -> NDArray[np.float64]:
        return np.linalg.pinv(self._directions.T).astype(np.float64, copy=False)


def plane_of_parameters(program: Program, flat: ArrayLike, first: int, second: int) -> Plane:
    """Return the plane of the values of two parameters, by their places in ``flat``, the others as there.

    A weight that connections share is moved in all of them. Raises SettingsError where both are one.
    """
    origin = np.array(flat, np.float64)
    directions = np.zeros((2, len(origin)))
    for direction, index in zip(directions, (first, second), strict=True):
        direction[tied_to(program, index)] = 1.0
    if first == second or directions[0, second]:
        raise SettingsError("Choose two different weights or biases; those that share a weight are one.")
    origin[(directions != 0.0).any(axis=0)] = 0.0
    return Plane(
        origin,
        directions[0],
        directions[1],
        names=(parameter_name(program, first), parameter_name(program, second)),
    )


def plane_at_random(program: Program, flat: ArrayLike, seed: int) -> Plane:
    """Return a plane through parameters in two random directions, normalized by neuron.

    Within each neuron the second is perpendicular to the first, where it has two parameters or more. What is
    frozen doesn't move. Raises SettingsError where too little trains.
    """
    origin = np.array(flat, np.float64)
    rng = np.random.default_rng(seed)
    directions = rng.standard_normal((2, len(origin))) * _moving(program)
    owners = np.concatenate([program.target_slot, np.arange(program.n_neurons)])
    for tie in program.ties:
        directions[:, tie] = directions[:, tie[:1]]

    def by_neuron(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(owners, numbers, program.n_neurons).astype(np.float64, copy=False)

    first, second = directions
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        along = by_neuron(first * second) / by_neuron(first * first)
        upright = second - np.nan_to_num(along)[owners] * first
        # A neuron with a single parameter has no second direction.
        alone = by_neuron(upright**2) <= _SAME * by_neuron(second**2)
        second = np.where(alone[owners], second, upright)
        lengths = np.sqrt(by_neuron((origin * _moving(program)) ** 2))
        lengths[lengths == 0.0] = np.mean(lengths[lengths > 0.0]) if lengths.any() else 1.0
        first, second = (
            np.nan_to_num(direction * (lengths / np.sqrt(by_neuron(direction**2)))[owners])
            for direction in (first, second)
        )
    for direction in (first, second):
        for tie in program.ties:
            direction[tie] = direction[tie].mean()
    _check(first, second)
    return Plane(origin, first, second, names=("first direction", "second direction"))


def plane_along_path(flat: ArrayLike, moments: ArrayLike) -> Plane:
    """Return the plane through parameters in the two principal directions of a path, of length 1.

    ``moments`` (moments, connections + neurons). Raises SettingsError for a path without two directions.
    """
    origin = np.array(flat, np.float64)
    path = np.atleast_2d(np.asarray(moments, np.float64))
    picked = np.unique(np.linspace(0, len(path) - 1, min(len(path), _MOST_MOMENTS)).astype(np.intp))
    apart = path[picked] - origin
    apart = apart[np.isfinite(apart).all(axis=1)]
    # Of many parameters and few moments the small product of both has the same decomposition.
    values, vectors = np.linalg.eigh(apart @ apart.T)
    if len(values) < 2 or values[-2] <= _STRAIGHT**2 * values[-1] or values[-1] <= 0.0:
        raise SettingsError(
            "The path so far has no two directions: train some more steps first, or choose random directions."
        )
    directions = (vectors[:, [-1, -2]].T @ apart) / np.sqrt(values[[-1, -2], None])
    # The path comes from the left and from below.
    directions *= np.where((apart[:1] @ directions.T).T > 0.0, -1.0, 1.0)
    share = float(values[-2:].sum() / np.clip(values, 0.0, None).sum())
    return Plane(
        origin,
        directions[0],
        directions[1],
        ("first principal direction", "second principal direction"),
        share,
    )


class Slicer:
    """Measures the loss of a program on rows, x (rows, inputs) and y (rows, outputs), at many parameters.

    ``weights`` (rows,) say how much each row counts. It works on the compiled kernels where ``compiled`` and
    where they can be used, without the interpreter's lock; else on the program in NumPy. Any thread may
    call `interrupt`: what is under way then raises Interrupted within milliseconds, and so does all that
    comes later. Raises ShapeError and SettingsError for what doesn't fit the program.
    """

    def __init__(
        self,
        program: Program,
        x: Floats,
        y: Floats,
        loss: str,
        weights: NDArray[np.float64] | None = None,
        *,
        compiled: bool = True,
    ) -> None:
        self._x, self._y = np.asarray(x, program.dtype), np.asarray(y, program.dtype)
        if self._x.shape[1:] != (program.n_inputs,) or self._y.shape != (len(self._x), program.n_outputs):
            raise ShapeError("The data have other columns than the network has inputs and outputs.")
        if not len(self._x):
            raise ShapeError("There are no rows: a loss needs at least one.")
        program.output_parts(loss)  # raises for a loss that there isn't
        self._program = program
        self._loss, self._weights = loss, weights
        self._interrupted = False
        self._watched = watched(program, lambda: self._interrupted)
        self._kernels: Any = None
        if compiled and not backend.obstacle_to_slices(program, loss):
            from nnstudio.engine.kernels.slices import CompiledSlices

            self._kernels = CompiledSlices(program, self._x, self._y, loss=loss, weights=weights)

    @property
    def is_compiled(self) -> bool:
        """Whether it works on the compiled kernels."""
        return self._kernels is not None

    @property
    def places_at_once(self) -> int:
        """How many places take some 20 ms; on NumPy, which needs the interpreter meanwhile, some 2 ms."""
        each = len(self._x) * (self._program.n_connections + 8 * self._program.n_neurons)
        most = _WORK_AT_ONCE if self.is_compiled else min(_WORK_AT_ONCE // 4, each * _CALLS_AT_ONCE)
        return max(1, most // each)

    def interrupt(self) -> None:
        """Give up what is under way, and all that is asked for later."""
        self._interrupted = True
        if self._kernels is not None:
            self._kernels.interrupt()

    def losses(self, plane: Plane, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the loss at places (places, 2) of a plane. Raises Interrupted."""
        if self._interrupted:
            raise Interrupted
        if self._kernels is not None:
            losses, complete = self._kernels.losses(plane.stacked, places)
            if not complete:
                raise Interrupted
            return np.asarray(losses)
        x, y = self._x, self._y
        with np.errstate(all="ignore"):
            return np.array(
                [
                    self._watched.loss(self._parameters(plane.at(u, v)), x, y, self._loss, self._weights)
                    for u, v in places.tolist()
                ]
            )

    def slopes(self, plane: Plane, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the exact gradient at places (places, 2), as it lies in the plane, (places, 2).

        Raises Interrupted.
        """
        gradients = np.empty((len(places), len(plane.origin)))
        with np.errstate(all="ignore"):
            for row, (u, v) in enumerate(places.tolist()):
                gradients[row] = self._gradient(plane.at(u, v))
            return plane.slopes(gradients)

    def _gradient(self, flat: NDArray[np.float64]) -> NDArray[Any]:
        if self._interrupted:
            raise Interrupted
        if self._kernels is None:
            _, found = self._watched.loss_and_gradients(
                self._parameters(flat), self._x, self._y, self._loss, weights=self._weights
            )
            return found.flat
        gradient: NDArray[Any] | None = self._kernels.gradient(flat)
        if gradient is None:
            raise Interrupted
        return gradient

    def _parameters(self, flat: NDArray[np.float64]) -> Parameters:
        return Parameters(flat.astype(self._program.dtype), self._program.n_connections)


class Refinement(NamedTuple):
    """How far the measuring of a window is: a ``share`` from 0 to 1, and what is new with it, if anything.

    ``losses`` (side, side) has a row for each v and a column for each u, both ascending; NaN or infinite
    where the loss is. ``places`` (arrows, 2) have ``slopes`` (arrows, 2).
    """

    share: float
    losses: NDArray[np.float64] | None = None
    places: NDArray[np.float64] | None = None
    slopes: NDArray[np.float64] | None = None


def refine(
    slicer: Slicer, plane: Plane, window: Window, sides: Sequence[int] = SIDES, arrows: int = ARROWS
) -> Iterator[Refinement]:
    """Measure a window of a plane on finer and finer grids, each with the points of the one before it.

    ``window`` is the range of u and that of v; of each two sides the second is twice the first less one. The
    gradients, at ``arrows`` x ``arrows`` places, come after the second grid. Raises Interrupted and
    ValueError.
    """
    if any(fine != 2 * coarse - 1 for coarse, fine in pairwise(sides)):
        raise ValueError("each side must be twice the one before it, less one")
    # A gradient takes about as long as three losses.
    whole = sides[-1] ** 2 + 3 * arrows**2
    losses = np.empty((0, 0))
    measured = 0
    for number, side in enumerate(sides):
        grid = np.full((side, side), np.nan)
        unknown = np.ones((side, side), bool)
        if number:
            grid[::2, ::2] = losses
            unknown[::2, ::2] = False
        places = grid_places(window, side)[unknown.ravel()]
        found = np.empty(len(places))
        for part in _parts(len(places), slicer.places_at_once):
            found[part] = slicer.losses(plane, places[part])
            measured += len(found[part])
            yield Refinement(measured / whole)
        grid[unknown] = found
        losses = grid
        kept = grid.copy()
        kept.flags.writeable = False
        yield Refinement(measured / whole, kept)
        if arrows and number == min(1, len(sides) - 1):
            spots = arrow_places(window, arrows)
            slopes = np.empty(spots.shape)
            for part in _parts(len(spots), max(1, slicer.places_at_once // 3)):
                slopes[part] = slicer.slopes(plane, spots[part])
                measured += 3 * len(spots[part])
                yield Refinement(measured / whole)
            yield Refinement(measured / whole, None, spots, slopes)


def grid_places(window: Window, side: int) -> NDArray[np.float64]:
    """Return the places of a grid to the edges of a window, (side², 2), u fastest."""
    u, v = np.meshgrid(np.linspace(*window[0], side), np.linspace(*window[1], side))
    return np.column_stack([u.ravel(), v.ravel()])


def arrow_places(window: Window, side: int) -> NDArray[np.float64]:
    """Return the middles of side x side cells of a window, (side², 2)."""
    (left, right), (low, high) = window
    middles = (np.arange(side) + 0.5) / side
    u, v = np.meshgrid(left + (right - left) * middles, low + (high - low) * middles)
    return np.column_stack([u.ravel(), v.ravel()])


def rows_for(program: Program, rows: NDArray[np.intp], points: int, most_work: float = 1e10) -> Any:
    """Return all rows, or some spread evenly, so that losses at so many points are measured in seconds."""
    most = int(most_work / max(1, points * (program.n_connections + 8 * program.n_neurons)))
    most = max(_LEAST_ROWS, most)
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.intp)]


def _parts(size: int, most: int) -> Iterator[slice]:
    for start in count(0, most):
        if start >= size:
            return
        yield slice(start, start + most)


def tied_to(program: Program, index: int) -> NDArray[np.int64]:
    """Return the places of the parameters that share their value with this one, itself included."""
    return next((tie for tie in program.ties if index in tie), np.array([index]))


def _moving(program: Program) -> NDArray[np.float64]:
    moving = program.gradient_mask.astype(np.float64)
    moving[program.n_connections + program.input_slots] = 0.0
    return moving


def _check(first: NDArray[np.float64], second: NDArray[np.float64]) -> None:
    singular = np.linalg.svd(np.stack([first, second]), compute_uv=False)
    if singular[1] <= _SAME * max(singular[0], 1e-300):
        raise SettingsError(_TOO_FEW)


def parameter_name(program: Program, index: int) -> str:
    """Return what a parameter is called, by its place in the flat vector."""
    if index >= program.n_connections:
        return f"bias of {program.neuron_names[index - program.n_connections]}"
    source, target = program.source_slot[index], program.target_slot[index]
    return f"{program.neuron_names[source]} → {program.neuron_names[target]}"
