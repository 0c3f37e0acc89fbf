from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QTransform

from nnstudio.ui.glyphs import Box, _font
from nnstudio.ui.typeset import box_of

pytestmark = pytest.mark.ui


@pytest.fixture(autouse=True)
def application(qapp: object) -> None:
    """Fonts need an application."""


@pytest.mark.parametrize(
    "latex",
    [
        "-0.375",
        r"\frac{\partial L}{\partial w_{a}}",
        r"\sum_i x_i^2",
        r"\hat{y} - \overline{x}",
        r"\sqrt{\frac{x}{y}} \left(\frac{1}{2}\right)",
    ],
)
def test_letters_and_the_rest_are_the_same_as_the_outline(latex: str) -> None:
    box = box_of(latex)
    assert box.glyphs
    put_together = QPainterPath()
    for index, x, y, size in box.glyphs:
        put_together.addPath(_font(size).pathForGlyph(index).translated(x, y))
    if box.rest is not None:
        put_together.addPath(box.rest)
    found, wanted = put_together.boundingRect(), box.path.boundingRect()
    for side in ("left", "top", "right", "bottom"):
        assert getattr(found, side)() == pytest.approx(getattr(wanted, side)(), abs=0.6)


def ink(box: Box, *, as_letters: bool) -> int:
    image = QImage(400, 200, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setTransform(QTransform.fromTranslate(20.0, 120.0))
    if as_letters:
        box.write(painter, QColor("black"))
    else:
        painter.fillPath(box.path, QColor("black"))
    painter.end()
    return sum(255 - QColor(image.pixel(x, y)).lightness() for x in range(400) for y in range(200))


def test_letters_leave_as_much_ink_as_the_outline() -> None:
    box = box_of(r"\frac{1}{2}\sqrt{x}")
    assert ink(box, as_letters=True) == pytest.approx(ink(box, as_letters=False), rel=0.08)


def test_a_moved_box_has_all_of_it_moved() -> None:
    box = box_of(r"\frac{1}{2}")
    moved = box.moved(10.0)
    assert moved.path.boundingRect() == box.path.boundingRect().translated(10.0, 0.0)
    assert [glyph.x for glyph in moved.glyphs] == [glyph.x + 10.0 for glyph in box.glyphs]
    assert box.rest is not None
    assert moved.rest is not None
    assert moved.rest.boundingRect() == QRectF(box.rest.boundingRect().translated(10.0, 0.0))
