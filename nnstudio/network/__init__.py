"""The drawing as data; standard library only."""

from nnstudio.network.model import Connection, Network, Neuron

__all__ = ["Connection", "Network", "Neuron"]
