"""The drawing as lessons speak of it: neurons by their labels, and what of it takes part."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from nnstudio.engine.constraints import taking_part
from nnstudio.lessons.telling import UnanswerableError
from nnstudio.project.constraints import learnable

if TYPE_CHECKING:
    from nnstudio.network import Connection, Network, Neuron
    from nnstudio.network.items import Role


class Drawing:
    """A network that does not change, asked by labels."""

    def __init__(self, network: Network) -> None:
        self.network = network

    @cached_property
    def _taking_part(self) -> tuple[list[Neuron], list[Connection]]:
        neurons, connections = taking_part(self.network)
        return list(neurons), list(connections)

    @property
    def connections(self) -> list[Connection]:
        """Connections that take part."""
        return self._taking_part[1]

    def neurons(self, role: Role | None = None) -> list[Neuron]:
        """Return the neurons that take part, all or those of a role."""
        return [neuron for neuron in self._taking_part[0] if role is None or neuron.role == role]

    @property
    def learnable(self) -> int:
        """How many numbers train."""
        return learnable(self.network)

    def neuron(self, label: str) -> Neuron:
        """Return a neuron by its label, or else by its id; raises UnanswerableError."""
        found = [neuron for neuron in self.network.neurons if neuron.label == label]
        found = found or [neuron for neuron in self.network.neurons if neuron.id == label]
        if not found:
            folded = label.casefold()
            found = [neuron for neuron in self.network.neurons if neuron.label.casefold() == folded]
        if not found:
            raise UnanswerableError(f"There is no neuron {label}. Add it, or name one so.")
        if len(found) > 1:
            raise UnanswerableError(
                f"There are {len(found)} neurons called {label}. Give each a name of its own."
            )
        return found[0]

    def has_neuron(self, label: str) -> bool:
        """Whether there is a neuron with this label or id."""
        return any(label in (neuron.label, neuron.id) for neuron in self.neurons())

    def connection(self, source: str, target: str) -> Connection:
        """Return the connection between two neurons; raises UnanswerableError."""
        found = self.network.connection_between(self.neuron(source).id, self.neuron(target).id)
        if found is None:
            raise UnanswerableError(f"There is no connection {source} → {target}. Connect the two.")
        return found

    def has_connection(self, source: str, target: str) -> bool:
        """Whether a connection between two neurons takes part."""
        try:
            found = self.connection(source, target)
        except UnanswerableError:
            return False
        return found in self.connections

    def biased(self, label: str) -> float:
        """Return the bias of a neuron; raises UnanswerableError."""
        neuron = self.neuron(label)
        if neuron.bias is None:
            raise UnanswerableError(f"{label} is an input and has no bias.")
        return neuron.bias
