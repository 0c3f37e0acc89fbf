from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnstudio.data import make_dataset
from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.network.templates import layered_network
from nnstudio.project import load_project, save_project
from nnstudio.ui.panels.inspector import InspectorPanel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.document import Document
    from nnstudio.ui.panels.inspector_neurons import NeuronsPage
    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui

BUMP = "custom:x * exp(-x * x)"


@pytest.fixture
def controller(make_controller: Callable[..., TrainingController]) -> TrainingController:
    network = layered_network([2, 4, 1], hidden="tanh", output="sigmoid", seed=1)
    return make_controller(
        network, make_dataset("xor"), learning_rate=0.5, batch_size=4, epochs=1_000_000_000
    )


@pytest.fixture
def document(controller: TrainingController) -> Document:
    return controller.document


@pytest.fixture
def hidden(document: Document) -> list[str]:
    return [neuron.id for neuron in document.network.hidden]


@pytest.fixture
def inspector(qtbot: QtBot, controller: TrainingController) -> InspectorPanel:
    panel = InspectorPanel(controller.document, controller)
    qtbot.addWidget(panel)
    panel.resize(332, 900)
    panel.show()
    qtbot.waitExposed(panel)
    panel.activateWindow()
    return panel


@pytest.fixture
def page(inspector: InspectorPanel) -> NeuronsPage:
    return inspector.neurons_page


def select(document: Document, *neurons: str) -> None:
    document.selection.set(neurons)
    QApplication.processEvents()


def choose_last(page: NeuronsPage) -> None:
    """Choose the last entry with the mouse."""
    page.activation.showPopup()
    view = page.activation.view()
    last = view.model().index(page.activation.count() - 1, 0)
    view.scrollTo(last)
    place = view.visualRect(last).center()
    QTest.mouseMove(view.viewport(), place)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    QApplication.processEvents()


def begin(page: NeuronsPage, text: str = "") -> None:
    box = page.activation
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_End)
    assert page.editor.isVisible()
    line = page.editor.line
    line.selectAll()
    QTest.keyClicks(line, text)


def press(page: NeuronsPage, key: Qt.Key) -> None:
    QTest.keyClick(page.editor.line, key)
    QApplication.processEvents()


def test_the_last_choice_opens_a_line_for_a_formula(
    page: NeuronsPage, document: Document, hidden: list[str]
) -> None:
    select(document, hidden[0])
    choose_last(page)
    assert page.editor.isVisible()
    assert page.window().focusWidget() is page.editor.line
    assert page.activation.currentText() == "Own formula…"
    assert "where(x &gt; 0, a, b)" in page.editor.line.toolTip()
    assert not page.editor.problem.isVisible()
    assert "Esc" in page.editor.note.text()
    assert document.undo_stack.count() == 0


def test_a_formula_is_drawn_while_it_is_typed(
    page: NeuronsPage, document: Document, hidden: list[str]
) -> None:
    select(document, hidden[0])
    begin(page, "x*")
    assert page.editor.curve.key is None
    assert page.editor.problem.isVisible()
    assert page.editor.line.property("invalid")
    empty = page.editor.curve.grab().toImage()
    QTest.keyClicks(page.editor.line, "sin(x)")
    assert page.editor.curve.key == "custom:x*sin(x)"
    assert not page.editor.problem.isVisible()
    assert not page.editor.line.property("invalid")
    assert page.editor.curve.grab().toImage() != empty
    assert document.undo_stack.count() == 0


def test_enter_gives_all_selected_the_formula_in_one_step(
    page: NeuronsPage, document: Document, hidden: list[str]
) -> None:
    select(document, *[neuron.id for neuron in document.network.neurons])
    begin(page, "x*exp(-x*x)")
    press(page, Qt.Key.Key_Return)
    given = {neuron.activation for neuron in document.network.neurons if neuron.role != "input"}
    assert given == {BUMP}
    assert document.undo_stack.count() == 1
    assert not page.editor.isVisible()
    assert page.activation.currentText() == "Custom: x * exp(-x * x)"
    assert page.curve.isVisible()
    assert page.formula.text().startswith("a = z * exp(-z * z)")
    document.undo_stack.undo()
    QApplication.processEvents()
    assert {document.network.neuron(key).activation for key in hidden} == {"tanh"}
    document.undo_stack.redo()
    assert {document.network.neuron(key).activation for key in hidden} == {BUMP}


def test_esc_leaves_the_activation_as_it_was(
    page: NeuronsPage, document: Document, hidden: list[str]
) -> None:
    select(document, hidden[0])
    begin(page, "sin(x)")
    press(page, Qt.Key.Key_Escape)
    assert not page.editor.isVisible()
    assert page.window().focusWidget() is page.activation
    assert page.activation.currentData() == "tanh"
    assert page.curve.isVisible()
    assert document.undo_stack.count() == 0


@pytest.mark.parametrize(
    ("text", "part", "word"),
    [
        ("log(x)", "log(x)", "logarithm"),
        ("x + 1/x", "1/x", "divides by 0"),
        ("1 + foo(x)", "foo", "not known"),
        ("x**", "", "ends too early"),
        ("__import__('os')", "'", "no meaning"),
        ("", "", "empty"),
        ("<b>x</b>", "<", ""),
    ],
)
def test_what_cannot_be_an_activation_is_refused_at_its_place(
    page: NeuronsPage, document: Document, hidden: list[str], text: str, part: str, word: str
) -> None:
    select(document, hidden[0])
    begin(page, text)
    press(page, Qt.Key.Key_Return)
    editor = page.editor
    assert editor.isVisible()
    assert editor.line.property("invalid")
    assert editor.problem.isVisible()
    assert word in editor.problem.text()
    assert editor.line.selectedText() == part
    assert document.network.neuron(hidden[0]).activation == "tanh"
    assert document.undo_stack.count() == 0


@pytest.mark.parametrize("text", ["x" * 990, "+".join(["x"] * 3000), "(" * 400, "log(" * 28 + "x" + ")" * 28])
def test_a_very_long_text_is_refused_without_widening_the_panel(
    page: NeuronsPage, document: Document, hidden: list[str], text: str
) -> None:
    select(document, hidden[0])
    begin(page)
    least = page.minimumSizeHint().width()
    QApplication.clipboard().setText(text)
    QTest.keySequence(page.editor.line, "Ctrl+V")
    press(page, Qt.Key.Key_Return)
    assert page.editor.problem.isVisible()
    assert len(page.editor.problem.text()) < 300
    assert page.minimumSizeHint().width() == least
    assert document.undo_stack.count() == 0


@pytest.mark.parametrize("text", ["+".join(["x"] * 500), "sin(" * 28 + "x" + ")" * 28])
def test_a_long_formula_that_is_used_does_not_widen_the_panel(
    page: NeuronsPage, document: Document, hidden: list[str], text: str
) -> None:
    select(document, hidden[0])
    least = page.minimumSizeHint().width()
    begin(page)
    QApplication.clipboard().setText(text)
    QTest.keySequence(page.editor.line, "Ctrl+V")
    press(page, Qt.Key.Key_Return)
    assert document.network.neuron(hidden[0]).activation == f"custom:{text}"
    assert page.minimumSizeHint().width() == least
    assert len(page.formula.text()) < 300


def test_a_missing_value_is_told_without_enter_and_what_may_go_wrong_is_only_told(
    qtbot: QtBot, page: NeuronsPage, document: Document, hidden: list[str]
) -> None:
    select(document, hidden[0])
    begin(page, "sqrt(x)")
    qtbot.waitUntil(page.editor.problem.isVisible)
    assert "square root" in page.editor.problem.text()
    assert page.editor.curve.key == "custom:sqrt(x)"
    page.editor.line.selectAll()
    QTest.keyClicks(page.editor.line, "exp(x)")
    qtbot.waitUntil(page.editor.warning.isVisible)
    assert "At large weighted sums" in page.editor.warning.text()
    assert not page.editor.problem.isVisible()
    press(page, Qt.Key.Key_Return)
    assert document.network.neuron(hidden[0]).activation == "custom:exp(x)"


def test_typing_goes_on_where_it_was_while_something_is_wrong(
    page: NeuronsPage, document: Document, hidden: list[str]
) -> None:
    select(document, hidden[0])
    begin(page, "foo(x) + x")
    assert page.editor.problem.isVisible()
    QTest.keyClicks(page.editor.line, " + 1")
    assert page.editor.line.text() == "foo(x) + x + 1"


def test_formulas_of_other_neurons_are_offered_and_go_with_the_last_one(
    page: NeuronsPage, document: Document, hidden: list[str]
) -> None:
    select(document, hidden[0])
    begin(page, "x*exp(-x*x)")
    press(page, Qt.Key.Key_Return)
    select(document, hidden[1])
    place = page.activation.findText("Custom: x * exp(-x * x)")
    assert place == page.activation.count() - 2
    assert page.activation.itemData(place, Qt.ItemDataRole.ToolTipRole) == "<p>a = x * exp(-x * x)</p>"
    page.activation.setFocus()
    QTest.keyClicks(page.activation, "Custom")
    assert document.network.neuron(hidden[1]).activation == BUMP
    assert "x * exp(-x * x)" in page.activation.toolTip()
    document.undo_stack.undo()
    document.undo_stack.undo()
    QApplication.processEvents()
    assert page.activation.findText("Custom: x * exp(-x * x)") == -1
    assert page.activation.itemText(page.activation.count() - 1) == "Own formula…"


def test_a_formula_is_opened_to_be_changed_and_unchanged_makes_no_step(
    page: NeuronsPage, document: Document, hidden: list[str]
) -> None:
    document.network.update_neuron(hidden[0], activation=BUMP)
    select(document, hidden[0])
    choose_last(page)
    assert page.editor.line.text() == "x * exp(-x * x)"
    press(page, Qt.Key.Key_Return)
    assert not page.editor.isVisible()
    assert document.undo_stack.count() == 0


def test_another_selection_or_choice_closes_the_line(
    page: NeuronsPage, document: Document, hidden: list[str]
) -> None:
    select(document, hidden[0])
    begin(page, "sin(x)")
    select(document, hidden[1])
    assert not page.editor.isVisible()
    assert page.activation.currentData() == "tanh"
    begin(page, "sin(x)")
    page.activation.setFocus()
    QTest.keyClicks(page.activation, "ReLU")
    assert not page.editor.isVisible()
    assert page.curve.isVisible()
    assert document.network.neuron(hidden[1]).activation == "relu"


def test_a_formula_that_comes_while_training_runs_is_refused_and_stays(
    qtbot: QtBot, page: NeuronsPage, document: Document, controller: TrainingController, hidden: list[str]
) -> None:
    refused: list[object] = []
    document.refused.connect(refused.append)
    select(document, hidden[0])
    begin(page, "sin(x)")
    controller.train()
    press(page, Qt.Key.Key_Return)
    assert len(refused) == 1
    assert page.editor.isVisible()
    assert page.editor.line.text() == "sin(x)"
    controller.halt()
    press(page, Qt.Key.Key_Return)
    assert document.network.neuron(hidden[0]).activation == "custom:sin(x)"


def test_a_network_with_a_typed_formula_learns_and_is_saved_with_it(
    qtbot: QtBot,
    page: NeuronsPage,
    document: Document,
    controller: TrainingController,
    hidden: list[str],
    tmp_path: Path,
) -> None:
    select(document, *hidden)
    begin(page, "x*exp(-x*x)")
    press(page, Qt.Key.Key_Return)
    controller.train()

    def has_learned() -> bool:
        history = controller.history
        return history is not None and len(history) > 20 and history.loss[-1] < 0.5 * history.loss[0]

    qtbot.waitUntil(has_learned, timeout=20_000)
    controller.halt()
    path = tmp_path / "bump.nns"
    save_project(document.project, path)
    again = load_project(path)
    assert again.network == document.network
    document.replace_project(again, path)
    select(document, hidden[0])
    assert page.activation.currentText() == "Custom: x * exp(-x * x)"


def test_the_choice_holds_every_activation_once(
    page: NeuronsPage, document: Document, hidden: list[str]
) -> None:
    select(document, hidden[0])
    keys = [page.activation.itemData(place) for place in range(page.activation.count())]
    assert [key for key in keys if key in ACTIVATIONS] == list(ACTIVATIONS)
