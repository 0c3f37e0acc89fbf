from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from nnstudio.data import Dataset, make_dataset
from nnstudio.data.generators import GENERATORS
from nnstudio.ui.document import Document, ProjectChange
from nnstudio.ui.panels.data_panel import DataPanel, credit_of, data_facts

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.ui.panels.fields import NumberField

pytestmark = pytest.mark.ui


@pytest.fixture
def document(qapp: Any) -> Document:
    return Document()


@pytest.fixture
def panel(qtbot: QtBot, document: Document) -> DataPanel:
    panel = DataPanel(document)
    qtbot.addWidget(panel)
    panel.resize(236, 700)
    panel.show()
    qtbot.waitExposed(panel)
    panel.populate()
    return panel


def click(panel: DataPanel, key: str) -> None:
    assert panel.sets is not None
    if key not in [tile.key for tile in panel.sets.tiles]:
        show_group(panel, GENERATORS[key].group)
    QTest.mouseClick(panel.sets.viewport(), Qt.MouseButton.LeftButton, pos=panel.sets.rect_of(key).center())


def show_group(panel: DataPanel, group: str) -> None:
    panel.groups.setFocus()
    QTest.keyClick(panel.groups, Qt.Key.Key_Home)
    for _ in range(panel.groups.findText(group)):
        QTest.keyClick(panel.groups, Qt.Key.Key_Down)


def type_into(field: NumberField, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def source_of(document: Document) -> dict[str, Any]:
    data = document.project.data
    assert data is not None
    return dict(data.source)


def test_every_built_in_set_has_a_tile_that_chooses_it(panel: DataPanel, document: Document) -> None:
    for key in GENERATORS:
        click(panel, key)
        assert source_of(document)["key"] == key
        assert panel.sets is not None
        assert panel.sets.marked == key
    assert document.undo_stack.count() == len(GENERATORS)


def test_the_panel_is_never_so_narrow_that_its_contents_are_cut_off(qtbot: QtBot, document: Document) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    panel, dock = DataPanel(document), QDockWidget(window)
    dock.setWidget(panel)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    window.setCentralWidget(QWidget())
    window.resize(600, 400)
    window.show()
    panel.populate()
    show_group(panel, "Real data")
    window.resizeDocks([dock], [60], Qt.Orientation.Horizontal)

    def is_shown_in_full() -> bool:
        assert panel.sets is not None
        corner = panel.sets.mapTo(panel.viewport(), panel.sets.rect().topRight())
        return panel.sets.width() > 150 and corner.x() < panel.viewport().width()

    qtbot.waitUntil(is_shown_in_full)
    assert panel.widget().width() <= panel.viewport().width()


def test_choosing_is_one_undoable_step_and_choosing_again_none(panel: DataPanel, document: Document) -> None:
    click(panel, "moons")
    click(panel, "moons")
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert document.project.data is None
    assert panel.sets is not None
    assert panel.sets.marked == ""
    assert not panel.options.isVisible()


def test_only_the_options_that_a_set_takes_are_offered(panel: DataPanel) -> None:
    click(panel, "xor")
    assert not panel.options.isVisible()
    click(panel, "iris")
    assert panel.test.isVisible()
    assert panel.seed.isVisible()
    assert not panel.noise.isVisible()
    click(panel, "circles")
    assert panel.noise.isVisible()
    assert panel.rows.isVisible()


def test_options_act_at_once_and_keep_the_others(qtbot: QtBot, panel: DataPanel, document: Document) -> None:
    click(panel, "circles")
    type_into(panel.rows, "50")
    qtbot.waitUntil(lambda: source_of(document)["options"]["rows"] == 50)
    type_into(panel.noise, "0.3")
    qtbot.waitUntil(lambda: source_of(document)["options"]["noise"] == 0.3)
    type_into(panel.test, "0.5")
    qtbot.waitUntil(lambda: source_of(document)["options"]["test_fraction"] == 0.5)
    panel.next_seed.click()
    qtbot.waitUntil(lambda: source_of(document)["options"]["seed"] == 1)
    data = document.project.data
    assert data is not None
    assert (len(data.x), len(data.test_rows)) == (50, 25)
    assert (panel.rows.text(), panel.noise.text(), panel.seed.text()) == ("50", "0.3", "1")
    assert "50 rows, 25 to train, 25 to test" in panel.facts.text()


def test_a_drag_of_the_noise_is_one_undoable_step(qtbot: QtBot, panel: DataPanel, document: Document) -> None:
    click(panel, "circles")
    before = document.project.data
    slider = panel.noise_slider
    made: list[object] = []
    document.data_changed.connect(lambda: made.append(document.project.data))
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(10, 11))
    for place in (20, 30, 40):
        QTest.mouseMove(slider, QPoint(place, 11))
        count = len(made)
        qtbot.waitUntil(lambda count=count: len(made) > count)
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(40, 11))
    assert len(made) >= 3
    assert document.undo_stack.count() == 2
    document.undo_stack.undo()
    assert document.project.data is before


@pytest.mark.parametrize(
    ("name", "text"), [("rows", "2"), ("noise", "-1"), ("test", "0.95"), ("seed", "1.5"), ("rows", "x")]
)
def test_a_bad_option_is_refused_with_a_reason(
    panel: DataPanel, document: Document, name: str, text: str
) -> None:
    click(panel, "moons")
    before = document.project.data
    type_into(getattr(panel, name), text)
    assert panel.problem.isVisible()
    assert panel.problem.text()
    assert document.project.data is before


def test_other_data_may_be_chosen_while_a_training_is_on(panel: DataPanel, document: Document) -> None:
    click(panel, "moons")
    document.lock("Training is running.")
    click(panel, "xor")
    assert source_of(document)["key"] == "xor"


def test_data_that_are_not_built_in_are_described_without_options(
    panel: DataPanel, document: Document
) -> None:
    data = Dataset.from_arrays([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0], test_fraction=0.0, title="Mine")
    document.do(ProjectChange("Choose data", data=data))
    assert panel.facts.text() == "Mine: 3 rows, all to train.\nx1 → y1"
    assert not panel.options.isVisible()
    assert panel.sets is not None
    assert panel.sets.marked == ""


def test_the_button_asks_for_the_table(qtbot: QtBot, panel: DataPanel) -> None:
    assert not panel.table_button.isEnabled()
    click(panel, "and")
    with qtbot.waitSignal(panel.table_requested):
        QTest.mouseClick(panel.table_button, Qt.MouseButton.LeftButton)


def test_facts_name_classes_and_shorten_long_lists() -> None:
    assert "3 classes: setosa, versicolor, virginica" in data_facts(make_dataset("iris"))
    wide = Dataset.from_arrays([[0.0] * 6, [1.0] * 6], [0.0, 1.0], test_fraction=0.0)
    assert "x1, x2, x3, x4 and 2 more" in data_facts(wide)


def test_every_thumbnail_has_colors(panel: DataPanel) -> None:
    from PySide6.QtCore import QSize

    assert panel.sets is not None
    for tile in panel.sets.tiles:
        image = panel.sets._picture(tile, QSize(50, 36)).toImage()
        colors = {image.pixel(x, y) for x in range(0, 50, 2) for y in range(0, 36, 2)}
        assert len(colors) > 3 or tile.key in ("and", "or", "nand", "xor"), tile.key


# Options that a set has of its own


@pytest.mark.parametrize("key", [key for key, entry in GENERATORS.items() if entry.options])
def test_every_option_of_a_set_can_be_set(panel: DataPanel, key: str) -> None:
    click(panel, key)
    generic = {"rows", "noise", "test_fraction"}
    assert panel.own_options.fields.keys() == GENERATORS[key].options.keys() - generic
    assert panel.own_options.isVisible() == bool(panel.own_options.fields)


def test_a_drag_of_a_sets_own_option_is_live_and_one_undoable_step(
    qtbot: QtBot, panel: DataPanel, document: Document
) -> None:
    click(panel, "spiral")
    before = document.project.data
    slider = panel.own_options.sliders["turns"]
    made: list[object] = []
    document.data_changed.connect(lambda: made.append(document.project.data))
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(10, 11))
    for place in (20, 30, 40):
        QTest.mouseMove(slider, QPoint(place, 11))
        count = len(made)
        qtbot.waitUntil(lambda count=count: len(made) > count)
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(40, 11))
    assert document.undo_stack.count() == 2
    turns = source_of(document)["options"]["turns"]
    assert panel.own_options.fields["turns"].value == turns
    assert turns != 1.5
    document.undo_stack.undo()
    assert document.project.data is before
    assert panel.own_options.fields["turns"].value == 1.5


def test_whole_options_stay_whole_when_dragged(qtbot: QtBot, panel: DataPanel, document: Document) -> None:
    click(panel, "gaussians")
    slider = panel.own_options.sliders["clouds"]
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 2, 11))
    qtbot.waitUntil(lambda: source_of(document)["options"]["clouds"] == 4)
    assert panel.own_options.fields["clouds"].text() == "4"
    assert document.project.data is not None
    assert len(document.project.data.classes) == 4


def test_a_typed_function_becomes_data_and_a_wrong_one_is_refused(
    qtbot: QtBot, panel: DataPanel, document: Document
) -> None:
    click(panel, "function")
    field = panel.own_options.fields["formula"]
    type_into(field, "x**2")
    qtbot.waitUntil(lambda: source_of(document)["options"]["formula"] == "x**2")
    before = document.project.data
    type_into(field, "x +")
    assert panel.problem.isVisible()
    assert "character" in panel.problem.text()
    type_into(field, "log(x)")
    qtbot.waitUntil(lambda: "logarithm" in panel.problem.text())
    assert document.project.data is before


def test_a_gate_is_called_by_its_name(qtbot: QtBot, panel: DataPanel, document: Document) -> None:
    click(panel, "gate3")
    shown = panel.own_options
    assert shown._names["gate"].text() == "majority"
    type_into(shown.fields["gate"], "150")
    qtbot.waitUntil(lambda: source_of(document)["options"]["gate"] == 150)
    assert shown._names["gate"].text() == "XOR"
    click(panel, "gate2")
    assert panel.own_options.fields["gate"].text() == "11"


def test_sets_stand_in_groups_and_the_one_in_use_is_among_those_shown(
    panel: DataPanel, document: Document
) -> None:
    assert panel.sets is not None
    assert [tile.key for tile in panel.sets.tiles][:3] == ["and", "or", "nand"]
    document.do(ProjectChange("Choose data", data=make_dataset("wine")))
    assert panel.groups.currentText() == "Real data"
    assert panel.sets.marked == "wine"
    assert "wine" in [tile.key for tile in panel.sets.tiles]
    show_group(panel, "Points")
    assert {GENERATORS[tile.key].group for tile in panel.sets.tiles} == {"Points"}
    document.do(ProjectChange("Change data", data=make_dataset("wine", test_fraction=0.5)))
    assert panel.groups.currentText() == "Points", "whoever looks around is not brought back"
    document.undo_stack.undo()
    document.undo_stack.undo()
    assert panel.sets.marked == ""


def test_real_data_tell_their_source_and_licence(panel: DataPanel) -> None:
    click(panel, "wine")
    assert panel.credit.isVisible()
    source, licence = panel.credit_text.text().split("\n")
    assert source.startswith("Source: M. Forina")
    assert "CC BY 4.0" in licence
    click(panel, "moons")
    assert not panel.credit.isVisible()


@pytest.mark.parametrize("key", [key for key, entry in GENERATORS.items() if entry.group == "Real data"])
def test_every_real_set_has_a_source_and_a_licence(key: str) -> None:
    lines = credit_of({"kind": "generator", "key": key}).split("\n")
    assert [line.split(":")[0] for line in lines] == ["Source", "Licence"]
