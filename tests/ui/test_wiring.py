"""Columns wired to neurons: by drag, by name, and by what the data panel offers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDrag, QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnstudio.data import Dataset, make_dataset
from nnstudio.data.preparation import Preparation
from nnstudio.data.preparing import prepare
from nnstudio.data.table import Column, Table, category_column
from nnstudio.errors import DataError
from nnstudio.network import Network
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui import column_items
from nnstudio.ui.canvas.view import CanvasView
from nnstudio.ui.document import Document
from nnstudio.ui.panels.data_panel import DataPanel
from nnstudio.ui.panels.data_table import DataTable
from nnstudio.ui.wiring import mismatch, neurons_for, offers, wire_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.ui
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
SETTINGS = TrainingSettings()


def flowers(target: str = "width", **changes: Any) -> Dataset:
    rng = np.random.default_rng(0)
    columns = [Column(name, "number", rng.random(20)) for name in ("height", "length", "width", "age")]
    table = Table((*columns, category_column("kind", ["rose", "tulip"] * 10)))
    roles: Any = {name: "feature" for name in ("height", "length", "width") if name != target}
    return prepare(table, replace(Preparation(roles={**roles, target: "target"}), **changes))


def network_of(data: Dataset, hidden: int = 2) -> Network:
    return layered_network(
        [len(data.feature_names), hidden, len(data.target_names)],
        input_labels=list(data.feature_names),
        output_labels=list(data.target_names),
    )


def labels(network: Network, role: Any = "input") -> list[str]:
    return [neuron.label for neuron in network.with_role(role)]


def apply(document: Document, edits: Any) -> None:
    assert document.do(*edits, label="Wire")


@pytest.fixture
def make_document(qapp: Any) -> Callable[..., Document]:
    def made(data: Dataset | None = None, network: Network | None = None) -> Document:
        data = flowers() if data is None else data
        return Document(Project(network_of(data) if network is None else network, data, SETTINGS))

    return made


def present(document: Document) -> Dataset:
    assert document.project.data is not None
    return document.project.data


def test_columns_change_places_and_names_follow(make_document: Callable[..., Document]) -> None:
    document = make_document()
    before = present(document)
    first = document.network.inputs[0]
    apply(document, wire_to(document.network, before, "length", first.id))
    data = present(document)
    assert data.feature_names == ("length", "height")
    assert np.array_equal(data.x[:, 0], before.x[:, 1])
    assert labels(document.network) == ["length", "height"]
    document.undo_stack.undo()
    assert present(document) is before
    assert labels(document.network) == ["height", "length"]


def test_a_column_that_was_left_out_takes_the_place_of_another(
    make_document: Callable[..., Document],
) -> None:
    document = make_document()
    second = document.network.inputs[1]
    apply(document, wire_to(document.network, present(document), "age", second.id))
    assert present(document).feature_names == ("height", "age")
    preparation = present(document).preparation
    assert preparation is not None
    assert preparation.roles["length"] == "ignore"


def test_a_feature_on_an_output_becomes_what_is_predicted(make_document: Callable[..., Document]) -> None:
    document = make_document()
    output = document.network.outputs[0]
    apply(document, wire_to(document.network, present(document), "height", output.id))
    assert present(document).target_names == ("height",)
    assert present(document).feature_names == ("width", "length")
    assert labels(document.network, "output") == ["height"]


def test_neurons_with_names_of_their_own_keep_them(make_document: Callable[..., Document]) -> None:
    document = make_document()
    first, second = document.network.inputs
    document.network.update_neuron(second.id, label="mine")
    apply(document, wire_to(document.network, present(document), "length", first.id))
    assert labels(document.network) == ["length", "mine"]


def test_a_category_moves_with_all_its_inputs(make_document: Callable[..., Document]) -> None:
    roles: Any = {"kind": "feature", "height": "feature", "width": "target"}
    document = make_document(flowers(roles=roles))
    assert labels(document.network) == ["kind=rose", "kind=tulip", "height"]
    apply(document, wire_to(document.network, present(document), "height", document.network.inputs[1].id))
    assert labels(document.network) == ["height", "kind=rose", "kind=tulip"]


def test_what_cannot_be_wired_is_told(make_document: Callable[..., Document]) -> None:
    document = make_document()
    network, data = document.network, present(document)
    with pytest.raises(DataError, match="hidden neuron"):
        wire_to(network, data, "age", network.hidden[0].id)
    with pytest.raises(DataError, match="no column"):
        wire_to(network, data, "weight", network.inputs[0].id)
    with pytest.raises(DataError, match="has its neuron"):
        neurons_for(network, data, "height", (0.0, 0.0))
    plain = Dataset.from_arrays([[1.0], [2.0]], [1.0, 2.0], test_fraction=0.0)
    with pytest.raises(DataError, match="plain numbers"):
        wire_to(network, plain, "x1", network.inputs[0].id)


def test_inputs_are_made_one_after_the_other_for_columns_in_any_order(
    make_document: Callable[..., Document],
) -> None:
    document = make_document(network=Network())
    for column in ("age", "length", "width"):
        apply(document, neurons_for(document.network, present(document), column, (0.0, 0.0)))
    assert labels(document.network) == ["age", "length"]
    assert labels(document.network, "output") == ["width"]
    assert present(document).feature_names == ("age", "length", "height")


def test_classes_get_an_output_each(make_document: Callable[..., Document]) -> None:
    document = make_document(make_dataset("iris"), Network())
    apply(document, neurons_for(document.network, present(document), "species", (0.0, 0.0)))
    outputs = document.network.outputs
    assert [neuron.label for neuron in outputs] == list(present(document).classes)
    assert {neuron.activation for neuron in outputs} == {"softmax"}


@pytest.fixture
def canvas(qtbot: QtBot, make_document: Callable[..., Document]) -> CanvasView:
    view = CanvasView(make_document())
    qtbot.addWidget(view)
    view.resize(700, 500)
    view.show()
    qtbot.waitExposed(view)
    view.fit_all()
    return view


@pytest.fixture
def panel(qtbot: QtBot, canvas: CanvasView) -> DataPanel:
    panel = DataPanel(canvas.document)
    qtbot.addWidget(panel)
    panel.resize(300, 1200)
    panel.show()
    qtbot.waitExposed(panel)
    panel.populate()
    return panel


def drag(panel: DataPanel, canvas: CanvasView, column: str, at: QPointF) -> None:
    columns = panel.preparation.columns.list
    item = columns.item_of(column)
    assert item is not None
    assert item.flags() & Qt.ItemFlag.ItemIsDragEnabled
    mime, copy = columns.mimeData([item]), Qt.DropAction.CopyAction
    pixel = QPointF(canvas.mapFromScene(at))
    for make, place in (
        (QDragEnterEvent, pixel.toPoint()),
        (QDragMoveEvent, pixel.toPoint()),
        (QDropEvent, pixel),
    ):
        event: Any = make(place, copy, mime, LEFT, NONE)
        QApplication.sendEvent(canvas.viewport(), event)
        assert event.isAccepted()


def test_a_column_dragged_onto_a_neuron_is_wired_to_it(canvas: CanvasView, panel: DataPanel) -> None:
    document = canvas.document
    x, y = document.network.inputs[0].position
    drag(panel, canvas, "age", QPointF(x, y))
    assert present(document).feature_names == ("age", "length")
    assert labels(document.network) == ["age", "length"]
    assert document.undo_stack.count() == 1
    assert document.undo_stack.undoText() == "Wire age"


def test_a_column_dropped_beside_the_neurons_gets_one(canvas: CanvasView, panel: DataPanel) -> None:
    document = canvas.document
    drag(panel, canvas, "age", QPointF(5.0, 300.0))
    assert labels(document.network) == ["height", "length", "age"]
    assert document.network.inputs[2].position == pytest.approx((5.0, 300.0), abs=2.0)
    document.undo_stack.undo()
    assert labels(document.network) == ["height", "length"]


def test_a_drop_that_cannot_be_is_told(canvas: CanvasView, panel: DataPanel) -> None:
    refused: list[str] = []
    canvas.document.refused.connect(lambda error: refused.append(str(error)))
    drag(panel, canvas, "height", QPointF(5.0, 300.0))
    assert "has its neuron" in refused[0]
    assert canvas.document.undo_stack.count() == 0


def press(panel: DataPanel, title: str) -> None:
    button = next(button for button in panel.wiring.buttons if button.text() == title)
    QTest.qWaitForWindowExposed(panel)
    QApplication.processEvents()
    assert button.isVisible()
    QTest.mouseClick(button, LEFT, pos=QPoint(8, 8))


def test_a_network_that_fits_is_offered_nothing(panel: DataPanel) -> None:
    assert not panel.wiring.isVisible()


def test_data_of_another_shape_offer_to_match_the_network(qtbot: QtBot, panel: DataPanel) -> None:
    document = panel._document
    item = panel.preparation.columns.list.item_of("age")
    assert item is not None
    item.setSelected(True)
    panel.preparation.columns.role.chosen.emit("feature")
    assert (
        panel.wiring.text.text()
        == "These data take 3 inputs and 1 output; the network has 2 inputs and 1 output."
    )
    press(panel, "Match the network")
    assert labels(document.network) == ["height", "length", "age"]
    qtbot.waitUntil(panel.wiring.isHidden)
    document.undo_stack.undo()
    qtbot.waitUntil(panel.wiring.isVisible)


def test_large_counts_are_told_with_thin_spaces_as_everywhere() -> None:
    names = [f"x{index}" for index in range(1200)]
    table = Table(tuple(Column(name, "number", np.arange(4.0)) for name in [*names, "y"]))
    roles: Any = {**dict.fromkeys(names, "feature"), "y": "target"}
    data = prepare(table, Preparation(roles=roles))
    assert mismatch(Network(), data) == (
        "There is no network yet; these data take 1\u2009200 inputs and 1 output."
    )


def test_a_network_for_the_data_is_made_where_there_is_none(
    qtbot: QtBot, make_document: Callable[..., Document]
) -> None:
    document = make_document(network=Network())
    panel = DataPanel(document)
    qtbot.addWidget(panel)
    panel.show()
    panel.populate()
    with qtbot.waitSignal(panel.network_made):
        press(panel, "Make a network")
    assert labels(document.network) == ["height", "length"]
    assert labels(document.network, "output") == ["width"]
    document.undo_stack.undo()
    assert document.network.neuron_count == 0


def test_neurons_are_named_by_the_columns_on_demand(qtbot: QtBot, panel: DataPanel) -> None:
    document = panel._document
    document.network.update_neuron(document.network.inputs[0].id, label="x")
    qtbot.waitUntil(panel.wiring.isVisible)
    press(panel, "Name the neurons")
    assert labels(document.network) == ["height", "length"]


def test_columns_are_chosen_and_ordered_by_the_names_of_the_inputs(qtbot: QtBot, panel: DataPanel) -> None:
    document = panel._document
    first, second = document.network.inputs
    document.network.update_neuron(first.id, label="length")
    document.network.update_neuron(second.id, label="height")
    qtbot.waitUntil(panel.wiring.isVisible)
    assert "another order" in panel.wiring.text.text()
    press(panel, "Wire by name")
    assert present(document).feature_names == ("length", "height")
    assert not panel.wiring.isVisible()


def test_inputs_that_ask_for_fewer_columns_get_them(make_document: Callable[..., Document]) -> None:
    data = flowers()
    network = layered_network([1, 2, 1], input_labels=["length"], output_labels=["width"])
    found = {offer.title: offer for offer in offers(network, data, SETTINGS)}
    assert list(found) == ["Wire by name", "Match the network"]
    document = make_document(data, network)
    apply(document, found["Wire by name"].make())
    assert present(document).feature_names == ("length",)


def test_names_are_dragged_out_of_the_header_of_the_table(
    qtbot: QtBot, canvas: CanvasView, monkeypatch: pytest.MonkeyPatch
) -> None:
    dragged: list[str | None] = []

    def take(drag: QDrag, *_actions: Any) -> Qt.DropAction:
        dragged.append(column_items.name_in(bytes(drag.mimeData().data(column_items.MIME_TYPE).data())))
        return Qt.DropAction.CopyAction

    monkeypatch.setattr(QDrag, "exec", take)
    table = DataTable(canvas.document)
    qtbot.addWidget(table)
    table.resize(700, 300)
    table.show()
    header = table.table.horizontalHeader()
    for section in (0, 1, 3, 4):
        place = QPoint(header.sectionViewportPosition(section) + 30, 10)
        QTest.mousePress(header.viewport(), LEFT, pos=place)
        QTest.mouseMove(header.viewport(), place + QPoint(4, 60))
        QTest.mouseRelease(header.viewport(), LEFT, pos=place + QPoint(4, 60))
    assert dragged == ["height", "width"], "neither the part nor what the network answers is a column"
    QTest.mouseClick(header.viewport(), LEFT, pos=QPoint(header.sectionViewportPosition(1) + 30, 10))
    assert header.sortIndicatorSection() == 1


def test_a_column_is_wired_to_the_selected_neuron_without_a_drag(
    canvas: CanvasView, panel: DataPanel
) -> None:
    document, columns = canvas.document, panel.preparation.columns
    item = columns.list.item_of("age")
    assert item is not None
    QTest.mouseClick(columns.list.viewport(), LEFT, pos=columns.list.visualItemRect(item).center())
    columns.wire_button.setFocus()
    QTest.keyClick(columns.wire_button, Qt.Key.Key_Space)
    assert "Select one input or output" in panel.preparation.problem.text()
    document.selection.set([document.network.inputs[1].id])
    QTest.keyClick(columns.wire_button, Qt.Key.Key_Space)
    assert present(document).feature_names == ("height", "age")
    document.selection.set([document.network.hidden[0].id])
    QTest.keyClick(columns.wire_button, Qt.Key.Key_Space)
    assert "hidden neuron" in panel.preparation.problem.text()
