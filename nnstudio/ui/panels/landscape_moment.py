"""What a loss landscape is laid through: the network of the moment on view, its path, its plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.engine.landscape import plane_along_path, plane_at_random, plane_of_parameters
from nnstudio.engine.landscape_line import line_of_parameter
from nnstudio.errors import NNStudioError, SettingsError
from nnstudio.ui.panels.landscape_choice import index_of
from nnstudio.ui.panels.landscape_trails import moments_of

if TYPE_CHECKING:
    from nnstudio.data import Dataset
    from nnstudio.engine.landscape import Plane
    from nnstudio.engine.program import Program
    from nnstudio.training import Timeline
    from nnstudio.ui.document import Document
    from nnstudio.ui.panels.landscape_choice import Choice
    from nnstudio.ui.plots.landscape_figures import Floats
    from nnstudio.ui.training_controller import TrainingController

_NO_NETWORK = "Draw a network with inputs and outputs first: the landscape is the loss over its weights."
_NO_DATA = "Choose data first: the loss is measured on the rows of the training part."
_NO_PAIR = "The landscape needs two weights or biases; this network has fewer."


@dataclass(frozen=True, eq=False)
class Moment:
    """A network with data, and its parameters (connections + neurons,) at the moment on view."""

    program: Program
    data: Dataset
    flat: Floats
    loss: float
    epoch: int
    step: int


def moment_of(document: Document, controller: TrainingController) -> Moment | str:
    """Return the moment on view, or why there is no landscape of it."""
    program, snapshot, data = controller.program, controller.snapshot, document.project.data
    if not document.network.connection_count:
        return _NO_NETWORK
    if data is None:
        return _NO_DATA
    if program is None or snapshot is None:
        problem = controller.problem
        return str(problem) if problem is not None else "The network cannot be computed yet."
    if (snapshot.connection_ids, snapshot.neuron_ids) != (program.connection_ids, program.neuron_ids):
        return "The network has just changed."
    if data.x.shape[1] != program.n_inputs or data.y.shape[1] != program.n_outputs:
        problem = controller.problem
        return str(problem) if problem is not None else "The data have other columns than the network."
    if not np.isfinite(snapshot.loss) and controller.problem is not None:
        return str(controller.problem)
    flat = np.concatenate((snapshot.weights, snapshot.biases)).astype(np.float64)
    return Moment(program, data, flat, snapshot.loss, snapshot.epoch, snapshot.step)


def lay_plane(moment: Moment, choice: Choice, timeline: Timeline | None) -> Plane | str:
    """Return the plane through a moment in the directions chosen, or why there is none."""
    program = moment.program
    try:
        if choice.kind == "random":
            return plane_at_random(program, moment.flat, choice.seed)
        if choice.kind == "principal":
            path = moment.flat[None] if timeline is None else moments_of(timeline, program)[1]
            return plane_along_path(moment.flat, path)
        if choice.kind == "parameter" and choice.first is not None:
            try:
                return line_of_parameter(program, moment.flat, index_of(program, choice.first))
            except KeyError:
                raise SettingsError("It is disabled. Choose another weight or bias.") from None
        if choice.first is None or choice.second is None:
            return _NO_PAIR
        try:
            places = index_of(program, choice.first), index_of(program, choice.second)
        except KeyError:
            raise SettingsError("One of the two is disabled. Choose another weight or bias.") from None
        return plane_of_parameters(program, moment.flat, *places)
    except NNStudioError as error:
        return str(error)
