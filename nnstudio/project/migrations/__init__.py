"""Changes of the format: one pure function for each version that is no longer the present one.

``MIGRATIONS[n]`` takes the parts of a file of version n, as ``{"document": plain values, "arrays": {name:
array}}``, and returns those of version n + 1. It imports no class of ours, because these go on changing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnstudio.project.migrations.version_1 import from_version_1

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Plain = dict[str, Any]
MIGRATIONS: dict[int, Callable[[Plain], Plain]] = {1: from_version_1}


def migrate(
    parts: Plain, version: int, to: int, migrations: Mapping[int, Callable[[Plain], Plain]] = MIGRATIONS
) -> Plain:
    """Return the parts of a file of ``version`` as those of version ``to``; a newer file is left as it is."""
    for number in range(version, to):
        parts = migrations[number](parts)
    return parts
