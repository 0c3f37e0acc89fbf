"""The command line: the program's work without a window."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING, Literal

from nnstudio.cli.arguments import make_parser
from nnstudio.cli.output import INTERRUPTED, fail, say
from nnstudio.errors import NNStudioError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Theme = Literal["light", "dark"]
    # project file, picture, (width, height), theme, epochs to train first
    Screenshot = Callable[[Path, Path, tuple[int, int], Theme, int], None]
    # project file, picture, theme, whether it is transparent, pixels a unit of the canvas
    Picture = Callable[[Path, Path, Theme, bool, float], None]

COMMANDS = (
    "train",
    "predict",
    "data",
    "info",
    "check",
    "explain",
    "lesson",
    "grade",
    "bench",
    "screenshot",
    "picture",
)


def main(
    argv: Sequence[str] | None = None,
    *,
    screenshot: Screenshot | None = None,
    picture: Picture | None = None,
) -> int:
    """Carry out a command and return the exit code; errors are one line on stderr.

    ``screenshot`` and ``picture`` make pictures, because nothing here may know the window.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter must not end the program.
            stream.reconfigure(errors="backslashreplace")
    try:
        options = make_parser().parse_args(argv)
        return _run(options, screenshot, picture)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    except NNStudioError as error:
        return fail(str(error))
    except KeyboardInterrupt:
        fail("stopped by Ctrl+C; nothing was written.")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has closed it, as head does; flushing at exit must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        return fail("this needs more memory than there is.")


def _run(options: argparse.Namespace, screenshot: Screenshot | None, picture: Picture | None) -> int:
    # Each is imported when asked for: help and errors of the command line need none of it.
    if options.command == "train":
        from nnstudio.cli.training import train

        return train(options)
    if options.command == "predict":
        from nnstudio.cli.prediction import predict

        return predict(options)
    if options.command == "data":
        from nnstudio.cli.data import describe

        return describe(options)
    if options.command == "check":
        from nnstudio.cli.checking import check

        return check(options)
    if options.command == "explain":
        from nnstudio.cli.explaining import explain

        return explain(options)
    if options.command == "lesson":
        from nnstudio.cli.lessons import lesson

        return lesson(options)
    if options.command == "grade":
        from nnstudio.cli.lessons import grade_submissions

        return grade_submissions(options)
    if options.command == "bench":
        from nnstudio.cli.bench import bench

        return bench(options)
    if options.command == "info":
        return _info(options)
    if options.command == "picture" and picture is not None:
        picture(options.file, options.out, options.theme, options.transparent, options.scale)
    elif options.command == "screenshot" and screenshot is not None:
        screenshot(options.file, options.out, options.size, options.theme, options.train)
    else:
        raise NNStudioError("Pictures need the window, which is not there.")
    return 0


def _info(options: argparse.Namespace) -> int:
    from nnstudio.project import load_project
    from nnstudio.project.summary import summarize, summary_lines

    summary = summarize(load_project(options.file))
    if options.json:
        say(json.dumps({"file": str(options.file), **summary}, ensure_ascii=False))
    else:
        say("\n".join(summary_lines(options.file.name, summary)))
    return 0
