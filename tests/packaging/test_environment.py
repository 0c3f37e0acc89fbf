from __future__ import annotations

import configparser
import importlib.metadata
import io
import os
import shutil
import sys
import venv as standard_venv
import zipfile
from pathlib import Path

import environment
import pytest
from environment import SetupError

import nnstudio

ROOT = Path(__file__).resolve().parents[2]
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return the files of a checkout that decide what is installed; its path has a space and umlauts."""
    root = tmp_path / "größe und Maß"
    for name in (
        *environment.LOCK_FILES.values(),
        "pyproject.toml",
        "packaging/environment.py",
        "nnstudio/__init__.py",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    return root


@pytest.fixture
def venv(checkout: Path) -> Path:
    """Return an environment without packages in that checkout."""
    folder = checkout / ".venv"
    standard_venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(folder)
    return folder


def test_the_version_is_the_packages_own() -> None:
    assert environment.project_version(ROOT) == nnstudio.__version__


def test_the_version_is_stated_in_one_place() -> None:
    project = environment.read_pyproject(ROOT)
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "nnstudio/__init__.py"


def test_the_installed_version_is_the_packages_own() -> None:
    try:
        installed = importlib.metadata.version("nnstudio")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("runs from a checkout that was not installed")
    assert installed == nnstudio.__version__


@pytest.mark.parametrize(
    ("installed", "wanted", "enough"),
    [
        *[("run", "run", True), ("run", "test", False), ("test", "run", True), ("test", "oracle", False)],
        *[("oracle", "run", True), ("oracle", "oracle", True)],
    ],
)
def test_a_higher_level_holds_the_lower_ones(
    checkout: Path, installed: environment.Level, wanted: environment.Level, enough: bool
) -> None:
    stamp = environment.new_stamp(checkout, installed)
    assert environment.is_current(stamp, environment.new_stamp(checkout, wanted)) is enough


@pytest.mark.parametrize("key", ["digest", "folder", "python", "level"])
def test_a_stamp_that_differs_or_lacks_something_is_not_current(checkout: Path, key: str) -> None:
    wanted = environment.new_stamp(checkout, "run")
    assert not environment.is_current(wanted | {key: "another"}, wanted)
    assert not environment.is_current({k: v for k, v in wanted.items() if k != key}, wanted)


@pytest.mark.parametrize(
    "name", [*environment.LOCK_FILES.values(), "pyproject.toml", "packaging/environment.py"]
)
def test_the_fingerprint_changes_with_every_file_that_decides(checkout: Path, name: str) -> None:
    before = environment.digest(checkout)
    with (checkout / name).open("a", encoding="utf-8") as file:
        file.write("# one line more\n")
    assert environment.digest(checkout) != before


def test_the_fingerprint_changes_with_the_version_alone_of_the_package(checkout: Path) -> None:
    before = environment.digest(checkout)
    source = checkout / "nnstudio" / "__init__.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(text + "# one line more\n", encoding="utf-8")
    assert environment.digest(checkout) == before
    source.write_text(text.replace(nnstudio.__version__, "99.0.0"), encoding="utf-8")
    assert environment.digest(checkout) != before


def test_a_checkout_without_a_version_is_called_damaged(checkout: Path) -> None:
    (checkout / "nnstudio" / "__init__.py").write_text("", encoding="utf-8")
    with pytest.raises(SetupError, match="damaged"):
        environment.digest(checkout)


@pytest.mark.parametrize("content", [None, "", "{", "[]", "\x00"])
def test_a_stamp_that_cannot_be_read_is_no_stamp(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / environment.STAMP).write_text(content, encoding="utf-8")
    assert environment.read_stamp(tmp_path) == {}


def test_an_environment_made_here_is_usable(venv: Path) -> None:
    assert environment.why_unusable(venv, {}) is None
    assert environment.why_unusable(venv, environment.new_stamp(venv.parent, "run")) is None


def test_an_environment_without_its_settings_is_not_complete(venv: Path) -> None:
    (venv / "pyvenv.cfg").unlink()
    assert environment.why_unusable(venv, {}) == "is not complete"


def test_an_environment_of_another_python_is_named_so(venv: Path) -> None:
    settings = venv / "pyvenv.cfg"
    settings.write_text(settings.read_text(encoding="utf-8").replace(VERSION, "3.2.1"), encoding="utf-8")
    reason = environment.why_unusable(venv, {})
    assert reason is not None
    assert reason.startswith("belongs to Python 3.2.1, and this is 3.")


def test_an_environment_made_by_uv_is_usable(venv: Path) -> None:
    (venv / "pyvenv.cfg").write_text(
        f"home = somewhere\nuv = 0.13\nversion_info = {VERSION}\n", encoding="utf-8"
    )
    assert environment.why_unusable(venv, {}) is None


def test_a_moved_environment_is_recognized_with_and_without_a_stamp(venv: Path, tmp_path: Path) -> None:
    stamp = environment.new_stamp(venv.parent, "run")
    moved = tmp_path / "elsewhere" / ".venv"
    shutil.copytree(venv, moved, symlinks=True)
    assert environment.why_unusable(moved, {}) == "was made in another folder"
    assert environment.why_unusable(moved, stamp) == "was made in another folder"


def test_an_environment_whose_python_is_gone_is_recognized(venv: Path) -> None:
    environment.venv_program(venv, "python").unlink()
    assert environment.why_unusable(venv, {}) == "has lost its Python"


def test_a_broken_environment_is_removed_with_a_word(venv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert environment.must_be_made(venv)
    assert not venv.exists()
    assert "The folder .venv has no working pip. Making it anew." in capsys.readouterr().err


def test_a_file_in_the_place_of_the_environment_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".venv").write_text("", encoding="utf-8")
    assert environment.must_be_made(tmp_path / ".venv")
    assert not (tmp_path / ".venv").exists()


def test_a_link_in_the_place_of_the_environment_is_removed_but_not_what_it_points_to(tmp_path: Path) -> None:
    target = tmp_path / "kept"
    target.mkdir()
    try:
        (tmp_path / ".venv").symlink_to(target)
    except OSError:
        pytest.skip("links may not be made here")
    assert environment.must_be_made(tmp_path / ".venv")
    assert target.is_dir()


def test_a_folder_that_may_not_be_written_to_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment.os, "access", lambda path, mode: False)
    with pytest.raises(SetupError, match="cannot be written to") as caught:
        environment.make_venv(tmp_path / ".venv")
    assert str(tmp_path) in str(caught.value)


def test_what_python_says_when_it_cannot_make_an_environment_is_shown(tmp_path: Path) -> None:
    (tmp_path / ".venv").write_text("in the way", encoding="utf-8")
    with pytest.raises(SetupError, match=r"could not make the virtual environment(.|\n)*It said"):
        environment.make_venv(tmp_path / ".venv")


@pytest.mark.parametrize(
    ("said", "explained"),
    [
        ("NewConnectionError: Failed to establish a new connection: [Errno -3] Temporary failure", "offline"),
        ("ERROR: [Errno 11001] getaddrinfo failed\nERROR: No matching distribution found for x", "offline"),
        ("ERROR: No matching distribution found for numpy==2.4.6", "no ready-made package for this Python"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "not the one that was locked",
        ),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "disk is full",
        ),
        ("ERROR: [Errno 13] Permission denied: '/x/.venv/lib'", "belongs to you"),
        ("ERROR: [WinError 5] Access is denied: 'C:\\\\x'", "belongs to you"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "PIP_CERT"),
        ("ERROR: something never seen before", "its last lines above say why"),
    ],
)
def test_the_cause_of_a_failed_installation_is_told(said: str, explained: str) -> None:
    assert explained in environment.explain_pip_failure(said)


def test_the_projects_wheel_puts_the_checkout_on_the_path_with_version_and_commands() -> None:
    project = environment.read_pyproject(ROOT)["project"]
    name, content = environment.project_wheel(project, "1.2.3", "../../../..")
    assert name == "nnstudio-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("nnstudio.pth") == b"../../../..\n"
        metadata = archive.read("nnstudio-1.2.3.dist-info/METADATA").decode("utf-8")
        commands = configparser.ConfigParser()
        commands.read_string(archive.read("nnstudio-1.2.3.dist-info/entry_points.txt").decode("utf-8"))
        listed = archive.read("nnstudio-1.2.3.dist-info/RECORD").decode("utf-8")
        assert all(f"{member}," in listed for member in archive.namelist())
    assert "Version: 1.2.3\n" in metadata
    assert "Requires-Dist: numpy" in metadata
    assert commands["console_scripts"]["nnstudio"] == "nnstudio.__main__:main"


def test_the_oracle_is_one_version_of_torch_and_in_no_lock_file() -> None:
    group = environment.dependency_group(ROOT, "oracle")
    assert [entry for entry in group if "torch" in entry] == ["torch==2.13.0"]
    for name in environment.LOCK_FILES.values():
        assert "torch" not in (ROOT / name).read_text(encoding="utf-8")
