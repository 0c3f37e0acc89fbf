"""What tests of the walk do again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtTest import QTest

from nnstudio import paths
from nnstudio.project import Project, load_project

if TYPE_CHECKING:
    from PySide6.QtCore import Qt
    from pytestqt.qtbot import QtBot

    from nnstudio.training.phases import Cycle
    from nnstudio.ui.main_window import MainWindow
    from nnstudio.ui.phases.card import PhaseCard
    from nnstudio.ui.phases.walk import Walk


def example(name: str) -> Project:
    return load_project(paths.resource_path("examples", f"{name}.nns"))


def walk_of(window: MainWindow) -> Walk:
    return window.phases.walk


def card_of(window: MainWindow) -> PhaseCard:
    return window.phases.card


def computed(qtbot: QtBot, window: MainWindow) -> Cycle:
    """Wait for the numbers of the step, and stop what moves by the clock."""
    walk = walk_of(window)
    qtbot.waitUntil(lambda: walk.cycle is not None, timeout=20_000)
    assert walk.cycle is not None
    return walk.cycle


def begin(qtbot: QtBot, window: MainWindow) -> Cycle:
    window.actions_by_name["walk"].trigger()
    return computed(qtbot, window)


def press(window: MainWindow, key: Qt.Key) -> None:
    QTest.keyClick(window.canvas, key)


def settle(window: MainWindow) -> None:
    """Bring the phase to its end, as time would."""
    walk = walk_of(window)
    while walk.is_moving:
        walk.advance(0.5)


def taken(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: walk_of(window).is_taken, timeout=20_000)


def values(window: MainWindow) -> tuple[dict[str, float], dict[str, float]]:
    weights, biases = window.document.network.values()
    return dict(weights), dict(biases)


def by_id(cycle: Cycle, of: str) -> dict[str, float]:
    weights = getattr(cycle, of).weights.tolist()
    return dict(zip(cycle.program.connection_ids, weights, strict=True))
