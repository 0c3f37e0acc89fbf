"""What a snapshot says about single neurons and connections, by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnstudio.network import Network
    from nnstudio.training.snapshot import Snapshot


class LiveValues:
    """Looks values up in the latest snapshot; None where it doesn't know them.

    ``is_past`` says that they are those of a past step, and not the drawing's.
    """

    def __init__(self) -> None:
        self.is_past = False
        self._snapshot: Snapshot | None = None
        self._connection_ids: tuple[str, ...] = ()
        self._neuron_ids: tuple[str, ...] = ()
        self._connections: dict[str, int] = {}
        self._neurons: dict[str, int] = {}

    def set_snapshot(self, snapshot: Snapshot | None) -> None:
        """Look at another snapshot; the slots are found again only when the ids are others."""
        self._snapshot = snapshot
        if snapshot is None:
            return
        if snapshot.connection_ids is not self._connection_ids:
            self._connection_ids = snapshot.connection_ids
            self._connections = {key: slot for slot, key in enumerate(snapshot.connection_ids)}
        if snapshot.neuron_ids is not self._neuron_ids:
            self._neuron_ids = snapshot.neuron_ids
            self._neurons = {key: slot for slot, key in enumerate(snapshot.neuron_ids)}

    def weight(self, connection_id: str) -> float | None:
        """Return the weight of a connection."""
        return self._of_connection("weights", connection_id)

    def weight_gradient(self, connection_id: str) -> float | None:
        """Return the gradient of the training loss with respect to a weight."""
        return self._of_connection("weight_gradients", connection_id)

    def bias(self, neuron_id: str) -> float | None:
        """Return the bias of a neuron."""
        return self._of_neuron("biases", neuron_id)

    def bias_gradient(self, neuron_id: str) -> float | None:
        """Return the gradient of the training loss with respect to a bias."""
        return self._of_neuron("bias_gradients", neuron_id)

    def activation(self, neuron_id: str) -> float | None:
        """Return the value of a neuron for the sample in focus."""
        return self._of_neuron("activations", neuron_id)

    def weighted_sum(self, network: Network, neuron_id: str) -> float | None:
        """Return z of a neuron for the sample in focus: its bias and its weighted inputs, summed."""
        total = self.bias(neuron_id)
        if total is None or network.neuron(neuron_id).role == "input":
            return None
        for connection in network.incoming(neuron_id):
            weight, value = self.weight(connection.id), self.activation(connection.source)
            if weight is None or value is None:
                return None
            total += weight * value
        return total

    def _of_connection(self, field: str, connection_id: str) -> float | None:
        slot = self._connections.get(connection_id)
        if self._snapshot is None or slot is None:
            return None
        return float(getattr(self._snapshot, field)[slot])

    def _of_neuron(self, field: str, neuron_id: str) -> float | None:
        slot = self._neurons.get(neuron_id)
        values = None if self._snapshot is None else getattr(self._snapshot, field)
        return None if values is None or slot is None else float(values[slot])
