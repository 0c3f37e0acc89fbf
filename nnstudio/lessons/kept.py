"""What a lesson keeps as it is, told from what a project that was handed in has."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.network.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.data.dataset import Dataset
    from nnstudio.lessons.model import Lesson
    from nnstudio.network import Connection, Network, Neuron
    from nnstudio.project import Project
    from nnstudio.project.project import Values

_OTHERWISE = {
    "structure": "another wiring",
    "data": "other data",
    "settings": "other settings of the training",
    "values": "other weights",
}


def kept_throughout(lesson: Lesson, step: int) -> frozenset[str]:
    """Return what is locked in every step that works with the project of a step, counted from 0.

    What some step opens may be otherwise in what is handed in at the end.
    """
    file = lesson.project_at(step)
    locks = [
        frozenset(each.lock)
        for number, each in enumerate(lesson.steps)
        if file is not None and lesson.project_at(number) == file
    ]
    return frozenset.intersection(*locks) if locks else frozenset()


def what_differs(kept: frozenset[str], made: Project, given: Project) -> str | None:
    """Return in words what of a project that was handed in is not as it was made, though kept; or None."""
    differs: dict[str, Callable[[], bool]] = {
        "structure": lambda: _wiring(made.network) != _wiring(given.network),
        "data": lambda: not _same_data(made.data, given.data),
        "settings": lambda: not _same_settings(made, given),
        "values": lambda: not _same_values(made.network.values(), given.network.values()),
    }
    is_trained = given.start is not None or given.checkpoint is not None
    # What is trained may start anywhere: a training begins anew with what another one has left.
    told = kept if "training" in kept or not is_trained else kept - {"values"}
    return next((_OTHERWISE[kind] for kind, found in differs.items() if kind in told and found()), None)


def _wiring(network: Network) -> list[tuple[str, tuple[Any, ...]]]:
    return list(_items(network, "structure").items())


def _items(network: Network, kind: str) -> dict[str, tuple[Any, ...]]:
    """Return what neurons and connections have of one kind, by their ids and in their order."""
    items: list[Neuron | Connection] = [*network.neurons, *network.connections]
    return {
        item.id: tuple(getattr(item, field.name) for field in fields(item) if kind_of(field.name) == kind)
        for item in items
    }


def _same_data(one: Dataset | None, other: Dataset | None) -> bool:
    if one is None or other is None:
        return one is other
    pairs = [
        (one.feature_values(one.x), other.feature_values(other.x)),
        (one.target_values(one.y), other.target_values(other.y)),
        (one.x, other.x),
        (one.y, other.y),
        (one.train_rows, other.train_rows),
        (one.test_rows, other.test_rows),
    ]
    weights = [one.sample_weights, other.sample_weights]
    if weights != [None, None]:
        first, second = (np.ones(0) if each is None else each for each in weights)
        pairs.append((first, second))
    return one.classes == other.classes and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=1e-12) for a, b in pairs
    )


def _same_settings(made: Project, given: Project) -> bool:
    one, other = _items(made.network, "settings"), _items(given.network, "settings")
    if any(one[key] != other[key] for key in one.keys() & other.keys()):
        return False
    if made.settings is None:
        return True  # the window chooses some
    # Another random start comes with a seed of its own.
    return given.settings is not None and replace(given.settings, seed=made.settings.seed) == made.settings


def _same_values(one: Values, other: Values) -> bool:
    """Whether values are the same where both have them: where the wiring is open, others may be new."""
    return all(
        math.isclose(a[key], b[key], rel_tol=1e-9, abs_tol=1e-12)
        for a, b in zip(one, other, strict=True)
        for key in a.keys() & b.keys()
    )
