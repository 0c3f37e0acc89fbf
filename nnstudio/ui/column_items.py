"""Columns of the data as what is dragged onto the canvas."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MIME_TYPE = "application/x-nnstudio-columns"


def payload_of(names: Sequence[str]) -> bytes:
    """Return what stands for columns while they are dragged."""
    return json.dumps(list(names)).encode()


def names_in(payload: bytes) -> tuple[str, ...]:
    """Return the columns that a payload stands for; none where it is of something else."""
    try:
        names = json.loads(payload)
    except ValueError:
        return ()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()
    return tuple(names)
