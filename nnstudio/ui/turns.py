"""When the window takes and shows what a run has to tell, so that it never falls behind."""

from __future__ import annotations

import time

POLL_MILLISECONDS = 16
# Showing a snapshot may take this share of the window's time, and is done so seldom at the most, in seconds.
_SHOWING_SHARE = 0.4
_MOST_BETWEEN = 0.25
# What is beyond so many seconds, as with many views at once, may take less: the run is held up by it.
_LITTLE = 0.008
_SHARE_OF_MORE = 0.2


class Turns:
    """Says when to ask a run for the next snapshot: once the window has the time to show it.

    A late poll tells that the window was busy. Snapshots and epochs are told in turns, so that what shows
    them is not drawn all at once. ``has_rows`` says that epochs are yet to be told. At first a snapshot has
    been asked for.
    """

    def __init__(self) -> None:
        self.has_rows = False
        self._is_asked = True
        self._wants_other = False
        # When the window polled last, what showing has cost since a snapshot was shown, and when it was.
        self._polled = time.perf_counter()
        self._cost = 0.0
        self._shown = 0.0
        self._began = self._polled

    def begin_poll(self) -> None:
        """Take note that the window polls."""
        self._began = time.perf_counter()
        self._cost += max(0.0, self._began - self._polled - POLL_MILLISECONDS / 1000)

    def begin_showing(self) -> None:
        """Take note that the snapshot asked for has come and is about to be shown."""
        self._cost, self._shown = 0.0, self._began

    def end_showing(self) -> None:
        """Take note that the snapshot has been shown."""
        self._cost = time.perf_counter() - self._began
        self._is_asked = False

    def take_rows(self) -> bool:
        """Say whether epochs are yet to be told; by the caller, now."""
        had_rows, self.has_rows = self.has_rows, False
        return had_rows

    def take_wish(self) -> bool:
        """Say whether to ask for a snapshot; by the caller, now."""
        more = max(0.0, self._cost - _LITTLE)
        wait = min(_MOST_BETWEEN, (self._cost - more) / _SHOWING_SHARE + more / _SHARE_OF_MORE)
        is_due = not self._is_asked and time.perf_counter() >= self._shown + wait
        if not self._wants_other and not is_due:
            return False
        self._wants_other = False
        self._is_asked = True
        return True

    def end_poll(self) -> None:
        """Take note that the poll is done."""
        self._polled = time.perf_counter()

    def want_other(self) -> None:
        """Ask for a snapshot at the next poll, be one asked for or not: another one is wanted by now."""
        self._wants_other = True

    def ask_again(self) -> None:
        """Ask for a snapshot at the next poll: who was asked is no more."""
        self._is_asked = self._wants_other = True
