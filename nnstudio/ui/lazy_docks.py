"""Panels that are made when their dock is first seen: most sessions never look at some of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtWidgets import QDockWidget


class LazyDocks(QObject):
    """Fills docks by the functions that ``makers`` has for their names, each once, from `allow` on.

    A panel has ``set_seen(bool)``, to work only while it is seen: one behind another tab counts as visible
    for Qt.
    """

    def __init__(
        self, docks: Mapping[str, QDockWidget], makers: Mapping[str, Callable[[], Any]], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._docks = docks
        self._makers = dict(makers)
        self._is_allowed = False
        self.panels: dict[str, Any] = {}
        for key in makers:
            docks[key].visibilityChanged.connect(partial(self._on_seen, key))

    @Slot()
    def allow(self) -> None:
        """Fill what is on view, and from now on what comes into view."""
        self._is_allowed = True
        for key in list(self._makers):
            if not self._docks[key].visibleRegion().isEmpty():
                self.make(key)

    def make(self, key: str) -> Any:
        """Return the panel of a dock, made now where there is none yet."""
        if key not in self.panels:
            panel = self.panels[key] = self._makers[key]()
            self._docks[key].setWidget(panel)
            self._docks[key].visibilityChanged.connect(panel.set_seen)
        return self.panels[key]

    def _on_seen(self, key: str, is_seen: bool) -> None:
        if is_seen and self._is_allowed:
            self.make(key)
