from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QMessageBox

from nnstudio.data import make_dataset
from nnstudio.errors import CycleError
from nnstudio.network import Network
from nnstudio.network.edits import AddItems, ChangeNeurons
from nnstudio.network.templates import layered_network
from nnstudio.project import Project, load_project, save_project
from nnstudio.training import TrainingSettings
from nnstudio.ui import theme
from nnstudio.ui.app import SORRY, Reporter
from nnstudio.ui.dock_title import DockTitle
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.gallery import load_examples
from nnstudio.ui.main_window import MainWindow
from nnstudio.ui.preferences import preferences

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.ui.conftest import Answers

pytestmark = pytest.mark.ui
SETTINGS = TrainingSettings(optimizer="adam", learning_rate=0.05, batch_size=4, epochs=20)


def project() -> Project:
    return Project(layered_network([2, 3, 1]), make_dataset("xor"), SETTINGS)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "net.nns"
    save_project(project(), path)
    return path


def change(window: MainWindow) -> None:
    document = window.document
    document.do(AddItems("Add neuron", [document.network.make_neuron("hidden")]))


def test_the_window_opens_with_all_its_panels(window: MainWindow) -> None:
    window.load_plots()
    assert all(dock.isVisibleTo(window) for dock in window.docks.values())
    assert window.windowTitle() == "Untitled[*]"
    assert not window.isWindowModified()


def test_a_new_window_is_no_larger_than_the_screen(qtbot: QtBot) -> None:
    window = MainWindow(remember_layout=False)
    qtbot.addWidget(window)
    screen = window.screen().availableSize()
    assert window.size() == QSize(1280, 800).boundedTo(screen)


def test_the_title_of_a_panel_floats_and_closes_it(qtbot: QtBot, window: MainWindow) -> None:
    dock = window.docks["data"]
    title = dock.titleBarWidget()
    assert isinstance(title, DockTitle)
    qtbot.mouseClick(title.float_button, Qt.MouseButton.LeftButton)
    assert dock.isFloating()
    qtbot.mouseClick(title.float_button, Qt.MouseButton.LeftButton)
    assert not dock.isFloating()
    qtbot.mouseClick(title.close_button, Qt.MouseButton.LeftButton)
    assert not dock.isVisible()
    dock.toggleViewAction().trigger()
    assert dock.isVisible()


def test_saving_asks_for_a_name_once(window: MainWindow, tmp_path: Path, answers: Answers) -> None:
    path = tmp_path / "mine.nns"
    change(window)
    assert window.isWindowModified()
    answers.expect(path)
    window.actions_by_name["save"].trigger()
    assert load_project(path).network == window.document.network
    assert not window.isWindowModified()
    assert window.windowTitle() == "mine.nns[*]"
    change(window)
    window.actions_by_name["save"].trigger()
    assert load_project(path).network == window.document.network


def test_opening_with_unsaved_changes_asks_and_cancel_changes_nothing(
    window: MainWindow, saved: Path, answers: Answers
) -> None:
    change(window)
    before = window.document.network.copy()
    answers.expect(QMessageBox.StandardButton.Cancel)
    assert not window.files.open(saved)
    assert answers.asked == ["Save the changes to “Untitled”?"]
    assert window.document.network == before
    assert window.isWindowModified()
    answers.expect(QMessageBox.StandardButton.Discard)
    assert window.files.open(saved)
    assert window.document.path == saved


def test_saving_from_the_question_goes_on_with_what_was_asked_for(
    window: MainWindow, saved: Path, answers: Answers
) -> None:
    window.files.open(saved)
    change(window)
    mine = window.document.network.copy()
    answers.expect(QMessageBox.StandardButton.Save)
    assert window.files.new()
    assert window.document.network.neuron_count == 0
    assert load_project(saved).network == mine


def test_closing_with_unsaved_changes_asks(window: MainWindow, answers: Answers) -> None:
    change(window)
    answers.expect(QMessageBox.StandardButton.Cancel)
    assert not window.close()
    answers.expect(QMessageBox.StandardButton.Discard)
    assert window.close()


def test_closing_ends_a_run(qtbot: QtBot, window: MainWindow, saved: Path, answers: Answers) -> None:
    window.files.open(saved)
    window.document.project.settings = TrainingSettings(epochs=10_000_000)
    window.controller.train()
    assert window.controller.is_running
    answers.expect(QMessageBox.StandardButton.Discard)
    assert window.close()
    assert not window.controller.is_running
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("training")]


def test_saving_while_training_saves_what_was_learned_and_goes_on(
    qtbot: QtBot, window: MainWindow, saved: Path
) -> None:
    window.files.open(saved)
    window.document.project.settings = TrainingSettings(epochs=10_000_000)
    window.controller.train()
    qtbot.waitUntil(lambda: len(window.controller.history) > 0, timeout=10_000)
    assert window.files.save()
    assert len(load_project(saved).history) > 0
    assert window.controller.is_running


@pytest.mark.parametrize("content", [b"", b"no project at all", b"PK\x03\x04 and then nothing"])
def test_a_wrong_file_changes_nothing_and_says_so(
    window: MainWindow, saved: Path, tmp_path: Path, content: bytes
) -> None:
    window.files.open(saved)
    change(window)
    before = window.document.network.copy()
    wrong = tmp_path / "wrong.nns"
    wrong.write_bytes(content)
    assert not window.files.open(wrong)
    assert window.document.network == before
    assert window.document.path == saved
    assert window.document.undo_stack.canUndo()
    assert window.messages.kind == "error"
    assert "wrong.nns" in window.messages.text


def test_the_place_on_view_is_saved_with_the_project_and_comes_back(
    qtbot: QtBot, make_window: Callable[[], MainWindow], saved: Path
) -> None:
    first = make_window()
    first.files.open(saved)
    qtbot.wait(20)
    canvas = first.canvas
    canvas.zoom_to(1.7, QPointF(10, 10))
    canvas.centerOn(canvas.network_scene.graph.bounds()[0] + 40, 12.0)
    middle = canvas.mapToScene(canvas.viewport().rect().center())
    assert first.files.save()
    second = make_window()
    second.files.open(saved)
    qtbot.waitUntil(lambda: second.canvas.zoom == pytest.approx(1.7), timeout=5_000)
    again = second.canvas.mapToScene(second.canvas.viewport().rect().center())
    assert (again - middle).manhattanLength() < 4


@pytest.mark.parametrize(
    "view",
    [
        {},
        {"zoom": 1.0},
        {"zoom": "large", "center": [0, 0]},
        {"zoom": -1.0, "center": [0, 0]},
        {"zoom": 1.0, "center": [float("nan"), 0]},
        {"zoom": 8.0, "center": [1e7, 1e7]},
    ],
)
def test_without_a_usable_place_all_of_the_network_is_on_view(
    window: MainWindow, saved: Path, view: dict[str, object]
) -> None:
    window.files.open(saved)
    window.document.project.view = view
    window._restore_place()
    seen = window.canvas.mapToScene(window.canvas.viewport().rect()).boundingRect()
    assert all(seen.contains(QPointF(*neuron.position)) for neuron in window.document.network.neurons)


def test_a_dropped_file_opens(qtbot: QtBot, window: MainWindow, saved: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(saved))])
    window.dropEvent(
        QDropEvent(
            QPointF(300, 300),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    assert window.document.path == saved


def test_recent_projects_stand_in_the_menu_and_open(
    make_window: Callable[[], MainWindow], saved: Path, tmp_path: Path
) -> None:
    first = make_window()
    other = tmp_path / "other.nns"
    save_project(project(), other)
    first.files.open(saved)
    first.files.open(other)
    second = make_window()
    menu = second._menus.recent
    menu.aboutToShow.emit()
    assert [action.data() for action in menu.actions()[:2]] == [str(other), str(saved)]
    menu.actions()[1].trigger()
    assert second.document.path == saved


def test_a_recent_project_that_is_gone_leaves_the_list(window: MainWindow, saved: Path) -> None:
    window.files.open(saved)
    saved.unlink()
    window.files.new()
    assert not window.files.open(saved)
    assert window.files.recent() == []
    assert window.messages.kind == "error"


def test_docks_are_remembered_and_can_be_reset(make_window: Callable[[], MainWindow]) -> None:
    first = make_window()
    first.docks["palette"].hide()
    first.close()
    second = make_window()
    assert second.docks["palette"].isHidden()
    second.actions_by_name["reset-layout"].trigger()
    assert not second.docks["palette"].isHidden()


def test_undo_waits_while_a_run_is_on(qtbot: QtBot, window: MainWindow, saved: Path) -> None:
    window.files.open(saved)
    change(window)
    window.document.project.settings = TrainingSettings(epochs=10_000_000)
    undo = window.actions_by_name["undo"]
    assert undo.isEnabled()
    window.controller.train()
    assert not undo.isEnabled()
    assert "Pause" in undo.toolTip()
    window.controller.halt()
    assert undo.isEnabled()


def test_a_refused_change_says_why_over_the_canvas(window: MainWindow) -> None:
    window.document.refused.emit(CycleError(["a", "b", "a"]))
    assert "cycle" in window.messages.text
    window.messages.close_button.click()
    assert window.messages.text == ""


def test_why_a_change_was_refused_goes_once_something_else_is_done(qtbot: QtBot, window: MainWindow) -> None:
    window.document.refused.emit(CycleError(["a", "b", "a"]))
    change(window)
    assert window.messages.text == ""
    window.document.refused.emit(CycleError(["a", "b", "a"]))
    window.controller.state_changed.emit()
    assert window.messages.text == ""


def test_the_learning_rate_refuses_what_is_no_number_and_keeps_the_old(
    qtbot: QtBot, window: MainWindow
) -> None:
    field = window.training_bar.learning_rate
    field.setFocus()
    field.lineEdit().selectAll()
    qtbot.keyClicks(field, "fast")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "number" in field.problem
    assert window.controller.settings.learning_rate == 0.03
    field.lineEdit().selectAll()
    qtbot.keyClicks(field, "0.2")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.problem == ""
    assert window.controller.settings.learning_rate == 0.2
    window.document.undo_stack.undo()
    assert field.currentText() == "0.03"


def test_a_half_drawn_network_is_no_problem_until_there_are_data_or_train_is_pressed(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.document.do(AddItems("Add neuron", [window.document.network.make_neuron("output")]))
    qtbot.waitUntil(lambda: window.controller.problem is not None, timeout=5_000)
    assert window.problem_card.text == ""
    qtbot.mouseClick(window.training_bar.train_button, Qt.MouseButton.LeftButton)
    assert window.problem_card.text == str(window.controller.problem)
    window.document.undo_stack.undo()
    window.document.do(ProjectChange("Choose data", data=make_dataset("xor")))
    window.document.do(AddItems("Add neuron", [window.document.network.make_neuron("output")]))
    qtbot.waitUntil(lambda: window.problem_card.text != "", timeout=5_000)


def test_match_the_data_makes_train_possible_with_one_click(qtbot: QtBot, window: MainWindow) -> None:
    window.document.replace_project(Project(layered_network([2, 3, 1]), make_dataset("iris"), SETTINGS))
    button = window.problem_card.fix_button
    qtbot.waitUntil(lambda: button.text() == "Match the data", timeout=5_000)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.controller.problem is None, timeout=5_000)
    assert len(window.document.network.inputs) == 4
    assert window.problem_card.text == ""
    window.document.undo_stack.undo()
    assert len(window.document.network.inputs) == 2


def test_an_example_opens_from_the_gallery_with_enter(qtbot: QtBot, window: MainWindow) -> None:
    examples = load_examples()
    assert examples
    window.actions_by_name["examples"].trigger()
    gallery = window._gallery
    assert gallery.cards.count() == len(examples)
    qtbot.keyClick(gallery.cards, Qt.Key.Key_Down)
    qtbot.keyClick(gallery.cards, Qt.Key.Key_Up)
    qtbot.keyClick(gallery.cards, Qt.Key.Key_Return)
    assert window.document.network.neuron_count > 0
    assert window.document.path is None
    assert not window.isWindowModified()


def test_the_gallery_at_start_can_be_turned_off(qtbot: QtBot, window: MainWindow) -> None:
    window.show_gallery()
    window._gallery.at_start.click()
    assert preferences().value("gallery-at-start") == "false"
    window._gallery.reject()
    assert window._gallery is None


def test_the_overview_names_every_shortcut_of_the_menus(window: MainWindow) -> None:
    from nnstudio.ui.shortcuts import menu_shortcuts

    found = {keys for _, rows in menu_shortcuts(window.menuBar()) for _, keys in rows}
    assert {"Ctrl+O", "F5 or Ctrl+Return", "Ctrl+E"} <= found


def test_what_nobody_caught_reaches_the_user_and_the_window_lives_on(
    qtbot: QtBot, window: MainWindow
) -> None:
    reporter = Reporter()
    reporter.reported.connect(window.show_failure)
    reporter.install()
    try:
        sys.excepthook(ValueError, ValueError("inner detail"), None)
        assert window.messages.text == SORRY
        assert "inner detail" in window.messages.details
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: "ZeroDivisionError" in window.messages.details, timeout=5_000)
        error = CycleError(["a", "a"])
        sys.excepthook(CycleError, error, None)
        assert window.messages.text == str(error)
        assert window.messages.details == ""
    finally:
        reporter.uninstall()


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_the_window_restyles_itself(window: MainWindow, choice: theme.Choice) -> None:
    before = theme.manager().choice
    try:
        theme.manager().set_choice(choice, remember=False)
        middle = window.training_bar.grab().toImage().pixelColor(3, 3)
        assert (middle.lightnessF() < 0.5) == (choice == "dark")
    finally:
        theme.manager().set_choice(before, remember=False)


def test_a_training_of_another_activation_is_not_saved_as_one_to_go_on_with(
    qtbot: QtBot, window: MainWindow, saved: Path
) -> None:
    window.files.open(saved)
    window.controller.step_epoch()
    qtbot.waitUntil(lambda: not window.controller.is_running, timeout=10_000)
    assert window.files.save()
    assert load_project(saved).checkpoint is not None
    hidden = window.document.network.hidden[0].id
    window.document.do(ChangeNeurons("Change activation", {hidden: {"activation": "relu"}}))
    assert window.files.save()
    assert load_project(saved).checkpoint is None
    window.document.undo_stack.undo()
    assert window.files.save()
    assert load_project(saved).checkpoint is not None


def test_a_network_in_full_view_makes_room_for_messages_that_stay(qtbot: QtBot, window: MainWindow) -> None:
    network = Network()
    for number in range(12):
        network.add_neuron("hidden", position=(0.0, 90.0 * number))
    window.resize(1400, 1000)
    window.document.replace_project(Project(network, settings=SETTINGS))
    window.canvas.fit_all()

    def top() -> int:
        return int(window.canvas.mapFromScene(0.0, -22.0).y())

    before = top()
    window.show_message("Saved.", "info")
    qtbot.waitUntil(window.messages.isVisible)
    assert top() == before
    window.show_message("This cannot be.", "error")
    bar, center = window.messages, window.centralWidget()
    qtbot.waitUntil(lambda: top() >= bar.mapTo(center, bar.rect().bottomLeft()).y())
    assert window.canvas.is_fitted
    window.messages.dismiss()
    qtbot.waitUntil(lambda: top() == before)
