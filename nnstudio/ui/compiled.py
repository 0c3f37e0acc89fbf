"""What is made from the document's network once, until it changes: its program, its values, its structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.errors import NNStudioError
from nnstudio.ui.idle import check
from nnstudio.ui.resume import Origins, structure
from nnstudio.ui.session import parameters_of

# engine and training bring NumPy along: they are imported where they are first needed.
if TYPE_CHECKING:
    from nnstudio.data import Dataset
    from nnstudio.engine.program import Parameters, Program
    from nnstudio.training import Snapshot, TrainerState, TrainingSettings
    from nnstudio.ui.document import Document


class Compiled:
    """The network of a document as it is now, compiled. ``revision`` counts its changes.

    ``program`` is None until `examine` has made one, and where the network cannot be compiled.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self.program: Program | None = None
        self.revision = 0
        self._parameters: Parameters | None = None
        self._structure: int | None = None
        self._origins = Origins()

    def forget(self) -> None:
        """Take note that the network is another."""
        self.program = self._parameters = self._structure = None
        self.revision += 1

    def forget_values(self) -> None:
        """Take note that weights or biases are others."""
        self._parameters = None

    def begin_anew(self) -> None:
        """Take note that the project is another."""
        self.forget()
        self._origins.clear()
        project = self._document.project
        if project.checkpoint is not None:
            self.remember(project.checkpoint, project.data)

    def examine(self, settings: TrainingSettings) -> NNStudioError | None:
        """Compile where needed, and return why the network cannot be trained, or None."""
        from nnstudio.engine import compile_network

        project = self._document.project
        try:
            if self.program is None or self.program.dtype.name != settings.dtype:
                self._parameters = None
                self.program = compile_network(project.network, dtype=settings.dtype)
            check(self.program, project, settings)
        except NNStudioError as error:
            return error
        return None

    def parameters(self, program: Program) -> Parameters:
        """Return the network's weights and biases in the slots of the present program."""
        if self._parameters is None:
            self._parameters = parameters_of(program, self._document.network)
        return self._parameters

    def shown(self, snapshot: Snapshot | None) -> tuple[Program, Parameters] | None:
        """Return the program with the parameters of a snapshot, or None where they don't belong together."""
        program = self.program
        if program is None or snapshot is None:
            return None
        if (snapshot.connection_ids, snapshot.neuron_ids) != (program.connection_ids, program.neuron_ids):
            return None
        parameters = program.initial_parameters()
        parameters.weights[:], parameters.biases[:] = snapshot.weights, snapshot.biases
        return program, parameters

    @property
    def structure(self) -> int:
        """A hash of what a training of the network depends on, see `resume.structure`."""
        if self._structure is None:
            self._structure = structure(self._document.network)
        return self._structure

    def change_of_loss(
        self, before: Program, parameters: Parameters, settings: TrainingSettings
    ) -> tuple[float, float] | None:
        """Return the losses before and after a change of what takes part, before any training.

        None where the network cannot be trained.
        """
        from nnstudio.training import loss_change

        data = self._document.project.data
        problem = self.examine(settings)
        if data is None or problem is not None or self.program is None:
            return None
        return loss_change(before, parameters, self.program, data, settings)

    def remember(self, checkpoint: TrainerState, data: Dataset | None) -> None:
        """Note that a checkpoint was made with the network as it is, and with these data."""
        self._origins.remember(checkpoint, self.structure, data)

    def can_resume(self) -> bool:
        """Whether the project's checkpoint belongs to its network and data as they are now."""
        project = self._document.project
        return project.checkpoint is not None and self._origins.fits(
            project.checkpoint, self.structure, project.data
        )
