"""How often a run is recorded: step by step while it is young, later as its speed allows."""

from __future__ import annotations

# So many steps are recorded one by one, and then so many moments before the steps between them double, as
# long as that has cost the run no more than so many seconds: a busy window can hold up each of them.
_ONE_BY_ONE = 1000
_BEFORE_DOUBLING = 64
_AT_FIRST = 0.6
# Seconds between moments afterwards, at the least.
_APART = 0.005
# Recording may then take this share of the run's time.
_SHARE = 0.02


class Pace:
    """Finds how many steps to take from one record to the next, a power of 2, from the time they take."""

    def __init__(self) -> None:
        self.unit = 1
        self._left = _ONE_BY_ONE
        self._seconds_left = _AT_FIRST
        self._cost = 0.0

    def note(self, steps: int, seconds: float, cost: float, slice_length: float) -> None:
        """Take into account that so many steps took ``seconds``, and recording them ``cost`` more.

        ``slice_length``, in seconds, is how long the run is to be left alone at least.
        """
        self._cost = cost if self._cost == 0.0 else self._cost + 0.1 * (cost - self._cost)
        wanted = max(_APART, slice_length, self._cost / _SHARE)
        # Shorter pieces, as before a pause, tell nothing.
        if 2 * steps < self.unit:
            return
        taken = seconds * self.unit / steps
        self._left -= 1
        self._seconds_left -= seconds + cost
        # Between 0.7 and 1.4 of what is wanted, so that it doesn't go to and fro.
        if taken <= 0.7 * wanted:
            if self._left <= 0 or self._seconds_left <= 0.0:
                self.unit *= 2
                self._left = _BEFORE_DOUBLING
        elif taken > 1.4 * wanted and self.unit > 1:
            self.unit //= 2
