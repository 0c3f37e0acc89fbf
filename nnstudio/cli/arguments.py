"""What may be typed after nnstudio, and its help texts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from nnstudio import __version__
from nnstudio.cli.reading import add_read_options, add_row_options

if TYPE_CHECKING:
    from collections.abc import Callable

_SIZE_LIMIT = 10_000

DESCRIPTION = """\
Build neural networks neuron by neuron, train them and watch them learn.

Without a command, the window opens: nnstudio [FILE]
"""
TRAIN = """\
Train the network of a project with the project's own data and settings, or with those of --data.

Training goes on where that of the project stopped, or else begins with the weights that the network has, as
it always does with --data. FILE is not changed: --out says where the result is saved, and may name FILE
itself. Ctrl+C stops after the step under way; what was learned until then is kept, and saved with --out.
"""
TRAIN_END = """\
exit code: 0 when training ended as it should, 1 with the reason where it did not, 2 for a wrong command
line, 130 after Ctrl+C.
"""
PREDICT = """\
Show what the network of a project makes of new rows, in the units of the project's data.
"""
PREDICT_END = """\
examples:
  nnstudio predict sum.nns --input a=0.2,b=0.3
  nnstudio predict iris.nns --data flowers.csv --out predictions.csv
"""
DATA = """\
Say what a data file holds, and how it is read: columns, what they are, ranges, missing values.
"""
DATA_END = """\
A line that begins with ! tells of something that the file leaves open: training refuses such a file until an
option says which it is.
"""
CHECK = """\
Check that the gradients which training goes by are right.

Each weight and bias is moved a little both ways, and the change of the loss compared with the gradient, at
the weights that the project has. It is the plain loss of rows of the training part: without penalties,
dropout and weights of classes.
"""
CHECK_END = """\
exit code: 0 when all gradients are right, 1 with the reason where they are not or cannot be checked.
"""
EXPLAIN = """\
Write one training step of a project with every number: forward, loss, backward, and what the optimizer makes
of each weight and bias.

The step is taken on one sample alone, from the weights that the project has. FILE is not changed. The result
is Markdown with formulas in LaTeX.
"""
EXPLAIN_END = """\
example:
  nnstudio explain xor.nns --sample 3 --out step.md
"""
LESSON = """\
List the lessons there are, check files of lessons, or list what their checks may ask about.
"""
LESSON_CHECK = """\
Check files of lessons, or all lessons of a folder: every fault is told as FILE:LINE: REASON.
"""
LESSON_CHECK_END = """\
exit code: 0 when all is right, 1 where something is not.
"""
GRADE = """\
Grade a project, or all projects of a folder, by the checks of a lesson.

Everything is computed anew from the network, the data and the settings; what a file says of its own training
is found by training again from the start that it keeps. No file is changed.
"""
GRADE_END = """\
exit code: 0 when every file could be graded, whatever its score, 1 where one could not.

examples:
  nnstudio grade alice.nns 04-derivative
  nnstudio grade submissions/ my-lesson.toml --json
"""
BENCH = """\
Time training on this computer, with networks and data that are made here, and compare it with others.

The same networks are trained by NumPy as one would write it by hand, and with --peers by PyTorch and
scikit-learn, where they are installed. All take turns, so that what disturbs one disturbs all, and medians of
epochs are shown. Ours is a whole training, with its rows in order, as the others have them, and measured
after every 100th epoch; “steps alone” leaves out what is around the steps. Losses are those after two epochs.
"""


PICTURE = """\
Make a picture of the network of a project as its canvas shows it. Works without a display.

The ending of OUT says how: .png for a picture, .svg or .pdf for a drawing, .tex for TikZ, to be put into a
LaTeX document.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong with the command line."""
        sys.stderr.write(f"nnstudio: {message} (see {self.prog} --help)\n")
        raise SystemExit(2)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line, for help texts too."""
    text = argparse.RawDescriptionHelpFormatter
    parser = _Parser(prog="nnstudio", description=DESCRIPTION, formatter_class=text)
    parser.add_argument("--version", action="version", version=f"nnstudio {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)

    train = commands.add_parser(
        "train",
        help="train the network of a project",
        description=TRAIN,
        epilog=TRAIN_END,
        formatter_class=text,
    )
    train.add_argument("file", metavar="FILE", type=Path, help="project to train")
    train.add_argument(
        "--epochs", metavar="N", type=_whole(1), help="train for N epochs from where it stands"
    )
    train.add_argument(
        "--seed",
        metavar="S",
        type=_whole(0),
        help="begin anew: weights drawn by the project's initializer with the seed S, which also shuffles",
    )
    train.add_argument("--out", metavar="FILE", type=Path, help="save the trained project here")
    train.add_argument("--json", action="store_true", help="print the result as one JSON object")
    train.add_argument(
        "--data",
        metavar="ROWS",
        type=Path,
        help="train with this file (CSV, TSV, Parquet, NumPy), prepared as the project's data are",
    )
    train.add_argument(
        "--target",
        metavar="COLUMN",
        action="append",
        help="column of --data to predict, instead of the project's; may be given several times",
    )
    add_row_options(train)
    add_read_options(train)

    predict = commands.add_parser(
        "predict",
        help="show what the network makes of new rows",
        description=PREDICT,
        epilog=PREDICT_END,
        formatter_class=text,
    )
    predict.add_argument("file", metavar="FILE", type=Path, help="project with the network")
    rows = predict.add_mutually_exclusive_group(required=True)
    rows.add_argument(
        "--input",
        metavar="NAME=VALUE,…",
        action="append",
        help="one row, by column name, or label or id of an input; may be given several times",
    )
    rows.add_argument("--data", metavar="ROWS", type=Path, help="rows in a file: CSV, TSV, Parquet or NumPy")
    predict.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="write rows and predictions here, not to the terminal: .csv, .tsv, .parquet, .npz or .npy",
    )
    add_read_options(predict)

    data = commands.add_parser(
        "data",
        help="say what a data file holds",
        description=DATA,
        epilog=DATA_END,
        formatter_class=text,
    )
    data.add_argument("file", metavar="ROWS", type=Path, help="data file: CSV, TSV, Parquet or NumPy")
    data.add_argument("--json", action="store_true", help="print it as one JSON object")
    add_row_options(data)
    add_read_options(data)

    info = commands.add_parser(
        "info", help="say what a project holds", description="Say what a project holds."
    )
    info.add_argument("file", metavar="FILE", type=Path, help="project to look at")
    info.add_argument("--json", action="store_true", help="print it as one JSON object")

    check = commands.add_parser(
        "check",
        help="check the gradients of a project",
        description=CHECK,
        epilog=CHECK_END,
        formatter_class=text,
    )
    check.add_argument("file", metavar="FILE", type=Path, help="project to check")
    check.add_argument(
        "--rows", metavar="N", type=_whole(1), default=64, help="check with so many rows at most (64)"
    )
    check.add_argument(
        "--parameters",
        metavar="N",
        type=_whole(1),
        default=2000,
        help="check so many weights and biases at most (2000), spread over the network",
    )
    check.add_argument("--json", action="store_true", help="print the result as one JSON object")

    explain = commands.add_parser(
        "explain",
        help="write one training step with every number",
        description=EXPLAIN,
        epilog=EXPLAIN_END,
        formatter_class=text,
    )
    explain.add_argument("file", metavar="FILE", type=Path, help="project to explain")
    explain.add_argument(
        "--sample", metavar="N", type=_whole(1), default=1, help="row of the data, counted from 1 (1)"
    )
    explain.add_argument("--out", metavar="OUT.md", type=Path, help="write here, not to the terminal")

    _add_lesson(commands)
    _add_grade(commands)

    bench = commands.add_parser(
        "bench", help="time training on this computer", description=BENCH, formatter_class=text
    )
    bench.add_argument("workloads", metavar="WORKLOAD", nargs="*", help="all, unless some are named")
    bench.add_argument("--peers", action="store_true", help="compare with PyTorch and scikit-learn as well")
    bench.add_argument("--quick", action="store_true", help="tiny sizes: only to see that all of it works")
    bench.add_argument("--json", action="store_true", help="print the result as one JSON object")
    bench.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)

    screenshot = commands.add_parser(
        "screenshot",
        help="make a picture of the window with a project",
        description="Make a picture of the window with a project. Works without a display.",
    )
    screenshot.add_argument("file", metavar="FILE", type=Path, help="project to show")
    screenshot.add_argument("out", metavar="OUT.png", type=Path, help="picture to write")
    screenshot.add_argument(
        "--size", metavar="WxH", type=_size, default=(1280, 800), help="in pixels (1280x800 unless given)"
    )
    screenshot.add_argument("--theme", choices=("light", "dark"), default="light", help="light unless given")
    screenshot.add_argument(
        "--train", metavar="N", type=_whole(0), default=0, help="train for N epochs first"
    )

    picture = commands.add_parser(
        "picture",
        help="make a picture of the network of a project",
        description=PICTURE,
        formatter_class=text,
    )
    picture.add_argument("file", metavar="FILE", type=Path, help="project to show")
    picture.add_argument("out", metavar="OUT", type=Path, help="picture to write: .svg, .png, .pdf or .tex")
    picture.add_argument("--theme", choices=("light", "dark"), default="light", help="light unless given")
    picture.add_argument("--transparent", action="store_true", help="leave the background out")
    picture.add_argument(
        "--scale", metavar="S", type=_scale, default=2.0, help="size of a PNG: 2 unless given, up to 20"
    )
    return parser


def _add_lesson(commands: argparse._SubParsersAction[_Parser]) -> None:
    lesson = commands.add_parser("lesson", help="list lessons, or check them", description=LESSON)
    actions = lesson.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="list the lessons there are", description="List the lessons.")
    listed.add_argument("--json", action="store_true", help="print them as one JSON array")
    actions.add_parser(
        "quantities",
        help="list what assertions may ask about",
        description="List the quantities that assertions and answers may ask about, as Markdown.",
    )
    checked = actions.add_parser(
        "check",
        help="check files of lessons",
        description=LESSON_CHECK,
        epilog=LESSON_CHECK_END,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    checked.add_argument(
        "files",
        metavar="FILE",
        type=Path,
        nargs="+",
        help="a lesson's file or folder, or a folder of lessons",
    )


def _add_grade(commands: argparse._SubParsersAction[_Parser]) -> None:
    grade = commands.add_parser(
        "grade",
        help="grade projects by the checks of a lesson",
        description=GRADE,
        epilog=GRADE_END,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    grade.add_argument("project", metavar="PROJECT", type=Path, help="project, or folder of projects")
    grade.add_argument("lesson", metavar="LESSON", help="a lesson's file or folder, or its name in the list")
    grade.add_argument(
        "--step",
        metavar="N",
        type=_whole(1),
        action="append",
        help="only the checks of this step; may be given several times",
    )
    grade.add_argument("--json", action="store_true", help="print one JSON object for each file, in a line")


def _whole(least: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        value = int(text) if text.isdecimal() and len(text) < 20 else -1
        if not least <= value < 2**63:
            raise argparse.ArgumentTypeError(f"must be a whole number from {least}, not “{text}”")
        return value

    return whole


def _scale(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.1 <= value <= 20.0:
        raise argparse.ArgumentTypeError(f"must be a number from 0.1 to 20, not “{text}”")
    return value


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal() and len(text) < 20):
        raise argparse.ArgumentTypeError(f"must be like 1280x800, not “{text}”")
    size = int(width), int(height)
    if not 100 <= min(size) <= max(size) <= _SIZE_LIMIT:
        raise argparse.ArgumentTypeError(f"must be from 100 to {_SIZE_LIMIT:,} pixels, not “{text}”")
    return size
