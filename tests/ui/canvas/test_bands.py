"""Bands in the place of the connections of collapsed groups."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.network.templates import layered_network
from nnstudio.ui.canvas.bands import Band, are_many, band_lines, band_width
from tests.ui.canvas.conftest import make_hand

pytestmark = pytest.mark.ui


def fan(count: int) -> list[Band]:
    return [Band((0.0, 0.0), (100.0, float(i)), (-1.0) ** i * i / count, i + 1) for i in range(count)]


def test_more_connections_make_a_wider_band_up_to_a_limit() -> None:
    widths = [band_width(count) for count in (0, 1, 2, 16, 10**9)]
    assert widths == sorted(widths)
    assert widths[0] == widths[1]
    assert widths[-1] < 20


def test_many_bands_are_lines_of_few_pens_that_keep_width_sign_and_order() -> None:
    bands = fan(200)
    assert are_many(bands)
    assert not are_many(bands[:10])
    found = band_lines(bands, 1.0, 1.0, "value")
    strokes = found.strokes
    assert found.lines.tolist()[7] == [0.0, 0.0, 100.0, 7.0]
    assert sorted(strokes.order.tolist()) == list(range(200))
    assert strokes.pens.max() < len(strokes.widths) == len(strokes.colors)
    widths = strokes.widths[strokes.pens]
    assert widths == pytest.approx([band_width(band.count) for band in bands], abs=1.5)
    red, _, blue, _ = strokes.colors[strokes.pens[[198, 199]]].T.astype(int)
    assert blue[0] > red[0]
    assert red[1] > blue[1]
    assert (np.diff(strokes.pens[strokes.order].astype(int)) >= 0).all()


def test_bands_of_nothing_and_of_huge_values_can_be_painted() -> None:
    for scale in (0.0, 1e-300, 1.0):
        bands = [Band((0.0, 0.0), (1.0, 1.0), value, 3) for value in (0.0, 1e300, -1e300)] * 30
        assert len(band_lines(bands, scale, 1.0, "gradient").strokes.order) == 90


def test_many_bands_are_on_view_and_go_with_their_group(qtbot) -> None:
    hand = make_hand(qtbot, layered_network((40, 3, 40)))
    ids = [neuron.id for neuron in hand.network.neurons]
    hand.canvas.fit_all()
    hand.document.selection.set(ids[40:43])
    hand.canvas.grouping.group()
    hand.canvas.grouping.fold_groups()
    hand.document.selection.clear()
    assert len(hand.canvas.network_scene.groups.bundles) == 80
    before = hand.canvas.viewport().grab().toImage()
    hand.canvas.network_scene.layer.set_bands(())
    assert hand.canvas.viewport().grab().toImage() != before
