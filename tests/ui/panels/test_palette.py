from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QDrag, QHoverEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.network.templates import TEMPLATES
from nnstudio.ui.canvas.palette_items import MIME_TYPE, build_item, parse_payload
from nnstudio.ui.document import Document
from nnstudio.ui.panels.palette import PalettePanel, parse_sizes

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.ui.panels.tiles import TileView

pytestmark = pytest.mark.ui


@pytest.fixture
def palette(qtbot: QtBot) -> PalettePanel:
    document = Document()
    palette = PalettePanel(document)
    document.setParent(palette)
    qtbot.addWidget(palette)
    palette.resize(236, 700)
    palette.show()
    palette.activateWindow()
    # A frame around what has the keys comes with being active.
    with qtbot.waitActive(palette):
        pass
    palette.populate()
    return palette


def inserted(palette: PalettePanel) -> list[dict[str, Any]]:
    payloads: list[dict[str, Any]] = []
    palette.insert_requested.connect(payloads.append)
    return payloads


def view_with(palette: PalettePanel, key: str) -> TileView:
    return next(view for view in palette.views if key in [tile.key for tile in view.tiles])


def test_there_is_a_tile_for_every_activation_and_template(palette: PalettePanel) -> None:
    keys = {tile.key for view in palette.views for tile in view.tiles}
    assert {f"hidden-{key}" for key in ACTIVATIONS if key != "softmax"} <= keys
    assert set(TEMPLATES) <= keys
    assert {"input", "output-softmax", "output-identity"} <= keys


def test_no_tile_is_cut_off_at_the_width_of_the_dock(palette: PalettePanel) -> None:
    for view in palette.views:
        for tile in view.tiles:
            assert view.viewport().rect().contains(view.rect_of(tile.key)), tile.key


def test_a_double_click_asks_to_insert_the_neuron(palette: PalettePanel) -> None:
    payloads = inserted(palette)
    view = view_with(palette, "hidden-relu")
    center = view.rect_of("hidden-relu").center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=center)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=center)
    assert payloads == [{"neuron": {"role": "hidden", "activation": "relu"}}]


def test_arrows_and_enter_insert_from_the_keyboard(palette: PalettePanel) -> None:
    payloads = inserted(palette)
    view = palette.views[0]
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert payloads == [{"neuron": {"role": "output", "activation": "sigmoid"}}]


class _DroppedAtOnce(QDrag):
    def exec(self, *_: Any) -> Qt.DropAction:
        return Qt.DropAction.CopyAction


def test_no_tile_stays_lit_after_a_drag(
    palette: PalettePanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = view_with(palette, "hidden-relu")
    other = view.rect_of("hidden-tanh").center()
    view.setCurrentIndex(view.indexAt(view.rect_of("hidden-relu").center()))
    QApplication.processEvents()  # pictures come after the first frame
    plain = view.viewport().grab().toImage()
    where = QPointF(other)
    QApplication.sendEvent(view.viewport(), QHoverEvent(QEvent.Type.HoverEnter, where, where, where))
    lit = view.viewport().grab().toImage()
    assert lit != plain
    monkeypatch.setattr("nnstudio.ui.panels.tiles.QDrag", _DroppedAtOnce)
    view.startDrag(Qt.DropAction.CopyAction)
    qtbot.waitUntil(lambda: view.viewport().grab().toImage() == plain)


def test_a_drag_carries_what_the_tile_stands_for(palette: PalettePanel) -> None:
    view = view_with(palette, "xor")
    tile = next(tile for tile in view.tiles if tile.key == "xor")
    data = view.mime_data(tile)
    assert data.hasFormat(MIME_TYPE)
    assert json.loads(bytes(data.data(MIME_TYPE).data())) == {"template": "xor"}
    assert not view.drag_pixmap(tile).isNull()


def test_the_canvas_understands_every_tile(palette: PalettePanel) -> None:
    for view in palette.views:
        for tile in view.tiles:
            data = bytes(view.mime_data(tile).data(MIME_TYPE).data())
            assert build_item(parse_payload(data)), tile.key


def test_typed_layers_are_inserted_and_bad_ones_refused_with_a_reason(palette: PalettePanel) -> None:
    payloads = inserted(palette)
    palette.sizes.selectAll()
    QTest.keyClicks(palette.sizes, "3, 5, 2")
    QTest.keyClick(palette.sizes, Qt.Key.Key_Return)
    assert payloads == [{"layers": [3, 5, 2]}]
    palette.sizes.selectAll()
    QTest.keyClicks(palette.sizes, "3, x2")
    palette.sizes.selectAll()
    QTest.keyClicks(palette.sizes, "3, many")
    QTest.keyClick(palette.sizes, Qt.Key.Key_Return)
    assert len(payloads) == 1
    assert palette.problem.isVisible()
    assert "many" in palette.problem.text()
    QTest.keyClicks(palette.sizes, "1")
    assert not palette.problem.isVisible()


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("2, 8, 8, 1", (2, 8, 8, 1)),
        ("2 3 1", (2, 3, 1)),
        ("2-4-1", (2, 4, 1)),
        ("4×3", (4, 3)),
        (" 1;1 ", (1, 1)),
    ],
)
def test_layers_are_read_however_they_are_parted(text: str, sizes: tuple[int, ...]) -> None:
    assert parse_sizes(text) == sizes


@pytest.mark.parametrize(
    "text", ["", "3", "2, 0, 1", "2, 1.5, 1", "a, b", "9999999, 2", "2000, 2000", "1," * 200]
)
def test_layers_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        parse_sizes(text)


def test_a_folded_section_hides_its_tiles(palette: PalettePanel) -> None:
    view = palette.views[0]
    section = view.parent().parent()
    QTest.mouseClick(section.title, Qt.MouseButton.LeftButton)
    assert not view.isVisible()
    QTest.keyClick(section.title, Qt.Key.Key_Space)
    assert view.isVisible()
