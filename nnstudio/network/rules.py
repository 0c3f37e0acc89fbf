"""Which connections and values are legal, and the errors that say why not."""

from __future__ import annotations

import math
import re
import reprlib
from dataclasses import replace
from numbers import Real
from typing import TYPE_CHECKING, Any

from nnstudio.errors import (
    CycleError,
    DuplicateConnectionError,
    InvalidValueError,
    NetworkError,
    RoleError,
    UnknownIdError,
)
from nnstudio.network.items import ROLES, SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nnstudio.network.items import Connection, Group, Neuron, Position
    from nnstudio.network.model import Network
    from nnstudio.network.parts import Parts

LABEL_LENGTH = 80
ID_LENGTH = 64
# An activation is a name, or this and a formula.
CUSTOM_ACTIVATION = "custom:"
FORMULA_LENGTH = 1000
# Beyond this a scene loses precision, and nothing could be seen there.
POSITION_LIMIT = 1e7
_COLOR = re.compile("#[0-9a-fA-F]{6}")


# Connections


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
            return UnknownIdError(f"There is no neuron with the id {shown(neuron_id)}.")
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
    """Raise CycleError where a cycle can be reached from ``starts``."""
    done: set[str] = set()
    for start in starts:
        if start in done:
            continue
        # Depth first: the neurons on the way here, in order, each with what is left to visit after it.
        path: dict[str, Iterator[str]] = {start: iter(network.targets_of(start))}
        here = start
        while path:
            for following in path[here]:
                if following in done:
                    continue
                if following in path:
                    on_path = list(path)
                    raise _cycle_error(network, (*on_path[on_path.index(following) :], following))
                path[following] = iter(network.targets_of(following))
                here = following
                break
            else:
                done.add(here)
                del path[here]
                here = next(reversed(path), start)


def find_path(network: Network, start: str, goal: str) -> tuple[str, ...] | None:
    """Return the ids along a shortest path of connections from ``start`` to ``goal``, or None.

    Searches from both ends, always where less is at hand: what is asked is mostly about neurons near an edge
    of the drawing, and then costs little in a network of any size.
    """
    if start == goal:
        return (start,)
    if not network.targets_of(start) or not network.sources_of(goal):
        return None
    before: dict[str, str] = {start: ""}  # neuron -> the one before it on the way from start
    after: dict[str, str] = {goal: ""}  # neuron -> the one after it on the way to goal
    ahead, behind = [start], [goal]
    while ahead and behind:
        if len(ahead) <= len(behind):
            ahead, meeting = _spread(ahead, before, after, network.targets_of)
        else:
            behind, meeting = _spread(behind, after, before, network.sources_of)
        if meeting is not None:
            return (*reversed(_trail(meeting, before)), *_trail(meeting, after)[1:])
    return None


def _spread(
    edge: list[str], seen: dict[str, str], other: dict[str, str], neighbors: Callable[[str], tuple[str, ...]]
) -> tuple[list[str], str | None]:
    """Go one step on from the whole edge of a search; return the new edge, or where it met the other one."""
    reached = []
    for here in edge:
        for following in neighbors(here):
            if following not in seen:
                seen[following] = here
                if following in other:
                    return [], following
                reached.append(following)
    return reached, None


def _trail(end: str, previous: dict[str, str]) -> list[str]:
    trail = [end]
    while previous[trail[-1]]:
        trail.append(previous[trail[-1]])
    return trail


def _cycle_error(network: Network, cycle: tuple[str, ...]) -> CycleError:
    return CycleError(cycle, [name_of(network, neuron_id) for neuron_id in cycle])


# Items by themselves


def checked_neuron(neuron: Neuron) -> Neuron:
    """Return the neuron, its numbers as floats; raises RoleError, InvalidValueError where it is not legal."""
    check_role(neuron.role)
    check_id(neuron.id)
    ids = (neuron.id,)
    label = neuron.label
    if not isinstance(label, str) or len(label) > LABEL_LENGTH or not label.isprintable():
        raise InvalidValueError(f"A label is one line of at most {LABEL_LENGTH} characters.", neuron_ids=ids)
    name = f"“{label or neuron.id}”"
    position = as_position(neuron.position, f"of {name}", neuron_ids=ids)
    check_switch(neuron.trainable, f"{name} trains", neuron_ids=ids)
    check_switch(neuron.enabled, f"{name} takes part", neuron_ids=ids)
    rate_factor = _as_rate_factor(neuron.rate_factor, f"of {name}", neuron_ids=ids)
    if neuron.role == "output" and not neuron.enabled:
        raise RoleError(
            f"{name} is an output: without it there would be nothing to compare with the data. Disable its "
            "connections, or make it a hidden neuron first.",
            neuron_ids=ids,
        )
    bias = neuron.bias
    if neuron.role == "input":
        if neuron.activation is not None or bias is not None:
            raise RoleError(
                f"{name} is an input: it passes its data on and has neither bias nor activation. "
                "Change its role to hidden or output to give it these.",
                neuron_ids=ids,
            )
    else:
        if not _is_activation(neuron.activation):
            raise InvalidValueError(
                f"The activation of {name} must be the name of one, such as tanh, not "
                f"{shown(neuron.activation)}.",
                neuron_ids=ids,
            )
        if neuron.activation == "softmax" and neuron.role != "output":
            raise RoleError(
                f"{name} is hidden: softmax turns all outputs together into probabilities, so only output "
                "neurons can have it. Choose another activation, or make it an output.",
                neuron_ids=ids,
            )
        bias = as_number("bias", bias, f"of {name}", neuron_ids=ids)
    if (
        type(neuron.bias) is type(bias)
        and neuron.position is position
        and type(neuron.rate_factor) is type(rate_factor)
    ):
        return neuron
    return replace(neuron, bias=bias, position=position, rate_factor=rate_factor)


def checked_connection(connection: Connection) -> Connection:
    """Return the connection, its weight a float; raises InvalidValueError where it is not legal.

    Whether its ends exist and may be connected is for `connection_problem` to say.
    """
    check_id(connection.id)
    for end in (connection.source, connection.target):
        if not isinstance(end, str):
            check_id(end)
    weight = connection.weight
    # The usual case by itself: this runs for every connection of a file.
    if (
        type(weight) is float
        and math.isfinite(weight)
        and connection.trainable is True
        and connection.enabled is True
        and connection.rate_factor == 1.0
        and type(connection.rate_factor) is float
        and connection.sign == 0
        and connection.tie == ""
    ):
        return connection
    ids = (connection.id,)
    name = f"the connection “{connection.id}”"
    check_switch(connection.trainable, f"{name} trains", connection_ids=ids)
    check_switch(connection.enabled, f"{name} takes part", connection_ids=ids)
    where = f"from “{connection.source}” to “{connection.target}”"
    weight = as_number("weight", weight, where, connection_ids=ids)
    rate_factor = _as_rate_factor(connection.rate_factor, where, connection_ids=ids)
    sign = connection.sign
    if isinstance(sign, bool) or not isinstance(sign, int) or sign not in (-1, 0, 1):
        raise InvalidValueError(
            f"The sign {where} is 1, -1, or 0 where it is free, not {shown(sign)}.", connection_ids=ids
        )
    if weight * sign < 0.0:
        raise InvalidValueError(
            f"The weight {where} must not be {'negative' if sign > 0 else 'positive'}: its sign is fixed. "
            "Free the sign first, or choose another weight.",
            connection_ids=ids,
        )
    if connection.tie != "" and not _is_key(connection.tie):
        raise InvalidValueError(
            f"The name of a shared weight is a text of 1 to {ID_LENGTH} printable characters, not "
            f"{shown(connection.tie)}.",
            connection_ids=ids,
        )
    return replace(connection, weight=weight, rate_factor=rate_factor)


def check_tie(members: Iterable[Connection]) -> None:
    """Raise InvalidValueError where connections that share a weight differ in what they share."""
    first: Connection | None = None
    for connection in members:
        if first is None:
            first = connection
        elif any(getattr(connection, field) != getattr(first, field) for field in SHARED):
            raise InvalidValueError(
                f"The connections that share the weight “{connection.tie}” differ in it. Give all of them "
                "the same weight and the same constraints.",
                connection_ids=(first.id, connection.id),
            )


def checked_groups(network: Parts, groups: Iterable[Group]) -> tuple[Group, ...]:
    """Return the groups as a tuple; raises UnknownIdError, InvalidValueError where they cannot be."""
    ids: set[str] = set()
    taken: set[str] = set()
    checked = tuple(groups)
    for group in checked:
        check_id(group.id)
        name = group.name
        if not isinstance(name, str) or len(name) > LABEL_LENGTH or not name.isprintable():
            raise InvalidValueError(f"The name of a group is one line of at most {LABEL_LENGTH} characters.")
        check_switch(group.collapsed, f"the group “{name}” is collapsed")
        if not isinstance(group.color, str) or not (group.color == "" or _COLOR.fullmatch(group.color)):
            raise InvalidValueError(
                f"The color of the group “{name}” is written as #rrggbb, not {shown(group.color)}."
            )
        if group.id in ids:
            raise InvalidValueError(f"There is a group with the id “{group.id}” already.")
        ids.add(group.id)
        if not group.members:
            raise InvalidValueError(f"The group “{name}” has no neurons. Select some to put into it.")
        for member in group.members:
            network.neuron(member)
            if member in taken:
                raise InvalidValueError(
                    f"{name_of(network, member)} cannot be in a group twice, or in two groups.",
                    neuron_ids=(member,),
                )
            taken.add(member)
    return checked


def check_fields(what: str, changes: Iterable[str], known: tuple[str, ...]) -> None:
    """Raise InvalidValueError for a field that there isn't."""
    for field in changes:
        if field not in known:
            raise InvalidValueError(f"A {what} has no “{field}” to change; it has {', '.join(known)}.")


def check_role(role: Any) -> None:
    """Raise RoleError unless ``role`` is one."""
    if not isinstance(role, str) or role not in ROLES:
        raise RoleError(f"{shown(role)} is not a role; a neuron is an input, hidden or an output.")


def check_id(value: Any) -> None:
    """Raise InvalidValueError unless ``value`` can be the id of a neuron or connection."""
    if not _is_key(value):
        raise InvalidValueError(
            f"An id is a text of 1 to {ID_LENGTH} printable characters, not {shown(value)}."
        )


def as_number(
    what: str,
    value: Any,
    where: str,
    *,
    neuron_ids: tuple[str, ...] = (),
    connection_ids: tuple[str, ...] = (),
) -> float:
    """Return ``value`` as a float; raises InvalidValueError unless it is a finite number."""
    number = _finite(value)
    if number is None:
        raise InvalidValueError(
            f"The {what} {where} must be a finite number, not {shown(value)}.",
            neuron_ids=neuron_ids,
            connection_ids=connection_ids,
        )
    return number


def as_position(value: Any, where: str, *, neuron_ids: tuple[str, ...] = ()) -> Position:
    """Return ``value`` as a pair of floats; raises InvalidValueError unless it is one inside the drawing."""
    x = y = None
    if isinstance(value, tuple | list) and len(value) == 2:
        x, y = _finite(value[0]), _finite(value[1])
    if x is None or y is None:
        raise InvalidValueError(
            f"The position {where} must be two finite numbers, x and y, not {shown(value)}.",
            neuron_ids=neuron_ids,
        )
    if not (abs(x) <= POSITION_LIMIT and abs(y) <= POSITION_LIMIT):
        raise InvalidValueError(
            f"The position ({x:g}, {y:g}) {where} is outside the drawing, which ends at "
            f"{POSITION_LIMIT:,.0f} in each direction.",
            neuron_ids=neuron_ids,
        )
    if type(value) is tuple and type(value[0]) is float and type(value[1]) is float:
        return value  # the same object: nothing needs to be made anew
    return (x, y)


def check_switch(
    value: Any, what: str, *, neuron_ids: tuple[str, ...] = (), connection_ids: tuple[str, ...] = ()
) -> None:
    """Raise InvalidValueError unless ``value``, whether ``what`` is so, is true or false."""
    if not isinstance(value, bool):
        raise InvalidValueError(
            f"Whether {what} is either true or false, not {shown(value)}.",
            neuron_ids=neuron_ids,
            connection_ids=connection_ids,
        )


def _as_rate_factor(
    value: Any, where: str, *, neuron_ids: tuple[str, ...] = (), connection_ids: tuple[str, ...] = ()
) -> float:
    number = _finite(value)
    if number is None or number < 0.0:
        raise InvalidValueError(
            f"The factor on the learning rate {where} must be a finite number from 0 on, not {shown(value)}.",
            neuron_ids=neuron_ids,
            connection_ids=connection_ids,
        )
    return number


def name_of(network: Parts, neuron_id: str) -> str:
    """Return what a message calls a neuron: its label, or its id where it has none."""
    return network.neuron(neuron_id).label or neuron_id


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= ID_LENGTH and value.isprintable()


def _is_activation(value: Any) -> bool:
    if isinstance(value, str) and value.startswith(CUSTOM_ACTIVATION):
        return len(value) <= len(CUSTOM_ACTIVATION) + FORMULA_LENGTH and value.isprintable()
    return _is_key(value)


def _finite(value: Any) -> float | None:
    if type(value) is float:  # nearly always
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or not isinstance(value, float | int | Real):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):  # a whole number beyond what a float holds
        return None
    return number if math.isfinite(number) else None


def shown(value: Any) -> str:
    """Return a value as a message shows it: short, whatever a file holds."""
    if isinstance(value, str):
        return f"“{value[:40]}…”" if len(value) > 40 else f"“{value}”"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**40:
        return "a number of more than 40 digits"
    try:
        return reprlib.repr(value)
    except ValueError:
        return f"a {type(value).__name__}"
