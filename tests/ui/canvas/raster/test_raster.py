"""Pixels are compared here, for they are ours; what Qt paints is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.ui.canvas.raster import loading
from nnstudio.ui.canvas.raster.image import LineImage
from nnstudio.ui.canvas.strokes import StrokedLines, Strokes, plain_lines

if TYPE_CHECKING:
    from nnstudio.ui.canvas.raster.loading import Kernels

pytest.importorskip("numba")

RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


@pytest.fixture(scope="module")
def kernels() -> Kernels:
    return loading.compiled()


def _alpha(image: LineImage) -> np.ndarray:
    return (image.pixels >> 24).astype(float) / 255.0


@pytest.mark.parametrize(
    "line",
    [
        (8.0, 20.25, 40.0, 20.25),
        (8.0, 20.0, 40.0, 31.0),
        (8.0, 8.0, 40.0, 40.0),
        (30.0, 8.0, 20.0, 40.0),
        (20.7, 40.0, 20.7, 8.0),
    ],
)
@pytest.mark.parametrize("width", [0.4, 1.0, 2.5, 4.2])
def test_a_line_covers_its_area(kernels: Kernels, line: tuple[float, ...], width: float) -> None:
    image = LineImage(48, 48)
    image.draw(kernels, [plain_lines([line], width=width)])
    length = np.hypot(line[2] - line[0], line[3] - line[1])
    assert _alpha(image).sum() == pytest.approx(length * width, rel=0.02)


def test_each_pixel_of_a_level_line_holds_its_share(kernels: Kernels) -> None:
    image = LineImage(32, 32)
    image.draw(kernels, [plain_lines([[4.0, 10.25, 12.0, 10.25]], width=1.5)])  # rows 9.5 to 11
    assert _alpha(image)[8:12, 8] == pytest.approx([0.0, 0.5, 1.0, 0.0], abs=0.01)
    assert _alpha(image)[10].nonzero()[0].tolist() == list(range(4, 12))


def test_the_later_lies_in_front_and_the_earlier_shows_through_its_edge(kernels: Kernels) -> None:
    image = LineImage(32, 32)
    blue = plain_lines([[16.0, 2.0, 16.0, 30.0]], width=6.0, color=BLUE)
    red = plain_lines([[2.0, 16.5, 30.0, 16.5]], width=2.0, color=RED)  # rows 15.5 to 17.5
    image.draw(kernels, [blue, red])
    assert image.pixels[16, 16] == 0xFFFF0000
    assert image.pixels[8, 16] == 0xFF0000FF
    edge = int(image.pixels[15, 16])
    assert (edge >> 16) & 255 == pytest.approx(128, abs=2)
    assert edge & 255 == pytest.approx(127, abs=2)
    assert edge >> 24 == 255


def test_within_one_part_the_end_of_the_order_lies_in_front(kernels: Kernels) -> None:
    lines = np.array([[2.0, 16.0, 30.0, 16.0], [16.0, 2.0, 16.0, 30.0]])
    for order, on_top in (([0, 1], 0xFF0000FF), ([1, 0], 0xFFFF0000)):
        strokes = Strokes(
            np.array([0, 1], np.uint8), np.array(order), np.array([RED, BLUE], np.uint8), np.array([4.0, 4.0])
        )
        image = LineImage(32, 32)
        image.draw(kernels, [StrokedLines(lines, np.arange(3), strokes)])
        assert image.pixels[16, 16] == on_top


def test_a_see_through_color_is_premultiplied_and_adds_up(kernels: Kernels) -> None:
    image = LineImage(16, 16)
    half = plain_lines([[0.0, 8.0, 16.0, 8.0]], width=4.0, color=(255, 0, 0, 128))
    image.draw(kernels, [half])
    assert image.pixels[8, 8] == 0x80800000
    image.draw(kernels, [half, half])
    assert int(image.pixels[8, 8]) >> 24 == pytest.approx(255 * 0.75, abs=2)


def test_curves_in_pieces_have_neither_gaps_nor_overlaps(kernels: Kernels) -> None:
    whole, pieces = LineImage(64, 32), LineImage(64, 32)
    x = np.linspace(3.3, 60.1, 12)
    y = 4.2 + 0.4 * x
    whole.draw(kernels, [plain_lines([[x[0], y[0], x[-1], y[-1]]], width=2.0)])
    pieces.draw(kernels, [plain_lines(np.stack([x[:-1], y[:-1], x[1:], y[1:]], axis=1), width=2.0)])
    assert np.abs(_alpha(whole) - _alpha(pieces)).max() <= 2 / 255


def _crowd(count: int = 3000) -> StrokedLines:
    rng = np.random.default_rng(1)
    pens = rng.integers(0, 6, count).astype(np.uint8)
    colors = np.concatenate([rng.integers(0, 256, (6, 3)), [[255], [255], [90], [255], [40], [255]]], axis=1)
    strokes = Strokes(pens, np.argsort(pens), colors.astype(np.uint8), np.linspace(0.5, 4.0, 6))
    return StrokedLines(rng.uniform(-60, 260, (count, 4)), np.arange(count + 1), strokes)


def test_a_crowd_looks_as_if_painted_one_over_the_other(kernels: Kernels) -> None:
    """The oracle: each line alone, put over what is there, from the back to the front, in floating point."""
    crowd = _crowd(300)
    image = LineImage(200, 100)
    image.draw(kernels, [crowd])
    expected = np.zeros((100, 200, 4))
    for place in crowd.strokes.order:
        single = LineImage(200, 100)
        pen = crowd.strokes.pens[place]
        color = tuple(crowd.strokes.colors[pen].tolist())
        single.draw(kernels, [plain_lines(crowd.lines[place], width=crowd.strokes.widths[pen], color=color)])
        layer = single.pixels.view(np.uint8).reshape(100, 200, 4) / 255.0
        expected = layer + expected * (1.0 - layer[..., 3:])
    found = image.pixels.view(np.uint8).reshape(100, 200, 4) / 255.0
    assert np.abs(found - expected).max() <= 6 / 255


def test_threads_areas_and_shifting_give_the_same_picture(kernels: Kernels) -> None:
    crowd = _crowd()
    whole = LineImage(403, 211)
    whole.draw(kernels, [crowd], scale=1.3, dx=20.0, dy=7.0)
    both = LineImage(403, 211)
    both.draw(kernels, [crowd], scale=1.3, dx=20.0, dy=7.0, threads=2)
    assert np.array_equal(whole.pixels, both.pixels)
    part = whole.pixels.copy()
    whole.draw(kernels, [crowd], scale=1.3, dx=20.0, dy=7.0, area=(37, 50, 301, 133))
    # Where a line is cut, its steps begin elsewhere: a difference of rounding.
    different = (part ^ whole.pixels) != 0
    assert np.abs(part.view(np.uint8).astype(int) - whole.pixels.view(np.uint8)).max() <= 8
    assert not different[:50].any()
    assert not different[:, :37].any()
    moved = LineImage(403, 211)
    moved.draw(kernels, [crowd], scale=1.3, dx=-11.0, dy=40.0)
    for area in moved.shift(31, -33):
        moved.draw(kernels, [crowd], scale=1.3, dx=20.0, dy=7.0, area=area)
    assert np.abs(moved.pixels.view(np.uint8).astype(int) - part.view(np.uint8)).max() <= 8


def test_a_shift_by_more_than_the_image_asks_for_all_of_it() -> None:
    image = LineImage(20, 10)
    assert image.shift(25, 0) == [image.area]
    assert image.shift(0, -10) == [image.area]
    assert image.shift(0, 0) == []


coordinate = st.one_of(
    st.floats(-40.0, 80.0),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, 16.0, 32.0, -1e9, 1e9, 1e12, 1e300, 5e-324]),
)


@given(
    st.lists(st.tuples(coordinate, coordinate, coordinate, coordinate), min_size=1, max_size=6),
    st.floats(0.0, 50.0),
    st.integers(1, 40),
    st.integers(1, 40),
)
@settings(max_examples=150)
def test_no_line_leaves_the_image(
    rows: list[tuple[float, ...]], line_width: float, width: int, height: int
) -> None:
    kernels = loading.compiled()
    image = LineImage(width, height)
    # Guards beside the pixels would show what is written past their ends.
    guarded = np.full(width * height + 128, 0x12345678, dtype=np.uint32)
    image.pixels = guarded[64:-64].reshape(height, width)
    image.draw(kernels, [plain_lines(rows, width=line_width)])
    assert (guarded[:64] == 0x12345678).all()
    assert (guarded[-64:] == 0x12345678).all()


@pytest.mark.parametrize("end", [1e8, 1e11])
def test_a_line_that_ends_far_away_crosses_the_image_where_it_should(kernels: Kernels, end: float) -> None:
    image = LineImage(64, 64)
    image.draw(kernels, [plain_lines([[-end, -end / 2 + 10.0, end, end / 2 + 10.0]], width=2.0)])
    middles = (_alpha(image) * (np.arange(64) + 0.5)[:, None]).sum(axis=0) / _alpha(image).sum(axis=0)
    assert middles == pytest.approx(10.0 + (np.arange(64) + 0.5) / 2, abs=0.2)


def test_qt_shows_what_was_drawn(kernels: Kernels) -> None:
    image = LineImage(32, 32)
    image.draw(kernels, [plain_lines([[0.0, 16.0, 32.0, 16.0]], width=4.0, color=RED)])
    assert image.image.pixelColor(16, 16).getRgb() == RED
    assert image.image.pixelColor(16, 4).alpha() == 0


def test_arrays_of_any_kind_are_drawn_without_compiling_anew(kernels: Kernels) -> None:
    crowd = _crowd(50)
    expected = LineImage(64, 64)
    expected.draw(kernels, [crowd])
    compiled = [len(kernel.signatures) for kernel in kernels]
    strokes = crowd.strokes
    odd = StrokedLines(
        np.asfortranarray(crowd.lines),
        crowd.starts.astype(np.int32),
        Strokes(
            strokes.pens.astype(np.int16),
            np.repeat(strokes.order, 2)[::2].astype(np.int32),
            strokes.colors,
            strokes.widths.astype(np.float32),
        ),
    )
    for array in (odd.lines, odd.starts, odd.strokes.order, odd.strokes.pens, odd.strokes.widths):
        array.flags.writeable = False
    found = LineImage(64, 64)
    found.draw(kernels, [odd], scale=1, dx=0, dy=0)
    assert np.abs(found.pixels.view(np.uint8).astype(int) - expected.pixels.view(np.uint8)).max() <= 1
    for array in (crowd.lines, crowd.starts, strokes.order, strokes.pens, strokes.widths):
        array.flags.writeable = False
    found.draw(kernels, [crowd])
    assert np.array_equal(found.pixels, expected.pixels)
    assert [len(kernel.signatures) for kernel in kernels] == compiled
