"""Connecting many neurons at once: which pairs, which of them may be, and their starting weights."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal

from nnstudio.errors import InvalidValueError, SettingsError
from nnstudio.network.initializers import INITIALIZERS
from nnstudio.network.items import Connection

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from nnstudio.network.model import Network

Pair = tuple[str, str]  # source, target
Reason = Literal["present", "cycle", "input", "itself"]
# Of a reason, what it says of one pair and of several.
REASONS: dict[Reason, tuple[str, str]] = {
    "present": ("is there already", "are there already"),
    "cycle": ("would close a cycle", "would close cycles"),
    "input": ("would lead into an input", "would lead into inputs"),
    "itself": ("would lead from a neuron to itself", "would lead from neurons to themselves"),
}
PAIR_LIMIT = 1_000_000


@dataclass(frozen=True)
class Wiring:
    """Pairs that may be connected, all of them together, and how many others may not, by reason."""

    pairs: tuple[Pair, ...]
    skipped: Mapping[Reason, int]

    @property
    def skipped_count(self) -> int:
        """How many pairs are left out."""
        return sum(self.skipped.values())


def left_out(skipped: Mapping[Reason, int]) -> str:
    """Return a sentence about how many pairs are left out and why; empty where none is."""
    parts = [f"{count:,} {REASONS[reason][count != 1]}" for reason, count in skipped.items() if count]
    return f"Left out: {', '.join(parts)}." if parts else ""


def all_to_all(sources: Sequence[str], targets: Sequence[str]) -> list[Pair]:
    """Return every pair of a source and a target. Raises InvalidValueError for more than a million."""
    _check_amount(sources, targets)
    return list(product(sources, targets))


def one_to_one(network: Network, sources: Sequence[str], targets: Sequence[str]) -> list[Pair]:
    """Return pairs of the topmost source and target, the next ones below, and so on, as far as both go."""

    def from_top(ids: Sequence[str]) -> list[str]:
        return sorted(ids, key=lambda neuron_id: network.neuron(neuron_id).position[::-1])

    return list(zip(from_top(sources), from_top(targets), strict=False))


def at_random(sources: Sequence[str], targets: Sequence[str], probability: float, seed: int) -> list[Pair]:
    """Return each pair with this probability, the same for the same seed.

    Raises InvalidValueError for no probability, and for more than a million pairs to draw from.
    """
    if not 0.0 <= probability <= 1.0:
        raise InvalidValueError("A probability is from 0 to 1.")
    _check_amount(sources, targets)
    rng = random.Random(seed)
    return [pair for pair in product(sources, targets) if rng.random() < probability]


def by_fan_in(sources: Sequence[str], targets: Sequence[str], seed: int) -> list[Pair]:
    """Return for each target all sources in a random order, the same for the same seed.

    `wire` takes the first legal ones of each target, as many as it is told.
    """
    _check_amount(sources, targets)
    rng = random.Random(seed)
    return [(source, target) for target in targets for source in rng.sample(sources, len(sources))]


def wire(network: Network, candidates: Iterable[Pair], *, most_into_each: int | None = None) -> Wiring:
    """Sort pairs into those that may be connected, all at once, and the others by the reason against them.

    With ``most_into_each`` a target takes only the first so many that may be; those after them count neither
    way. Where pairs are legal alone but would close a cycle together, the first ones are taken. The pairs
    come target by target, in the order of their targets' first appearance. Raises UnknownIdError.
    """
    wanted: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for source, target in candidates:
        wanted[target][source] = None
    sources: set[str] = set().union(*wanted.values())
    # Only from targets that lead on to a source can a cycle be closed, and these are few in most drawings.
    looping = leading_to(network, sources) & wanted.keys()
    added: defaultdict[str, list[str]] = defaultdict(list)
    pairs: list[Pair] = []
    skipped: Counter[Reason] = Counter()
    for target, ends in wanted.items():
        is_input = network.neuron(target).role == "input"
        present = set(network.sources_of(target))
        behind = _reached(network, target, added) if target in looping else frozenset((target,))
        room = len(ends) if most_into_each is None else most_into_each
        if not looping and not is_input and room >= len(ends) and present.isdisjoint(ends):
            # The usual case, and there may be very many pairs.
            pairs.extend((source, target) for source in ends)
            continue
        for source in ends:
            if not room:
                break
            if source == target:
                skipped["itself"] += 1
            elif is_input:
                skipped["input"] += 1
            elif source in present:
                skipped["present"] += 1
            elif source in behind:
                skipped["cycle"] += 1
            else:
                pairs.append((source, target))
                added[source].append(target)
                room -= 1
    return Wiring(tuple(pairs), dict(skipped))


def leading_to(network: Network, goals: Iterable[str]) -> set[str]:
    """Return the neurons from which connections lead to one of ``goals``, these included."""
    found = set(goals)
    waiting = list(found)
    while waiting:
        for source in network.sources_of(waiting.pop()):
            if source not in found:
                found.add(source)
                waiting.append(source)
    return found


def reached_from(network: Network, starts: Iterable[str]) -> set[str]:
    """Return the neurons to which connections lead from one of ``starts``, these included."""
    found = set(starts)
    waiting = list(found)
    while waiting:
        for target in network.targets_of(waiting.pop()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def make_connections(
    network: Network, pairs: Sequence[Pair], *, initializer: str, seed: int
) -> list[Connection]:
    """Return new connections for pairs, with weights drawn in their order; their ids are taken.

    Fan-in and fan-out are those that the neurons will have. Neurons that are still to be added may be among
    the pairs. Raises SettingsError for an unknown initializer.
    """
    if initializer not in INITIALIZERS:
        raise SettingsError(
            f"“{initializer}” is not an initializer; there are {', '.join(INITIALIZERS)}.",
            setting="initializer",
        )
    sample, rng = INITIALIZERS[initializer], random.Random(seed)
    fan_in, fan_out = Counter(t for _, t in pairs), Counter(s for s, _ in pairs)
    for neuron_id in fan_in:
        if network.has_neuron(neuron_id):
            fan_in[neuron_id] += len(network.sources_of(neuron_id))
    for neuron_id in fan_out:
        if network.has_neuron(neuron_id):
            fan_out[neuron_id] += len(network.targets_of(neuron_id))
    return [
        Connection(network.new_connection_id(), source, target, sample(fan_in[target], fan_out[source], rng))
        for source, target in pairs
    ]


def _reached(network: Network, start: str, added: Mapping[str, Collection[str]]) -> set[str]:
    """Return what is reached from a neuron, also by connections that are only planned."""
    found = {start}
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for target in (*network.targets_of(here), *added.get(here, ())):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def _check_amount(sources: Sequence[str], targets: Sequence[str]) -> None:
    amount = len(sources) * len(targets)
    if amount > PAIR_LIMIT:
        raise InvalidValueError(
            f"{len(sources):,} sources and {len(targets):,} targets make {amount:,} pairs; at most "
            f"{PAIR_LIMIT:,} are possible at once. Select fewer neurons."
        )
