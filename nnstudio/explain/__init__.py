"""The mathematics of a network at one sample, with the numbers put in: data that a window can typeset."""

from nnstudio.explain.connections import ConnectionMath, connection
from nnstudio.explain.graphs import Graph, graph
from nnstudio.explain.limits import LimitMath, limit
from nnstudio.explain.losses import LossMath, loss
from nnstudio.explain.moment import Moment, moment_of
from nnstudio.explain.neurons import NeuronMath, neuron
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
    "graph",
    "limit",
    "loss",
    "moment_of",
    "neuron",
    "training_step",
]
