"""TrainingSettings: how a network is to be trained, as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.schedules import check_schedule
from nnstudio.engine.shaping import Shaping
from nnstudio.errors import SettingsError
from nnstudio.network.initializers import INITIALIZERS

MAX_SEED = 2**63 - 1
DTYPES = ("float64", "float32")
CLASS_WEIGHTS = ("none", "balanced")


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Settings of one training; `validate` says whether they make sense.

    ``batch_size`` None (or 0) is the whole training part at once, 1 is online. ``epochs`` counts from the
    first epoch of the training, also when it is resumed. ``target_loss`` ends training after the first
    epoch whose training loss is at most that. ``options`` are the optimizer's, beyond the learning rate;
    what is left out has the optimizer's own default.

    ``schedule`` changes the learning rate from epoch to epoch, with ``schedule_options`` like ``options``;
    the training that it spans has ``epochs`` epochs, also where it is trained in parts. One that watches the
    loss has it measured after every epoch: that of the test part, or of the training part where there is
    none.

    ``l1``, ``l2``, ``clip_norm``, ``clip_value`` and ``weight_decay`` shape each step, see `engine.shaping`:
    penalties concern weights, not biases, and are in no loss that is shown; decay concerns both, whatever
    the optimizer, and AdamW has an option of its own beside it. ``dropout`` is the chance of each hidden
    neuron to fall silent, see `engine.dropout`: in the steps of the training (and the training loss, which is
    that of these steps), not where outputs, test loss or metrics are computed. ``class_weights`` say how much
    the rows of each class count in training and test loss: “none” for all alike, “balanced” for classes that
    count alike however many rows they have, or numbers by the names of the classes, 1 for those left out;
    metrics count every row alike. ``patience`` ends training
    when the loss (the same as for a schedule) has not fallen below its least for so many epochs, and restores
    the weights of that least one; then too it is measured after every epoch. ``dtype`` is the precision of
    all numbers.
    """

    loss: str = "mse"
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    batch_size: int | None = 32
    epochs: int = 1000
    shuffle: bool = True
    seed: int = 0
    target_loss: float | None = None
    initializer: str = "xavier_uniform"
    options: Mapping[str, float] = field(default_factory=dict)
    schedule: str = "constant"
    schedule_options: Mapping[str, float] = field(default_factory=dict)
    l1: float = 0.0
    l2: float = 0.0
    weight_decay: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    dropout: float = 0.0
    class_weights: str | Mapping[str, float] = "none"
    patience: int | None = None
    dtype: str = "float64"

    def __post_init__(self) -> None:
        for name in ("options", "schedule_options", "class_weights"):
            if isinstance(getattr(self, name), Mapping):
                object.__setattr__(self, name, dict(getattr(self, name)))

    def validate(self) -> None:
        """Raise SettingsError, which names the setting, where one cannot be."""
        _check_key("loss", self.loss, LOSSES)
        _check_key("optimizer", self.optimizer, OPTIMIZERS)
        _check_key("initializer", self.initializer, INITIALIZERS)
        if not _is_number(self.learning_rate) or self.learning_rate <= 0:
            _refuse("learning_rate", f"The learning rate must be a number above 0, not {self.learning_rate}.")
        if self.batch_size is not None and not _is_whole(self.batch_size, 0):
            _refuse("batch_size", f"The batch size must be a whole number from 1, not {self.batch_size}.")
        if not _is_whole(self.epochs, 1):
            _refuse("epochs", f"The number of epochs must be a whole number from 1, not {self.epochs}.")
        if not isinstance(self.shuffle, bool):
            _refuse("shuffle", f"Shuffling is either on or off, not {self.shuffle}.")
        if not _is_whole(self.seed, 0) or self.seed > MAX_SEED:
            _refuse("seed", f"The seed must be a whole number from 0 to {MAX_SEED}, not {self.seed}.")
        if self.target_loss is not None and not _is_number(self.target_loss):
            _refuse("target_loss", f"The loss to stop at must be a number, not {self.target_loss}.")
        self._check_options()
        check_schedule(self.schedule, self.schedule_options)
        self._check_shaping()
        self._check_class_weights()
        if self.patience is not None and not _is_whole(self.patience, 1):
            _refuse("patience", f"Patience must be a whole number of epochs from 1, not {self.patience}.")
        if self.dtype not in DTYPES:
            _refuse("dtype", f"The precision must be {' or '.join(DTYPES)}, not {self.dtype}.")

    def _check_class_weights(self) -> None:
        chosen = self.class_weights
        if isinstance(chosen, Mapping):
            for name, value in chosen.items():
                if not _is_number(value) or value <= 0:
                    _refuse(
                        "class_weights",
                        f"The weight of class “{name}” must be a number above 0, not {value}.",
                    )
        elif chosen not in CLASS_WEIGHTS:
            _refuse(
                "class_weights",
                f"The class weights must be {' or '.join(CLASS_WEIGHTS)}, or numbers by the names of the "
                f"classes, not {chosen}.",
            )

    def _check_shaping(self) -> None:
        titles = {"l1": "The L1 penalty", "l2": "The L2 penalty", "weight_decay": "The weight decay"}
        for name, title in titles.items():
            value = getattr(self, name)
            if not _is_number(value) or value < 0:
                _refuse(name, f"{title} must be a number from 0, which is none, not {value}.")
        if not _is_number(self.dropout) or not 0 <= self.dropout < 1:
            _refuse("dropout", f"Dropout must be a share from 0 to below 1, not {self.dropout}.")
        titles = {"clip_norm": "norm", "clip_value": "value"}
        for name, title in titles.items():
            value = getattr(self, name)
            if value is not None and (not _is_number(value) or value <= 0):
                _refuse(name, f"The largest {title} of gradients must be a number above 0, not {value}.")

    def _check_options(self) -> None:
        known = OPTIMIZERS[self.optimizer].defaults
        if not isinstance(self.options, Mapping):
            _refuse("options", "The options of the optimizer must be names with numbers.")
        for name, value in self.options.items():
            if name not in known:
                having = f"it has {', '.join(known)}" if known else "it has none"
                _refuse("options", f"The optimizer “{self.optimizer}” has no option “{name}”; {having}.")
            if not _is_number(value):
                _refuse("options", f"The option “{name}” must be a number, not {value}.")

    @property
    def optimizer_options(self) -> dict[str, float]:
        """The optimizer's options with its defaults filled in."""
        return {**OPTIMIZERS[self.optimizer].defaults, **self.options}

    @property
    def shaping(self) -> Shaping:
        """What shapes each step beside the optimizer."""
        return Shaping(
            l1=self.l1,
            l2=self.l2,
            weight_decay=self.weight_decay,
            clip_norm=self.clip_norm,
            clip_value=self.clip_value,
        )

    def batch_rows(self, rows: int) -> int:
        """Return the size of a batch out of so many training rows."""
        return min(self.batch_size or rows, rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for a project file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainingSettings:
        """Return checked settings from plain values; raises SettingsError.

        What is missing, as in files of earlier versions, has its default.
        """
        names = {entry.name for entry in fields(cls)}
        unknown = next((name for name in values if name not in names), None)
        if unknown is not None:
            _refuse(str(unknown), f"There is no training setting “{unknown}”.")
        settings = cls(**values)
        settings.validate()
        return settings


def _check_key(setting: str, key: object, registry: Mapping[str, object]) -> None:
    if not isinstance(key, str) or key not in registry:
        _refuse(setting, f"“{key}” is not known as {setting}; there are {', '.join(registry)}.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _refuse(setting: str, message: str) -> None:
    raise SettingsError(message, setting=setting)
