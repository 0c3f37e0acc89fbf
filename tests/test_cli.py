from __future__ import annotations

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import nnstudio as nn
from nnstudio import cli
from nnstudio.__main__ import main
from nnstudio.engine.activations import Activation
from nnstudio.network.templates import gate, layered_network
from nnstudio.training import Run

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def xor(tmp_path: Path) -> Path:
    """Return a small project that trains in no time."""
    settings = nn.TrainingSettings(optimizer="adam", learning_rate=0.02, batch_size=4, epochs=20, seed=3)
    project = nn.Project(
        layered_network((2, 3, 1), seed=3), nn.make_dataset("xor"), settings, title="Exclusive"
    )
    path = tmp_path / "xor.nns"
    nn.save_project(project, path)
    return path


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """Return the AND gate, whose answers are known."""
    path = tmp_path / "and.nns"
    nn.save_project(nn.Project(gate("and"), nn.make_dataset("and")), path)
    return path


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def outcome(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """Return the JSON object that a command prints; nothing else may be printed."""
    assert run(*arguments) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.count("\n") == 1
    value = json.loads(captured.out)
    assert isinstance(value, dict)
    return value


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 1) -> str:
    """Return the one line on stderr with which a command fails."""
    assert run(*arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("nnstudio: ")
    assert captured.err.count("\n") == 1
    return captured.err


# Check


def test_right_gradients_are_told_with_the_worst_ones_first(
    capsys: pytest.CaptureFixture[str], xor: Path
) -> None:
    result = outcome(capsys, "check", xor, "--json")
    assert result["passed"] is True
    assert (result["rows"], result["checked"]) == (4, 13)
    assert 0 <= result["worst"] < 1e-8
    errors = [parameter["relative_error"] for parameter in result["parameters"]]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] == result["worst"]
    assert {"name", "computed", "measured"} < set(result["parameters"][0])
    assert result["at_kinks"] == []
    assert run("check", xor) == 0
    assert "The gradients are right" in capsys.readouterr().out


def test_wrong_gradients_fail_the_check(
    capsys: pytest.CaptureFixture[str], xor: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Activation, "backward", lambda self, z, a, error: 1.01 * error * self.derivative(z, a)
    )
    assert run("check", xor) == 1
    captured = capsys.readouterr()
    assert "relative error" in captured.out
    assert "The gradients are right" not in captured.out
    assert captured.err.startswith("nnstudio: the gradients are wrong")


def test_parameters_at_a_kink_are_named_and_not_measured(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    network = nn.Network()
    ids = [network.add_neuron("input", label="x").id, network.add_neuron("hidden", activation="relu").id]
    ids.append(network.add_neuron("output", activation="identity", label="y").id)
    network.connect(ids[0], ids[1], weight=0.0)
    network.connect(ids[1], ids[2], weight=1.0)
    data = nn.Dataset.from_arrays([[1.0], [2.0]], [[1.0], [0.0]], test_fraction=0.0)
    path = tmp_path / "kink.nns"
    nn.save_project(nn.Project(network, data), path)
    result = outcome(capsys, "check", path, "--json")
    assert [item["name"] for item in result["at_kinks"]] == ["x → h1", "bias of h1"]
    assert {item["name"] for item in result["parameters"]} == {"h1 → y", "bias of y"}
    assert run("check", path) == 0
    assert "crosses a kink: x → h1, bias of h1." in capsys.readouterr().out


def test_only_some_parameters_and_rows_are_checked_where_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], xor: Path
) -> None:
    result = outcome(capsys, "check", xor, "--json", "--rows", 2, "--parameters", 5)
    assert (result["rows"], result["checked"]) == (2, 5)
    assert run("check", xor, "--parameters", 5) == 0
    assert "Checked 5 parameters of 13 on 4 rows" in capsys.readouterr().out


def test_what_has_no_gradients_is_not_checked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    settings = nn.TrainingSettings(optimizer="perceptron")
    path = tmp_path / "rule.nns"
    nn.save_project(nn.Project(gate("and"), nn.make_dataset("and"), settings), path)
    assert "does not go by gradients" in refusal(capsys, "check", path)
    nn.save_project(nn.Project(gate("and")), path)
    assert "no data to check with" in refusal(capsys, "check", path)


# Train


def test_training_prints_one_json_object(capsys: pytest.CaptureFixture[str], xor: Path) -> None:
    result = outcome(capsys, "train", xor, "--json")
    assert result["epochs"] == 20
    assert result["stopped_because"] == "epochs"
    assert result["test_loss"] is None
    assert 0 < result["loss"] < 1
    assert set(result["metrics"]) == {"accuracy"}
    assert result["seconds"] >= 0


def test_training_gives_what_the_python_face_gives(capsys: pytest.CaptureFixture[str], xor: Path) -> None:
    project = nn.load_project(xor)
    assert project.data is not None
    assert project.settings is not None
    expected = nn.train(project.network, project.data, project.settings)
    out = xor.with_name("out.nns")
    result = outcome(capsys, "train", xor, "--json", "--out", out)
    assert result["loss"] == expected.history.loss[-1]
    project.network.set_parameters(expected.program, expected.parameters)
    assert nn.load_project(out).network == project.network


def test_training_leaves_the_file_alone_unless_out_names_it(xor: Path) -> None:
    before = xor.read_bytes()
    assert run("train", xor) == 0
    assert xor.read_bytes() == before
    assert run("train", xor, "--out", xor) == 0
    history = nn.load_project(xor).history
    assert history is not None
    assert len(history) == 20


def test_training_in_two_parts_is_training_in_one(capsys: pytest.CaptureFixture[str], xor: Path) -> None:
    half, whole = xor.with_name("half.nns"), xor.with_name("whole.nns")
    assert outcome(capsys, "train", xor, "--epochs", 7, "--out", half, "--json")["epoch"] == 7
    assert outcome(capsys, "train", half, "--out", half, "--json")["epochs"] == 13  # what is left of the 20
    assert outcome(capsys, "train", xor, "--out", whole, "--json")["epoch"] == 20
    assert half.read_bytes() == whole.read_bytes()


def test_a_seed_begins_anew(capsys: pytest.CaptureFixture[str], xor: Path) -> None:
    out = xor.with_name("out.nns")
    trained = outcome(capsys, "train", xor, "--epochs", 5, "--out", out, "--json")
    again = outcome(capsys, "train", out, "--seed", 3, "--epochs", 5, "--json")
    assert (again["epoch"], again["loss"]) == (5, trained["loss"])
    other = outcome(capsys, "train", xor, "--seed", 8, "--epochs", 5, "--out", out, "--json")
    assert other["loss"] != trained["loss"]
    saved = nn.load_project(out)
    fresh = layered_network((2, 3, 1), seed=8)
    assert saved.start == fresh.values()
    assert saved.settings is not None
    assert saved.settings.seed == 8


def test_training_tells_its_progress_in_a_few_plain_lines(
    capsys: pytest.CaptureFixture[str], xor: Path
) -> None:
    assert run("train", xor, "--epochs", 1000) == 0
    lines = capsys.readouterr().out.splitlines()
    progress = [line for line in lines if line.startswith("epoch ")]
    assert len(progress) == 10
    assert progress[-1].startswith("epoch 1,000 of 1,000  loss 0.")
    assert any(line.startswith("Trained 1,000 epochs") for line in lines)
    assert "--out" in lines[-1]


def test_a_terminal_gets_one_line_that_renews_itself(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, xor: Path
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    assert run("train", xor) == 0
    live, _, rest = capsys.readouterr().out.partition("\n")
    assert live.startswith("\r[####")
    assert max(map(len, live.split("\r"))) <= 60
    assert rest.startswith("Trained 20 epochs")


def test_training_stops_at_the_loss_that_is_enough(capsys: pytest.CaptureFixture[str], xor: Path) -> None:
    project = nn.load_project(xor)
    project.settings = nn.TrainingSettings(
        optimizer="adam", learning_rate=0.05, batch_size=4, epochs=5000, target_loss=0.01
    )
    nn.save_project(project, xor)
    result = outcome(capsys, "train", xor, "--json")
    assert result["stopped_because"] == "target_loss"
    assert result["loss"] <= 0.01
    assert result["metrics"]["accuracy"] == 1.0


def test_training_that_diverges_fails_and_keeps_the_last_finite_weights(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path, out = tmp_path / "wild.nns", tmp_path / "out.nns"
    network = layered_network((1, 1), output="identity")
    settings = nn.TrainingSettings(optimizer="sgd", learning_rate=1e6, epochs=5000)
    nn.save_project(nn.Project(network, nn.make_dataset("sine"), settings), path)
    assert run("train", path, "--json", "--out", out) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["stopped_because"] == "diverged"
    assert captured.err.startswith("nnstudio: Training left finite numbers")
    assert captured.err.count("\n") == 1
    assert nn.load_project(out).network != network


def test_what_keeps_a_network_from_training_is_told(
    capsys: pytest.CaptureFixture[str], both: Path, tmp_path: Path
) -> None:
    assert "step" in refusal(capsys, "train", both)
    bare = tmp_path / "bare.nns"
    nn.save_project(nn.Project(gate("and")), bare)
    assert "no data" in refusal(capsys, "train", bare)
    nn.save_project(nn.Project(nn.Network(), nn.make_dataset("and")), bare)
    refusal(capsys, "train", bare)


def test_a_place_that_cannot_be_written_is_told_before_training(
    capsys: pytest.CaptureFixture[str], xor: Path, tmp_path: Path
) -> None:
    assert "is not there" in refusal(capsys, "train", xor, "--out", tmp_path / "none" / "out.nns")


def test_ctrl_c_keeps_what_was_learned(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, xor: Path
) -> None:
    wait = Run.wait

    def interrupted(run: Run, *statuses: Any, timeout: float | None = None) -> bool:
        wait(run, timeout=0.05)
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "wait", interrupted)
    out = xor.with_name("out.nns")
    assert run("train", xor, "--epochs", 10**9, "--out", out) == cli.INTERRUPTED
    captured = capsys.readouterr()
    assert "stopped by Ctrl+C" in captured.err
    assert "was saved" in captured.err
    saved = nn.load_project(out)
    assert saved.history is not None
    assert saved.checkpoint is not None
    assert len(saved.history) == saved.checkpoint.epoch > 0


@pytest.mark.skipif(os.name != "posix", reason="sends a signal as Unix does")
def test_an_interrupt_from_outside_ends_the_process_cleanly(xor: Path) -> None:
    out = xor.with_name("out.nns")
    project = nn.load_project(xor)
    project.network.update_connection(project.network.connections[0].id, rate_factor=0.5)
    nn.save_project(project, xor)
    command = [
        sys.executable,
        "-u",
        "-m",
        "nnstudio",
        "train",
        str(xor),
        "--epochs",
        "20000000",
        "--out",
        str(out),
    ]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "NNSTUDIO_ENGINE": "numpy"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        # What limits the training is told right before it begins; there is nothing to compile first.
        assert process.stdout is not None
        assert "Constraints" in process.stdout.readline()
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == cli.INTERRUPTED, errors
    assert errors.count("\n") == 1
    assert "was saved" in errors
    nn.load_project(out)


# Predict


@pytest.mark.parametrize(("a", "b", "right"), [(0, 0, "0"), (1, 0, "0"), (1, 1, "1")])
def test_one_row_is_predicted(
    capsys: pytest.CaptureFixture[str], both: Path, a: int, b: int, right: str
) -> None:
    assert run("predict", both, "--input", f"a={a}, b={b}") == 0
    assert capsys.readouterr().out == f"AND = {right}, class = {right}\n"


def test_several_rows_are_predicted_by_label_or_id(capsys: pytest.CaptureFixture[str], both: Path) -> None:
    assert run("predict", both, "--input", "a=1,b=1", "--input", "n1=0,n2=1") == 0
    assert capsys.readouterr().out == "AND = 1, class = 1\nAND = 0, class = 0\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a=1", "no value for “b”"),
        ("a=1,b=1,c=2", "no input “c”"),
        ("a=1,b=", "the cell is empty"),
        ("a=1,b=x", "“x” is not a number"),
        ("a=1,a=2,b=1", "“a” is given twice"),
        ("1,2", "not of the form NAME=VALUE"),
        ("", "not of the form NAME=VALUE"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_by_name(
    capsys: pytest.CaptureFixture[str], both: Path, text: str, says: str
) -> None:
    assert says in refusal(capsys, "predict", both, "--input", text)


def test_predictions_of_a_table_go_to_a_file_or_the_terminal(
    capsys: pytest.CaptureFixture[str], both: Path, tmp_path: Path
) -> None:
    rows, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    rows.write_text("b,name,a\n1,=SUM(A1),1\n0,-2.5,1\n1,@home,0\n")
    assert run("predict", both, "--data", rows, "--out", out) == 0
    assert "3 predictions" in capsys.readouterr().out
    with out.open(newline="", encoding="utf-8") as file:
        table = list(csv.reader(file))
    assert table == [
        ["b", "name", "a", "predicted AND", "predicted class"],
        ["1", "'=SUM(A1)", "1", "1", "1"],
        ["0", "-2.5", "1", "0", "0"],
        ["1", "'@home", "0", "0", "0"],
    ]
    assert run("predict", both, "--data", rows) == 0
    assert capsys.readouterr().out == out.read_text("utf-8")


def test_a_table_that_does_not_fit_is_refused_with_its_place(
    capsys: pytest.CaptureFixture[str], both: Path, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b\n1,1\n0,much\n")
    message = refusal(capsys, "predict", both, "--data", rows)
    assert "rows.csv: line 3, column “b”: “much” is not a number" in message
    rows.write_text("a,c\n1,1\n")
    assert "“b”" in refusal(capsys, "predict", both, "--data", rows)
    refusal(capsys, "predict", both, "--data", tmp_path / "none.csv")


def test_predictions_never_replace_the_rows(
    capsys: pytest.CaptureFixture[str], both: Path, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b\n1,1\n")
    assert "another file" in refusal(capsys, "predict", both, "--data", rows, "--out", rows)
    assert rows.read_text() == "a,b\n1,1\n"


# Info, screenshot, and the rest


def test_info_is_for_people_and_for_programs(capsys: pytest.CaptureFixture[str], xor: Path) -> None:
    assert run("info", xor) == 0
    text = capsys.readouterr().out
    assert "Exclusive" in text
    assert "6 neurons (2 in, 3 hidden, 1 out), 9 connections, 13 numbers to learn" in text
    value = outcome(capsys, "info", xor, "--json")
    assert value["network"]["connections"] == 9
    assert value["data"]["rows"] == 4
    assert value["settings"]["optimizer"] == "adam"
    assert value["problem"] is None


def test_constraints_are_told_and_honored(
    capsys: pytest.CaptureFixture[str], xor: Path, tmp_path: Path
) -> None:
    project = nn.load_project(xor)
    network = project.network
    frozen, disabled = network.connections[0], network.connections[1]
    network.update_connection(frozen.id, trainable=False)
    network.update_connection(disabled.id, enabled=False)
    path, out = tmp_path / "constrained.nns", tmp_path / "out.nns"
    nn.save_project(project, path)
    said = "1 number frozen, 1 connection disabled"
    for command in ("info", "check", "train"):
        assert run(command, path) == 0
        assert said in capsys.readouterr().out
    result = outcome(capsys, "train", path, "--json", "--epochs", 7, "--out", out)
    assert result["constraints"]["frozen"] == result["constraints"]["disabled_connections"] == 1
    assert outcome(capsys, "check", path, "--json")["constraints"] == result["constraints"]
    trained = nn.load_project(out).network
    assert trained.connection(frozen.id).weight == frozen.weight
    assert trained.connection(disabled.id).weight == disabled.weight
    assert trained.connections[2].weight != network.connections[2].weight
    assert outcome(capsys, "train", out, "--json", "--epochs", 3)["epoch"] == 10


def test_a_screenshot_is_asked_for_with_its_options(tmp_path: Path) -> None:
    asked: list[tuple[object, ...]] = []
    picture = tmp_path / "a.png"
    arguments = ["screenshot", "a.nns", str(picture), "--size", "640x480", "--theme", "dark", "--train", "5"]
    assert cli.main(arguments, screenshot=lambda *given: asked.append(given)) == 0
    assert asked == [(Path("a.nns"), picture, (640, 480), "dark", 5)]


def test_a_picture_is_asked_for_with_its_options() -> None:
    asked: list[tuple[object, ...]] = []
    arguments = ["picture", "a.nns", "a.svg", "--theme", "dark", "--transparent", "--scale", "3"]
    assert cli.main(arguments, picture=lambda *given: asked.append(given)) == 0
    assert cli.main(["picture", "a.nns", "b.tex"], picture=lambda *given: asked.append(given)) == 0
    assert asked == [
        (Path("a.nns"), Path("a.svg"), "dark", True, 3.0),
        (Path("a.nns"), Path("b.tex"), "light", False, 2.0),
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["train"],
        ["train", "a.nns", "--epochs", "0"],
        ["train", "a.nns", "--epochs", "many"],
        ["train", "a.nns", "--seed", "-1"],
        ["predict", "a.nns"],
        ["predict", "a.nns", "--input", "a=1", "--data", "b.csv"],
        ["screenshot", "a.nns", "b.png", "--size", "1x1"],
        ["screenshot", "a.nns", "b.png", "--size", "wide"],
        ["screenshot", "a.nns", "b.png", "--theme", "pink"],
        ["picture", "a.nns", "b.png", "--scale", "0"],
        ["picture", "a.nns", "b.png", "--scale", "big"],
        ["info", "a.nns", "--nonsense"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_one_line_and_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert "--help" in refusal(capsys, *arguments, code=2)


@pytest.mark.parametrize("command", ["train", "predict", "info"])
def test_a_file_that_cannot_be_opened_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    rest = ["--input", "a=1"] if command == "predict" else []
    assert "none.nns" in refusal(capsys, command, tmp_path / "none.nns", *rest)
    wrong = tmp_path / "wrong.nns"
    wrong.write_text("no project")
    assert "“wrong.nns” is not an nnstudio project" in refusal(capsys, command, wrong, *rest)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert run(command, "--help") == 0
    assert f"nnstudio {command} [-h]" in capsys.readouterr().out


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    text = capsys.readouterr().out
    assert all(command in text for command in cli.COMMANDS)


def test_a_mistyped_command_is_not_taken_for_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Did you mean “train”?" in refusal(capsys, "trian", "a.nns", code=2)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_the_ways_out_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert "--help" in refusal(capsys)


def test_the_program_runs_as_a_module(xor: Path) -> None:
    command = [sys.executable, "-m", "nnstudio"]
    done = subprocess.run(
        [*command, "train", str(xor), "--json"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["epochs"] == 20
    done = subprocess.run(
        [*command, "info", "none.nns"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    done = subprocess.run([*command, "--version"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == f"nnstudio {nn.__version__}\n"


@pytest.mark.skipif(os.name != "posix", reason="a pipe that closes early is told differently elsewhere")
def test_a_reader_that_goes_away_is_no_failure(xor: Path) -> None:
    command = (
        f"{shlex.quote(sys.executable)} -m nnstudio train {shlex.quote(str(xor))} --epochs 20000 | head -n 1"
    )
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("epoch ")
    assert done.stderr == ""
