"""What a window keeps, however often one trains, looks back, begins again and opens another project."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QObject

from nnstudio.data import make_dataset
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui import session

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow

pytestmark = pytest.mark.ui
PANELS = ("explain", "landscape", "distributions", "lessons")
ENDLESS = 1_000_000_000
BURST = 30  # steps
MOST_EPOCHS = 200
# Objects that may come and go: far fewer than one round would leave behind.
STRAYS, ALL_STRAYS = 120, 1500
# Formulas that were set are kept, up to a number.
CACHED = ("Glyph", "Box", "QPainterPath")


def project(seed: int = 0, data: str = "moons") -> Project:
    settings = TrainingSettings(optimizer="adam", batch_size=25, epochs=ENDLESS, seed=seed)
    return Project(layered_network([2, 4, 1], seed=seed), make_dataset(data, rows=50), settings)


@pytest.fixture
def lab(make_window: Callable[[], MainWindow], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A window with every panel on view, each at a place of its own."""
    monkeypatch.setattr(session, "MOST_EPOCHS", MOST_EPOCHS)
    window = make_window()
    window.document.replace_project(project())
    window.load_plots()
    for key in PANELS:
        window.lazy_docks.make(key)
    for dock in window.docks.values():
        for other in window.tabifiedDockWidgets(dock):
            window.removeDockWidget(other)
            window.addDockWidget(window.dockWidgetArea(dock), other)
        dock.show()
    window.canvas.faces.set_mode("plane")
    qtbot.waitUntil(lambda: window.controller.snapshot is not None)
    return window


def train(window: MainWindow, qtbot: QtBot, steps: int = BURST) -> None:
    """Train until so many more steps have been seen, and pause."""
    controller = window.controller
    checkpoint = window.document.project.checkpoint
    wanted = steps + (checkpoint.step if checkpoint is not None and controller.can_resume else 0)
    controller.train()
    assert controller.problem is None
    qtbot.waitUntil(lambda: controller.snapshot is not None and controller.snapshot.step >= wanted)
    controller.halt()


def look_back(window: MainWindow, qtbot: QtBot) -> None:
    machine = window.controller.time_machine
    first, last = machine.first_step, machine.last_step
    for step in range(first, last, max(1, (last - first) // 5)):
        machine.show(step)
        qtbot.waitUntil(lambda: machine.moment is not None)
    machine.show(None)


def work(window: MainWindow, qtbot: QtBot) -> None:
    """Do once what one does all the time."""
    document, controller = window.document, window.controller
    train(window, qtbot)
    look_back(window, qtbot)
    document.selection.set([document.network.neurons[2].id])
    train(window, qtbot)
    controller.time_machine.show(controller.time_machine.first_step + 3)
    qtbot.waitUntil(lambda: controller.time_machine.moment is not None)
    train(window, qtbot)  # a branch
    controller.reset()
    train(window, qtbot)
    document.set_focus_row(5)


def settle(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until nothing is under way any more."""
    panels = window.lazy_docks.panels
    qtbot.waitUntil(
        lambda: (
            window.controller.snapshot is not None
            and panels["landscape"].landscape.shown is not None
            and not panels["explain"]._timer.isActive()
            and not panels["distributions"].gathering.is_working
            and panels["landscape"].landscape.measuring.job is None
            and not window.controller.time_machine.sight.is_busy
        ),
        timeout=20_000,
    )
    qtbot.wait(1)
    gc.collect()


def objects_of_ours() -> Counter[str]:
    return Counter(
        type(each).__qualname__
        for each in gc.get_objects()
        if str(type(each).__module__).startswith(("nnstudio", "PySide6", "pyqtgraph"))
    )


def test_round_after_round_leaves_nothing_behind(lab: MainWindow, qtbot: QtBot) -> None:
    def one_round(seed: int) -> None:
        work(lab, qtbot)
        lab.document.undo_stack.setClean()
        lab.document.replace_project(project(seed))
        settle(lab, qtbot)

    for seed in range(2):  # what is made once, when it is first needed
        one_round(seed)
    children, ours, others = len(lab.findChildren(QObject)), objects_of_ours(), len(gc.get_objects())
    for seed in range(2, 4):
        one_round(seed)
    assert len(lab.findChildren(QObject)) <= children
    grown = objects_of_ours() - ours
    formulas = sum(grown.pop(kind, 0) for kind in CACHED)
    assert grown.total() <= STRAYS, grown.most_common(10)
    assert len(gc.get_objects()) - others - 2 * formulas <= ALL_STRAYS


def test_a_project_that_is_closed_is_let_go_of(lab: MainWindow, qtbot: QtBot) -> None:
    work(lab, qtbot)
    controller, kept = lab.controller, lab.document.project
    past: list[Any] = [controller.time_machine.timeline, controller.snapshot, kept.history, kept.checkpoint]
    past += [branch.timeline for branch in controller.time_machine.branches]
    assert len(past) > 5
    refs = [weakref.ref(each) for each in (*past, kept, kept.network)]
    del kept
    past.clear()
    lab.document.undo_stack.setClean()
    lab.document.replace_project(project(7))
    settle(lab, qtbot)
    assert [ref() for ref in refs if ref() is not None] == []


def test_the_past_and_the_history_of_a_long_training_stay_within_their_bounds(
    lab: MainWindow, qtbot: QtBot
) -> None:
    lab.controller.time_machine.set_budget(1)
    train(lab, qtbot, 1500)
    timeline, history = lab.controller.time_machine.timeline, lab.controller.history
    assert timeline.n_bytes <= timeline.budget <= 2**20
    assert len(history) <= MOST_EPOCHS < history.epochs[-1]
    many = len(timeline)
    train(lab, qtbot, 1500)
    assert lab.controller.time_machine.timeline.n_bytes <= 2**20
    assert len(lab.controller.time_machine.timeline) <= 2 * many
    assert len(lab.controller.history) <= MOST_EPOCHS
