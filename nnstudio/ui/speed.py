"""How fast training goes while the window shows it: slow and watched trainings keep a pace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from nnstudio.ui.preferences import preferences

Speed = Literal["slow", "watch", "full"]

_KEY = "training-speed"
_SLOW = 5.0
_WATCH_SECONDS, _WATCH_LEAST, _WATCH_MOST = 10.0, 5.0, 300.0


@dataclass(frozen=True)
class SpeedEntry:
    """A speed as the window offers it."""

    key: Speed
    title: str
    shortcut: str
    tip: str


SPEEDS = (
    SpeedEntry("slow", "Slow", "Ctrl+1", "Five epochs a second, to follow single steps"),
    SpeedEntry("watch", "Watch", "Ctrl+2", "About ten seconds for the training, to see the network learn"),
    SpeedEntry("full", "Full", "Ctrl+3", "As fast as the computer can"),
)
NOTE = "The speed changes nothing of what is learned."


def pace(speed: Speed, epochs: int) -> float | None:
    """Return how many epochs a second a training of so many epochs may take, or None for any number."""
    if speed == "full":
        return None
    if speed == "slow":
        return _SLOW
    return min(_WATCH_MOST, max(_WATCH_LEAST, epochs / _WATCH_SECONDS))


def remembered_speed() -> Speed:
    """Return the speed that was chosen last."""
    stored = preferences().value(_KEY, "watch")
    return stored if stored in get_args(Speed) else "watch"


def remember_speed(speed: Speed) -> None:
    """Keep a speed for the next start."""
    preferences().setValue(_KEY, speed)
