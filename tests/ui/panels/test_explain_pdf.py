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


def drawn(content: bytes) -> int:
    """Return how many curves the pages hold."""
    found = 0
    for match in re.finditer(rb"stream\r?\n", content):
        try:
            found += len(re.findall(rb" c\n", zlib.decompressobj().decompress(content[match.end() :])))
        except zlib.error:
            continue
    return found


def test_a_worked_example_becomes_pages_with_formulas_as_curves() -> None:
    project = Project(layered_network([2, 2, 1]), make_dataset("xor"), TrainingSettings())
    content = pdf_of(worked_example(project, 2), "A step")
    assert content.startswith(b"%PDF-")
    assert pages(content) >= 2
    assert drawn(content) > 10_000
    assert b"/Image" not in content.replace(b"/ImageB", b"").replace(b"/ImageC", b"").replace(b"/ImageI", b"")


def test_a_short_text_is_one_page_without_curves() -> None:
    content = pdf_of("# Title\n\nOne line.\n", "Title")
    assert pages(content) == 1
    assert drawn(content) == 0


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
