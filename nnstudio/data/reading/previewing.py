"""A look at the beginning of a file, before it is read: raw cells, kinds, and all that seems wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnstudio.data.reading.cells import is_missing, parse_date, read_number
from nnstudio.data.reading.columnar import as_texts, open_columns
from nnstudio.data.reading.decoding import CheckedBlocks
from nnstudio.data.reading.guessing import HEAD, guess_kind, guess_text, head_text
from nnstudio.data.reading.options import LineError, Preview, Problem, unique_names
from nnstudio.data.reading.records import text_records
from nnstudio.data.reading.source import Origin, Source, open_source
from nnstudio.data.reading.text import estimated_rows
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nnstudio.data.reading.options import ReadOptions
    from nnstudio.data.table import ColumnKind

_RECORDS = 2000
_PROBLEMS = 100


def preview(
    origin: Origin | Source, options: ReadOptions, rows: int = 100, *, settled: Iterable[str] = ()
) -> Preview:
    """Return the first rows of a file, or of what was pasted, and what is wrong with its beginning.

    ``settled`` names the options that the user has chosen: what else they could be is no longer told.
    What is wrong in the file is told in ``problems``; raises DataError only where there is no such file.
    """
    source = open_source(origin)
    if options.format == "text":
        return _text_preview(source, options, rows, {name: getattr(options, name) for name in settled})
    return _columnar_preview(source, options, rows)


def _text_preview(source: Source, options: ReadOptions, rows: int, settled: Mapping[str, Any]) -> Preview:
    problems = _undecodable(source, options)
    problems += guess_text(source, settled).choices if not problems else ()
    text = head_text(source, options)
    found: list[tuple[int, list[str]]] = []
    try:
        for line, cells in text_records(text, options):
            if any(cell.strip() for cell in cells):
                found.append((line, cells))
            if len(found) > _RECORDS:
                break
    except LineError as error:
        # At the end of what was looked at, a quote may be open that is closed further on.
        if source.size <= HEAD or "never closed" not in str(error):
            problems.append(Problem("stop", _sentence(str(error)), error.line))
    if not found:
        if not any(problem.severity == "stop" for problem in problems):
            problems.append(Problem("stop", "The file is empty. Choose one with at least one row."))
        return Preview(options, problems=tuple(problems))
    width = len(found[0][1])
    names = tuple(f"c{index + 1}" for index in range(width))
    body = found
    if options.header:
        names, notes = unique_names(found[0][1])
        body = found[1:]
        problems += [Problem("note", note, found[0][0]) for note in notes]
        if not body and not any(problem.severity == "stop" for problem in problems):
            problems.append(
                Problem("stop", "The file holds a header but no rows. Add at least one row.", found[0][0])
            )
    ragged = [(line, len(cells)) for line, cells in body if len(cells) != width]
    problems += [
        Problem(
            "stop", f"Line {line}: {count} field{'s' * (count != 1)}, expected {width}.", line, skippable=True
        )
        for line, count in ragged[:_PROBLEMS]
    ]
    whole = [(line, cells) for line, cells in body if len(cells) == width]
    columns = [[cells[index] for _, cells in whole] for index in range(width)]
    kinds = tuple(guess_kind(column, options) for column in columns)
    for name, kind, column in zip(names, kinds, columns, strict=True):
        problems += _column_problems(name, kind, column, [line for line, _ in whole], options)
    complete = source.size <= HEAD and len(found) <= _RECORDS
    seen = [cells for _, cells in found]
    return Preview(
        options,
        names=names,
        rows=tuple(tuple(cells) for _, cells in whole[:rows]),
        lines=tuple(line for line, _ in whole[:rows]),
        kinds=kinds,
        missing=tuple(sum(is_missing(cell, options.missing) for cell in column) for column in columns),
        problems=tuple(problems),
        rows_seen=len(whole),
        rows_estimated=len(whole) if complete else round(estimated_rows(source, options, seen)),
        complete=complete,
    )


def _undecodable(source: Source, options: ReadOptions) -> list[Problem]:
    """Return what the first bytes say against the encoding."""
    with source.open() as file:
        blocks = CheckedBlocks(file, options)
        try:
            while blocks.consumed < HEAD and blocks.read(HEAD):
                pass
        except LineError as error:
            return [Problem("stop", _sentence(str(error)), error.line, option="encoding")]
    return []


def _column_problems(
    name: str, kind: ColumnKind, cells: Sequence[str], lines: Sequence[int], options: ReadOptions
) -> list[Problem]:
    """Return the cells that do not go with the kind, and whether there is nothing to tell rows apart."""
    problems: list[Problem] = []
    filled = [
        (cell, line) for cell, line in zip(cells, lines, strict=True) if not is_missing(cell, options.missing)
    ]
    if kind != "category":
        for cell, line in filled:
            if kind == "date":
                wrong = "is not a date" if parse_date(cell, options.date_order) is None else ""
            else:
                value = read_number(cell, options)
                wrong = "is not a number" if value is None else ""
                if value is not None and not -1e400 < value < 1e400:
                    wrong = "is not a finite number"
            if wrong and len(problems) < _PROBLEMS:
                problems.append(
                    Problem(
                        "stop",
                        f"Line {line}, column “{name}”: “{cell[:40]}” {wrong}.",
                        line,
                        name,
                        skippable=True,
                    )
                )
    if len(cells) > 1 and len({cell.strip() for cell, _ in filled}) <= 1:
        what = "is empty" if not filled else f"holds the same everywhere, “{filled[0][0].strip()[:40]}”"
        problems.append(
            Problem("note", f"Column “{name}” {what}: the network learns nothing from it.", column=name)
        )
    return problems


def _columnar_preview(source: Source, options: ReadOptions, rows: int) -> Preview:
    try:
        file = open_columns(source, options)
        arrays, _ = next(file.blocks(range(len(file.names)), None), ([], 1.0))
    except DataError as error:
        return Preview(options, problems=(Problem("stop", _sentence(str(error))),))
    problems = [Problem("note", note) for note in file.notes]
    if not file.names:
        problems.append(Problem("stop", "The file holds no column of numbers, texts or dates."))
        return Preview(options, problems=tuple(problems))
    if not file.rows:
        problems.append(Problem("stop", "The file holds columns but no rows. Add at least one row."))
    texts = [as_texts(array.slice(0, _RECORDS)).to_pylist() for array in arrays]
    seen = len(texts[0]) if texts else 0
    for name, kind, column in zip(file.names, file.kinds, texts, strict=True):
        cells = ["" if cell == "nan" and kind == "number" else cell for cell in column]
        problems += [
            problem
            for problem in _column_problems(name, kind, cells, range(1, seen + 1), options)
            if kind != "date"
        ]
    shown = min(rows, seen)
    return Preview(
        options,
        names=file.names,
        rows=tuple(zip(*(column[:shown] for column in texts), strict=True)),
        lines=tuple(range(1, shown + 1)),
        kinds=file.kinds,
        missing=tuple(sum(cell == "" for cell in column) for column in texts),
        problems=tuple(problems),
        rows_seen=seen,
        rows_estimated=file.rows,
        complete=seen == file.rows,
    )


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
