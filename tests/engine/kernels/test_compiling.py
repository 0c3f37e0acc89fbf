from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import numba
import pytest

from nnstudio.engine.kernels import compiling, selfcheck, warm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def double(x):
    return 2.0 * x


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return an empty folder for what is compiled."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("NNSTUDIO_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiling, "_distrusted", set())
    yield tmp_path / "kernels"
    # Nothing that was made for this folder is for other tests.
    compiling.compiled.cache_clear()


def make(function=double, lanes=1, dtype="float64"):
    """Return the function compiled as if in a new process."""
    return compiling.compiled.__wrapped__(function, lanes, dtype)


def kept(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.nbc"))


def test_what_is_compiled_is_kept_and_found_again(folder):
    assert make()(1.5) == 3.0
    assert len(kept(folder)) == 1
    again = make()
    assert again(1.5) == 3.0
    assert sum(again.stats.cache_hits.values()) == 1


def test_each_type_of_vectors_has_a_folder_of_its_own(folder):
    for lanes, dtype in ((1, "float64"), (4, "float64"), (4, "float32")):
        make(lanes=lanes, dtype=dtype)(1.5)
    names = {file.relative_to(compiling.cache_folder()).parts[0] for file in kept(folder)}
    assert names == {"float64-1", "float64-4", "float32-4"}


def test_the_setting_of_other_users_of_numba_is_left_alone(folder, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", "theirs")
    make()
    assert numba.config.CACHE_DIR == "theirs"


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder can be made here")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "kernels"))
    assert make()(1.5) == 3.0


def test_a_program_without_its_sources_compiles_too(folder):
    names: dict[str, object] = {"__name__": "frozen"}
    exec(compile("def triple(x):\n    return 3.0 * x\n", str(folder / "missing.py"), "exec"), names)
    assert make(names["triple"])(2.0) == 6.0
    assert not kept(folder)


def test_a_damaged_file_is_not_used_any_more(folder):
    make()(1.5)
    kept(folder)[0].write_bytes(b"cut short")
    with pytest.raises(Exception, match=r"."):
        make()(1.5)
    compiling.without_disk(1, "float64")
    assert make()(1.5) == 3.0


def test_the_check_compiles_anew_where_what_is_on_disk_fails(folder, monkeypatch):
    tries = []

    def difference(lanes, dtype):
        tries.append((lanes, dtype) in compiling._distrusted)
        if len(tries) == 1:
            raise EOFError
        return

    monkeypatch.setattr(selfcheck, "_all_differences", difference)
    assert selfcheck.problem.__wrapped__(4, "float64") is None
    assert tries == [False, True]


def test_other_sources_have_another_folder(folder, monkeypatch):
    before = compiling._version()
    monkeypatch.setattr(compiling.losses, "__file__", __file__)
    assert compiling._version.__wrapped__() != before


def test_warming_removes_only_what_other_versions_left_long_ago(folder):
    current = compiling.cache_folder()
    old, recent, foreign = (
        current.with_name(name) for name in ("0123456789abcdef", "fedcba9876543210", "photos")
    )
    for each in (current, old, recent, foreign):
        (each / "float64-1").mkdir(parents=True)
    long_ago = time.time() - 100 * 86400
    for each in (current, old, foreign):
        os.utime(each, (long_ago, long_ago))
    warm._remove_old(current)
    assert sorted(folder.iterdir()) == sorted((current, recent, foreign))


def test_warming_checks_every_width_and_the_matrices_and_tells_of_problems(folder, monkeypatch, capsys):
    seen = []
    monkeypatch.setattr(selfcheck, "problem", lambda lanes, dtype: seen.append((dtype, lanes)))
    monkeypatch.setattr(selfcheck, "problem_of_matrices", lambda dtype: seen.append((dtype, "matrices")))
    assert warm.main() == 0
    assert seen == [(dtype, what) for dtype in ("float64", "float32") for what in (16, 4, 1, "matrices")]
    monkeypatch.setattr(selfcheck, "problem", lambda lanes, dtype: "wrong" if lanes == 4 else None)
    monkeypatch.setattr(selfcheck, "problem_of_matrices", lambda dtype: "off")
    assert warm.main(["float32"]) == 1
    assert capsys.readouterr().err == "float32, 4 lanes: wrong\nfloat32, matrices: off\n"
