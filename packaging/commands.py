"""What ``bootstrap.py`` does: run, test, lock."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import environment
import system_packages
from display import has_display
from environment import Level, say, venv_program
from system_packages import SetupError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"

HELP = """\
commands:
  run [--] [ARGUMENTS]   Start nnstudio. Without arguments its window opens; FILE opens that project;
                         anything else is handed to the program as it stands, such as
                         "run train FILE --epochs 100" or "run -- --help".
                         Where there is no display, the first example (or FILE) trains in the terminal.
  test [--oracle] [ARGUMENTS]
                         Lint, check formatting, types and import rules, and run the tests; all of
                         them, even if one fails. ARGUMENTS go to pytest: "test tests/engine -x".
                         --oracle also installs PyTorch and compares the engine with it.
  lock                   Renew the locked versions, in packaging/requirements*.txt.

The first call makes .venv in the project's folder and installs the locked packages into it; on
Debian, Ubuntu and Fedora it also installs the system libraries that Qt lacks, if it may (as root, or
with a sudo that asks for no password), or else prints the line to type. Later calls find all in order
and need no network. To start afresh, delete .venv.
"""


def main(argv: Sequence[str]) -> int:
    """Carry out the command line; return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a letter of a path must not end the program.
            stream.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(
        prog="bootstrap.py",
        usage="python3 packaging/bootstrap.py [-h] {run,test,lock} [ARGUMENTS]",
        description="Set nnstudio up, then run or test it. Needs Python 3.11 or later and nothing else.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=("run", "test", "lock"), help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    if not argv:
        parser.print_help()
        return 2
    options = parser.parse_args(argv)
    # Not options.arguments: argparse takes a "--" away, after which -h is for the program.
    arguments = list(argv[1:])
    if arguments[:1] in (["-h"], ["--help"]):
        parser.print_help()
        return 0
    try:
        if options.command == "run":
            return run(arguments[1:] if arguments[:1] == ["--"] else arguments)
        if options.command == "test":
            return test(arguments[1:] if arguments[:1] == ["--"] else arguments)
        return lock()
    except SetupError as error:
        say(f"\n{error}")
        return 1
    except PermissionError as error:
        say(f"\n{error.filename} may not be written. Make sure that the project's folder belongs to you.")
        return 1
    except KeyboardInterrupt:
        return 130


def set_up(level: Level, libraries: Sequence[system_packages.Library]) -> Path:
    """Return the Python of an environment that has all of ``level``, on a system that has the libraries."""
    missing = system_packages.missing_libraries(libraries) if sys.platform.startswith("linux") else []
    program = venv_program(VENV, "python")
    wanted = environment.new_stamp(ROOT, level)
    current = environment.is_current(environment.read_stamp(VENV), wanted) and program.exists()
    anew = not current and environment.must_be_made(VENV)
    lacks_venv = anew and importlib.util.find_spec("ensurepip") is None
    if lacks_venv and not sys.platform.startswith("linux"):
        raise SetupError("This Python has no pip. Install a complete one, then type the same line again.")
    if missing or lacks_venv:
        system_packages.provide(missing, venv=lacks_venv)
    if anew:
        environment.make_venv(VENV)
    if not current:
        environment.make_current(ROOT, level)
        if level == "run":
            compile_engine(program)
    return program


def compile_engine(program: Path) -> None:
    """Compile the engine for this processor now, so that the first training doesn't have to wait for it."""
    say("Compiling the engine for this computer, once; this takes about half a minute")
    # Where it fails, the program says so itself and trains without.
    subprocess.call(
        [str(program), "-m", "nnstudio.engine.kernels.warm", "float64"], cwd=ROOT, stderr=subprocess.DEVNULL
    )


def opened_file(arguments: Sequence[str]) -> str | None:
    """Return the file that a window would open, ``""`` for a window without one, None for no window."""
    if not arguments:
        return ""
    if len(arguments) == 1 and (arguments[0].endswith(".nns") or Path(arguments[0]).is_file()):
        return arguments[0]
    return None


def first_example(examples: Path) -> Path:
    """Return the project that the gallery lists first."""
    try:
        index = json.loads((examples / "index.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SetupError("resources/examples/index.json is missing: the checkout is not complete.") from error
    return examples / str(index[0]["file"])


NO_DISPLAY = """\
There is no display here, so no window can open. The ways out:
  - on this computer, log in to a desktop, and type the same line in a terminal there
  - over ssh, connect with "ssh -X", and type the same line again
  - on a virtual screen:      xvfb-run -a python3 packaging/bootstrap.py run
  - seen from a VNC viewer:   QT_QPA_PLATFORM=vnc python3 packaging/bootstrap.py run
  - without a window:         python3 packaging/bootstrap.py run -- --help
Meanwhile, {name} trains here, in the terminal:
"""


def run(arguments: list[str], environ: Mapping[str, str] = os.environ) -> int:
    """Start the program; where no window can open, train in the terminal instead."""
    file = opened_file(arguments)
    libraries: tuple[system_packages.Library, ...] = ()
    if file is not None and not has_display(environ):
        project = Path(file) if file else first_example(ROOT / "resources" / "examples")
        say(NO_DISPLAY.format(name=project.name))
        arguments = ["train", str(project)]
    elif file is not None or arguments[0] in ("screenshot", "picture"):
        libraries = system_packages.needed_libraries(window=file is not None, environ=environ)
    program = set_up("run", libraries)
    command = [str(program), "-m", "nnstudio", *arguments]
    if os.name == "posix":
        # Signals and the terminal then belong to the program itself.
        os.execv(program, command)
    return subprocess.call(command)


# A process for each processor, as far as there is memory for their windows; "--pdb" makes it one.
_SPREAD = ("--numprocesses=auto", "--maxprocesses=4", "--dist=worksteal")


def test_steps(arguments: Sequence[str], *, oracle: bool) -> dict[str, list[str]]:
    """Return the checks by name, each with its command line."""
    python = str(venv_program(VENV, "python"))
    return {
        "lint": [python, "-m", "ruff", "check"],
        "format": [python, "-m", "ruff", "format", "--check"],
        "types": [python, "-m", "mypy"],
        "import rules": [str(venv_program(VENV, "lint-imports")), "--no-logo"],
        "tests": [python, "-m", "pytest", *_SPREAD, *(["--oracle"] if oracle else []), *arguments],
    }


def test(arguments: Sequence[str]) -> int:
    """Run every check, whether or not an earlier one failed; return 0 if all passed."""
    oracle = "--oracle" in arguments
    rest = [argument for argument in arguments if argument != "--oracle"]
    libraries = system_packages.needed_libraries(window=False, environ=os.environ)
    set_up("oracle" if oracle else "test", libraries)
    # Tests open their windows off the screen; the tools write Unicode whatever the terminal is.
    environ = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "PYTHONIOENCODING": "utf-8"}
    if environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        # Each of the many processes would compile all that it imports: kept where nothing else is.
        environ.setdefault("PYTHONPYCACHEPREFIX", str(VENV / "pycache"))
    results = []
    for name, command in test_steps(rest, oracle=oracle).items():
        print(f"\n=== {name}: {' '.join([Path(command[0]).stem, *command[1:]])}", flush=True)
        start = time.monotonic()
        code = subprocess.call(command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL)
        results.append((name, code, time.monotonic() - start))
    print(summary(results), flush=True)
    return 1 if any(code for _, code, _ in results) else 0


def summary(results: Sequence[tuple[str, int, float]]) -> str:
    """Return a line for every check (name, exit code, seconds) and a closing line."""
    lines = [
        f"  {name:<14}{'ok' if code == 0 else f'FAILED (exit code {code})'}  {seconds:.1f} s"
        for name, code, seconds in results
    ]
    failed = [name for name, code, _ in results if code]
    closing = f"Not in order: {', '.join(failed)}." if failed else "Everything is in order."
    return "\n".join(["", "=== summary", *lines, closing])


def lock() -> int:
    """Write the newest versions that pyproject.toml allows, for every platform, with hashes, no addresses."""
    set_up("test", ())
    environment.pip_install(VENV, *environment.dependency_group(ROOT, "lock"))
    compile_command = [
        *(str(venv_program(VENV, "uv")), "pip", "compile", "--quiet", "--no-config", "--upgrade"),
        *("--universal", "--python-version", "3.11", "--generate-hashes"),
        *("--no-emit-index-url", "--no-emit-find-links", "--no-annotate"),
        *("--custom-compile-command", "python3 packaging/bootstrap.py lock", "pyproject.toml"),
    ]
    run_file, test_file = environment.LOCK_FILES["run"], environment.LOCK_FILES["test"]
    for extra in (["-o", run_file], ["--group", "dev", "--constraint", run_file, "-o", test_file]):
        # Standard output would repeat the file.
        done = subprocess.run([*compile_command, *extra], cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise SetupError("The versions could not be resolved; the lines above say why.")
    say(f"Wrote {run_file} and {test_file}. Run the tests, then commit both.")
    return 0
