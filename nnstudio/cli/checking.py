"""nnstudio check: the gradients of a project, measured against computed."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.cli.output import count, fail, say
from nnstudio.engine import compile_network
from nnstudio.engine.checks import check_training
from nnstudio.engine.gradcheck import (
    TOLERANCE,
    GradientCheck,
    check_gradients,
    parameter_name,
    spread,
)
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.errors import DataError, SettingsError
from nnstudio.project import load_project
from nnstudio.project.constraints import constraint_counts, constraint_text
from nnstudio.training import TrainingSettings

if TYPE_CHECKING:
    import argparse

    from nnstudio.engine.program import Program

_SHOWN = 10


def check(options: argparse.Namespace) -> int:
    """Tell how far gradients are from what is measured, and return the exit code."""
    project = load_project(options.file)
    if project.data is None:
        raise DataError(f"“{options.file.name}” has no data to check with. Choose data in the window first.")
    settings = project.settings or TrainingSettings()
    settings.validate()
    # Whatever the project trains with: in float32 the differences would be all rounding.
    program = compile_network(project.network)
    check_training(program, settings, project.data.x, project.data.y)
    if not OPTIMIZERS[settings.optimizer].uses_gradient:
        raise SettingsError(
            "The perceptron rule does not go by gradients, so there are none to check. Choose another "
            "optimizer in the window first.",
            setting="optimizer",
        )
    x, y = project.data.x_train, project.data.y_train
    rows = spread(len(x), options.rows)
    candidates = np.setdiff1d(
        np.arange(len(program.gradient_mask)), program.n_connections + program.input_slots
    )
    indices = candidates[spread(len(candidates), options.parameters)]
    found = check_gradients(
        program, program.initial_parameters(), x[rows], y[rows], settings.loss, indices=indices
    )
    passed = found.worst <= TOLERANCE
    counts = constraint_counts(project.network)
    if options.json:
        result = _as_json(options, settings, program, found, len(rows), passed)
        say(json.dumps({**result, "constraints": counts}, ensure_ascii=False))
    else:
        _tell(settings, program, found, len(rows), len(candidates))
        limits = constraint_text(counts)
        if limits:
            say(f"Constraints: {limits}. What is disabled has no gradient; what is frozen has one.")
    if passed:
        return 0
    if math.isnan(found.worst):
        return fail("no gradient could be measured: every step crosses a kink. Change the weights a little.")
    return fail(f"the gradients are wrong: they differ by {found.worst:.1e}, more than {TOLERANCE:.0e}.")


def _tell(
    settings: TrainingSettings, program: Program, found: GradientCheck, rows: int, parameters: int
) -> None:
    checked = int(found.checked.sum())
    of_all = "" if checked == parameters else f" of {parameters:,}"
    say(
        f"Checked {count(checked, 'parameter')}{of_all} on {count(rows, 'row')} of the training part, with "
        f"the loss {settings.loss}."
    )
    shown = [(parameter_name(program, index), index) for index in found.worst_first[:_SHOWN]]
    if shown:
        width = max(len("worst first"), *(len(name) for name, _ in shown))
        say(f"\n  {'worst first':<{width}}  {'computed':>15}  {'measured':>15}  relative error")
        for name, index in shown:
            computed, measured = found.analytical[index], found.numerical[index]
            say(f"  {name:<{width}}  {computed:15.8g}  {measured:15.8g}  {found.relative_error[index]:.1e}")
        say("")
    kinks = np.flatnonzero(found.at_kink).tolist()
    if kinks:
        names = ", ".join(parameter_name(program, index) for index in kinks[:_SHOWN])
        more = f" and {len(kinks) - _SHOWN:,} more" if len(kinks) > _SHOWN else ""
        say(f"Not measured, because the smallest step crosses a kink: {names}{more}.")
    if found.worst <= TOLERANCE:
        say(f"The gradients are right: none differs by more than {found.worst:.1e}.")


def _as_json(
    options: argparse.Namespace,
    settings: TrainingSettings,
    program: Program,
    found: GradientCheck,
    rows: int,
    passed: bool,
) -> dict[str, Any]:
    ids = (*program.connection_ids, *program.neuron_ids)

    def item(index: int) -> dict[str, Any]:
        kind = "connection" if index < program.n_connections else "neuron"
        return {kind: ids[index], "name": parameter_name(program, index)}

    def number(value: float) -> float | None:
        return float(value) if math.isfinite(value) else None

    return {
        "file": str(options.file),
        "loss": settings.loss,
        "rows": rows,
        "checked": int(found.checked.sum()),
        "worst": number(found.worst),
        "tolerance": TOLERANCE,
        "passed": bool(passed),
        "parameters": [
            {
                **item(index),
                "computed": number(found.analytical[index]),
                "measured": number(found.numerical[index]),
                "relative_error": number(found.relative_error[index]),
            }
            for index in found.worst_first[:_SHOWN]
        ],
        "at_kinks": [item(index) for index in np.flatnonzero(found.at_kink).tolist()],
    }
