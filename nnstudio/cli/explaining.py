"""nnstudio explain: one training step of a project, with every number."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from nnstudio.cli.output import say
from nnstudio.errors import NNStudioError
from nnstudio.explain.example import worked_example
from nnstudio.files import not_written, write_file
from nnstudio.project import load_project

if TYPE_CHECKING:
    import argparse

_ENDINGS = (".md", ".markdown", ".txt")


def explain(options: argparse.Namespace) -> int:
    """Write a training step as Markdown, to a file or the terminal, and return the exit code."""
    out = options.out
    if out is not None and out.suffix.lower() not in _ENDINGS:
        what = "A PDF" if out.suffix.lower() == ".pdf" else f"“{out.name}”"
        raise NNStudioError(
            f"{what} cannot be written here, because the command line sets no formulas. Give --out a name "
            "that ends in .md; programs that read Markdown with formulas, such as Pandoc, make a PDF of it."
        )
    text = worked_example(load_project(options.file), options.sample - 1)
    if out is None:
        sys.stdout.write(text)
        return 0
    try:
        write_file(out, text.encode("utf-8"))
    except OSError as error:
        raise NNStudioError(not_written(out, error)) from error
    say(f"Wrote one training step on sample {options.sample:,} to “{out}”.")
    return 0
