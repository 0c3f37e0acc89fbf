from __future__ import annotations

import subprocess
import sys

import pytest

numba = pytest.importorskip("numba")

from nnstudio.engine import backend  # noqa: E402
from nnstudio.engine.kernels import selfcheck, session  # noqa: E402
from nnstudio.engine.kernels.plan import LOSS_CODES  # noqa: E402
from tests.engine.kernels.helpers import program_of  # noqa: E402


@pytest.fixture
def program():
    return program_of([2, 3, 1], "tanh", "sigmoid")


@pytest.mark.parametrize("batch", [1, 4, 100])
def test_the_kernels_are_chosen_where_they_work(program, batch):
    assert backend.choose(program, "mse", "sgd", batch) == ("kernels", "")


@pytest.mark.parametrize("lanes", session.WIDTHS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_kernels_pass_their_check(lanes, dtype):
    assert selfcheck.problem(lanes, dtype) is None


def test_kernels_that_disagree_with_the_reference_are_not_used(program, monkeypatch):
    monkeypatch.setattr(session, "LOSS_CODES", {**LOSS_CODES, "cross_entropy": LOSS_CODES["mse"]})
    monkeypatch.setattr(selfcheck, "problem", selfcheck.problem.__wrapped__)
    engine, reason = backend.choose(program, "mse", "sgd", 4)
    assert engine == "numpy"
    assert reason == "The compiled kernels and NumPy disagree on this computer about the loss."


def test_the_variable_forces_the_reference(program, monkeypatch):
    monkeypatch.setenv("NNSTUDIO_ENGINE", "numpy")
    assert backend.choose(program, "mse", "sgd", 4) == ("numpy", "NNSTUDIO_ENGINE is set to numpy.")


def test_without_numba_the_reference_is_used(program, monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    engine, reason = backend.choose(program, "mse", "sgd", 4)
    assert engine == "numpy"
    assert reason.startswith("Numba cannot be used here (")


def test_where_numba_compiles_nothing_the_reference_is_used(program, monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert backend.choose(program, "mse", "sgd", 4)[0] == "numpy"


def test_what_is_not_compiled_runs_on_the_reference(program):
    assert backend.choose(program, "focal", "sgd", 4) == ("numpy", "The loss focal is not compiled.")


def test_kernels_that_fail_are_not_used_and_the_cause_is_told(program, monkeypatch):
    def fail(lanes, dtype):
        raise RuntimeError("no such target\nand more")

    monkeypatch.setattr(selfcheck, "problem", fail)
    engine, reason = backend.choose(program, "mse", "sgd", 4)
    assert engine == "numpy"
    assert reason == "The compiled kernels do not work on this computer (no such target)."


def test_numba_is_not_imported_before_it_is_needed():
    code = "import sys, nnstudio.engine.backend; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
