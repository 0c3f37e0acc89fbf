from __future__ import annotations

import pytest

from nnstudio.ui import digits
from nnstudio.ui.digits import with_digits
from nnstudio.ui.glyphs import EM, Box, box_from, ziamath

pytestmark = pytest.mark.ui


@pytest.fixture(autouse=True)
def application(qapp: object) -> None:
    """Outlines need the application."""


def typeset_alone(latex: str) -> Box:
    return box_from(ziamath().Latex(latex, size=EM))


@pytest.mark.parametrize(
    "latex",
    [
        r"\tanh\left({-}1.3195\right)",
        r"\frac{1}{1 + e^{{-}0.45884}}",
        r"\frac{{-}0.063786}{\sqrt{0.011493} + 10^{{-}8}}",
        r"x_{1}^{2} + w_{34}",
        r"\left(7.1170 \cdot 10^{{-}5}\right)",
    ],
)
def test_a_formula_has_its_own_digits_where_a_typesetter_puts_them(latex: str) -> None:
    box, wanted = with_digits(latex), typeset_alone(latex)
    assert box is not None
    assert [glyph.index for glyph in box.glyphs] == [glyph.index for glyph in wanted.glyphs]
    # Digits of exponents differ a little in width, by hundredths of an em.
    for glyph, other in zip(box.glyphs, wanted.glyphs, strict=True):
        assert glyph.x == pytest.approx(other.x, abs=0.12 * EM)
        assert (glyph.y, glyph.size) == pytest.approx((other.y, other.size), abs=0.03 * EM)
    assert box.width == pytest.approx(wanted.width, abs=0.12 * EM)
    assert box.path.boundingRect().width() == pytest.approx(wanted.path.boundingRect().width(), abs=0.12 * EM)


def test_numbers_of_one_form_are_set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = with_digits(r"\cos\left(0.1234\right)")

    def fail(_latex: str) -> None:
        raise AssertionError("it was set again")

    monkeypatch.setattr(digits, "formula", fail)
    second = with_digits(r"\cos\left(9.8765\right)")
    assert first is not None
    assert second is not None
    assert first.glyphs != second.glyphs
    assert first.width == second.width


def test_digits_that_are_drawn_in_another_order_than_written_are_left_to_the_typesetter() -> None:
    assert with_digits(r"\sum_{i=1}^{7} x") is None


def test_what_has_no_digits_is_left_to_the_typesetter() -> None:
    assert with_digits(r"\frac{a}{b}") is None
