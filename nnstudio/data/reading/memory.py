"""How much memory a table needs, and how much there is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nnstudio.errors import DataError

# The columns themselves, then the rows as the network sees them, scaled and in order.
_COPIES = 3
_BYTES_PER_VALUE = 8


def available_memory() -> int | None:
    """Return how many bytes can still be used, or None where the system doesn't say."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    if sys.platform == "win32":
        return _windows_memory()
    try:
        # macOS doesn't tell what is free; nearly all of it can be made so.
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 3 // 4
    except (OSError, ValueError, AttributeError):
        return None


def check_memory(rows: float, columns: int, size: int, memory: int | None) -> None:
    """Raise DataError for a table that would not fit, which says how many rows would.

    ``size`` is that of the file and ``memory`` what may be used, in bytes; None is what is free.
    """
    free = available_memory() if memory is None else memory
    per_row = columns * _BYTES_PER_VALUE * _COPIES
    if free is None or rows * per_row <= free:
        return
    fitting = free // max(1, per_row)
    # Rounded down to two figures: it is an estimate, and must not be too much.
    figure = 10 ** max(0, len(str(fitting)) - 2)
    fitting = fitting // figure * figure
    raise DataError(
        f"the file ({_amount(size)}) holds about {rows:,.0f} rows of {columns} columns, which need "
        f"{_amount(rows * per_row)} of memory; {_amount(free)} are free. About {fitting:,} rows would fit: "
        "read only so many, or fewer columns."
    )


def _amount(size: float) -> str:
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size / 1e3:,.1f} kB"


def _windows_memory() -> int | None:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            ("total", ctypes.c_ulonglong),
            ("available", ctypes.c_ulonglong),
            ("rest", ctypes.c_ulonglong * 5),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - the name exists on Windows alone
    return status.available if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None
