from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject

from nnstudio.ui.garbage import GarbageCollector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot


@pytest.fixture
def collector(qapp: object) -> Iterator[GarbageCollector]:
    before = gc.isenabled()
    collector = GarbageCollector()
    yield collector
    collector.release()
    if not before:
        gc.disable()


def test_garbage_with_objects_of_qt_is_freed_in_the_thread_of_the_window(
    qtbot: QtBot, collector: GarbageCollector
) -> None:
    freed_in: list[int] = []

    class Noting:
        def __del__(self) -> None:
            freed_in.append(threading.get_ident())

    ring: list[object] = [QObject(), Noting()]
    ring.append(ring)
    del ring

    def allocate() -> None:
        # Far more than it takes to start Python's own collection.
        kept = [[number] for number in range(200_000)]
        assert kept

    thread = threading.Thread(target=allocate)
    thread.start()
    thread.join()
    assert not freed_in
    gc.collect()
    assert freed_in == [threading.get_ident()]


def test_what_is_due_is_collected(collector: GarbageCollector) -> None:
    class Cycle:
        pass

    gc.collect()
    kept = []
    for _ in range(gc.get_threshold()[0] + 50):
        cycle = Cycle()
        cycle.self = cycle
        kept.append([])
    before = gc.get_count()[0]
    collector.collect()
    assert gc.get_count()[0] < before


def test_afterwards_python_collects_by_itself(collector: GarbageCollector) -> None:
    assert not gc.isenabled()
    collector.release()
    assert gc.isenabled()
