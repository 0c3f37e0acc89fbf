"""nnstudio train: a run without a window."""

from __future__ import annotations

import json
import math
import shutil
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TextIO

from nnstudio.cli.other_data import other_data
from nnstudio.cli.output import INTERRUPTED, count, fail, say
from nnstudio.engine import compile_network
from nnstudio.errors import DataError, NNStudioError
from nnstudio.project import load_project, save_project
from nnstudio.project.constraints import constraint_counts, constraint_text
from nnstudio.training import Epochs, History, Run, TrainingSettings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping, Sequence

    from nnstudio.project import Project
    from nnstudio.training import EpochRow

_POLL_SECONDS = 0.1
_PLAIN_LINES = 10
_REASONS = {
    "epochs": "all epochs are done",
    "target_loss": "the loss to stop at was reached",
    "patience": "the loss fell no further, and the best weights were kept",
    "stopped": "stopped by Ctrl+C",
    "diverged": "training left the finite numbers",
}


def train(options: argparse.Namespace) -> int:
    """Train, tell what was reached, and return the exit code; raises what keeps the project from it."""
    project = load_project(options.file)
    if options.data is not None:
        project.data = other_data(options.data, project, options)
        project.checkpoint = None  # it knows where it was among other rows
    elif options.target:
        raise NNStudioError("--target names a column of --data. Give the file with --data.")
    if project.data is None:
        raise DataError(
            f"“{options.file.name}” has no data to train with. Name a file with --data, or choose data in "
            "the window."
        )
    if options.out is not None and not options.out.absolute().parent.is_dir():
        raise NNStudioError(f"The folder “{options.out.absolute().parent}” for the result is not there.")
    settings = project.settings or TrainingSettings()
    if options.seed is not None:
        settings = replace(settings, seed=options.seed)
        settings.validate()
        project.network.initialize(settings.initializer, options.seed)
        project.checkpoint = None
        project.settings = settings
    state = project.checkpoint
    program = compile_network(project.network, dtype=settings.dtype)
    done = 0 if state is None else state.epoch
    goes_on_for = options.epochs or settings.epochs - done % settings.epochs
    # The weights of the drawing count, also where they were changed after the training stopped.
    run = Run(
        1,
        project.network.revision,
        program,
        program.initial_parameters(),
        project.data,
        settings,
        state=state,
        stop_at=done + goes_on_for,
    )
    if state is None:
        project.start, project.history = project.network.values(), None
    counts = constraint_counts(project.network)
    limits = constraint_text(counts)
    if limits and not options.json:
        say(f"Constraints: {limits}.")
    progress = _Progress(sys.stderr if options.json else sys.stdout, done, goes_on_for, quiet=options.json)
    rows, seconds = _watch(run, progress)
    if run.status == "failed":
        raise NNStudioError(f"Training failed unexpectedly: {run.error}")
    if options.out is not None:
        _keep(project, run, rows)
        save_project(project, options.out)
    _tell({**_result(run, rows, seconds), "constraints": counts}, settings, options)
    if run.stopped_because == "diverged":
        return fail(f"{run.error}")
    if run.stopped_because == "stopped":
        kept = f"what was learned was saved to “{options.out}”" if options.out else "nothing was saved"
        fail(f"stopped by Ctrl+C after {count(len(rows), 'epoch')}; {kept}.")
        return INTERRUPTED
    return 0


def _watch(run: Run, progress: _Progress) -> tuple[Epochs, float]:
    """Run to the end, or to Ctrl+C; returns all epochs, and the seconds that it took."""
    rows = Epochs()
    began = time.perf_counter()
    run.start()
    try:
        while not run.wait(timeout=_POLL_SECONDS):
            new = run.drain()
            rows.extend(new)
            progress.show(new)
    except KeyboardInterrupt:
        pass
    finally:
        run.stop()
    seconds = time.perf_counter() - began
    new = run.drain()
    rows.extend(new)
    progress.show(new)
    progress.end()
    return rows, seconds


def _keep(project: Project, run: Run, rows: Iterable[EpochRow]) -> None:
    project.network.set_parameters(run.program, run.parameters)
    project.checkpoint = run.state()
    project.history = project.history or History()
    project.history.extend(rows)


def _result(run: Run, rows: Sequence[EpochRow], seconds: float) -> dict[str, Any]:
    last = rows[-1] if rows else None
    return {
        "epochs": len(rows),
        "epoch": run.state().epoch,
        "loss": _number(last.loss) if last else None,
        "test_loss": _number(last.test_loss) if last else None,
        "metrics": {name: _number(value) for name, value in last.metrics.items()} if last else {},
        "seconds": round(seconds, 6),
        "stopped_because": run.stopped_because,
    }


def _tell(result: Mapping[str, Any], settings: TrainingSettings, options: argparse.Namespace) -> None:
    if options.json:
        say(json.dumps({**result, "seed": settings.seed, "out": options.out and str(options.out)}))
        return
    say(
        f"Trained {count(result['epochs'], 'epoch')} in {result['seconds']:.2f} s: "
        f"{_REASONS[result['stopped_because']]}."
    )
    values = {"loss": result["loss"], "test loss": result["test_loss"], **result["metrics"]}
    for name, value in values.items():
        if value is not None:
            say(f"  {name.replace('_', ' '):<14} {value:.6g}")
    if options.out is not None:
        say(f"Saved to “{options.out}”.")
    else:
        say("Not saved; --out FILE keeps what was learned.")


class _Progress:
    """Epochs as they pass: one line that renews itself in a terminal, a few plain lines elsewhere."""

    def __init__(self, stream: TextIO, done: int, epochs: int, *, quiet: bool) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._quiet = quiet and not self._live
        self._first, self._epochs = done, epochs
        self._every = max(1, math.ceil(epochs / _PLAIN_LINES))
        self._last: EpochRow | None = None

    def show(self, rows: Sequence[EpochRow]) -> None:
        """Show the epochs that are new."""
        if not rows or self._quiet:
            return
        self._last = rows[-1]
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r{self._line(rows[-1], bar=True)[:width]:<{width}}")
        else:
            for place in range((self._first - rows[0].epoch) % self._every, len(rows), self._every):
                self._stream.write(f"{self._line(rows[place], bar=False)}\n")
        self._stream.flush()

    def end(self) -> None:
        """Leave the live line as it is last, and go to the next."""
        if self._live and self._last is not None:
            self._stream.write("\n")
            self._stream.flush()

    def _line(self, row: EpochRow, *, bar: bool) -> str:
        parts = [f"epoch {row.epoch:,} of {self._first + self._epochs:,}", f"loss {row.loss:.6f}"]
        if bar:
            full = round(20 * (row.epoch - self._first) / self._epochs)
            parts.insert(0, f"[{'#' * full}{'.' * (20 - full)}]")
        if math.isfinite(row.test_loss):
            parts.append(f"test {row.test_loss:.6f}")
        parts += [f"{name.replace('_', ' ')} {value:.4f}" for name, value in row.metrics.items()]
        return "  ".join(parts)


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
