"""Tells listeners what changed, once a change is complete, and takes back what did not complete."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nnstudio.network.events import Event

    Listener = Callable[[tuple[Event, ...]], None]


class Journal:
    """The changes of one network on their way to its listeners; ``revision`` grows with each."""

    def __init__(self) -> None:
        self.revision = 0
        self._listeners: list[Listener] = []
        self._pending: list[Event] = []
        self._undo: list[Callable[[], object]] = []
        self._depth = 0
        self._waiting: deque[tuple[Event, ...]] = deque()
        self._telling = False

    def record(self, events: Iterable[Event], undo: Callable[[], object]) -> None:
        """Note a change that has been made; ``undo`` takes it back where the batch around it fails."""
        if self._listeners:
            self._pending.extend(events)
        if self._depth:
            self._undo.append(undo)
        else:
            self._complete()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Tell all changes made inside as one; where an error leaves it, they are taken back, untold."""
        first_event, first_undo = len(self._pending), len(self._undo)
        self._depth += 1
        try:
            yield
        except BaseException:
            while len(self._undo) > first_undo:
                self._undo.pop()()
            del self._pending[first_event:]
            raise
        finally:
            self._depth -= 1
        if not self._depth and self._undo:
            self._undo.clear()
            self._complete()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with the events of each change; returns what ends that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def _complete(self) -> None:
        self.revision += 1
        if self._pending:
            self._waiting.append(tuple(self._pending))
            self._pending.clear()
        if not self._telling:
            self._tell()

    def _tell(self) -> None:
        # A listener may change the network: that is told when all have heard what came before. One that
        # fails keeps nothing from the others, since the change has been made.
        failure: Exception | None = None
        self._telling = True
        try:
            while self._waiting:
                events = self._waiting.popleft()
                for listener in tuple(self._listeners):
                    if listener not in self._listeners:
                        continue
                    try:
                        listener(events)
                    except Exception as error:
                        failure = failure or error
        finally:
            self._telling = False
        if failure is not None:
            raise failure
