"""What is selected: ids, shared by the canvas, the inspector and the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Iterable


class Selection(QObject):
    """Ids of the selected neurons and connections; ``changed`` tells once per change."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._neurons: frozenset[str] = frozenset()
        self._connections: frozenset[str] = frozenset()

    @property
    def neurons(self) -> frozenset[str]:
        """Ids of the selected neurons."""
        return self._neurons

    @property
    def connections(self) -> frozenset[str]:
        """Ids of the selected connections."""
        return self._connections

    def __bool__(self) -> bool:
        return bool(self._neurons or self._connections)

    def set(self, neurons: Iterable[str] = (), connections: Iterable[str] = ()) -> None:
        """Select exactly these."""
        new = frozenset(neurons), frozenset(connections)
        if new != (self._neurons, self._connections):
            self._neurons, self._connections = new
            self.changed.emit()

    def clear(self) -> None:
        """Select nothing."""
        self.set()

    def toggle(self, neurons: Iterable[str] = (), connections: Iterable[str] = ()) -> None:
        """Select what of these is not selected, and the other way round."""
        self.set(self._neurons ^ frozenset(neurons), self._connections ^ frozenset(connections))

    def add(self, neurons: Iterable[str] = (), connections: Iterable[str] = ()) -> None:
        """Select these too."""
        self.set(self._neurons | frozenset(neurons), self._connections | frozenset(connections))

    def discard(self, neurons: Iterable[str] = (), connections: Iterable[str] = ()) -> None:
        """Deselect these, as when they are removed."""
        self.set(self._neurons - frozenset(neurons), self._connections - frozenset(connections))
