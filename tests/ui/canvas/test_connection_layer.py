from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from nnstudio.network.templates import layered_network
from nnstudio.ui.canvas import connection_layer
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
    monkeypatch.setattr(connection_layer, "loader", loader)
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
    image = layer._image(viewport, crowd.canvas.viewportTransform())
    assert image.width() == round(viewport.width() * ratio)
    assert image.devicePixelRatio() == ratio
    alpha = np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., 3]
    rows, columns = np.nonzero(alpha)
    first, last = crowd.network.neurons[0], crowd.network.neurons[-1]
    for neuron, column in ((first, columns.min()), (last, columns.max())):
        x = crowd.canvas.viewportTransform().map(*neuron.position)[0]
        assert column / ratio == pytest.approx(x, abs=3.0)
    assert len(rows)


def test_nothing_is_compiled_beside_the_window(
    crowd: Hand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NNSTUDIO_ENGINE", "")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    loader = Loader()
    monkeypatch.setattr(connection_layer, "loader", loader)
    _view(crowd)
    assert loader.wait() is None
    assert crowd.canvas.viewport().grab().toImage().pixelColor(QPoint(2, 2)).isValid()
    assert not list(tmp_path.rglob("*.nbi"))


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
    assert loader.wanted() is None  # not yet: the first call only begins
    assert loader.wait() is not None
    assert loader.wanted() is loader.kernels
