"""The further settings of a training in the order of the list, and how their values are read and written."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nnstudio.training.setting_list import SettingInfo, further_settings
from nnstudio.ui.numbers import format_number, parse_number

if TYPE_CHECKING:
    from nnstudio.training import TrainingSettings

OFF = "off"
_OFF_WORDS = ("", OFF, "none", "never", "–")
_OPTIMIZER, _RANDOM, _STOP = "Optimizer", "Randomness", "When to stop"
# What is changed most comes first; groups that are not named come last.
_ORDER = ("Learning rate", _OPTIMIZER, _STOP, _RANDOM, "Regularization", "Clipping")
_OPTION_TITLES = {"beta1": "Beta 1", "beta2": "Beta 2", "eps": "Epsilon"}
_OPTION_TIPS = {
    "momentum": "The share of the last step that is taken again",
    "alpha": "How long the mean of squared gradients remembers",
    "beta1": "How long the mean of the gradients remembers",
    "beta2": "How long the mean of the squared gradients remembers",
    "eps": "Added to the divisor, so that it is never 0",
    "weight_decay": "The share of each weight, times the learning rate, that every step takes away",
}


def fields_for(settings: TrainingSettings) -> list[SettingInfo]:
    """Return the further settings of a training, those of its optimizer and schedule included, by group."""
    fields = [*_plain_fields(), *_option_fields(settings.optimizer), *further_settings(settings)]
    groups = list(dict.fromkeys([*_ORDER, *(field.group for field in fields)]))
    return sorted(fields, key=lambda field: groups.index(field.group))


def value_of(field: SettingInfo, settings: TrainingSettings) -> Any:
    """Return the value in force."""
    if field.within:
        return getattr(settings, field.within).get(field.name, field.default)
    return getattr(settings, field.name)


def read(field: SettingInfo, text: str) -> Any:
    """Return the value that ``text`` spells; raises ValueError with a sentence."""
    if field.optional and text.strip().lower() in _OFF_WORDS:
        return None
    # Not by a float, which has no room for every digit of a long seed.
    digits = text.strip().replace("\u2009", "").replace(" ", "")
    value = int(digits) if digits.isdecimal() and len(digits) < 30 else parse_number(text)
    wrong = value < field.least or value > field.most
    wrong = wrong or (field.above and value == field.least) or (field.below and value == field.most)
    if wrong:
        raise ValueError(f"{field.title}: type a number {_range(field)}.")
    if field.kind == "number":
        return float(value)
    if value != int(value):
        raise ValueError(f"{field.title}: type a whole number.")
    return int(value)


def write(field: SettingInfo, value: Any) -> str:
    """Return the text for a value."""
    if value is None:
        return OFF
    return str(value) if field.kind == "whole" else format_number(float(value), 12)


def _range(field: SettingInfo) -> str:
    low = f"{'above' if field.above else 'from'} {format_number(field.least)}"
    high = f"{'below' if field.below else 'to'} {format_number(field.most)}"
    limits = ((low, field.least), (high, field.most))
    return " and ".join(part for part, limit in limits if math.isfinite(limit))


def _plain_fields() -> list[SettingInfo]:
    from nnstudio.network.initializers import INITIALIZERS
    from nnstudio.training.settings import MAX_SEED

    return [
        SettingInfo(
            "target_loss",
            "Stop at loss",
            "End the training after the first epoch whose training loss is at most this",
            "number",
            _STOP,
            optional=True,
        ),
        SettingInfo(
            "seed",
            "Seed",
            "Decides the order of the rows, and the weights of a new random start. "
            "The same seed gives the same training",
            "whole",
            _RANDOM,
            least=0,
            most=MAX_SEED,
        ),
        SettingInfo(
            "shuffle",
            "Shuffle the rows",
            "Take the training rows in another order in each epoch",
            "flag",
            _RANDOM,
        ),
        SettingInfo(
            "initializer",
            "Random start",
            "How a new random start (F9) draws the weights, by the inputs and outputs of each neuron",
            "choice",
            _RANDOM,
            choices=tuple((key, _title(key)) for key in INITIALIZERS),
        ),
    ]


def _option_fields(key: str) -> list[SettingInfo]:
    from nnstudio.engine.optimizers import OPTIMIZERS

    fields = []
    for name, default in OPTIMIZERS[key].defaults.items():
        least, most = OPTIMIZERS[key].limits.get(name, (-math.inf, math.inf))
        # The smallest positive number as a limit says: above 0.
        above = 0.0 < least < 1e-300
        fields.append(
            SettingInfo(
                name,
                _OPTION_TITLES.get(name, _title(name)),
                f"{_OPTION_TIPS.get(name, 'An option of the optimizer')}. Usual: {format_number(default)}",
                "number",
                _OPTIMIZER,
                within="options",
                default=default,
                least=0.0 if above else least,
                most=most,
                above=above,
                below=True,
            )
        )
    return fields


def _title(key: str) -> str:
    return key.replace("_", " ").capitalize()
