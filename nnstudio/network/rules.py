"""Which connections and values are legal, and the errors that say why not."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from nnstudio.errors import (
    CycleError,
    DuplicateConnectionError,
    InvalidValueError,
    NetworkError,
    RoleError,
    UnknownIdError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nnstudio.network.model import Network, Neuron

ROLES = ("input", "hidden", "output")
LABEL_LENGTH = 80
ID_LENGTH = 64
# Beyond this a scene loses precision, and nothing could be seen there.
POSITION_LIMIT = 1e7


def connection_problem(network: Network, source: str, target: str) -> NetworkError | None:
    """Why ``source`` may not be connected to ``target``, or None where it may."""
    problem = endpoint_problem(network, source, target)
    if problem is not None:
        return problem
    path = find_path(network, target, source)
    return None if path is None else _cycle_error(network, (source, *path))


def endpoint_problem(network: Network, source: str, target: str) -> NetworkError | None:
    """Why two neurons may not be connected, cycles left aside, or None where they may."""
    for neuron_id in (source, target):
        if not network.has_neuron(neuron_id):
            return UnknownIdError(f"There is no neuron with the id “{neuron_id}”.")
    if network.neuron(target).role == "input":
        return RoleError(
            f"{name_of(network, target)} is an input: its value comes from the data, so nothing can be "
            "connected into it. Change its role to hidden, or connect from it instead.",
            neuron_ids=(target,),
        )
    existing = network.connection_between(source, target)
    if existing is not None:
        return DuplicateConnectionError(
            f"{name_of(network, source)} and {name_of(network, target)} are connected already; "
            "change the weight of that connection instead.",
            connection_id=existing.id,
            neuron_ids=(source, target),
        )
    return None


def check_acyclic(network: Network, starts: Iterable[str]) -> None:
    """Raise CycleError where a cycle can be reached from ``starts``. Depth first, each neuron visited once."""
    done: set[str] = set()
    for start in starts:
        path: dict[
            str, Iterator[str]
        ] = {}  # the neurons on the way here, in order, with what is left to visit
        if start not in done:
            path[start] = iter(network.targets_of(start))
        while path:
            here = next(reversed(path))
            following = next(path[here], None)
            if following is None:
                done.add(here)
                del path[here]
            elif following in path:
                on_path = list(path)
                raise _cycle_error(network, (*on_path[on_path.index(following) :], following))
            elif following not in done:
                path[following] = iter(network.targets_of(following))


def _cycle_error(network: Network, cycle: tuple[str, ...]) -> CycleError:
    return CycleError(cycle, [name_of(network, neuron_id) for neuron_id in cycle])


def find_path(network: Network, start: str, goal: str) -> tuple[str, ...] | None:
    """Return the ids along a shortest path of connections from ``start`` to ``goal``, or None."""
    came_from: dict[str, str | None] = {start: None}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        if here == goal:
            path = [here]
            while (previous := came_from[path[-1]]) is not None:
                path.append(previous)
            return tuple(reversed(path))
        for following in network.targets_of(here):
            if following not in came_from:
                came_from[following] = here
                waiting.append(following)
    return None


def check_neuron(neuron: Neuron) -> None:
    """Raise RoleError or InvalidValueError where a neuron by itself is not legal."""
    if neuron.role not in ROLES:
        raise RoleError(f"“{neuron.role}” is not a role; a neuron is an input, hidden or an output.")
    check_id(neuron.id)
    if (
        not isinstance(neuron.label, str)
        or len(neuron.label) > LABEL_LENGTH
        or not neuron.label.isprintable()
    ):
        raise InvalidValueError(
            f"A label is one line of at most {LABEL_LENGTH} characters.", neuron_ids=(neuron.id,)
        )
    x, y = neuron.position
    if not (abs(x) <= POSITION_LIMIT and abs(y) <= POSITION_LIMIT):
        raise InvalidValueError(
            f"The position ({x}, {y}) of “{neuron.label}” is outside the drawing.", neuron_ids=(neuron.id,)
        )
    if neuron.role == "input":
        if neuron.activation is not None or neuron.bias is not None:
            raise RoleError(
                f"“{neuron.label}” is an input: it passes its data on and has neither bias nor activation.",
                neuron_ids=(neuron.id,),
            )
        return
    if not isinstance(neuron.activation, str) or not neuron.activation:
        raise RoleError(f"“{neuron.label}” needs an activation.", neuron_ids=(neuron.id,))
    if neuron.activation == "softmax" and neuron.role != "output":
        raise RoleError(
            f"“{neuron.label}” is hidden: softmax turns all outputs together into probabilities, so only "
            "output neurons can have it.",
            neuron_ids=(neuron.id,),
        )
    check_number("bias", neuron.bias, f"of “{neuron.label}”", neuron_ids=(neuron.id,))


def check_number(
    what: str,
    value: float | None,
    where: str,
    *,
    neuron_ids: tuple[str, ...] = (),
    connection_ids: tuple[str, ...] = (),
) -> None:
    """Raise InvalidValueError unless ``value`` is a finite number."""
    if isinstance(value, bool) or not isinstance(value, float | int) or not math.isfinite(value):
        raise InvalidValueError(
            f"The {what} {where} must be a finite number, not {value}.",
            neuron_ids=neuron_ids,
            connection_ids=connection_ids,
        )


def check_id(value: str) -> None:
    """Raise InvalidValueError unless ``value`` can be the id of a neuron or connection."""
    if not isinstance(value, str) or not 0 < len(value) <= ID_LENGTH or not value.isprintable():
        raise InvalidValueError(f"An id is a text of 1 to {ID_LENGTH} printable characters, not {value!r}.")


def name_of(network: Network, neuron_id: str) -> str:
    """Return what a message calls a neuron: its label, or its id where it has none."""
    return network.neuron(neuron_id).label or neuron_id
