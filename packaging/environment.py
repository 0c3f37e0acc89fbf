"""The virtual environment ``.venv`` of the checkout: made, filled with the locked versions, stamped."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from system_packages import SetupError

if TYPE_CHECKING:
    from collections.abc import Mapping

Level = Literal["run", "test", "oracle"]
LEVELS: tuple[Level, ...] = ("run", "test", "oracle")
LOCK_FILES: dict[str, str] = {"run": "packaging/requirements.txt", "test": "packaging/requirements-dev.txt"}
STAMP = "nnstudio-stamp.json"


def say(message: str) -> None:
    """Print to standard error: standard output belongs to the program that is started."""
    print(message, file=sys.stderr, flush=True)


def venv_program(venv: Path, name: str) -> Path:
    """Return the path of a program of the environment; Windows keeps them elsewhere."""
    return venv / "Scripts" / f"{name}.exe" if os.name == "nt" else venv / "bin" / name


def this_python() -> str:
    """Return the Python that runs, as the stamp names it."""
    return f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}"


def digest(root: Path) -> str:
    """Return a fingerprint of all that decides what is installed."""
    total = hashlib.sha256()
    for name in (*LOCK_FILES.values(), "pyproject.toml", "packaging/environment.py"):
        total.update((root / name).read_bytes())
    total.update(project_version(root).encode())
    return total.hexdigest()


def project_version(root: Path) -> str:
    """Return the version, which ``nnstudio/__init__.py`` alone states; raise SetupError without one."""
    source = (root / "nnstudio" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r"""^__version__(?:: \w+)? = ["']([^"']+)["']""", source, re.MULTILINE)
    if found is None:
        raise SetupError("nnstudio/__init__.py states no version: the checkout is damaged.")
    return found[1]


def read_stamp(venv: Path) -> dict[str, str]:
    """Return what was written when the environment was last complete, or nothing."""
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def new_stamp(root: Path, level: Level) -> dict[str, str]:
    """Return the stamp of an environment in ``root`` that has all of ``level``."""
    return {"digest": digest(root), "folder": str(root), "level": level, "python": this_python()}


def is_current(stamp: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Tell whether a stamped environment has what is wanted; a higher level holds the lower ones."""
    same = all(stamp.get(key) == wanted[key] for key in ("digest", "folder", "python"))
    ranks: dict[str, int] = {level: rank for rank, level in enumerate(LEVELS)}
    return same and ranks.get(stamp.get("level", ""), -1) >= ranks[wanted["level"]]


def why_unusable(venv: Path, stamp: Mapping[str, str]) -> str | None:
    """Return why the folder cannot serve as this Python's environment, or None."""
    try:
        lines = (venv / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "is not complete"
    settings = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
    version = settings.get("version") or settings.get("version_info") or ""
    if version.split(".")[:2] != [str(part) for part in sys.version_info[:2]]:
        return f"belongs to Python {version or 'of an unknown version'}, and this is {sys.version.split()[0]}"
    # venv notes the command that made the environment; it ends with the folder, spaces and all.
    moved = "command" in settings and not settings["command"].endswith(str(venv))
    if moved or stamp.get("folder", str(venv.parent)) != str(venv.parent):
        return "was made in another folder"
    if not venv_program(venv, "python").exists():
        return "has lost its Python"
    return None


def has_pip(venv: Path) -> bool:
    """Tell whether the environment's pip starts; a set-up that was interrupted leaves none."""
    command = [str(venv_program(venv, "python")), "-I", "-m", "pip", "--version"]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    except OSError:
        return False
    return done.returncode == 0


def must_be_made(venv: Path) -> bool:
    """Tell whether there is no environment to use; remove what is left of one, and say why."""
    if not os.path.lexists(venv):
        return True
    reason = why_unusable(venv, read_stamp(venv))
    if reason is None and not has_pip(venv):
        reason = "has no working pip"
    if reason is None:
        return False
    say(f"The folder .venv {reason}. Making it anew.")
    try:
        if venv.is_dir() and not venv.is_symlink():
            shutil.rmtree(venv)
        else:
            venv.unlink()
    except OSError as error:
        raise SetupError(
            f"{venv} cannot be removed ({error.strerror}). Close the programs that use it, "
            "make sure that it belongs to you, then type the same line again."
        ) from error
    return True


def make_venv(venv: Path) -> None:
    """Make an empty environment with pip."""
    if not os.access(venv.parent, os.W_OK):
        raise SetupError(
            f"The folder {venv.parent} cannot be written to. Copy the project into a folder of your own, "
            "or ask its owner for the right to write, then type the same line again."
        )
    say(f"Making the virtual environment {venv}")
    # When the environment's own Python runs this, it is about to be replaced.
    python = getattr(sys, "_base_executable", None) or sys.executable
    command = [python, "-I", "-m", "venv", str(venv)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, check=False
        )
    except OSError as error:
        raise SetupError(f"{python} cannot be started ({error.strerror}).") from error
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise SetupError(f"Python could not make the virtual environment {venv}. It said:\n\n{said}\n")


def explain_pip_failure(said: str) -> str:
    """Return the cause of a failed installation and the way out, from what pip said."""
    text = said.lower()

    def mentions(*phrases: str) -> bool:
        return any(phrase in text for phrase in phrases)

    if mentions("no space left", "errno 28"):
        return "The disk is full. Free about 1 GB, then type the same line again."
    if mentions("permission denied", "errno 13", "access is denied", "winerror 5]"):
        return (
            "A file may not be written. Make sure that the project's folder belongs to you and that "
            "nothing started from it is still running, then type the same line again."
        )
    if mentions("do not match the hashes"):
        return (
            "A downloaded package is not the one that was locked: the download was cut short, or what serves "
            "the packages changed it. Try again; if it stays so, do not go on from this network."
        )
    if mentions("certificate_verify_failed", "certificate verify failed"):
        return (
            "The connection could not be trusted, mostly because a proxy stands in between. Put the path of "
            "your organization's certificate into the variable PIP_CERT, then type the same line again."
        )
    if mentions(
        "temporary failure in name resolution",
        "name or service not known",
        "nodename nor servname",
        "getaddrinfo failed",
        "failed to resolve",
        "failed to establish a new connection",
        "network is unreachable",
        "connection refused",
        "cannot connect to proxy",
        "read timed out",
        "connecttimeout",
        "connect timeout",
        "connection broken",
    ):
        return (
            "The packages could not be fetched: this computer seems to be offline. Only the first start "
            "needs a connection. Behind a proxy, put its address into the variable HTTPS_PROXY; if you have "
            "the package files in a folder, set PIP_NO_INDEX=1 and PIP_FIND_LINKS to that folder."
        )
    if mentions("no matching distribution", "could not find a version", "not a supported wheel"):
        return (
            f"There is no ready-made package for this Python ({sys.version.split()[0]} on {sys.platform}). "
            "nnstudio needs a 64-bit Python, 3.11 to 3.14, on Linux with glibc, macOS or Windows. "
            "If it comes from a folder or an index of your own, it must be there in the locked version."
        )
    if os.name == "nt" and mentions("no such file or directory", "errno 2]"):
        return "The path may be too long for Windows. Move the project to a short path, such as C:\\nnstudio."
    return "pip could not install the packages; its last lines above say why."


def pip_install(venv: Path, *arguments: str, failure: str = "") -> None:
    """Run the environment's ``pip install``; ``failure`` is put before the explanation if it fails."""
    command = [
        *(str(venv_program(venv, "python")), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"),
        *("install", *([] if sys.stderr.isatty() else ["--quiet"]), *arguments),
    ]
    # These settings of a user's pip would put the packages elsewhere.
    environ = {key: value for key, value in os.environ.items() if key not in ("PIP_TARGET", "PIP_PREFIX")}
    environ |= {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    said = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=subprocess.PIPE, env=environ
    ) as process:
        assert process.stderr is not None
        for raw in process.stderr:
            line = raw.decode("utf-8", "replace")
            said.append(line)
            sys.stderr.write(line)
    if process.returncode:
        raise SetupError("\n".join(filter(None, [failure, explain_pip_failure("".join(said))])))


def read_pyproject(root: Path) -> dict[str, Any]:
    """Return the tables of ``pyproject.toml``."""
    import tomllib  # Not needed, and not paid for, by a call that finds all in order.

    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def project_wheel(project: Mapping[str, Any], version: str, location: str) -> tuple[str, bytes]:
    """Return name and bytes of a wheel that puts the checkout itself on the path, with its commands.

    ``location`` is the checkout's folder relative to site-packages: Python reads path files in the
    locale's encoding, so that a name with other letters must not stand there.
    """
    name = project["name"]
    info = f"{name}-{version}.dist-info"
    scripts = "".join(f"{command} = {target}\n" for command, target in project["scripts"].items())
    requires = "".join(f"Requires-Dist: {requirement}\n" for requirement in project["dependencies"])
    files = {
        f"{name}.pth": f"{location}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        f"Summary: {project['description']}\nRequires-Python: {project['requires-python']}\n{requires}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: nnstudio\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{scripts}",
    }
    record = io.StringIO()
    csv.writer(record, lineterminator="\n").writerows((path, "", "") for path in (*files, f"{info}/RECORD"))
    files[f"{info}/RECORD"] = record.getvalue()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return f"{name}-{version}-py3-none-any.whl", content.getvalue()


def install_project(root: Path, venv: Path) -> None:
    """Make the checkout importable, with its version and its commands; needs no build tool and no network."""
    program = venv_program(venv, "python")
    asked = "import sysconfig; print(ascii(sysconfig.get_path('purelib')))"
    done = subprocess.run([str(program), "-I", "-c", asked], capture_output=True, text=True, check=True)
    site_packages = done.stdout.strip()[1:-1].encode("ascii").decode("unicode_escape")
    location = os.path.relpath(root, site_packages)
    name, content = project_wheel(read_pyproject(root)["project"], project_version(root), location)
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(folder) / name
        wheel.write_bytes(content)
        pip_install(venv, "--no-index", "--no-deps", "--force-reinstall", str(wheel))


def make_current(root: Path, level: Level) -> None:
    """Install what the environment lacks for ``level``, and stamp it."""
    venv = root / ".venv"
    base: Level = "run" if level == "run" else "test"
    stamp = new_stamp(root, base)
    if not is_current(read_stamp(venv), stamp):
        (venv / STAMP).unlink(missing_ok=True)
        say("Installing the locked packages (the first time, this fetches about 210 MB)")
        lock_file = str(root / LOCK_FILES[base])
        # The lock file is complete and has a hash for every file: nothing is left to resolve or to build.
        pip_install(venv, "--require-hashes", "--no-deps", "--only-binary=:all:", "-r", lock_file)
        install_project(root, venv)
        _write_stamp(venv, stamp)
    if level == "oracle" and not is_current(read_stamp(venv), stamp | {"level": level}):
        wanted = dependency_group(root, "oracle")
        say(f"Installing {' '.join(wanted)}")
        failure = f"{' '.join(wanted)}, which --oracle needs, could not be installed."
        pip_install(venv, *wanted, failure=failure)
        _write_stamp(venv, stamp | {"level": level})


def dependency_group(root: Path, name: str) -> list[str]:
    """Return the requirements of a dependency group of ``pyproject.toml``."""
    return list(read_pyproject(root)["dependency-groups"][name])


def _write_stamp(venv: Path, stamp: Mapping[str, str]) -> None:
    (venv / STAMP).write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")
