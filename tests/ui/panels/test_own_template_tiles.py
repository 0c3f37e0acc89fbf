"""The user's own templates in the palette, worked with mouse and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog

from nnstudio.network.templates import half_adder
from nnstudio.project import Project
from nnstudio.ui.canvas.palette_items import build_item, parse_payload
from nnstudio.ui.canvas.view import CanvasView
from nnstudio.ui.document import Document
from nnstudio.ui.own_templates import TemplateError, own_templates
from nnstudio.ui.panels.palette import PalettePanel

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.ui.panels.own_template_tiles import OwnTemplateSection

pytestmark = pytest.mark.ui


@pytest.fixture
def palette(qtbot: QtBot) -> PalettePanel:
    document = Document()
    palette = PalettePanel(document)
    document.setParent(palette)
    qtbot.addWidget(palette)
    palette.resize(236, 1800)
    palette.show()
    qtbot.waitExposed(palette)
    palette.populate()
    return palette


@pytest.fixture
def section(palette: PalettePanel) -> OwnTemplateSection:
    return palette.own


def save(title: str) -> str:
    network = half_adder()
    return own_templates().save(title, network, [neuron.id for neuron in network.neurons]).key


def titles(section: OwnTemplateSection) -> list[str]:
    return [tile.title for tile in section.view.tiles]


def answer(monkeypatch: pytest.MonkeyPatch, text: str, wanted: bool = True) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *_arguments, **_options: (text, wanted))


def test_without_templates_the_way_to_one_is_told(section) -> None:
    assert section.hint.isVisible()
    assert "Save as template" in section.hint.text()
    assert not section.view.isVisible()


def test_a_template_stands_there_once_it_is_saved(section) -> None:
    save("Zeta")
    save("alpha")
    assert titles(section) == ["alpha", "Zeta"]
    assert section.view.isVisible()
    assert not section.hint.isVisible()
    assert "6 neurons" in section.view.tiles[0].tip


def test_a_double_click_asks_to_insert_it(palette, section) -> None:
    key = save("Adder")
    payloads = []
    palette.insert_requested.connect(payloads.append)
    center = section.view.rect_of(key).center()
    QTest.mouseClick(section.view.viewport(), Qt.MouseButton.LeftButton, pos=center)
    QTest.mouseDClick(section.view.viewport(), Qt.MouseButton.LeftButton, pos=center)
    assert payloads == [{"own": key}]


def test_a_drag_carries_what_the_canvas_inserts(section, qtbot) -> None:
    key = save("Adder")
    data = section.view.mime_data(section.view.tiles[0])
    payload = parse_payload(bytes(data.data(data.formats()[0]).data()))
    assert build_item(payload) == half_adder()
    canvas = CanvasView(Document())
    qtbot.addWidget(canvas)
    canvas.insert(payload)
    assert [group.name for group in canvas.document.network.groups] == ["XOR", "AND"]
    own_templates().delete(key)
    with pytest.raises(TemplateError, match="not there any more"):
        build_item(payload)


def test_a_thumbnail_is_drawn(section, qtbot) -> None:
    save("Adder")
    view = section.view
    qtbot.waitUntil(lambda: view._may_draw_pictures)
    image = view.drag_pixmap(view.tiles[0]).toImage()
    colors = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height() // 2)}
    assert len(colors) > 10


def test_f2_and_the_menu_rename(section, monkeypatch) -> None:
    key = save("Adder")
    answer(monkeypatch, "Sum")
    section.view.setFocus()
    QTest.keyClick(section.view, Qt.Key.Key_F2)
    assert titles(section) == ["Sum"]
    answer(monkeypatch, "Half adder")
    menu = section.view.menu_for(key)
    next(action for action in menu.actions() if "Rename" in action.text()).trigger()
    assert titles(section) == ["Half adder"]
    answer(monkeypatch, "  ")
    QTest.keyClick(section.view, Qt.Key.Key_F2)
    assert titles(section) == ["Half adder"]
    assert "needs a name" in section.problem.text()
    menu.deleteLater()


def test_delete_can_be_undone(palette, section, qtbot) -> None:
    save("Adder")
    palette.resize(236, 300)
    palette.verticalScrollBar().setValue(palette.verticalScrollBar().maximum())
    section.view.setFocus()
    QTest.keyClick(section.view, Qt.Key.Key_Delete)
    assert titles(section) == []
    assert section.undo_row.isVisible()
    assert "“Adder” is deleted" in section.told.text()
    assert section.undo.hasFocus()
    qtbot.waitUntil(lambda: not section.undo.visibleRegion().isEmpty())
    QTest.mouseClick(section.undo, Qt.MouseButton.LeftButton)
    assert titles(section) == ["Adder"]
    assert not section.undo_row.isVisible()


def test_damaged_files_are_named_and_break_nothing(section) -> None:
    save("Adder")
    (own_templates().folder / "broken.json").write_text("{", "utf-8")
    section.refresh()
    assert titles(section) == ["Adder"]
    assert "“broken.json”" in section.problem.text()
    assert section.problem.isVisible()
    (own_templates().folder / "broken.json").unlink()
    section.refresh()
    assert not section.problem.isVisible()


def test_the_canvas_saves_the_selection_as_a_template(section, qtbot, monkeypatch) -> None:
    canvas = CanvasView(Document(Project(half_adder())))
    qtbot.addWidget(canvas)
    network = canvas.document.network
    told = []
    canvas.message.connect(told.append)
    canvas.document.selection.set(network.groups[0].members)
    answer(monkeypatch, "Exclusive or")
    canvas.actions()["save_template"].trigger()
    assert titles(section) == ["Exclusive or"]
    assert own_templates().load()[0][0].network.neuron_count == 3
    assert "“Exclusive or”" in told[-1]
    answer(monkeypatch, "No", wanted=False)
    canvas.actions()["save_template"].trigger()
    assert titles(section) == ["Exclusive or"]
