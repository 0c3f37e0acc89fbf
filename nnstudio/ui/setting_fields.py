"""What stands in the list of further settings, and how each is read and written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nnstudio.ui.numbers import format_number, parse_number

if TYPE_CHECKING:
    from nnstudio.training import TrainingSettings

Kind = Literal["whole", "number", "flag", "choice"]
OFF_WORDS = ("", "off", "none", "never", "–")


@dataclass(frozen=True)
class SettingField:
    """One setting in a list: ``name`` in the settings, or in the mapping ``within`` of them.

    A number may be from ``least``, or only above it where ``above`` is set, up to ``most``, or only below
    it where ``below`` is set. ``optional`` ones can be None, which is written as ``off``.
    """

    name: str
    title: str
    tooltip: str
    kind: Kind
    group: str
    within: str = ""
    default: Any = None
    least: float = -math.inf
    most: float = math.inf
    above: bool = False
    below: bool = False
    optional: bool = False
    off: str = "off"
    choices: tuple[tuple[str, str], ...] = ()  # key, title

    def value(self, settings: TrainingSettings) -> Any:
        """Return the value in force."""
        if self.within:
            return getattr(settings, self.within).get(self.name, self.default)
        return getattr(settings, self.name)

    def change(self, settings: TrainingSettings, value: Any) -> dict[str, Any]:
        """Return the fields of the settings that give this one a value."""
        if self.within:
            return {self.within: {**getattr(settings, self.within), self.name: value}}
        return {self.name: value}

    def read(self, text: str) -> Any:
        """Return the value that ``text`` spells; raises ValueError with a sentence."""
        if self.optional and text.strip().lower() in (*OFF_WORDS, self.off):
            return None
        # Not by a float, which has no room for every digit of a long seed.
        digits = text.strip().replace("\u2009", "").replace(" ", "")
        value = int(digits) if digits.isdecimal() and len(digits) < 30 else parse_number(text)
        wrong = value < self.least or value > self.most
        wrong = wrong or (self.above and value == self.least) or (self.below and value == self.most)
        if wrong:
            raise ValueError(f"{self.title}: type a number {self._range()}.")
        if self.kind == "number":
            return float(value)
        if value != int(value):
            raise ValueError(f"{self.title}: type a whole number.")
        return int(value)

    def write(self, value: Any) -> str:
        """Return the text for a value."""
        if value is None:
            return self.off
        return str(value) if self.kind == "whole" else format_number(float(value), 12)

    def _range(self) -> str:
        low = f"{'above' if self.above else 'from'} {format_number(self.least)}"
        high = f"{'below' if self.below else 'to'} {format_number(self.most)}"
        limits = ((low, self.least), (high, self.most))
        return " and ".join(part for part, limit in limits if math.isfinite(limit))


def fields_for(settings: TrainingSettings) -> list[SettingField]:
    """Return the further settings of a training, those of its optimizer included."""
    from nnstudio.network.initializers import INITIALIZERS
    from nnstudio.training.settings import MAX_SEED

    return [
        SettingField(
            "seed",
            "Seed",
            "Decides the order of the rows, and the weights of a new random start. "
            "The same seed gives the same training",
            "whole",
            "Randomness",
            least=0,
            most=MAX_SEED,
        ),
        SettingField(
            "shuffle",
            "Shuffle the rows",
            "Take the training rows in another order in each epoch",
            "flag",
            "Randomness",
        ),
        SettingField(
            "initializer",
            "Random start",
            "How a new random start (F9) draws the weights, by the inputs and outputs of each neuron",
            "choice",
            "Randomness",
            choices=tuple((key, _title(key)) for key in INITIALIZERS),
        ),
        SettingField(
            "target_loss",
            "Stop at loss",
            "End the training after the first epoch whose training loss is at most this",
            "number",
            "When to stop",
            optional=True,
        ),
        *_option_fields(settings.optimizer),
    ]


def _option_fields(key: str) -> list[SettingField]:
    from nnstudio.engine.optimizers import OPTIMIZERS

    optimizer = OPTIMIZERS[key]
    fields = []
    for name, default in optimizer.defaults.items():
        least, most = optimizer.limits.get(name, (-math.inf, math.inf))
        # The smallest positive number as a limit says: above 0.
        above = 0.0 < least < 1e-300
        fields.append(
            SettingField(
                name,
                _OPTION_TITLES.get(name, _title(name)),
                f"{_OPTION_TIPS.get(name, 'An option of the optimizer')}. Usual: {format_number(default)}",
                "number",
                f"{optimizer.title} optimizer",
                within="options",
                default=default,
                least=0.0 if above else least,
                most=most,
                above=above,
                below=True,
            )
        )
    return fields


_OPTION_TITLES = {"beta1": "Beta 1", "beta2": "Beta 2", "eps": "Epsilon"}
_OPTION_TIPS = {
    "momentum": "The share of the last step that is taken again",
    "alpha": "How long the mean of squared gradients remembers",
    "beta1": "How long the mean of the gradients remembers",
    "beta2": "How long the mean of the squared gradients remembers",
    "eps": "Added to the divisor, so that it is never 0",
    "weight_decay": "The share of each weight, times the learning rate, that every step takes away",
}


def _title(key: str) -> str:
    return key.replace("_", " ").capitalize()
