from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QMainWindow

from nnstudio.ui import warming
from nnstudio.ui.warming import KernelWarmer, is_warm, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.ui


class _Idle:
    is_running = False


@pytest.fixture
def warmer(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[KernelWarmer]:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    monkeypatch.setattr(warming, "_DELAY_MILLISECONDS", 0)
    monkeypatch.setattr(warming, "_LOOK_MILLISECONDS", 10)
    window = QMainWindow()
    qtbot.addWidget(window)
    window.controller = _Idle()
    warmer = KernelWarmer(window)
    yield warmer
    warmer.stop()


def module(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    """Put a program in the place of the compiler."""
    (folder / "stand_in.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(warming, "_MODULE", "stand_in")


def test_the_compiler_runs_once_for_each_version(
    qtbot: QtBot, warmer: KernelWarmer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module(monkeypatch, tmp_path, "open('ran', 'a').write('x')")
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        warmer.start_later()
        qtbot.waitUntil(lambda: not warmer._timer.isActive(), timeout=20_000)
    assert (tmp_path / "ran").read_text() == "x"
    assert is_warm()
    stamp().write_text("an older version")
    assert not is_warm()


def test_closing_ends_the_compiler(
    qtbot: QtBot, warmer: KernelWarmer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module(monkeypatch, tmp_path, "import time; time.sleep(600)")
    warmer.start_later()
    qtbot.waitUntil(lambda: warmer._process is not None, timeout=20_000)
    process = warmer._process
    warmer.stop()
    assert process.poll() is not None
    assert not is_warm()


def test_what_goes_wrong_is_in_the_log_and_tried_again_at_the_next_start(
    qtbot: QtBot,
    warmer: KernelWarmer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    module(monkeypatch, tmp_path, "raise SystemExit('no compiler here')")
    with caplog.at_level(logging.WARNING):
        warmer.start_later()
        qtbot.waitUntil(lambda: not warmer._timer.isActive(), timeout=20_000)
    assert "no compiler here" in caplog.text
    assert not is_warm()


def test_it_waits_while_a_training_runs_and_a_frozen_program_leaves_it(
    qtbot: QtBot, warmer: KernelWarmer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module(monkeypatch, tmp_path, "")
    monkeypatch.setattr(_Idle, "is_running", True)
    warmer.start_later()
    qtbot.wait(60)
    assert warmer._process is None
    assert warmer._timer.isActive()
    warmer.stop()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    warmer.start_later()
    assert not warmer._timer.isActive()
