"""The drawing as data; standard library only."""

from nnstudio.network.model import Connection, Group, Network, Neuron

__all__ = ["Connection", "Group", "Network", "Neuron"]
