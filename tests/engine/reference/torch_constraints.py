"""Trainings by PyTorch under constraints, as a script of PyTorch's own would have them.

A shared weight is one tensor that is used more than once, a learning rate of its own is a group of
parameters, a sign is kept by clamping after each step, and what is disabled isn't there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from tests.engine.reference.torch_network import OPTIMIZER, TorchNetwork

if TYPE_CHECKING:
    from nnstudio.network import Connection, Network


class ConstrainedTorchNetwork(TorchNetwork):
    """A network without what is disabled, in which some connections share a tensor."""

    def __init__(self, network: Network) -> None:
        super().__init__(_enabled(network))
        shared: dict[str, torch.Tensor] = {}
        for connection in self.network.connections:
            if connection.tie:
                tensor = shared.setdefault(connection.tie, self.parameters[connection.id])
                self.parameters[connection.id] = tensor

    def of(self, connections: list[Connection]) -> list[torch.Tensor]:
        """The tensors of connections, each once."""
        return list({id(self.parameters[c.id]): self.parameters[c.id] for c in connections}.values())

    def groups(self, learning_rate: float) -> list[dict[str, Any]]:
        """All that trains, a group for each parameter."""
        found: dict[int, dict[str, Any]] = {}
        for item in (*self.network.connections, *self.network.neurons):
            if item.trainable and item.rate_factor and item.id in self.parameters:
                tensor = self.parameters[item.id]
                found[id(tensor)] = {"params": [tensor], "lr": learning_rate * item.rate_factor}
        return list(found.values())


def _enabled(network: Network) -> Network:
    kept = network.copy()
    for connection in network.connections:
        ends = network.neuron(connection.source), network.neuron(connection.target)
        if not connection.enabled or not all(neuron.enabled for neuron in ends):
            kept.remove_connection(connection.id)
    for neuron in network.hidden:
        if not neuron.enabled:
            kept.remove_neuron(neuron.id)
    return kept


def train(network: Network, x: Any, y: Any, how: dict[str, Any]) -> dict[str, float]:
    """Train without shuffling; returns the parameters by id."""
    computed = ConstrainedTorchNetwork(network)
    groups = computed.groups(how["learning_rate"])
    trained = [group["params"][0] for group in groups]
    method = OPTIMIZER[how["optimizer"]](groups, how["learning_rate"])
    connections = [c for c in computed.network.connections if c.trainable and c.rate_factor]
    weights = computed.of(connections)
    x, y = torch.tensor(x), torch.tensor(y)
    for _ in range(how["epochs"]):
        for start in range(0, len(x), how["batch_size"]):
            rows = slice(start, start + how["batch_size"])
            method.zero_grad()
            loss = computed.loss(x[rows], y[rows], how["loss"])
            for weight in weights:
                loss = loss + how.get("l1", 0.0) * weight.abs() + how.get("l2", 0.0) / 2.0 * weight**2
            loss.backward()
            for parameter in trained:
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)
            if "clip_norm" in how:
                torch.nn.utils.clip_grad_norm_(trained, how["clip_norm"])
            with torch.no_grad():
                for group in method.param_groups:
                    group["params"][0].mul_(1.0 - group["lr"] * how.get("weight_decay", 0.0))
            method.step()
            with torch.no_grad():
                for connection in connections:
                    if connection.sign > 0:
                        computed.parameters[connection.id].clamp_(min=0.0)
                    elif connection.sign < 0:
                        computed.parameters[connection.id].clamp_(max=0.0)
    return {key: parameter.item() for key, parameter in computed.parameters.items()}
