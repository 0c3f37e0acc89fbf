"""Tables from files: what they are guessed to be, a preview, and the reading itself."""

from nnstudio.data.reading.options import (
    ENCODINGS,
    MISSING_MARKS,
    SEPARATORS,
    BadRowsError,
    Preview,
    Problem,
    ReadingCancelledError,
    ReadOptions,
)
from nnstudio.data.reading.previewing import preview
from nnstudio.data.reading.read import column_names, guess, read_table, row_places, settled_options

__all__ = [
    "ENCODINGS",
    "MISSING_MARKS",
    "SEPARATORS",
    "BadRowsError",
    "Preview",
    "Problem",
    "ReadOptions",
    "ReadingCancelledError",
    "column_names",
    "guess",
    "preview",
    "read_table",
    "row_places",
    "settled_options",
]
