"""Situation: a project at one moment, asked for the quantities of assertions. Nothing is computed unasked."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nnstudio.engine import compile_network
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.errors import SettingsError
from nnstudio.explain.moment import moment_of
from nnstudio.lessons.drawing import Drawing
from nnstudio.lessons.retraining import Limits, Past, Retrained, retrain
from nnstudio.lessons.telling import UnanswerableError
from nnstudio.project.predictions import input_columns, predict_rows
from nnstudio.training.metrics import class_threshold
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.weighting import row_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from nnstudio.data.dataset import Dataset
    from nnstudio.engine.parameters import Parameters
    from nnstudio.engine.program import Program
    from nnstudio.explain import Moment
    from nnstudio.network import Network
    from nnstudio.project import Project
    from nnstudio.project.project import Values
    from nnstudio.training.history import History

    Part = Literal["train", "test"]


class Situation(Drawing):
    """What is the case with a project; made by `of`. Later changes of the project do not reach it.

    So it may be asked in another thread. Each quantity is computed once. Its methods raise UnanswerableError
    where something is not there, and other errors of ours where something cannot be computed.
    """

    @classmethod
    def of(
        cls,
        project: Project,
        *,
        color_mode: str | None = None,
        focus_row: int | None = None,
        trainings: int | None = None,
        used_optimizers: Iterable[str] | None = None,
        values: Values | None = None,
        history: History | None = None,
        trusts_history: bool = True,
        limits: Limits | None = None,
    ) -> Situation:
        """Return the situation of a project as it is now.

        What is not given is as the project's view says. ``focus_row`` counts from 0. ``values``, weights and
        biases by id, take the place of the network's, and ``history`` that of the project's: a training that
        is under way has later ones. Unless ``trusts_history``, what it says is found by training again.
        """
        network = project.network.copy()
        if values is not None:
            network.set_values(*values)
        project = replace(project, network=network, view=dict(project.view))
        found = project.history if history is None else history
        if used_optimizers is not None:
            used_optimizers = frozenset(name.casefold() for name in used_optimizers)
        past = Past(np.empty(0)) if found is None else Past(np.array(found.loss), np.array(found.epochs))
        return cls(project, color_mode, focus_row, trainings, used_optimizers, past, trusts_history, limits)

    def __init__(
        self,
        project: Project,
        color_mode: str | None,
        focus_row: int | None,
        trainings: int | None,
        used_optimizers: frozenset[str] | None,
        past: Past,
        trusts_history: bool,
        limits: Limits | None,
    ) -> None:
        super().__init__(project.network)
        self.project = project
        self.settings = project.settings or TrainingSettings()
        self._color_mode, self._focus_row = color_mode, focus_row
        self._trainings, self._used_optimizers = trainings, used_optimizers
        self._kept_past, self._trusts_history = past, trusts_history
        self._limits = limits or Limits()
        self._known: dict[object, Any] = {}

    def once(self, key: object, compute: Callable[[], Any]) -> Any:
        """Return what is known under a key, computed the first time."""
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]

    # What it computes

    @cached_property
    def program(self) -> Program:
        """The network, compiled in float64."""
        return compile_network(self.network)

    @cached_property
    def weights_and_biases(self) -> Parameters:
        """The values of the network, in slots."""
        return self.program.initial_parameters()

    @property
    def data(self) -> Dataset:
        """The data; raises UnanswerableError where there are none."""
        if self.project.data is None:
            raise UnanswerableError("There are no data yet. Choose some first.")
        return self.project.data

    def slot(self, label: str) -> int:
        """Return the slot of a neuron that takes part; raises UnanswerableError."""
        slot = self.program.neuron_slots.get(self.neuron(label).id)
        if slot is None:
            raise UnanswerableError(f"{label} is disabled and computes nothing. Enable it.")
        return slot

    def connection_slot(self, source: str, target: str) -> int:
        """Return the slot of a connection that takes part; raises UnanswerableError."""
        slot = self.program.connection_slots.get(self.connection(source, target).id)
        if slot is None:
            raise UnanswerableError(f"The connection {source} → {target} is disabled. Enable it.")
        return slot

    def _row(self, number: float | None) -> int:
        rows = len(self._fitting_data)
        place = self.focus_row + 1 if number is None else number
        if not 1 <= place <= rows or place != int(place):
            raise UnanswerableError(f"There is no row {place:,.12g}; the data have {rows:,}, counted from 1.")
        return int(place) - 1

    @property
    def _fitting_data(self) -> Dataset:
        data, program = self.data, self.program
        wanted = data.x.shape[1], data.y.shape[1]
        if wanted != (program.n_inputs, program.n_outputs):
            raise UnanswerableError(
                f"The data have {wanted[0]} columns for inputs and {wanted[1]} for outputs; the network has "
                f"{program.n_inputs} and {program.n_outputs}. Give it as many."
            )
        return data

    def moment(self, row: float | None) -> Moment:
        """Return everything at a row, counted from 1; that in focus where None."""
        data, place = self._fitting_data, self._row(row)

        def compute() -> Moment:
            values, loss = self.weights_and_biases, self.settings.loss
            return moment_of(self.program, values, data.x[place], data.y[place], loss)

        found: Moment = self.once(("moment", place), compute)
        return found

    @cached_property
    def gradients(self) -> Parameters:
        """Derivatives of the loss on the training part, by slots."""
        data = self._fitting_data
        with np.errstate(all="ignore"):
            return self.program.loss_and_gradients(
                self.weights_and_biases,
                data.x_train,
                data.y_train,
                self.settings.loss,
                weights=self._row_weights("train"),
            )[1]

    def output(self, inputs: tuple[float | str, ...], of: str | None) -> float:
        """Return what the network makes of inputs in the data's units; raises UnanswerableError."""
        columns = input_columns(self.project)
        if len(inputs) != len(columns):
            names = ", ".join(column.name for column in columns)
            raise UnanswerableError(f"The network takes {len(columns)} inputs ({names}), not {len(inputs)}.")
        row = {column.name: cell for column, cell in zip(columns, inputs, strict=True)}
        made = predict_rows(self.project, [row])
        return float(made.values[0, self._output_column(of)])

    def _output_column(self, of: str | None) -> int:
        if of is None:
            return 0
        ids = [neuron.id for neuron in self.network.outputs]
        wanted = self.neuron(of)
        if wanted.id not in ids:
            raise UnanswerableError(f"{of} is not an output.")
        return ids.index(wanted.id)

    # How good it is

    def _rows(self, part: Part) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        data = self._fitting_data
        if part == "train":
            return data.x_train, data.y_train
        if not len(data.test_rows):
            raise UnanswerableError("There is no test part. Split the data first.")
        return data.x_test, data.y_test

    def _row_weights(self, part: Part) -> NDArray[np.float64] | None:
        weights = row_weights(self.data, self.settings)
        if weights is None:
            return None
        return weights[self.data.train_rows if part == "train" else self.data.test_rows]

    def count(self, part: Part) -> int:
        """Return how many rows a part of the data has."""
        return len(self._rows(part)[0])

    def loss(self, part: Part) -> float:
        """Return the loss on a part of the data."""

        def compute() -> float:
            x, y = self._rows(part)
            weights = self._row_weights(part)
            with np.errstate(all="ignore"):
                return self.program.loss(self.weights_and_biases, x, y, self.settings.loss, weights)

        return float(self.once(("loss", part), compute))

    def _outputs(self, part: Part) -> NDArray[np.float64]:
        def compute() -> NDArray[np.float64]:
            with np.errstate(all="ignore"):
                return self.program.predict(self.weights_and_biases, self._rows(part)[0])

        found: NDArray[np.float64] = self.once(("outputs", part), compute)
        return found

    def errors(self, part: Part) -> NDArray[np.float64]:
        """Return each row's largest distance of an output from its target, in the data's units, (rows,)."""
        _, y = self._rows(part)
        with np.errstate(all="ignore"):
            found: NDArray[np.float64] = np.abs((self._outputs(part) - y) * self.data.target_scale).max(
                axis=1
            )
        return found

    def right_rows(self, part: Part) -> int:
        """Return how many rows are in the right class, or round to their targets at one decimal."""
        data, outputs, (_, y) = self.data, self._outputs(part), self._rows(part)
        if data.classes:
            right = data.class_indices(outputs, class_threshold(self.settings.loss)) == data.class_indices(y)
        else:
            right = (np.round(data.target_values(outputs), 1) == np.round(data.target_values(y), 1)).all(
                axis=1
            )
        return int(np.count_nonzero(right))

    def target(self, row: float, of: str | None) -> float:
        """Return the target of a row, counted from 1, in the data's units; raises UnanswerableError."""
        data, place = self.data, self._row(row)
        names = list(data.target_names)
        if of is not None and of not in names:
            raise UnanswerableError(f"There is no target {of}; there are {', '.join(names)}.")
        values = data.target_values(data.y[place])
        return float(values[0 if of is None else names.index(of)])

    @property
    def dataset(self) -> str:
        """What the data are called."""
        key = self.data.source.get("key")
        return key if isinstance(key, str) else self.data.title

    def setting(self, name: str) -> float:
        """Return a setting, or an option of the optimizer, that is a number; 0 where it is off.

        Raises SettingsError for what is none.
        """
        known = self.settings.to_dict() | self.settings.optimizer_options
        every = {option: 0.0 for optimizer in OPTIMIZERS.values() for option in optimizer.defaults}
        value = (every | known).get(name, "")
        if value is None:
            return 0.0
        if not isinstance(value, int | float):
            raise SettingsError(f"There is no setting “{name}” that is a number.", setting=name)
        return float(value)

    # Its past, and what training makes of it

    @property
    def past(self) -> Past:
        """The training so far; raises UnanswerableError where it cannot be found again."""
        if self._trusts_history:
            return self._kept_past
        return self._retrained(self._claimed).past if self._claimed else Past(np.empty(0))

    @property
    def _claimed(self) -> int:
        """How many epochs the project says it was trained for."""
        return self.project.checkpoint.epoch if self.project.checkpoint else self._kept_past.epochs

    @property
    def is_made_otherwise(self) -> bool:
        """Whether training anew was asked for the past, and led to other weights than the network has."""
        anew: Retrained | None = self._known.get(("retrained", self._claimed))
        if self._trusts_history or anew is None:
            return False
        pairs = zip(anew.network.values(), self.network.values(), strict=True)
        return not all(np.allclose([*a.values()], [*b.values()], rtol=1e-6, atol=1e-9) for a, b in pairs)

    def _start(self) -> Network:
        """Return the network with the values that its training started from, or has where there was none."""
        start = self.project.start
        if start is None and (self.project.checkpoint is not None or self._kept_past.epochs):
            raise UnanswerableError(
                "The project does not keep what its training started from. Train it anew."
            )
        network = self.network.copy()
        if start is not None:
            ids = {connection.id for connection in network.connections}
            biased = {neuron.id for neuron in network.neurons if neuron.role != "input"}
            network.set_values(_only(start[0], ids), _only(start[1], biased))
        return network

    def _retrained(self, epochs: int) -> Retrained:
        def compute() -> Retrained:
            return retrain(self._start(), self.data, self.settings, epochs, self._limits)

        found: Retrained = self.once(("retrained", epochs), compute)
        return found

    def trained(self, epochs: float) -> Situation:
        """Return the situation after training for so many epochs from the start; raises UnanswerableError."""
        whole = _whole(epochs)

        def compute() -> Situation:
            network = self._retrained(whole).network
            return Situation.of(replace(self.project, network=network), limits=self._limits)

        found: Situation = self.once(("trained", whole), compute)
        return found

    def diverges(self, epochs: float) -> bool:
        """Whether such a training leaves the finite numbers; raises UnanswerableError."""
        return self._retrained(_whole(epochs)).has_diverged

    def trained_epochs_to(self, loss: float) -> float:
        """Return the first epoch from the start with at most this training loss, or infinity."""

        def compute() -> float:
            settings = replace(self.settings, target_loss=None)
            found = retrain(
                self._start(),
                self.data,
                settings,
                settings.epochs,
                self._limits,
                until=lambda losses: bool((losses <= loss).any()),
            )
            return found.past.reached(loss)

        return float(self.once(("epochs to", loss), compute))

    # The window

    @property
    def color_mode(self) -> str:
        """What colors the connections."""
        return str(self._color_mode or self.project.view.get("color_mode") or "weight")

    @property
    def focus_row(self) -> int:
        """The row in focus, counted from 0."""
        row = self.project.view.get("focus_row") if self._focus_row is None else self._focus_row
        return row if isinstance(row, int) else 0

    @property
    def _was_trained(self) -> bool:
        return self.project.checkpoint is not None or self._kept_past.epochs > 0

    @property
    def trainings(self) -> int:
        """How many trainings there were."""
        return int(self._was_trained) if self._trainings is None else self._trainings

    @property
    def used_optimizers(self) -> frozenset[str]:
        """The names of optimizers that were trained with."""
        if self._used_optimizers is None:
            return frozenset((self.settings.optimizer,)) if self._was_trained else frozenset()
        return self._used_optimizers


def _whole(epochs: float) -> int:
    if epochs != epochs or not 0 <= epochs < 2**31 or epochs != int(epochs):
        raise UnanswerableError(f"Nothing can be trained for {epochs:g} epochs. Write a whole number.")
    return int(epochs)


def _only(values: Mapping[str, float], ids: set[str]) -> dict[str, float]:
    return {key: value for key, value in values.items() if key in ids}
