from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING
from unittest.mock import Mock

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize

from nnstudio.network.edits import ChangeConnections, ChangeNeurons
from nnstudio.network.templates import layered_network
from nnstudio.ui import theme
from nnstudio.ui.canvas import kept_picture, pen_painter
from nnstudio.ui.canvas.connection_layer import Band
from nnstudio.ui.canvas.kept_picture import Place
from nnstudio.ui.canvas.raster import loading
from nnstudio.ui.canvas.raster.loading import Loader
from tests.ui.canvas.conftest import make_hand

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QImage
    from pytestqt.qtbot import QtBot

    from tests.ui.canvas.conftest import Hand

pytestmark = pytest.mark.ui


@pytest.fixture
def crowd(qtbot: QtBot) -> Hand:
    """Four layers of 30 neurons, 2,700 connections."""
    network = layered_network([30, 30, 30, 30])
    network.initialize("xavier_normal", 0)
    hand = make_hand(qtbot, network)
    hand.canvas.fit()
    return hand


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Loader:
    """The layer with the compiled kernels, which another process need not have made here."""
    pytest.importorskip("numba")
    loader = Loader()
    loader.kernels = loading.compiled()
    monkeypatch.setenv("NNSTUDIO_ENGINE", "")
    monkeypatch.setattr(kept_picture, "loader", loader)
    monkeypatch.setattr(kept_picture, "_SLOW_SECONDS", 30.0)  # no picture is, however slow the computer
    return loader


def _pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(image.Format.Format_RGB32)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., :3].astype(int)


def _view(hand: Hand) -> np.ndarray:
    return _pixels(hand.canvas.viewport().grab().toImage())


def test_compiled_and_not_the_picture_is_nearly_the_same(
    crowd: Hand, compiled: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _view(crowd)
    monkeypatch.setenv("NNSTUDIO_ENGINE", "numpy")
    crowd.canvas.network_scene.layer.values_changed()
    expected = _view(crowd)
    assert not np.array_equal(found, expected)
    # Smooth edges or none: alike where a neighborhood is averaged.
    blocks = [array[:592, :896].reshape(37, 16, 56, 16, 3).mean(axis=(1, 3)) for array in (found, expected)]
    assert np.abs(blocks[0] - blocks[1]).mean() < 5.0


def test_moving_the_view_gives_the_picture_that_drawing_anew_gives(crowd: Hand, compiled: Loader) -> None:
    _view(crowd)
    crowd.canvas.scroll_by(37, -21)
    moved = _view(crowd)
    crowd.canvas.network_scene.layer.values_changed()
    assert np.abs(moved - _view(crowd)).max() <= 10


def test_the_picture_follows_zoom_size_and_values(crowd: Hand, compiled: Loader) -> None:
    seen = [_view(crowd)]
    crowd.canvas.zoom_in()
    seen.append(_view(crowd))
    crowd.canvas.resize(700, 500)
    seen.append(_view(crowd))
    crowd.network.initialize("xavier_normal", 1)
    seen.append(_view(crowd))
    for before, after in itertools.pairwise(seen):
        assert before.shape != after.shape or np.abs(before - after).mean() > 1.0


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_lines_lie_where_the_neurons_are_at_any_ratio_of_pixels(
    crowd: Hand, compiled: Loader, monkeypatch: pytest.MonkeyPatch, ratio: float
) -> None:
    layer = crowd.canvas.network_scene.layer
    viewport = crowd.canvas.viewport()
    monkeypatch.setattr(viewport, "devicePixelRatioF", lambda: ratio, raising=False)
    transform = crowd.canvas.viewportTransform()
    image = layer._picture.at(Place.of(transform, viewport), lambda: layer._parts(transform))
    assert image.width() == round(viewport.width() * ratio)
    assert image.devicePixelRatio() == ratio
    alpha = np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., 3]
    rows, columns = np.nonzero(alpha)
    first, last = crowd.network.neurons[0], crowd.network.neurons[-1]
    for neuron, column in ((first, columns.min()), (last, columns.max())):
        x = crowd.canvas.viewportTransform().map(*neuron.position)[0]
        assert column / ratio == pytest.approx(x, abs=3.0)
    assert len(rows)


def test_nothing_is_compiled_beside_the_window_but_used_once_it_is_there(
    crowd: Hand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, qtbot: QtBot
) -> None:
    pytest.importorskip("numba")
    monkeypatch.setenv("NNSTUDIO_ENGINE", "")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    loader = Loader()
    monkeypatch.setattr(kept_picture, "loader", loader)
    crowd.canvas.network_scene.layer.values_changed()
    _view(crowd)
    assert loader.wait() is None
    assert crowd.canvas.viewport().grab().toImage().pixelColor(QPoint(2, 2)).isValid()
    assert not list(tmp_path.rglob("*.nbi"))
    picture = crowd.canvas.network_scene.layer._picture
    assert picture._better.isActive()
    # Another process has compiled them in the meantime.
    loader.kernels = loading.compiled()
    monkeypatch.setattr(picture, "_when_rested", rested := Mock())
    picture._better.setInterval(10)
    qtbot.waitUntil(lambda: rested.called, timeout=10_000)
    assert not picture._better.isActive()


def test_what_another_process_compiled_is_loaded_in_the_background(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("numba")
    monkeypatch.setenv("NNSTUDIO_ENGINE", "")
    monkeypatch.setattr(loading, "folder", lambda: tmp_path)
    loader = Loader()
    assert loader.wanted() is None
    assert loader.wait() is None
    (tmp_path / "compiled").touch()
    loader._tried -= 60.0
    assert loader.wait() is not None
    assert loader.wanted() is loader.kernels


def _ink(hand: Hand, where: tuple[float, float], reach: int = 6) -> float:
    """Return how much the pixels around a point of the scene differ from the canvas."""
    pixels = _view(hand)
    at = hand.pixel(where)
    part = pixels[at.y() - reach : at.y() + reach + 1, at.x() - reach : at.x() + reach + 1]
    canvas = np.array(theme.manager().current.canvas.getRgb()[2::-1])
    return float(np.abs(part - canvas).mean())


def test_what_is_out_of_focus_fades_and_comes_back(hand: Hand) -> None:
    layer = hand.canvas.network_scene.layer
    slots = layer.graph.connection_slots
    before = _ink(hand, hand.middle("ah")), _ink(hand, hand.middle("hy"))
    layer.set_focus([slots["ah"]])
    assert _ink(hand, hand.middle("ah")) == before[0]
    assert 0.0 < _ink(hand, hand.middle("hy")) < 0.4 * before[1]
    layer.set_focus(None)
    assert (_ink(hand, hand.middle("ah")), _ink(hand, hand.middle("hy"))) == before


def test_what_is_hidden_is_neither_painted_nor_picked_and_a_band_may_stand_for_it(hand: Hand) -> None:
    scene = hand.canvas.network_scene
    graph = scene.layer.graph
    off_grid = (300.0, 100.0)
    hidden = np.zeros(3, dtype=bool)
    hidden[graph.connection_slots["hy"]] = True
    scene.layer.set_hidden(hidden)
    assert _ink(hand, off_grid, 3) == 0.0
    assert graph.connection_at(*off_grid, 5.0) is None
    scene.layer.set_bands([Band((200.0, 100.0), (400.0, 100.0), 0.8, 12)])
    assert _ink(hand, off_grid, 3) > 20.0
    scene.layer.set_hidden(None)
    scene.layer.set_bands([])
    assert graph.connection_at(*off_grid, 5.0) == "hy"


def test_a_disabled_connection_is_painted_with_gaps_until_it_is_enabled(hand: Hand) -> None:
    layer = hand.canvas.network_scene.layer
    transform = hand.canvas.viewportTransform()
    assert [len(part.lines) for part in layer._parts(transform)] == [3]
    before = _view(hand)
    hand.document.do(ChangeConnections("Disable", {"hy": {"enabled": False}}))
    dashes, lines = layer._parts(transform)
    assert len(dashes.lines) > 5
    assert {layer.graph.connection_ids[slot] for slot in lines.strokes.order} == {"ah", "bh"}
    assert not np.array_equal(_view(hand), before)
    hand.undo()
    assert np.array_equal(_view(hand), before)


def test_all_connections_of_a_disabled_neuron_have_gaps(hand: Hand) -> None:
    layer = hand.canvas.network_scene.layer
    hand.document.do(ChangeNeurons("Disable", {"h": {"enabled": False}}))
    assert layer.graph.disabled.tolist() == [True, True, True]
    hand.undo()
    assert layer.graph.disabled.tolist() == [False, False, False]


@pytest.mark.parametrize(
    ("connection", "change"),
    [("hy", {"trainable": False}), ("hy", {"sign": 1}), ("bh", {"sign": -1}), ("hy", {"rate_factor": 0.0})],
)
@pytest.mark.parametrize(("zoom", "is_near"), [(1.0, True), (0.4, False)])
def test_what_holds_a_weight_is_marked_at_its_middle_when_it_is_near(
    hand: Hand, connection: str, change: dict, zoom: float, is_near: bool
) -> None:
    hand.canvas.zoom_to(zoom, hand.canvas.viewport().rect().center().toPointF())
    middle = hand.middle(connection)
    before = _ink(hand, middle)
    hand.document.do(ChangeConnections("Hold", {connection: change}))
    assert (_ink(hand, middle) != before) == is_near
    hand.undo()
    assert _ink(hand, middle) == before


def test_tied_connections_are_marked(hand: Hand) -> None:
    assert not hand.canvas.network_scene.graph.tied.any()
    before = _view(hand)
    hand.document.do(ChangeConnections("Tie", {"ah": {"tie": "t"}, "hy": {"weight": 0.5, "tie": "t"}}))
    assert hand.canvas.network_scene.graph.tied.tolist() == [True, False, True]
    assert not np.array_equal(_view(hand), before)


def test_while_a_neuron_is_dragged_the_others_are_kept_and_the_end_is_as_drawn_anew(
    crowd: Hand, compiled: Loader
) -> None:
    scene = crowd.canvas.network_scene
    _view(crowd)
    moved = crowd.network.neurons[40]
    x, y = moved.position
    scene.preview({moved.id: (x + 3.0, y)})
    _view(crowd)
    kept = scene.layer._picture._lines.pixels.copy()
    scene.preview({moved.id: (x + 60.0, y - 300.0)})
    dragged = _view(crowd)
    assert np.array_equal(scene.layer._picture._lines.pixels, kept)
    crowd.document.do(ChangeNeurons("Move", {moved.id: {"position": (x + 60.0, y - 300.0)}}))
    # What moves lies on top while it does: apart from that, the pictures are the same.
    different = np.abs(dragged - _view(crowd)).max(axis=2) > 24
    assert 0.0 < different.mean() < 0.1
    crowd.undo()
    assert not np.array_equal(_view(crowd), dragged)


def test_many_selected_connections_are_drawn_with_the_others(crowd: Hand, compiled: Loader) -> None:
    before = _view(crowd)
    layer = crowd.canvas.network_scene.layer
    crowd.document.selection.set((), layer.graph.connection_ids)
    assert np.abs(_view(crowd) - before).mean() > 2.0
    crowd.document.selection.clear()
    assert np.array_equal(_view(crowd), before)


def test_a_slow_picture_is_rough_while_the_view_moves_and_whole_once_it_rests(
    crowd: Hand, compiled: Loader, qtbot: QtBot
) -> None:
    picture = crowd.canvas.network_scene.layer._picture
    _view(crowd)
    picture._seconds = 60.0
    crowd.canvas.zoom_in()
    rough = _view(crowd)
    assert picture._is_rough
    picture._seconds = 0.0
    qtbot.waitUntil(lambda: picture._place is None or not picture._is_rough, timeout=10_000)
    whole = _view(crowd)
    assert not picture._is_rough
    crowd.canvas.network_scene.layer.values_changed()
    assert np.array_equal(_view(crowd), whole)
    assert rough.shape == whole.shape


@pytest.mark.parametrize("obstacle", ["switched off", "frozen", "no compiler"])
def test_where_nothing_can_be_compiled_qt_paints_and_nobody_waits(
    crowd: Hand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, obstacle: str
) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", "numpy" if obstacle == "switched off" else "")
    monkeypatch.setattr(sys, "frozen", obstacle == "frozen", raising=False)
    monkeypatch.setattr(loading, "_has_numba", lambda: obstacle != "no compiler")
    monkeypatch.setattr(loading, "folder", lambda: tmp_path)
    (tmp_path / "compiled").touch()
    loader = Loader()
    monkeypatch.setattr(kept_picture, "loader", loader)
    picture = crowd.canvas.network_scene.layer._picture
    crowd.canvas.network_scene.layer.values_changed()
    assert _view(crowd).std() > 1.0
    assert loader.wait() is None
    assert not picture._is_compiled
    assert not picture._better.isActive()


def test_kernels_that_cannot_be_loaded_are_told_of_in_the_log_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ImportError("a broken installation")

    monkeypatch.setenv("NNSTUDIO_ENGINE", "")
    monkeypatch.setattr(loading, "_has_numba", lambda: True)
    monkeypatch.setattr(loading, "compiled", broken)
    monkeypatch.setattr(loading, "folder", lambda: tmp_path)
    (tmp_path / "compiled").touch()
    loader = Loader()
    assert loader.wait() is None
    assert "a broken installation" in caplog.text
    assert not loader.may_come
    assert loader.wanted() is None


def test_a_drag_that_is_given_up_leaves_the_picture_as_it_was(crowd: Hand, compiled: Loader) -> None:
    moved = crowd.network.neurons[40].id
    crowd.document.selection.set((moved,))
    before = _view(crowd)
    x, y = crowd.network.neuron(moved).position
    crowd.drag((x, y), (x + 400.0, y + 300.0), let_go=False)
    assert not np.array_equal(_view(crowd), before)
    crowd.canvas.cancel_gesture()
    crowd.move((x + 4000.0, y))
    assert np.array_equal(_view(crowd), before)


def test_lines_in_a_picture_for_a_file_are_smooth_however_many(
    crowd: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = _pixels(crowd.canvas.render_image(QSize(900, 600)))
    shown = _view(crowd)
    monkeypatch.setattr(pen_painter, "_MOST_SMOOTH", 10)
    crowd.canvas.network_scene.layer.values_changed()
    assert np.abs(_view(crowd) - shown).mean() > 1.0
    assert np.array_equal(_pixels(crowd.canvas.render_image(QSize(900, 600))), expected)
