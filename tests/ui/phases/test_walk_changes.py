"""What happens under a walk: it ends, or goes on with what there is then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from nnstudio.data import make_dataset
from nnstudio.network.edits import ChangeConnections, SetValues
from nnstudio.project import load_project
from nnstudio.training import TrainingSettings
from nnstudio.ui.document import ProjectChange
from tests.ui.phases.driving import (
    begin,
    by_id,
    card_of,
    example,
    taken,
    values,
    walk_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow


@pytest.mark.parametrize(
    "change",
    [
        lambda window: window.document.do(SetValues("", {next(iter(values(window)[0])): 0.3}, {})),
        lambda window: window.document.do(
            ChangeConnections("", {next(iter(values(window)[0])): {"trainable": False}})
        ),
        lambda window: window.document.do(ProjectChange("", settings=TrainingSettings(learning_rate=0.7))),
        lambda window: window.document.replace_project(example("and")),
        lambda window: window.controller.train(),
    ],
    ids=["weight", "constraint", "settings", "project", "training"],
)
def test_whatever_changes_under_it_ends_the_walk(
    qtbot: QtBot, xor: MainWindow, change: Callable[[MainWindow], Any]
) -> None:
    begin(qtbot, xor)
    change(xor)
    assert not walk_of(xor).is_on
    assert walk_of(xor).cycle is None
    xor.controller.halt()


def test_an_edit_while_the_numbers_are_computed_ends_it_too(qtbot: QtBot, xor: MainWindow) -> None:
    xor.actions_by_name["walk"].trigger()
    assert walk_of(xor).cycle is None
    xor.document.do(SetValues("", {next(iter(values(xor)[0])): 0.3}, {}))
    qtbot.wait(60)  # what was computed must not come after all
    assert walk_of(xor).cycle is None
    assert not walk_of(xor).is_on


def test_walking_from_a_past_step_goes_on_from_there(qtbot: QtBot, xor: MainWindow) -> None:
    controller = xor.controller
    for _ in range(4):
        controller.step_batch()
        qtbot.waitUntil(lambda: not controller.is_running, timeout=20_000)
    controller.time_machine.show(2)
    qtbot.waitUntil(lambda: controller.state_on_view is not None, timeout=20_000)
    cycle = begin(qtbot, xor)
    assert cycle.step == 2
    walk_of(xor).finish()
    taken(qtbot, xor)
    assert by_id(cycle, "after") == values(xor)[0]
    assert not controller.time_machine.is_past
    walk_of(xor).leave()


def test_a_past_step_is_walked_with_the_data_of_now(qtbot: QtBot, xor: MainWindow) -> None:
    controller, document = xor.controller, xor.document
    settings = replace(controller.settings, batch_size=1)
    document.do(ProjectChange("", settings=settings))
    for _ in range(6):
        controller.step_batch()
        qtbot.waitUntil(lambda: not controller.is_running, timeout=20_000)
    controller.time_machine.show(2)  # in the middle of an epoch
    document.do(ProjectChange("", data=make_dataset("and")))
    qtbot.waitUntil(lambda: controller.state_on_view is not None, timeout=20_000)
    cycle = begin(qtbot, xor)
    assert (cycle.step, cycle.batch) == (2, 1)
    walk_of(xor).finish()
    taken(qtbot, xor)
    assert by_id(cycle, "after") == values(xor)[0]
    walk_of(xor).leave()


def test_before_the_loss_was_reached_it_still_ends_the_training(qtbot: QtBot, xor: MainWindow) -> None:
    controller = xor.controller
    xor.document.do(ProjectChange("", settings=replace(controller.settings, epochs=3, target_loss=None)))
    controller.train()
    qtbot.waitUntil(lambda: not controller.is_running, timeout=20_000)
    first, last = xor.document.project.history.loss[[0, -1]].tolist()
    assert last < first
    target = 0.5 * (first + last)
    xor.document.do(ProjectChange("", settings=replace(controller.settings, target_loss=target)))
    assert walk_of(xor).settings.target_loss is None
    controller.time_machine.show(1)
    assert walk_of(xor).settings.target_loss == target


def test_scrubbing_elsewhere_ends_the_walk(qtbot: QtBot, xor: MainWindow) -> None:
    controller = xor.controller
    for _ in range(3):
        controller.step_batch()
        qtbot.waitUntil(lambda: not controller.is_running, timeout=20_000)
    begin(qtbot, xor)
    controller.time_machine.show(1)
    assert not walk_of(xor).is_on
    controller.time_machine.show(None)


def test_without_data_it_says_why_there_is_no_walk(window: MainWindow) -> None:
    window.actions_by_name["walk"].trigger()
    assert not walk_of(window).is_on
    assert window.messages.isVisible()


def test_while_training_walking_asks_to_pause(qtbot: QtBot, xor: MainWindow) -> None:
    xor.controller.train()
    xor.actions_by_name["walk"].trigger()
    assert not walk_of(xor).is_on
    assert "Pause" in xor.messages.text
    xor.controller.halt()


def test_where_a_lesson_locks_the_training_the_step_is_shown_and_not_taken(
    qtbot: QtBot, xor: MainWindow
) -> None:
    reason = "This step of the lesson keeps the training as it is."
    xor.document.restrict({"training": reason})
    begin(qtbot, xor)
    walk_of(xor).finish()
    assert (walk_of(xor).phase, walk_of(xor).progress, walk_of(xor).is_taken) == ("step", 1.0, False)
    assert reason in card_of(xor).caption.text
    assert not xor.controller.is_running
    assert xor.document.undo_stack.count() == 0
    xor.document.restrict({})
    walk_of(xor).leave()


def test_another_row_in_focus_is_told_of_without_leaving_the_phase(qtbot: QtBot, window: MainWindow) -> None:
    window.document.replace_project(example("moons"))
    window.controller.look()
    walk = walk_of(window)
    rows = begin(qtbot, window).rows.tolist()
    walk.go("loss")
    walk.next()
    first = walk.cycle
    window.document.set_focus_row(rows[3])
    qtbot.waitUntil(lambda: walk.cycle is not None and walk.cycle is not first, timeout=20_000)
    assert (walk.phase, walk.progress) == ("loss", 1.0)
    assert walk.cycle is not None
    assert walk.cycle.sample is not None
    assert "in focus alone" in card_of(window).caption.text
    walk.leave()


def test_the_keys_are_heard_wherever_the_walk_began(qtbot: QtBot, xor: MainWindow) -> None:
    xor.training_bar.epochs.setFocus()
    assert not xor.canvas.hasFocus()
    begin(qtbot, xor)
    assert xor.canvas.hasFocus()


def test_a_project_saved_on_the_way_keeps_its_own_colors(
    qtbot: QtBot, xor: MainWindow, tmp_path: Path
) -> None:
    begin(qtbot, xor)
    walk_of(xor).go("gradient")
    assert xor.canvas.color_mode == "gradient"
    xor.document.set_path(tmp_path / "xor.nns")
    xor.files.save()
    assert load_project(tmp_path / "xor.nns").view["color_mode"] == "weight"
    walk_of(xor).leave()
