from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("numba")

from nnstudio.ui import warm
from nnstudio.ui.canvas.raster import loading

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Keep the engine's kernels out of it; returns what was compiled."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    done: list[str] = []

    def engine() -> int:
        done.append("engine")
        return 0

    monkeypatch.setattr(warm.warm, "main", engine)
    return done


def test_what_draws_is_compiled_and_said_so_for_the_window(engine: list[str]) -> None:
    assert not loading.stamp().exists()
    assert warm.main() == 0
    assert loading.stamp().exists()
    assert engine == ["engine"]


def test_what_trains_is_compiled_even_where_drawing_fails(
    engine: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise ArithmeticError("a line came out wrong")

    monkeypatch.setattr(loading, "warm", broken)
    assert warm.main() == 1
    assert "a line came out wrong" in capsys.readouterr().err
    assert engine == ["engine"]
    assert not loading.stamp().exists()


def test_what_old_versions_left_is_deleted_but_nothing_else(tmp_path: Path) -> None:
    old, recent, other = (tmp_path / name for name in ("raster-old", "raster-recent", "somebody"))
    for folder in (old, recent, other):
        folder.mkdir()
    for folder in (old, other):
        os.utime(folder, (time.time() - 90 * 86400,) * 2)
    assert warm.main() == 0
    assert [folder.exists() for folder in (old, recent, other)] == [False, True, True]
    assert loading.folder().exists()
