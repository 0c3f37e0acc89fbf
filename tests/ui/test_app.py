"""A start that fails, in a process of its own as it is in real life."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nnstudio.ui.app import CANNOT_START

if TYPE_CHECKING:
    from pathlib import Path

_BROKEN = """
import sys
from PySide6.QtWidgets import QMessageBox
from nnstudio.ui import app, main_window

def fail(*arguments, **named):
    raise RuntimeError("no such\\n widget")

boxes = []
QMessageBox.critical = lambda parent, title, text: boxes.append(text)
main_window.MainWindow.{method} = fail
code = app.main([])
sys.stdout.write("|".join(boxes))
sys.exit(code)
"""


@pytest.mark.parametrize("method", ["__init__", "show", "build"])
def test_a_start_that_fails_is_told_in_a_box_in_the_log_and_in_a_line_on_standard_error(
    tmp_path: Path, method: str
) -> None:
    folders = {f"NNSTUDIO_{name}_DIR": str(tmp_path / name.lower()) for name in ("CONFIG", "LOG", "CACHE")}
    done = subprocess.run(
        [sys.executable, "-c", _BROKEN.format(method=method)],
        env={**os.environ, **folders, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"nnstudio: {CANNOT_START} (RuntimeError: no such widget)"]
    assert done.stdout == CANNOT_START
    log = (tmp_path / "log" / "nnstudio.log").read_text(encoding="utf-8")
    assert "Traceback" in log
    assert "RuntimeError: no such" in log
