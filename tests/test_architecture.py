"""What the layout promises, held from outside: imports, file names, and what no file may name."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _project_files() -> list[Path]:
    """Return the files of the project, from git where there is a repository, and else by walking."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        names = listed.stdout.decode("utf-8").split("\0")
    except (OSError, subprocess.CalledProcessError):
        folders = ("nnstudio", "packaging", "resources", "tests", ".ci")
        found = [
            path
            for folder in folders
            for path in (ROOT / folder).rglob("*")
            if "__pycache__" not in path.parts
        ]
        names = [path.relative_to(ROOT).as_posix() for path in (*found, *ROOT.glob("*.*"))]
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


FILES = _project_files()


def _loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["nnstudio", "nnstudio.cli", "nnstudio.__main__", "nnstudio.training", "nnstudio.lessons"]
)
def test_what_works_without_a_window_loads_no_qt(module: str) -> None:
    assert not _loaded_by(f"import {module}") & {"PySide6", "shiboken6", "pyqtgraph"}


def test_the_network_loads_no_array_library() -> None:
    assert "numpy" not in _loaded_by("import nnstudio.network")


def test_importing_the_package_alone_loads_nothing_heavy() -> None:
    assert not _loaded_by("import nnstudio") & {"numpy", "numba", "sklearn"}


def test_the_import_rules_hold() -> None:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-logo", "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _imports(path: Path) -> set[str]:
    """Return the top-level names of the modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "nnstudio" / "network").glob("*.py")), ids=lambda path: path.name
)
def test_the_network_needs_the_standard_library_alone(path: Path) -> None:
    assert _imports(path) <= sys.stdlib_module_names | {"nnstudio"}


BOOTSTRAP = ["bootstrap", "commands", "display", "environment", "system_packages"]


@pytest.mark.parametrize("name", BOOTSTRAP)
def test_setting_up_needs_the_standard_library_alone(name: str) -> None:
    assert _imports(ROOT / "packaging" / f"{name}.py") <= sys.stdlib_module_names | set(BOOTSTRAP)


def test_only_the_ui_names_qt() -> None:
    package = ROOT / "nnstudio"
    users = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if path.relative_to(package).parts[0] != "ui" and _imports(path) & {"PySide6", "pyqtgraph"}
    ]
    assert users == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    # Put together here, so that this file does not match itself.
    hosts = [
        ".".join(parts)
        for parts in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("pypi", "python", "org"),
            ("registry", "npmjs", "org"),
            ("deb", "debian", "org"),
            ("archive", "ubuntu", "com"),
            ("download", "pytorch", "org"),
            ("anaconda", "org"),
        )
    ]
    needle = re.compile("|".join(map(re.escape, hosts)).encode())
    assert [str(path.relative_to(ROOT)) for path in FILES if needle.search(path.read_bytes())] == []


def test_the_lock_files_hold_versions_and_hashes_but_no_addresses() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / "packaging" / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "index" not in text
        for entry in re.split(r"\n(?=[a-z])", text)[1:]:
            assert re.match(r"[a-z0-9-]+==[0-9][^ ]*", entry), entry
            assert "--hash=sha256:" in entry, entry


def test_the_test_lock_holds_the_run_lock() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "packaging" / name).read_text(encoding="utf-8")
        return set(re.findall(r"^[a-z0-9-]+==[^\\\n]*", text, re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_every_file_name_is_legal_on_windows_and_macos() -> None:
    names = [path.relative_to(ROOT) for path in FILES]
    reserved = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
    bad = [
        str(name)
        for name in names
        for part in name.parts
        if re.search(r'[<>:"|?*\\\x00-\x1f]|[ .]$', part)
        or part.partition(".")[0].lower() in reserved
        or not part.isascii()
    ]
    assert bad == []
    folded = [str(name).lower() for name in names]
    assert sorted(folded) == sorted(set(folded)), "two names differ in case alone"


def test_text_files_end_their_lines_as_unix_does() -> None:
    kinds = {".py", ".toml", ".md", ".txt", ".json", ".csv", ".svg"}
    assert [str(path) for path in FILES if path.suffix in kinds and b"\r\n" in path.read_bytes()] == []
