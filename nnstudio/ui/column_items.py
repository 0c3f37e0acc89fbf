"""A column of the data as what is dragged onto the canvas."""

from __future__ import annotations

import json

MIME_TYPE = "application/x-nnstudio-column"


def payload_of(name: str) -> bytes:
    """Return what stands for a column while it is dragged."""
    return json.dumps(name).encode()


def name_in(payload: bytes) -> str | None:
    """Return the column that a payload stands for; None where it is of something else."""
    try:
        name = json.loads(payload)
    except ValueError:
        return None
    return name if isinstance(name, str) else None
