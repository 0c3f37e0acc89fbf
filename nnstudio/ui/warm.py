"""Compile what the window needs into the user's cache folder: ``python -m nnstudio.ui.warm``.

First what draws, which takes seconds and is wanted by whoever opens a large drawing; then what trains.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
import traceback

from nnstudio.engine.kernels import warm
from nnstudio.ui.canvas.raster import loading

# Other versions of the program that are still in use were used since then.
_DAYS_KEPT = 60


def main() -> int:
    """Compile what is not in the cache yet; returns the exit code."""
    wrong = False
    try:
        loading.warm()
    except Exception:
        traceback.print_exc()
        wrong = True
    with contextlib.suppress(OSError):
        _remove_old()
    return warm.main() or int(wrong)


def _remove_old() -> None:
    """Delete what other versions of these sources left long ago."""
    current = loading.folder()
    current.touch()
    for folder in current.parent.glob("raster-*"):
        if folder != current and time.time() - folder.stat().st_mtime > _DAYS_KEPT * 86400:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
