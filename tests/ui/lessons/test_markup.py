from __future__ import annotations

import pytest

from nnstudio.ui.lessons.markup import FIRST, LAST, Formula, Picture, taken_apart


def mark(number: int) -> str:
    return f"{FIRST}{number}{LAST}"


def test_formulas_and_pictures_are_taken_out_in_order() -> None:
    text = "With $w_1$ and\n\n$$L = w^2$$\n\n![The net](net.png)"
    markdown, parts = taken_apart(text)
    assert parts == [Formula("w_1"), Formula("L = w^2", is_display=True), Picture("The net", "net.png")]
    assert [mark(number) in markdown for number in range(3)] == [True] * 3
    assert "$" not in markdown
    assert "net.png" not in markdown


@pytest.mark.parametrize(
    "text", ["`a $x$ b`", "```\nw = $x$\n```", "It costs \\$5.", "`![no](a.png)`", "nothing"]
)
def test_code_and_dollars_with_a_backslash_stay(text: str) -> None:
    markdown, parts = taken_apart(text)
    assert parts == []
    assert markdown == text.replace("\\$", "$")


def test_underscores_and_stars_in_a_formula_are_not_markdown() -> None:
    _, (formula,) = taken_apart("$a_1 * b_1 * c_1$")
    assert formula == Formula("a_1 * b_1 * c_1")


def test_a_formula_may_be_broken_over_lines() -> None:
    _, parts = taken_apart("so $a +\nb$ and $$x\n= y$$.")
    assert parts == [Formula("a + b"), Formula("x = y.", is_display=True)]


def test_punctuation_stays_with_its_formula() -> None:
    markdown, (formula,) = taken_apart("(at $x = 1$), so **$y$**.")[0], taken_apart("(at $x = 1$), so")[1]
    assert formula == Formula("x = 1", tail="),")
    assert formula.text == "$x = 1$),"
    assert markdown == f"(at {mark(0)} so **{mark(1)}**."


def test_a_display_formula_in_a_sentence_stands_alone() -> None:
    markdown, _ = taken_apart("It is $$x$$ then.")
    assert [line.strip() for line in markdown.split("\n\n")] == ["It is", mark(0), "then."]


def test_a_display_formula_stays_within_its_entry_of_a_list() -> None:
    markdown, _ = taken_apart("1. First:\n   $$x$$\n   and on.\n2. Second.")
    lines = [line for line in markdown.split("\n") if line.strip()]
    assert lines == ["1. First:", f"   {mark(0)}", "   and on.", "2. Second."]


def test_a_formula_in_a_table_stays_in_its_cell() -> None:
    markdown, _ = taken_apart("| a | b |\n|---|---|\n| $$x$$ | ![p](q.png) |")
    assert markdown.split("\n")[2] == f"| {mark(0)} | {mark(1)} |"


def test_a_live_picture_names_its_view() -> None:
    assert Picture("The canvas", "view:canvas").view == "canvas"
    assert Picture("A file", "view.png").view == ""
