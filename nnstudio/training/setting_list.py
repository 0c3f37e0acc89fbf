"""What a list of further training settings is made of: names, words, kinds and limits, without a window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nnstudio.engine.schedules import SCHEDULES
from nnstudio.training.settings import DTYPES

if TYPE_CHECKING:
    from nnstudio.training.settings import TrainingSettings

Kind = Literal["whole", "number", "flag", "choice"]


@dataclass(frozen=True)
class SettingInfo:
    """One training setting: ``name`` of `TrainingSettings`, or a key of its mapping ``within``.

    A number may be from ``least``, or only above it where ``above`` is set, up to ``most``, or only below
    it where ``below`` is set. ``optional`` ones can be None, which is off. ``choices`` are keys with titles.
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
    choices: tuple[tuple[str, str], ...] = ()


_RATE = "Learning rate"
_REGULAR = "Regularization"
_CLIPPING = "Clipping"
_STOP = "When to stop"
_NUMBERS = "Numbers"

# Of the schedules' options: titles and tooltips.
_OPTIONS = {
    "step_size": ("Epochs per step", "After so many epochs the learning rate is multiplied by the factor"),
    "gamma": ("Factor", "What the learning rate is multiplied by"),
    "eta_min": ("Lowest rate", "The learning rate that the end of the training approaches"),
    "start_factor": ("Starting share", "The share of the learning rate that the first epoch begins with"),
    "total_iters": ("Epochs to warm up", "After so many epochs the learning rate has its full size"),
    "factor": ("Factor", "What the learning rate is multiplied by when the loss falls no further"),
    "patience": ("Patience", "So many epochs in a row without a better loss are let pass"),
    "threshold": ("Improvement", "The share by which a loss has to be lower to count as better"),
    "cooldown": ("Rest", "So many epochs after a reduction are not counted"),
    "min_lr": ("Lowest rate", "The learning rate is never made lower than this"),
}

_FURTHER = (
    SettingInfo(
        "l1",
        "L1 penalty",
        "Pulls every weight towards 0 by the same force, so that needless ones vanish. Biases are left "
        "alone, and the loss shown does not include it. 0 is none",
        "number",
        _REGULAR,
        default=0.0,
        least=0.0,
    ),
    SettingInfo(
        "l2",
        "L2 penalty",
        "Pulls every weight towards 0 by a force that grows with it, so that none becomes large. Biases are "
        "left alone, and the loss shown does not include it. 0 is none",
        "number",
        _REGULAR,
        default=0.0,
        least=0.0,
    ),
    SettingInfo(
        "weight_decay",
        "Weight decay",
        "Shrinks weights and biases at every step by this share of the learning rate, whatever the optimizer "
        "does, as AdamW has it. 0 is none",
        "number",
        _REGULAR,
        default=0.0,
        least=0.0,
    ),
    SettingInfo(
        "dropout",
        "Dropout",
        "The chance of each hidden neuron to fall silent in a step of the training, so that no neuron relies "
        "on a single other. The training loss shown is that with neurons silent; the test loss and the "
        "outputs are those of the whole network. 0 is none",
        "number",
        _REGULAR,
        default=0.0,
        least=0.0,
        most=1.0,
        below=True,
    ),
    SettingInfo(
        "class_weights",
        "Class weights",
        "Balanced makes every class count as much as any other in the loss, however many rows it has. For "
        "data with classes; accuracy counts every row alike",
        "choice",
        _REGULAR,
        default="none",
        choices=(("none", "None"), ("balanced", "Balanced")),
    ),
    SettingInfo(
        "clip_norm",
        "Clip by norm",
        "Shortens the gradient of a step, all parameters taken together, to this length where it is longer",
        "number",
        _CLIPPING,
        least=0.0,
        above=True,
        optional=True,
    ),
    SettingInfo(
        "clip_value",
        "Clip by value",
        "Limits the gradient of each weight and bias to plus or minus this",
        "number",
        _CLIPPING,
        least=0.0,
        above=True,
        optional=True,
    ),
    SettingInfo(
        "patience",
        "Patience",
        "Ends the training when the test loss (the training loss where there is no test part) has not become "
        "better for so many epochs, and goes back to the best weights. Each epoch is then measured, which "
        "takes time",
        "whole",
        _STOP,
        least=1,
        optional=True,
    ),
    SettingInfo(
        "dtype",
        "Precision",
        "How many digits numbers have: float64 has 16 and is exact enough for anything, float32 has 7 and is "
        "faster for large networks",
        "choice",
        _NUMBERS,
        default=DTYPES[0],
        choices=tuple((key, {"float64": "64 bits", "float32": "32 bits"}[key]) for key in DTYPES),
    ),
)


def further_settings(settings: TrainingSettings) -> tuple[SettingInfo, ...]:
    """Return the settings beyond those that every training needs, with the options of its schedule."""
    schedule = SettingInfo(
        "schedule",
        "Schedule",
        "How the learning rate changes from epoch to epoch",
        "choice",
        _RATE,
        default="constant",
        choices=tuple((entry.key, entry.title) for entry in SCHEDULES.values()),
    )
    return (schedule, *_schedule_options(settings.schedule), *_FURTHER)


def changed(settings: TrainingSettings, info: SettingInfo, value: Any) -> dict[str, Any]:
    """Return the fields of the settings that give one of them a value.

    Another schedule begins with its own options, since those of the one before mean nothing to it.
    """
    if info.within:
        return {info.within: {**getattr(settings, info.within), info.name: value}}
    fields: dict[str, Any] = {info.name: value}
    if info.name == "schedule" and value != settings.schedule:
        fields["schedule_options"] = {}
    return fields


def _schedule_options(key: str) -> list[SettingInfo]:
    schedule = SCHEDULES[key]
    infos = []
    for name, default in schedule.defaults.items():
        least, most = schedule.limits[name]
        title, tooltip = _OPTIONS.get(name, (name, f"The option {name} of the schedule"))
        infos.append(
            SettingInfo(
                name,
                title,
                tooltip,
                "whole" if name in schedule.whole else "number",
                _RATE,
                within="schedule_options",
                default=int(default) if name in schedule.whole else default,
                # The smallest positive number as a limit says: above 0.
                least=0.0 if 0.0 < least < 1e-300 else least,
                most=most,
                above=0.0 < least < 1e-300,
                below=math.isfinite(most),
            )
        )
    return infos
