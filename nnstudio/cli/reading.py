"""What may be said on the command line about how a data file is read, for every command that reads one."""

from __future__ import annotations

import argparse
from typing import Any

_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "space": " "}
_DECIMALS = {"point": ".", "comma": ","}


def add_read_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a data file is read; what isn't given is guessed."""
    group = parser.add_argument_group(
        "how the data file is read", "guessed where not given; refused where the file leaves it open"
    )
    group.add_argument("--encoding", metavar="NAME", help="such as utf-8, utf-16 or cp1252")
    group.add_argument(
        "--separator", metavar="MARK", type=_separator, help="comma, semicolon, tab, bar, space, or the sign"
    )
    group.add_argument(
        "--decimal", metavar="MARK", type=_decimal, help="decimal mark of numbers: point or comma"
    )
    group.add_argument("--header", choices=("yes", "no"), help="whether the first line names the columns")
    group.add_argument(
        "--dates",
        choices=("ymd", "dmy", "mdy"),
        help="order of year, month and day in dates such as 3/4/2024",
    )
    group.add_argument(
        "--missing",
        metavar="TEXT",
        action="append",
        help="stands for a missing value, beside empty, NA, N/A, null, ? and -; may be given several times",
    )


def add_row_options(parser: argparse.ArgumentParser) -> None:
    """Add how many rows are read, and what to do with those that cannot be."""
    parser.add_argument("--rows", metavar="N", type=_rows, help="read the first N rows alone")
    parser.add_argument(
        "--kind",
        metavar="COLUMN=KIND",
        type=_kind,
        action="append",
        default=[],
        help="read a column as number, category or date; may be given several times",
    )
    parser.add_argument(
        "--bad-rows",
        choices=("stop", "skip"),
        default="stop",
        help="what to do where a row cannot be read: stop (unless said otherwise) or skip it",
    )


def read_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return what was said of the options of reading, by the name that ReadOptions has for it."""
    # Help and errors of the command line shall not have to wait for NumPy.
    from nnstudio.data.reading.options import MISSING_MARKS

    return {
        "encoding": options.encoding,
        "separator": options.separator,
        "decimal": options.decimal,
        "header": None if options.header is None else options.header == "yes",
        "date_order": options.dates,
        "missing": None if options.missing is None else (*MISSING_MARKS, *options.missing),
    }


def _separator(text: str) -> str:
    mark = _SEPARATORS.get(text, text)
    if len(mark) != 1:
        raise argparse.ArgumentTypeError(f"must be {', '.join(_SEPARATORS)} or one sign, not “{text}”")
    return mark


def _kind(text: str) -> tuple[str, str]:
    name, _, kind = text.rpartition("=")
    if not name or kind not in ("number", "category", "date"):
        raise argparse.ArgumentTypeError(f"must be like size=number, town=category or day=date, not “{text}”")
    return name, kind


def _rows(text: str) -> int:
    if not text.isdecimal() or len(text) > 15 or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not “{text}”")
    return int(text)


def _decimal(text: str) -> str:
    mark = _DECIMALS.get(text, text)
    if mark not in _DECIMALS.values():
        raise argparse.ArgumentTypeError(f"must be point or comma, not “{text}”")
    return mark
