from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtTest import QTest

from nnstudio.data import make_dataset
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.training.trainer import Trainer
from nnstudio.ui.speed import SPEEDS, pace, remember_speed, remembered_speed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow
    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui


@pytest.fixture
def controller(make_controller: Callable[..., TrainingController]) -> TrainingController:
    return make_controller(layered_network([2, 3, 1]), make_dataset("xor"), epochs=30, optimizer="adam")


@pytest.fixture
def compiling(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let every training prepare until the event is set."""
    done = threading.Event()
    prepare = Trainer.prepare

    def slowly(trainer: Trainer) -> Any:
        if threading.current_thread().name.startswith("training-"):
            done.wait(30)
        return prepare(trainer)

    monkeypatch.setattr(Trainer, "prepare", slowly)
    yield done
    done.set()


@pytest.mark.parametrize(
    ("speed", "epochs", "expected"),
    [
        ("full", 1000, None),
        ("slow", 100_000, 5.0),
        ("watch", 1000, 100.0),
        ("watch", 100_000, 300.0),
        ("watch", 10, 5.0),
    ],
)
def test_a_speed_is_a_pace_that_suits_the_length_of_the_training(
    speed: Any, epochs: int, expected: float | None
) -> None:
    assert pace(speed, epochs) == expected


def test_the_first_start_is_watched_and_later_ones_as_chosen() -> None:
    assert remembered_speed() == "watch"
    remember_speed("slow")
    assert remembered_speed() == "slow"


def test_a_slow_training_keeps_its_pace_and_full_speed_acts_at_once(
    qtbot: QtBot, controller: TrainingController
) -> None:
    controller.set_speed("slow")
    began = time.perf_counter()
    controller.train()
    qtbot.waitUntil(lambda: len(controller.history or ()) >= 2, timeout=10_000)
    assert time.perf_counter() - began >= 2 / 5.0
    assert controller.is_running
    controller.set_speed("full")
    qtbot.waitUntil(lambda: controller.state == "finished", timeout=10_000)
    assert len(controller.history) == 30


def test_the_speed_changes_no_number(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    results = []
    for speed in ("full", "watch"):
        controller = make_controller(layered_network([2, 3, 1]), make_dataset("xor"), epochs=5)
        controller.set_speed(speed)
        controller.train()
        qtbot.waitUntil(lambda c=controller: c.state == "finished", timeout=10_000)
        results.append(controller.document.project.checkpoint.parameters)
    np.testing.assert_array_equal(*results)


def test_preparing_is_told_and_ends_by_itself(
    qtbot: QtBot, controller: TrainingController, compiling: threading.Event
) -> None:
    states = []
    controller.state_changed.connect(lambda: states.append(controller.state))
    controller.train()
    qtbot.waitUntil(lambda: controller.state == "preparing", timeout=10_000)
    compiling.set()
    qtbot.waitUntil(lambda: controller.state == "finished", timeout=10_000)
    assert states == ["running", "preparing", "running", "finished"]


@pytest.mark.parametrize("how", ["toggle", "halt", "shutdown", "reset"])
def test_a_training_that_prepares_is_given_up_without_waiting(
    qtbot: QtBot, controller: TrainingController, compiling: threading.Event, how: str
) -> None:
    before = controller.document.network.values()
    controller.train()
    qtbot.waitUntil(lambda: controller.state == "preparing", timeout=10_000)
    began = time.perf_counter()
    getattr(controller, how)()
    assert time.perf_counter() - began < 5.0  # it would prepare for 30
    assert not controller.is_running
    assert not controller.document.lock_reason
    compiling.set()
    for thread in threading.enumerate():
        if thread.name.startswith("training-"):
            thread.join(10)
    assert controller.document.network.values() == before
    assert controller.document.undo_stack.count() == 0


def test_what_was_learned_before_other_settings_were_prepared_is_kept(
    qtbot: QtBot, controller: TrainingController, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from nnstudio.ui.document import ProjectChange

    document = controller.document
    document.project.settings = replace(document.project.settings, epochs=10_000_000)
    controller.train()
    qtbot.waitUntil(lambda: len(controller.history or ()) > 3, timeout=10_000)
    release = threading.Event()
    prepare = Trainer.prepare

    def wait_then_prepare(trainer: Trainer) -> Any:
        release.wait(30)
        return prepare(trainer)

    first_run = controller._session.run
    # Only trainers made from now on prepare slowly: the one that is on has its method already.
    monkeypatch.setattr(Trainer, "prepare", lambda t: t._method or wait_then_prepare(t))
    document.do(
        ProjectChange(
            "Change the learning rate", settings=replace(document.project.settings, learning_rate=0.2)
        )
    )
    qtbot.waitUntil(lambda: controller._session.run is not first_run, timeout=10_000)
    controller.halt()
    release.set()
    checkpoint = document.project.checkpoint
    assert checkpoint.epoch >= len(document.project.history) > 3
    weights, _ = document.network.values()
    ids = controller.snapshot.connection_ids
    np.testing.assert_array_equal(checkpoint.parameters[: len(ids)], [weights[key] for key in ids])


def test_bar_menu_and_keys_choose_the_speed_and_it_is_remembered(
    qtbot: QtBot, make_window: Callable[[], MainWindow]
) -> None:
    window = make_window()
    bar = window.training_bar
    assert window.controller.speed == "watch"
    assert bar.speed.currentText() == "Watch"
    slow = next(action for action in window.speeds.actions() if action.data() == "slow")
    QTest.keySequence(window, slow.shortcut())
    qtbot.waitUntil(lambda: window.controller.speed == "slow", timeout=5_000)
    assert bar.speed.currentText() == "Slow"
    bar.speed.setCurrentIndex(2)
    bar.speed.activated.emit(2)
    assert window.controller.speed == "full"
    assert window.speeds.checkedAction().data() == "full"
    assert make_window().controller.speed == "full"


def test_every_speed_has_a_title_a_tip_and_a_shortcut_of_its_own() -> None:
    assert [entry.key for entry in SPEEDS] == ["slow", "watch", "full"]
    assert len({entry.shortcut for entry in SPEEDS}) == len(SPEEDS)
    assert all(entry.title and entry.tip for entry in SPEEDS)


def test_the_window_shows_that_it_prepares_and_cancels(
    qtbot: QtBot, make_window: Callable[[], MainWindow], compiling: threading.Event
) -> None:
    window = make_window()
    window.document.replace_project(
        Project(layered_network([2, 3, 1]), make_dataset("xor"), TrainingSettings(epochs=30))
    )
    window.controller.look()
    window.training_bar.train_button.click()
    qtbot.waitUntil(lambda: window.training_bar.train_button.text() == "Cancel", timeout=10_000)
    assert window.status_line.progress.text().startswith("Preparing")
    assert "Cancel" in window.actions_by_name["train"].text()
    window.training_bar.train_button.click()
    assert window.training_bar.train_button.text() == "Train"
    assert window.controller.state == "idle"
    compiling.set()
