"""The mathematics of a network at one sample, with the numbers put in: data that a window can typeset.

What explains more than one thing at the same sample computes a `Moment` once and asks the functions that end
in ``_at``.
"""

from nnstudio.explain.connections import ConnectionMath, connection, connection_at
from nnstudio.explain.graphs import Graph, graph, graph_at
from nnstudio.explain.limits import LimitMath, limit, limit_at, losses_along
from nnstudio.explain.losses import LossMath, loss, loss_at
from nnstudio.explain.moment import Moment, moment_of
from nnstudio.explain.neurons import NeuronMath, neuron, neuron_at
from nnstudio.explain.symbols import Formula
from nnstudio.explain.updates import TrainingStep, Update, training_step

__all__ = [
    "ConnectionMath",
    "Formula",
    "Graph",
    "LimitMath",
    "LossMath",
    "Moment",
    "NeuronMath",
    "TrainingStep",
    "Update",
    "connection",
    "connection_at",
    "graph",
    "graph_at",
    "limit",
    "limit_at",
    "loss",
    "loss_at",
    "losses_along",
    "moment_of",
    "neuron",
    "neuron_at",
    "training_step",
]
