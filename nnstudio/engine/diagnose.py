"""Why a drawing cannot be compiled, and which of its parts do nothing."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from nnstudio.engine.activations import ACTIVATIONS, Activation, activation
from nnstudio.engine.custom import possible_problems, usual_problem
from nnstudio.engine.program import CompileWarning
from nnstudio.errors import CompileError, ExpressionError
from nnstudio.network.rules import CUSTOM_ACTIVATION, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nnstudio.network.model import Connection, Network, Neuron

# How many neurons a message lists by name.
NAMES_SHOWN = 5

# What is said of parts that do nothing: as they are drawn, and because of what is disabled.
_ISOLATED = (
    "neither reached by an input nor connected to an output: not part of the computation.",
    "cut off by what is disabled around it: not part of the computation.",
)
_UNUSED_INPUTS = (
    "an input without a path to an output: its column of the data is ignored.",
    "an input whose paths to the outputs are all disabled: its column of the data is ignored.",
)
_DEAD_ENDS = (
    "not connected on to an output: nothing that it computes is used, and it does not learn.",
    "its paths to the outputs are all disabled: nothing that it computes is used, and it does not learn.",
)
_CONSTANTS = (
    "not reached by an input: its value is the same for all data, like a bias.",
    "its paths from the inputs are all disabled: its value is the same for all data, like a bias.",
)
_DEAD = (*_ISOLATED, *_UNUSED_INPUTS, *_DEAD_ENDS, *_CONSTANTS)


def check_roles(network: Network) -> None:
    """Raise CompileError where there are no inputs or no outputs."""
    if not network.inputs:
        raise CompileError(
            "The network has no input neuron. Add one for each column of features in the data."
        )
    if not network.outputs:
        raise CompileError(
            "The network has no output neuron. Add one for each column of targets in the data."
        )


def used_activations(network: Network, neurons: Iterable[Neuron]) -> tuple[Activation, ...]:
    """Return the entries of the registry, then the custom activations of these neurons of the network.

    Raises CompileError, naming the neurons, where an activation does not exist, or its formula cannot be read
    or has no value for usual weighted sums.
    """
    custom = []
    for key, neuron_ids in _custom_neurons(neurons).items():
        try:
            entry = activation(key)
            problem = usual_problem(key.removeprefix(CUSTOM_ACTIVATION))
        except ExpressionError as error:
            problem = error
        if problem is not None:
            raise CompileError(
                f"The activation of {names(network, neuron_ids)} cannot be used. {problem}",
                neuron_ids=neuron_ids,
            ) from problem
        custom.append(entry)
    return (*ACTIVATIONS.values(), *custom)


def _custom_neurons(neurons: Iterable[Neuron]) -> dict[str, list[str]]:
    """Return the neurons with activations that are not in the registry, by activation."""
    found: dict[str, list[str]] = {}
    for neuron in neurons:
        if neuron.role != "input" and neuron.activation not in ACTIVATIONS:
            found.setdefault(neuron.activation or "", []).append(neuron.id)
    return found


def check_softmax(network: Network, connections: Iterable[Connection]) -> None:
    """Raise CompileError where one softmax output depends on another, naming the way between them.

    Only these ``connections`` of the network count.
    """
    targets = _neighbors((connection.source, connection.target) for connection in connections)
    group = {neuron.id for neuron in network.outputs if neuron.activation == "softmax"}
    came_from: dict[str, str] = {}
    waiting = deque(group)
    while waiting:
        here = waiting.popleft()
        for following in targets.get(here, ()):
            if following in group:
                path = [following, here]
                while path[-1] not in group:
                    path.append(came_from[path[-1]])
                path.reverse()
                way = " → ".join(name_of(network, neuron_id) for neuron_id in path)
                raise CompileError(
                    "Softmax outputs are computed together, so none can depend on another, but this way "
                    f"leads from one to another: {way}. Remove a connection of it, or give one of the two "
                    "outputs another activation.",
                    neuron_ids=path,
                )
            if following not in came_from:
                came_from[following] = here
                waiting.append(following)


def unreachable_outputs(network: Network, neuron_ids: Sequence[str]) -> CompileError:
    """Return the error for outputs that no input can influence."""
    one = len(neuron_ids) == 1
    drawn = _drawn_from_inputs(network)
    cut_off = [neuron_id for neuron_id in neuron_ids if neuron_id in drawn]
    if cut_off:
        one = len(cut_off) == 1
        return CompileError(
            f"Every path from an input to {names(network, cut_off)} leads through something that is "
            f"disabled, so {'this output' if one else 'these outputs'} would be the same for all data. "
            "Enable the neurons and connections of a path again, or draw another.",
            neuron_ids=cut_off,
        )
    return CompileError(
        f"No path of connections leads from an input to {names(network, neuron_ids)}, so "
        f"{'this output' if one else 'these outputs'} would be the same for all data. Connect "
        f"{'it' if one else 'them'}, or delete {'it' if one else 'them'}.",
        neuron_ids=neuron_ids,
    )


def dead_parts(
    network: Network, neuron_ids: Sequence[str], from_input: Any, to_output: Any
) -> tuple[CompileWarning, ...]:
    """Return warnings for neurons that no input reaches or that reach no output.

    ``from_input`` and ``to_output`` are flags (neurons,), in the order of ``neuron_ids``. Inputs that are
    disabled are meant so, and not warned of.
    """
    found: dict[str, list[str]] = {text: [] for text in _DEAD}
    drawn: tuple[set[str], set[str]] | None = None
    for neuron_id, reached, used in zip(neuron_ids, from_input.tolist(), to_output.tolist(), strict=True):
        neuron = network.neuron(neuron_id)
        if (reached and used) or not neuron.enabled:
            continue
        if drawn is None:
            drawn = _drawn_from_inputs(network), _drawn_to_outputs(network)
        disabled = (not reached and neuron_id in drawn[0]) or (not used and neuron_id in drawn[1])
        if neuron.role == "input":
            text = _UNUSED_INPUTS[disabled]
        elif not reached and not used:
            text = _ISOLATED[disabled]
        else:
            text = (_CONSTANTS if used else _DEAD_ENDS)[disabled]
        found[text].append(neuron_id)
    warnings = [
        CompileWarning(f"{names(network, ids)}: {text}", tuple(ids)) for text, ids in found.items() if ids
    ]
    for key, concerned in _custom_neurons(map(network.neuron, neuron_ids)).items():
        warnings += [
            CompileWarning(
                f"{names(network, concerned)}: at large weighted sums, {problem}", tuple(concerned)
            )
            for problem in possible_problems(key.removeprefix(CUSTOM_ACTIVATION))
        ]
    softmax = [neuron.id for neuron in network.outputs if neuron.activation == "softmax"]
    if len(softmax) == 1:
        warnings.append(
            CompileWarning(
                f"{names(network, softmax)} is the only softmax output, so it is always 1. Add an output "
                "for each class, or use a sigmoid.",
                tuple(softmax),
            )
        )
    return tuple(warnings)


def _drawn_from_inputs(network: Network) -> set[str]:
    """Return the neurons that inputs lead to by any connections, disabled ones too."""
    pairs = ((connection.source, connection.target) for connection in network.connections)
    return _closure((neuron.id for neuron in network.inputs), _neighbors(pairs))


def _drawn_to_outputs(network: Network) -> set[str]:
    """Return the neurons that lead to outputs by any connections, disabled ones too."""
    pairs = ((connection.target, connection.source) for connection in network.connections)
    return _closure((neuron.id for neuron in network.outputs), _neighbors(pairs))


def _neighbors(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return what each neuron leads to, of pairs of neurons of which the first leads to the second."""
    found: dict[str, list[str]] = {}
    for here, there in pairs:
        found.setdefault(here, []).append(there)
    return found


def _closure(start: Iterable[str], neighbors: Mapping[str, Sequence[str]]) -> set[str]:
    found = set(start)
    waiting = list(found)
    while waiting:
        for there in neighbors.get(waiting.pop(), ()):
            if there not in found:
                found.add(there)
                waiting.append(there)
    return found


def names(network: Network, neuron_ids: Sequence[str]) -> str:
    """Return the names of neurons for a message, the first few of many."""
    shown = ", ".join(name_of(network, neuron_id) for neuron_id in neuron_ids[:NAMES_SHOWN])
    more = len(neuron_ids) - NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
