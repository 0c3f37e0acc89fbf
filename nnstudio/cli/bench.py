"""nnstudio bench: how fast networks train on this computer."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio.cli.benchmarks import timing
from nnstudio.cli.benchmarks.workloads import workloads
from nnstudio.cli.output import say
from nnstudio.errors import NNStudioError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

_PACKAGES = ("numpy", "numba", "torch", "scikit-learn")
_MEASURES = {
    "ns_per_step": "ns a step",
    "ns_per_connection_and_row": "ns a connection and row",
    "compile_seconds": "s to compile",
    "bytes_per_connection": "bytes a connection",
}


def bench(options: argparse.Namespace) -> int:
    """Time all workloads, tell the results, and return the exit code."""
    known = workloads(options.quick, os.cpu_count() or 1)
    unknown = sorted(set(options.workloads) - {work.key for work in known})
    if unknown:
        names = ", ".join(work.key for work in known)
        raise NNStudioError(f"There is no workload “{unknown[0]}”; there are {names}.")
    chosen = [work for work in known if not options.workloads or work.key in options.workloads]
    if options.worker:
        for work in chosen:
            say(json.dumps(timing.measure(work, peers=options.peers, quick=options.quick)))
        return 0
    machine = describe_machine()
    if not options.json:
        say("\n".join(_machine_lines(machine)))
    results: list[dict[str, Any]] = []
    for threads in sorted({work.threads for work in chosen}):
        keys = [work.key for work in chosen if work.threads == threads]
        for result in _in_process(keys, threads, options):
            results.append(result)
            if not options.json:
                say("\n" + "\n".join(result_lines(result)))
    if options.json:
        say(json.dumps({"machine": machine, "workloads": results}, ensure_ascii=False))
    return 0


def _in_process(keys: Sequence[str], threads: int, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield results as they come from a process of its own: libraries count their threads when they load."""
    command = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "nnstudio"]
    flags = [flag for flag, on in (("--peers", options.peers), ("--quick", options.quick)) if on]
    count = {name: str(threads) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    with subprocess.Popen(
        [*command, "bench", "--worker", *flags, *keys],
        env={**os.environ, **count},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            for line in process.stdout or ():
                yield json.loads(line)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise NNStudioError("The benchmark did not get to its end; the reason stands above.")


def describe_machine() -> dict[str, Any]:
    """Return the processor, its cores, and the versions of what computes."""
    packages: dict[str, str | None] = {}
    for name in _PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = None
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        **packages,
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _machine_lines(machine: dict[str, Any]) -> Iterator[str]:
    yield f"{machine['processor']}, {machine['cores']} cores, {machine['system']}"
    versions = [f"Python {machine['python']}"]
    versions += [f"{name} {machine[name]}" for name in _PACKAGES if machine[name]]
    yield ", ".join(versions)


def result_lines(result: dict[str, Any]) -> Iterator[str]:
    """Yield a workload's table: seconds, ratios and losses by who trains, then the goals."""
    yield f"{result['title']} ({result['dtype']}, {result['engine']})"
    ours = result["seconds_per_epoch"][timing.TRAINING]
    for name, seconds in result["seconds_per_epoch"].items():
        step = seconds / result["steps_per_epoch"]
        share = seconds / result["rows"] / result["connections"] * 1e9
        loss = result["loss"][name]
        line = f"  {name:<22} {_time(seconds)} an epoch {_time(step)} a step"
        line += f" {share:8.3f} ns a connection and row"
        line += f"   loss {'-' if loss is None else f'{loss:.10g}'}"
        if name not in (timing.TRAINING, timing.STEPS):
            line += f"   {seconds / ours:.3g} times our time"
        yield line
    for goal in result["goals"]:
        if "peer" in goal:
            what = f"at least {goal['at_least']:g} times as fast as {goal['peer']}"
        else:
            what = f"at most {goal['at_most']:g} {_MEASURES[goal['measure']]}"
        reached = "not measured" if goal["reached"] is None else f"{goal['reached']:.3g}"
        verdict = {True: "reached", False: "missed", None: "unknown"}[goal["met"]]
        yield f"  goal: {what}: {verdict} ({reached})"


def _time(seconds: float) -> str:
    for unit, factor in (("s ", 1.0), ("ms", 1e3), ("us", 1e6)):
        if seconds * factor >= 1.0:
            return f"{seconds * factor:8.2f} {unit}"
    return f"{seconds * 1e9:8.2f} ns"
