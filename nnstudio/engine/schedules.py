"""Schedules: how the learning rate changes from epoch to epoch. A new one needs one entry in `SCHEDULES`.

The formulas are those of PyTorch's schedulers, stepped once after every epoch. Epochs count from 0; the rate
of an epoch follows from the options, the base rate, the epoch and the number of epochs alone. Only a schedule
that `watches_loss` also needs what it has seen: a small state, a dict of arrays that can be saved, which
`observe` changes after each epoch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.errors import SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

State = dict[str, "NDArray[np.float64]"]
Options = Mapping[str, float]

# A reduction smaller than this is not made (PyTorch's default ``eps``).
SMALLEST_CHANGE = 1e-8


@dataclass(frozen=True)
class Schedule:
    """One schedule.

    ``factor(options, epoch, epochs)`` is the share of the base rate in an epoch; ``floor`` names the option
    that holds the rate which the last epochs approach, if there is one. ``defaults`` are the options,
    ``limits`` the values that each may have, from the first up to but not including the second, ``whole``
    those that are whole numbers.
    """

    key: str
    title: str
    description: str
    formula: str
    latex: str
    factor: Callable[[Options, int, int], float] | None
    defaults: Options = field(default_factory=dict)
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    whole: tuple[str, ...] = ()
    floor: str = ""

    @property
    def watches_loss(self) -> bool:
        """Whether the rate depends on the losses so far, which `observe` has to be told."""
        return self.factor is None

    def init_state(self, base: float) -> State:
        """Return the state before the first epoch; empty unless it watches the loss."""
        if not self.watches_loss:
            return {}
        start = {"rate": base, "best": math.inf, "bad_epochs": 0.0, "cooldown": 0.0}
        return {name: np.array([value]) for name, value in start.items()}

    def rate(
        self,
        base: float,
        epoch: int,
        epochs: int,
        options: Options | None = None,
        state: State | None = None,
    ) -> float:
        """Return the learning rate of an epoch, counted from 0, of a training of so many ``epochs``.

        ``options`` that are left out have their defaults. A schedule that watches the loss has the rate in
        its ``state``; without one it is the base rate.
        """
        if self.factor is None:
            return float(state["rate"][0]) if state else base
        filled = {**self.defaults, **(options or {})}
        share = self.factor(filled, epoch, epochs)
        lowest = filled[self.floor] if self.floor else 0.0
        return lowest + (base - lowest) * share

    def observe(self, state: State, loss: float, options: Options | None = None) -> None:
        """Take note of an epoch's loss, in place; does nothing unless the schedule watches the loss."""
        if self.watches_loss:
            _observe_plateau(state, loss, {**self.defaults, **(options or {})})

    def check(self, options: Options) -> None:
        """Raise SettingsError, naming the option, where one cannot be."""
        for name, value in options.items():
            if name not in self.defaults:
                having = f"it has {', '.join(self.defaults)}" if self.defaults else "it has none"
                raise _refusal(f"The schedule “{self.title}” has no option “{name}”; {having}.")
            number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            low, high = self.limits[name]
            is_whole = name in self.whole
            if number and low <= value < high and (not is_whole or value == int(value)):
                continue
            bounds = f"at least {low:g}" if low == 0.0 or is_whole else "above 0"
            upper = f" and below {high:g}" if math.isfinite(high) else ""
            raise _refusal(
                f"The option {name} of the schedule “{self.title}” must be "
                f"{'a whole number, ' if is_whole else ''}{bounds}{upper}, not {value}."
            )


def check_schedule(key: object, options: object) -> None:
    """Raise SettingsError where there is no such schedule, or it has no such options."""
    if not isinstance(key, str) or key not in SCHEDULES:
        raise SettingsError(
            f"“{key}” is not known as a schedule; there are {', '.join(SCHEDULES)}.", setting="schedule"
        )
    if not isinstance(options, Mapping):
        raise _refusal("The options of the schedule must be names with numbers.")
    SCHEDULES[key].check(options)


def _refusal(message: str) -> SettingsError:
    return SettingsError(message, setting="schedule_options")


def _step(options: Options, epoch: int, epochs: int) -> float:
    return float(options["gamma"] ** (epoch // int(options["step_size"])))


def _exponential(options: Options, epoch: int, epochs: int) -> float:
    return float(options["gamma"] ** epoch)


def _cosine(options: Options, epoch: int, epochs: int) -> float:
    # Past the end, as where a finished training goes on, it stays down instead of rising again.
    return 0.5 * (1.0 + math.cos(math.pi * min(epoch / max(epochs, 1), 1.0)))


def _warm_up(options: Options, epoch: int, epochs: int) -> float:
    start = options["start_factor"]
    return start + (1.0 - start) * min(epoch / options["total_iters"], 1.0)


def _warm_up_cosine(options: Options, epoch: int, epochs: int) -> float:
    rising = int(options["total_iters"])
    if epoch < rising:
        return _warm_up(options, epoch, epochs)
    return _cosine(options, epoch - rising, epochs - rising)


def _observe_plateau(state: State, loss: float, options: Options) -> None:
    rate, best, bad_epochs, cooldown = (state[name] for name in ("rate", "best", "bad_epochs", "cooldown"))
    if loss < best[0] * (1.0 - options["threshold"]):  # never so for NaN
        best[0] = loss
        bad_epochs[0] = 0.0
    else:
        bad_epochs[0] += 1.0
    if cooldown[0] > 0.0:
        cooldown[0] -= 1.0
        bad_epochs[0] = 0.0
    if bad_epochs[0] > options["patience"]:
        lower = max(rate[0] * options["factor"], options["min_lr"])
        if rate[0] - lower > SMALLEST_CHANGE:
            rate[0] = lower
        cooldown[0] = options["cooldown"]
        bad_epochs[0] = 0.0


_BELOW_1 = (float(np.nextafter(0.0, 1.0)), 1.0)
_FROM_0 = (0.0, math.inf)
_FROM_1 = (1.0, math.inf)
_WARM_UP = {"start_factor": 1.0 / 3.0, "total_iters": 5.0}
_WARM_UP_LIMITS = {"start_factor": _BELOW_1, "total_iters": _FROM_1}

_ENTRIES = (
    Schedule(
        "constant",
        "Constant",
        "The same learning rate from the first epoch to the last.",
        "η_t = η",
        r"\eta_t = \eta",
        lambda options, epoch, epochs: 1.0,
    ),
    Schedule(
        "step",
        "Step",
        "Multiplies the rate by gamma every step_size epochs: fast first, then finer.",
        "η_t = η γ^⌊t / s⌋",
        r"\eta_t = \eta\, \gamma^{\lfloor t / s \rfloor}",
        _step,
        defaults={"step_size": 100.0, "gamma": 0.1},
        limits={"step_size": _FROM_1, "gamma": _BELOW_1},
        whole=("step_size",),
    ),
    Schedule(
        "exponential",
        "Exponential",
        "Multiplies the rate by gamma after every epoch.",
        "η_t = η γ^t",
        r"\eta_t = \eta\, \gamma^{t}",
        _exponential,
        defaults={"gamma": 0.995},
        limits={"gamma": _BELOW_1},
    ),
    Schedule(
        "cosine",
        "Cosine",
        "Glides along half a wave from the full rate down to eta_min at the end of the training.",
        "η_t = η_min + (η - η_min) (1 + cos(π t / T)) / 2",
        r"\eta_t = \eta_{\min} + (\eta - \eta_{\min})\, \frac{1 + \cos(\pi t / T)}{2}",
        _cosine,
        defaults={"eta_min": 0.0},
        limits={"eta_min": _FROM_0},
        floor="eta_min",
    ),
    Schedule(
        "warm_up",
        "Warm-up",
        "Starts at a share of the rate and grows evenly to the full one within total_iters epochs.",
        "η_t = η (f + (1 - f) min(t / w, 1))",
        r"\eta_t = \eta\, \bigl(f + (1 - f) \min(t / w, 1)\bigr)",
        _warm_up,
        defaults=_WARM_UP,
        limits=_WARM_UP_LIMITS,
        whole=("total_iters",),
    ),
    Schedule(
        "warm_up_cosine",
        "Warm-up, then cosine",
        "Grows evenly to the full rate within total_iters epochs, then glides down to 0 until the end.",
        "η_t = η (f + (1 - f) t / w) for t < w, then η (1 + cos(π (t - w) / (T - w))) / 2",
        r"\eta_t = \begin{cases} \eta\, \bigl(f + (1 - f)\, t / w\bigr) & t < w \\"
        r" \eta\, \frac{1 + \cos(\pi (t - w) / (T - w))}{2} & t \ge w \end{cases}",
        _warm_up_cosine,
        defaults=_WARM_UP,
        limits=_WARM_UP_LIMITS,
        whole=("total_iters",),
    ),
    Schedule(
        "reduce_on_plateau",
        "Reduce on plateau",
        "Multiplies the rate by factor when the loss has not become better for patience epochs.",
        "η ← max(f η, η_min) after more than p epochs without L < (1 - ε) L_best",
        r"\eta \leftarrow \max(f \eta, \eta_{\min}) \quad \text{after more than } p \text{ epochs without }"
        r" L < (1 - \varepsilon)\, L_{\text{best}}",
        None,
        defaults={"factor": 0.1, "patience": 10.0, "threshold": 1e-4, "cooldown": 0.0, "min_lr": 0.0},
        limits={
            "factor": _BELOW_1,
            "patience": _FROM_0,
            "threshold": (0.0, 1.0),
            "cooldown": _FROM_0,
            "min_lr": _FROM_0,
        },
        whole=("patience", "cooldown"),
    ),
)

SCHEDULES: Mapping[str, Schedule] = {entry.key: entry for entry in _ENTRIES}
