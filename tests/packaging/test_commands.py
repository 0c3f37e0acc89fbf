from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import commands
import display
import pytest

ROOT = Path(__file__).resolve().parents[2]


class Started(Exception):  # noqa: N818
    """Stands where the program would take the place of the process."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the command line of the program instead of starting it."""
    line: list[str] = []

    def start(program: object, command: list[str]) -> None:
        line.extend(command)
        raise Started

    monkeypatch.setattr(commands.os, "execv", start)
    monkeypatch.setattr(commands.subprocess, "call", lambda command: start(command[0], command))
    monkeypatch.setattr(commands, "set_up", lambda level, libraries: Path("python"))
    return line


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "has_display", lambda environ: False)


@pytest.mark.parametrize(
    ("arguments", "opened"),
    [
        ([], ""),
        (["sum.nns"], "sum.nns"),
        (["train", "sum.nns"], None),
        (["--help"], None),
        (["info"], None),
        ([__file__], __file__),
    ],
)
def test_a_window_is_meant_by_no_argument_or_a_file(arguments: list[str], opened: str | None) -> None:
    assert commands.opened_file(arguments) == opened


@pytest.mark.usefixtures("no_display")
def test_without_a_display_the_first_example_trains_and_the_ways_out_are_named(
    started: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    examples = tmp_path / "resources" / "examples"
    examples.mkdir(parents=True)
    (examples / "index.json").write_text(json.dumps([{"file": "b.nns"}, {"file": "a.nns"}]), encoding="utf-8")
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    with pytest.raises(Started):
        commands.main(["run"])
    assert started == ["python", "-m", "nnstudio", "train", str(examples / "b.nns")]
    said = capsys.readouterr()
    assert said.out == ""
    for way_out in ("no display", "ssh -X", "xvfb-run", "QT_QPA_PLATFORM", "b.nns trains here"):
        assert way_out in said.err


@pytest.mark.usefixtures("no_display")
def test_without_a_display_a_named_project_trains(started: list[str]) -> None:
    with pytest.raises(Started):
        commands.main(["run", "mine.nns"])
    assert started[-2:] == ["train", "mine.nns"]


@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize("arguments", [["info", "x.nns", "--json"], ["--", "--help"], ["--", "-h"]])
def test_what_needs_no_display_reaches_the_program_as_it_stands(
    started: list[str], arguments: list[str]
) -> None:
    with pytest.raises(Started):
        commands.main(["run", *arguments])
    assert started[3:] == [argument for argument in arguments if argument != "--"]


def test_with_a_display_the_window_opens(started: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "has_display", lambda environ: True)
    with pytest.raises(Started):
        commands.main(["run"])
    assert started == ["python", "-m", "nnstudio"]


def test_an_incomplete_checkout_is_named(tmp_path: Path) -> None:
    with pytest.raises(commands.SetupError, match=r"index\.json is missing"):
        commands.first_example(tmp_path)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["test", "-h"]])
def test_help_names_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = commands.main(arguments)
    except SystemExit as end:
        code = end.code  # type: ignore[assignment]
    assert code == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("run ", "test ", "lock ", "--oracle"))


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Let two small programs be the checks: the first fails, the second passes."""
    steps = {
        "first": [sys.executable, "-c", "raise SystemExit(3)"],
        "second": [sys.executable, "-c", "print('the second ran', flush=True)"],
    }
    monkeypatch.setattr(commands, "set_up", lambda level, libraries: Path("python"))
    monkeypatch.setattr(commands, "test_steps", lambda arguments, oracle: steps)
    return steps


@pytest.mark.usefixtures("checks")
def test_every_check_runs_even_if_an_earlier_one_fails(capfd: pytest.CaptureFixture[str]) -> None:
    assert commands.test([]) == 1
    said = capfd.readouterr().out
    assert "\nthe second ran\n" in said
    assert said.index("=== first") < said.index("=== second") < said.index("=== summary")
    assert "FAILED (exit code 3)" in said
    assert said.endswith("Not in order: first.\n")


def test_all_checks_passing_is_success(
    checks: dict[str, list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    del checks["first"]
    assert commands.test([]) == 0
    assert capfd.readouterr().out.endswith("Everything is in order.\n")


def test_no_process_compiles_again_what_another_has_compiled(
    checks: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    show = "import sys; print('kept in', sys.pycache_prefix, sys.dont_write_bytecode, flush=True)"
    checks["first"] = [sys.executable, "-c", show]
    assert commands.test([]) == 0
    assert f"kept in {commands.VENV / 'pycache'} False\n" in capfd.readouterr().out


def test_the_checks_are_lint_format_types_import_rules_and_tests() -> None:
    steps = commands.test_steps(["tests/engine", "-x"], oracle=True)
    assert list(steps) == ["lint", "format", "types", "import rules", "tests"]
    assert steps["tests"][-3:] == ["--oracle", "tests/engine", "-x"]
    assert "--oracle" not in commands.test_steps([], oracle=False)["tests"]


def test_tests_run_in_a_process_for_each_processor_unless_told_otherwise() -> None:
    line = commands.test_steps(["-n", "0"], oracle=False)["tests"]
    assert line.index("--numprocesses=auto") < line.index("-n")


def test_only_the_oracle_level_is_asked_for_with_its_option(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, list[str], bool]] = []
    levels: list[str] = []

    def steps(arguments: list[str], *, oracle: bool) -> dict[str, list[str]]:
        asked.append((levels[-1], list(arguments), oracle))
        return {}

    monkeypatch.setattr(commands, "set_up", lambda level, libraries: levels.append(level))
    monkeypatch.setattr(commands, "test_steps", steps)
    commands.main(["test", "--oracle", "-x"])
    commands.main(["test", "-k", "xor"])
    assert asked == [("oracle", ["-x"], True), ("test", ["-k", "xor"], False)]


def test_a_display_is_taken_for_granted_off_linux_and_when_qt_is_told_its_platform() -> None:
    assert display.has_display({}, "darwin")
    assert display.has_display({}, "win32")
    assert display.has_display({"QT_QPA_PLATFORM": "vnc"}, "linux")
    assert not display.has_display({}, "linux")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX") or os.name == "nt", reason="displays are Unix sockets")
def test_a_display_counts_only_while_it_answers(tmp_path: Path) -> None:
    environ = {"WAYLAND_DISPLAY": "w-0", "XDG_RUNTIME_DIR": str(tmp_path)}
    # The path of a socket is at most 107 bytes long.
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.bind(str(tmp_path / "w-0"))
        except OSError:
            pytest.skip("the folder for temporary files has too long a name")
        server.listen()
        assert display.has_display(environ, "linux")
    assert not display.has_display(environ, "linux")


def test_an_x_display_over_the_network_counts_only_while_it_answers() -> None:
    with socket.socket() as server:
        for number in range(60, 200):
            try:
                server.bind(("127.0.0.1", 6000 + number))
            except OSError:
                continue
            break
        server.listen()
        assert display.has_display({"DISPLAY": f"127.0.0.1:{number}.0"}, "linux")
    assert not display.has_display({"DISPLAY": f"127.0.0.1:{number}.0"}, "linux")


def test_the_entry_point_runs_on_its_own_and_reads_as_plain_python() -> None:
    source = (ROOT / "packaging" / "bootstrap.py").read_text(encoding="utf-8")
    # What an old Python would stumble over before it could say that it is too old.
    assert 'f"' not in source
    assert ":=" not in source


@pytest.mark.parametrize(("level", "compiles"), [("run", True), ("test", False)])
def test_the_engine_is_compiled_when_the_environment_to_run_in_is_new(
    monkeypatch: pytest.MonkeyPatch, level: str, compiles: bool
) -> None:
    done = []
    monkeypatch.setattr(commands.environment, "is_current", lambda stamp, wanted: False)
    monkeypatch.setattr(commands.environment, "must_be_made", lambda venv: False)
    monkeypatch.setattr(commands.environment, "make_current", lambda root, level: done.append(level))
    monkeypatch.setattr(commands, "compile_engine", lambda program: done.append("compiled"))
    commands.set_up(level, ())
    assert done == [level, *(["compiled"] if compiles else [])]
