from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from nnstudio.ui.typeset import Set, box_of, pieces, set_inline, typeset

pytestmark = pytest.mark.ui
SUM = " + ".join(rf"{number}.5 \cdot 2" for number in range(30))


@pytest.fixture(autouse=True)
def application(qapp: object) -> None:
    """Outlines need the application."""


def test_a_formula_may_be_broken_at_its_signs() -> None:
    found = pieces(r"z_{a} = 0.5 \cdot 1 - 2 + b")
    assert [(piece.sign, piece.body) for piece in found] == [
        ("", "z_{a}"),
        ("=", "0.5"),
        ("·", "1"),
        ("−", "2"),
        ("+", "b"),
    ]


@pytest.mark.parametrize(
    "latex",
    [r"\frac{a + b}{2}", r"\left(a - y\right)^{2}", r"\max(a + b, 0)", r"\begin{cases}a + b\end{cases}"],
)
def test_what_is_within_others_stays_together(latex: str) -> None:
    assert [piece.body for piece in pieces(latex)] == [latex]


@pytest.mark.parametrize("hat", [r"\hat{y}", r"\hat y"])
def test_a_hat_takes_no_room_beside_its_letter(hat: str) -> None:
    assert box_of(hat).width == pytest.approx(box_of("y").width)


def test_what_is_too_long_goes_on_below_within_the_width() -> None:
    wide, narrow = typeset("z = w", SUM, 1000.0), typeset("z = w", SUM, 20.0)
    assert wide.width > 60.0
    assert narrow.width <= 20.0
    assert narrow.height > 4 * wide.height
    assert len(narrow.boxes) == len(wide.boxes)


def test_a_piece_that_is_too_wide_says_how_much_room_it_takes() -> None:
    found = typeset("L = a", rf"\frac{{{SUM}}}{{2}}", 20.0)
    assert found.needed > 20.0


def test_numbers_that_are_the_symbols_stand_once() -> None:
    assert len(typeset("x = 5", "5", 50.0).boxes) == len(typeset("x = 5", "6", 50.0).boxes) - 2


def test_numbers_are_as_wide_as_a_typesetter_makes_them() -> None:
    assert box_of("1234").width == pytest.approx(4 * box_of("8").width)
    assert box_of(r"\left(-2\right)").width > box_of("-2").width > box_of("2").width


def test_a_sign_of_a_number_has_no_room_around_it() -> None:
    loose = box_of(r"\tanh\left(0 - 0.5\right)").width - box_of(r"\tanh\left(0\right)").width
    assert box_of(r"\tanh\left(-0.5\right)").width - box_of(r"\tanh\left(\right)").width < loose


def test_what_is_no_latex_is_shown_as_it_is_written() -> None:
    assert box_of(r"\frac{1").width > 0.0
    assert box_of(r"\nosuchcommand{}{{").width > 0.0


def test_it_is_painted_in_the_color_asked_for() -> None:
    image = QImage(120, 60, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    set_inline(r"\frac{1}{2} + x").paint(painter, QPointF(5, 5), 24.0, QColor("red"))
    painter.end()
    colors = {image.pixelColor(x, y).name() for x in range(120) for y in range(60)}
    assert "#ff0000" in colors
    assert "#000000" not in colors


def test_nothing_takes_no_room() -> None:
    assert Set().height == 0.0


@pytest.mark.parametrize(
    "symbols", ["L = a", r"\frac{\partial L}{\partial w_{\mathrm{abc} \to \mathrm{abc}}} = a"]
)
def test_nothing_stands_out_of_the_width_that_is_needed(symbols: str) -> None:
    wide = rf"{SUM} + \frac{{1234567 + 7654321 + 123456789 + 1}}{{2}} \cdot 5"
    needed = typeset(symbols, wide, 8.0).needed
    for width in (needed, needed * 1.3, needed * 2.0):
        assert typeset(symbols, wide, width).width <= width + 1e-6


def test_parentheses_that_are_too_wide_are_broken_too() -> None:
    latex = rf"0.5 \cdot \left({SUM}\right)"
    found = typeset("z = w", latex, 14.0)
    assert found.needed < 14.0
    assert found.width <= 14.0
    assert len(found.boxes) > len(typeset("z = w", latex, 1000.0).boxes)


def test_a_product_stays_in_one_line_where_it_fits() -> None:
    found = typeset("z = w", r"12345 \cdot 12345 + 12345 \cdot 12345", 10.0)
    lines = sorted({y for _, _, y, _ in found.boxes})
    assert [sum(1 for box in found.boxes if box[2] == y) for y in lines] == [3, 4, 4]


def test_numbers_stand_below_symbols_of_many_lines() -> None:
    symbols = r"\,".join([r"\frac{\partial z}{\partial w}"] * 8)
    found = typeset(symbols, r"1 \cdot 2 \cdot 3 = 6", 10.0)
    last = max(y for _, _, y, _ in found.boxes)
    # =, 1, ·, 2, ·, 3, =, 6 and nothing else
    assert len([box for box, _, y, _ in found.boxes if y == last]) == 8
