from __future__ import annotations

import re
import zlib

import pytest

from nnstudio.data import make_dataset
from nnstudio.explain.example import worked_example
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui.panels.explain_pdf import _font as font
from nnstudio.ui.panels.explain_pdf import _lines, _words, pdf_of

pytestmark = pytest.mark.ui


@pytest.fixture(autouse=True)
def application(qapp: object) -> None:
    """Pages need the application's font."""


def pages(content: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", content))


def streams(content: bytes) -> list[bytes]:
    """Return what can be read of the streams of a document."""
    found = []
    for match in re.finditer(rb"stream\r?\n", content):
        try:
            found.append(zlib.decompressobj().decompress(content[match.end() :]))
        except zlib.error:
            continue
    return found


def test_a_worked_example_becomes_pages_with_formulas_in_letters_of_one_font() -> None:
    project = Project(layered_network([2, 2, 1]), make_dataset("xor"), TrainingSettings())
    content = pdf_of(worked_example(project, 2), "A step")
    assert content.startswith(b"%PDF-")
    assert pages(content) >= 2
    assert b"STIXTwoMath" in content
    # Formulas that are drawn as curves take some hundred of them a number.
    assert sum(stream.count(b" c\n") for stream in streams(content)) < 500
    assert b"/Image" not in content.replace(b"/ImageB", b"").replace(b"/ImageC", b"").replace(b"/ImageI", b"")


def test_a_short_text_is_one_page_without_the_font_of_formulas() -> None:
    content = pdf_of("# Title\n\nOne line.\n", "Title")
    assert pages(content) == 1
    assert b"STIXTwoMath" not in content


def test_words_stay_with_the_formula_that_they_touch() -> None:
    words = _words(r"the rate is $\eta = 1$, and a\_b stays", font(12.0), 14.0)
    assert [word.text for word in words] == ["the", "rate", "is", "", ",", "and", "a_b", "stays"]
    assert [word.gap > 0.0 for word in words] == [False, True, True, True, False, True, True, True]


def test_a_paragraph_is_broken_to_its_width() -> None:
    words = _words("one two three four five six seven eight", font(12.0), 14.0)
    lines = _lines(words, 80.0)
    assert len(lines) > 1
    assert [word for line in lines for word in line] == words
    assert all(line[0].width + sum(word.gap + word.width for word in line[1:]) <= 80.0 for line in lines)


def test_a_table_that_is_long_goes_on_with_the_next_page() -> None:
    rows = "\n".join(f"| $w_{{{place}}}$ | {place} |" for place in range(120))
    assert pages(pdf_of(f"| Weight | Value |\n| --- | --- |\n{rows}", "Rows")) >= 2
