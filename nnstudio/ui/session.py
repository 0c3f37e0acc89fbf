"""A session: training from the moment it is asked for until it pauses or ends, in one run or several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nnstudio.errors import DataError
from nnstudio.network.edits import SetValues
from nnstudio.ui.idle import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnstudio.engine.program import Parameters, Program
    from nnstudio.network import Network
    from nnstudio.project import Project
    from nnstudio.project.project import Values
    from nnstudio.training import (
        EpochRow,
        History,
        Run,
        Snapshot,
        SnapshotRequest,
        Timeline,
        TrainerState,
        TrainingSettings,
    )

Portion = Literal["step", "epoch"]
STOP_SECONDS = 30.0
# Epochs of a training that are kept at the most: tiny networks have a million a second.
MOST_EPOCHS = 1 << 17


class Session:
    """Owns the run that is on, the history that grows with it, and the values that it started from.

    A change of settings or data ends the run and begins another at the same step. ``state`` is where to go
    on, or None to start anew with ``parameters``, the network's present values. The ``timeline`` records
    the runs. Raises what keeps it from being trained.
    """

    def __init__(
        self,
        project: Project,
        program: Program,
        parameters: Parameters,
        settings: TrainingSettings,
        state: TrainerState | None,
        *,
        portion: Portion | None,
        numbers: Iterator[int],
        revision: int,
        timeline: Timeline,
        pace: float | None = None,
    ) -> None:
        self.portion = portion
        self.wish: Literal["go on", "pause", "restart"] = "go on"
        self._project = project
        self.data = project.data
        self._program = program
        self._numbers = numbers
        self._revision = revision
        self._timeline = timeline
        self._pace = pace
        self._began_at = (0, 0) if state is None else (state.epoch, state.step)
        self.run = self._make_run(settings, state, parameters.copy())
        self.history = _copy_of(project.history if state is not None else None)
        self.start: Values | None = project.network.values() if state is None else project.start

    @property
    def first_epoch(self) -> int:
        """Finished epochs when the session began."""
        return self._began_at[0]

    def begin(self, request: SnapshotRequest) -> None:
        """Start the run, and ask for a first snapshot."""
        self.run.request(request)
        self.run.set_pace(self._pace)
        self.run.start(self.portion)

    def set_pace(self, epochs_per_second: float | None) -> None:
        """Train no faster than this from now on; None is as fast as it goes."""
        self._pace = epochs_per_second
        self.run.set_pace(epochs_per_second)

    def collect(self) -> tuple[Sequence[EpochRow], Snapshot | None]:
        """Return what is new since the last call: epochs, which the history has by now, and a snapshot."""
        rows = self.run.drain()
        self.history.extend(rows)
        return rows, self.run.take()

    def pause(self) -> None:
        """Pause after the step under way."""
        self.wish = "pause"
        self.run.pause()

    def restart(self) -> None:
        """Pause, to go on with other settings or data; what the user wants comes first."""
        if self.wish == "go on" and self.portion is None:
            self.wish = "restart"
            self.run.pause()

    def go_on(self, settings: TrainingSettings, request: SnapshotRequest) -> None:
        """Go on from where the run paused, with other settings or data; raises what speaks against them.

        With other data the epoch under way begins again, and what the best loss was counts no more.
        """
        self.wish = "go on"
        state = self.run.state()
        self.run.stop(STOP_SECONDS)
        if self._project.data is not self.data:
            state = state.with_other_data()
        # Parameters given would count as the drawing's, which knows nothing of what was disabled on the way.
        self.run = self._make_run(settings, state, None)
        self.begin(request)

    def stop(self) -> None:
        """End the run and wait until it has; one that still compiles is left to itself."""
        self.run.stop(STOP_SECONDS)

    @property
    def dtype(self) -> str:
        """The precision of the numbers."""
        return self._program.dtype.name

    @property
    def is_preparing(self) -> bool:
        """Whether the run has yet to compile what it trains with."""
        return self.run.is_preparing and self.run.status == "running"

    @property
    def state(self) -> TrainerState:
        """Where to go on; to be asked when the run is paused or over."""
        return self.run.state()

    @property
    def has_learned(self) -> bool:
        """Whether any step was taken; to be asked when the run is paused or over."""
        return self.state.step > self._began_at[1]

    def revise(self, program: Program, revision: int) -> None:
        """Go on under the constraints that the drawing has now; raises what speaks against them."""
        self.run.revise(program, revision)
        self._program, self._revision = program, revision

    def learned(self, network: Network) -> SetValues:
        """Return the edit that puts what was learned into the network; to be asked when the run is over."""
        program, parameters = self.run.program, self.run.parameters
        weights = dict(zip(program.connection_ids, parameters.weights.tolist(), strict=True))
        biases = dict(zip(program.neuron_ids, parameters.biases.tolist(), strict=True))
        state = self.state
        # What was disabled on the way has learned until then.
        shelved = ({}, {}) if state is None else state.shelved_values()
        weights |= shelved[0]
        biases |= shelved[1]
        inputs = {neuron.id for neuron in network.inputs}
        return SetValues(self._label(), weights, {key: biases[key] for key in biases if key not in inputs})

    def _label(self) -> str:
        epochs = self.state.epoch - self._began_at[0]
        if self.portion == "step":
            return "Train one batch"
        return "Train one epoch" if epochs == 1 else f"Train {epochs} epochs"

    def _make_run(
        self, settings: TrainingSettings, state: TrainerState | None, parameters: Parameters | None
    ) -> Run:
        from nnstudio.training import Run

        data = self._project.data
        if data is None:
            raise DataError(NO_DATA)
        epoch = 0 if state is None else state.epoch
        run = Run(
            next(self._numbers),
            self._revision,
            self._program,
            parameters,
            data,
            settings,
            state=state,
            stop_at=(epoch // settings.epochs + 1) * settings.epochs,
            yield_gil=True,
            timeline=self._timeline,
        )
        self.data = data
        return run


def parameters_of(program: Program, network: Network) -> Parameters:
    """Return the network's present weights and biases in the slots of a program."""
    weights, biases = network.values()
    parameters = program.initial_parameters()
    parameters.weights[:] = [weights[key] for key in program.connection_ids]
    parameters.biases[:] = [biases.get(key, 0.0) for key in program.neuron_ids]
    return parameters


def _copy_of(history: History | None) -> History:
    from nnstudio.training import History

    if history is None:
        return History(limit=MOST_EPOCHS)
    return History.from_arrays(history.arrays(), limit=MOST_EPOCHS)
