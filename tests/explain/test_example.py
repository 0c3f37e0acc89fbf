"""The worked example, and the command that writes it."""

from __future__ import annotations

import re

import numpy as np
import pytest

import nnstudio as nn
from nnstudio.__main__ import main
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.explain.example import worked_example
from nnstudio.explain.markdown import document, plain, table
from nnstudio.network.templates import gate, layered_network
from nnstudio.training import Trainer

ENVIRONMENT = re.compile(r"\\(begin|end)\{(\w+)\}")


def project(**settings):
    network = layered_network((2, 3, 1), seed=4, input_labels=("a", "b"))
    chosen = nn.TrainingSettings(**{"learning_rate": 0.1, "batch_size": 1, **settings})
    return nn.Project(network, nn.make_dataset("xor"), chosen, title="Exclusive | or")


def check_markdown(text):
    """Dollar signs, braces and environments are in pairs, and tables have as many cells in each row."""
    assert text.count("$$") % 2 == 0
    for block in re.findall(r"\$\$\n(.*?)\n\$\$", text, flags=re.DOTALL):
        bare = block.replace(r"\{", "").replace(r"\}", "")
        assert bare.count("{") == bare.count("}")
        assert bare.count(r"\left") - bare.count(r"\leftarrow") == bare.count(r"\right")
        assert "nan" not in bare.lower()
        opened = []
        for kind, name in ENVIRONMENT.findall(block):
            if kind == "begin":
                opened.append(name)
            else:
                assert opened.pop() == name
        assert not opened
    for rows in re.findall(r"(?:^\|.*\|\n)+", text, flags=re.MULTILINE):
        cells = {row.replace(r"\|", "").count("|") for row in rows.splitlines()}
        assert len(cells) == 1


def final_values(text):
    """Return the numbers of the last column of the last table."""
    last = re.findall(r"(?:^\|.*\|\n)+", text, flags=re.MULTILINE)[-1]
    cells = [row.split("|")[-2].strip().strip("$") for row in last.splitlines()[2:]]
    return [float(re.sub(r" ?\\cdot 10\^\{(-?\d+)\}", r"e\1", cell)) for cell in cells]


@pytest.mark.parametrize("optimizer", [key for key, entry in OPTIMIZERS.items() if entry.uses_gradient])
def test_the_step_that_is_written_is_the_one_that_the_trainer_takes(optimizer):
    chosen = project(optimizer=optimizer, l2=0.01, clip_norm=0.5)
    text = worked_example(chosen, 2)
    check_markdown(text)
    data = chosen.data
    alone = nn.Dataset.from_arrays(data.x[[2]], data.y[[2]], test_fraction=0.0)
    trainer = Trainer(nn.compile_network(chosen.network), None, alone, chosen.settings)
    trainer.step()
    program = trainer.program
    biases = trainer.parameters.biases[program.n_inputs :]
    expected = np.concatenate((trainer.parameters.weights, biases))
    np.testing.assert_allclose(final_values(text), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_can_be_written(loss):
    output = {"cross_entropy": "softmax", "hinge": "identity"}.get(loss, "sigmoid")
    network = layered_network((2, 2, 2), output=output, hidden="gelu", seed=1)
    data = nn.Dataset.from_arrays([[0.1, 0.2], [0.3, 0.4]], [[1.0, 0.0], [0.0, 1.0]], test_fraction=0.5)
    text = worked_example(nn.Project(network, data, nn.TrainingSettings(loss=loss)), 0)
    check_markdown(text)
    assert f"## The loss: {LOSSES[loss].title.lower()}" in text
    assert ("output minus target" in text) == loss.endswith("cross_entropy")


def test_the_document_goes_from_the_sample_to_the_new_weights():
    text = worked_example(project(), 0)
    heads = [line for line in text.splitlines() if line.startswith(("# ", "## "))]
    assert heads == [
        "# One training step of Exclusive \\| or",
        "## The network before the step",
        "## Forward: from the inputs to the outputs",
        "## The loss: mean squared error",
        "## Backward: from the loss to every weight",
        "## The step: gradient descent",
        "## The network after the step",
    ]
    for weight in project().network.connections:
        assert f"{weight.weight!r}" in text
    assert "The step has made it smaller" in text


def test_constraints_are_written_too():
    chosen = project()
    network = chosen.network
    network.update_connection("c1", tie="t")
    network.update_connection("c2", tie="t")
    network.update_connection("c3", trainable=False)
    network.update_connection("c4", enabled=False)
    text = worked_example(chosen, 1)
    check_markdown(text)
    assert "Shared as" in text
    assert r"w_{\mathrm{shared}\,1}" in text
    assert "Frozen: no step changes it." in text
    # Eight take part, two of them name what they share, and are one after the step.
    assert text.count("| $w_") == 8 + 2 + 7


def test_the_perceptron_rule_has_no_way_back_to_write():
    chosen = nn.Project(gate("and"), nn.make_dataset("and"), nn.TrainingSettings(optimizer="perceptron"))
    text = worked_example(chosen, 3)
    check_markdown(text)
    assert "## Backward" not in text
    assert r"\ge 0]" in text


def test_what_is_different_in_training_is_said():
    text = worked_example(project(batch_size=4, dropout=0.5, dtype="float32"), 0)
    assert text.rstrip().endswith("double precision.")
    assert text.count("\n- ") == 3
    assert "4 rows in a step" in text


def test_what_the_optimizer_remembers_comes_from_the_checkpoint():
    chosen = project(optimizer="momentum", epochs=3, batch_size=4)
    result = nn.train(chosen.network, chosen.data, chosen.settings)
    chosen.network.set_parameters(result.program, result.parameters)
    fresh = worked_example(chosen, 0)
    chosen.checkpoint = result.state
    assert worked_example(chosen, 0) != fresh


def test_what_cannot_be_written_says_why():
    with pytest.raises(nn.DataError, match="no sample 5: the data have 4 rows"):
        worked_example(project(), 4)
    with pytest.raises(nn.DataError, match="no data"):
        worked_example(nn.Project(gate("and")), 0)
    large = nn.Project(layered_network((2, 200, 1)), nn.make_dataset("xor"))
    with pytest.raises(nn.NNStudioError, match="801 weights and biases"):
        worked_example(large, 0)


def test_names_cannot_break_the_document():
    chosen = project()
    chosen.network.update_neuron("n3", label="a|b_{c}$ *d* \\ #1 é")
    check_markdown(worked_example(chosen, 0))
    assert plain("a|b *c*") == r"a\|b \*c\*"
    assert document(["a", "- b", "- c"]) == "a\n\n- b\n- c\n"
    assert table(["x"], [["1"]]) == "| x |\n| --- |\n| 1 |"


# The command


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "xor.nns"
    nn.save_project(project(), path)
    return path


def test_the_command_writes_a_file_or_to_the_terminal(capsys, file):
    out = file.with_name("step.md")
    assert main(["explain", str(file), "--sample", "3", "--out", str(out)]) == 0
    assert "Wrote one training step on sample 3" in capsys.readouterr().out
    assert out.read_text(encoding="utf-8") == worked_example(nn.load_project(file), 2)
    assert main(["explain", str(file), "--sample", "3"]) == 0
    assert capsys.readouterr().out == out.read_text(encoding="utf-8")


def test_the_command_refuses_what_it_cannot_write(capsys, file):
    assert main(["explain", str(file), "--out", str(file.with_name("step.pdf"))]) == 1
    assert "ends in .md" in capsys.readouterr().err
    assert main(["explain", str(file), "--sample", "9"]) == 1
    assert "no sample 9" in capsys.readouterr().err
    assert main(["explain", str(file), "--out", str(file.with_name("none") / "step.md")]) == 1
    assert "the folder is not there" in capsys.readouterr().err
    assert main(["explain", str(file), "--sample", "0"]) == 2
