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
    from collections.abc import Sequence

    from nnstudio.network.model import Network

# How many neurons a message lists by name.
NAMES_SHOWN = 5


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


def used_activations(network: Network) -> tuple[Activation, ...]:
    """Return the entries of the registry, then the custom activations of the network.

    Raises CompileError, naming the neurons, where an activation does not exist, or its formula cannot be read
    or has no value for usual weighted sums.
    """
    custom = []
    for key, neuron_ids in _custom_neurons(network).items():
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


def _custom_neurons(network: Network) -> dict[str, list[str]]:
    """Return the neurons with activations that are not in the registry, by activation."""
    found: dict[str, list[str]] = {}
    for neuron in network.neurons:
        if neuron.role != "input" and neuron.activation not in ACTIVATIONS:
            found.setdefault(neuron.activation or "", []).append(neuron.id)
    return found


def check_softmax(network: Network) -> None:
    """Raise CompileError where one softmax output depends on another, naming the way between them."""
    group = {neuron.id for neuron in network.outputs if neuron.activation == "softmax"}
    came_from: dict[str, str] = {}
    waiting = deque(group)
    while waiting:
        here = waiting.popleft()
        for following in network.targets_of(here):
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

    ``from_input`` and ``to_output`` are flags (neurons,), in the order of ``neuron_ids``.
    """
    isolated, unused_inputs, dead_ends, constants = [], [], [], []
    for neuron_id, reached, used in zip(neuron_ids, from_input.tolist(), to_output.tolist(), strict=True):
        if reached and used:
            continue
        if network.neuron(neuron_id).role == "input":
            unused_inputs.append(neuron_id)
        elif not reached and not used:
            isolated.append(neuron_id)
        elif not used:
            dead_ends.append(neuron_id)
        else:
            constants.append(neuron_id)
    found = (
        (isolated, "neither reached by an input nor connected to an output: not part of the computation."),
        (unused_inputs, "an input without a path to an output: its column of the data is ignored."),
        (
            dead_ends,
            "not connected on to an output: nothing that it computes is used, and it does not learn.",
        ),
        (constants, "not reached by an input: its value is the same for all data, like a bias."),
    )
    warnings = [CompileWarning(f"{names(network, ids)}: {text}", tuple(ids)) for ids, text in found if ids]
    for key, neuron_ids in _custom_neurons(network).items():
        warnings += [
            CompileWarning(
                f"{names(network, neuron_ids)}: at large weighted sums, {problem}", tuple(neuron_ids)
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


def names(network: Network, neuron_ids: Sequence[str]) -> str:
    """Return the names of neurons for a message, the first few of many."""
    shown = ", ".join(name_of(network, neuron_id) for neuron_id in neuron_ids[:NAMES_SHOWN])
    more = len(neuron_ids) - NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
