import math

import numpy as np
import pytest

from nnstudio.engine import compile_network
from nnstudio.engine.activations import ACTIVATIONS, activation
from nnstudio.engine.checks import check_training
from nnstudio.engine.custom import custom_activation, custom_key
from nnstudio.engine.gradcheck import check_gradients
from nnstudio.errors import CompileError, ExpressionError, SettingsError
from nnstudio.expressions import MAX_LENGTH
from nnstudio.network import Network
from nnstudio.network.rules import FORMULA_LENGTH
from nnstudio.training import TrainingSettings, train
from tests.engine.strategies import random_network

# Formulas for activations that there are, and so for the numbers to expect.
SAME = {
    "identity": "x",
    "sigmoid": "where(x > 0, 1 / (1 + exp(-abs(x))), exp(-abs(x)) / (1 + exp(-abs(x))))",
    "tanh": "tanh(x)",
    "relu": "where(x > 0, x, 0)",
    "leaky_relu": "where(x > 0, x, 0.01 * x)",
    "elu": "where(x > 0, x, exp(min(x, 0)) - 1)",
    "silu": "x * (1 + tanh(x / 2)) / 2",
    "sine": "sin(x)",
    "gaussian": "exp(-x ** 2)",
    "step": "where(x >= 0, 1, 0)",
}


def network_with(*activations, output="identity"):
    network = Network()
    source = network.add_neuron("input", label="in")
    target = network.add_neuron("output", activation=output, label="out", bias=0.1)
    for number, key in enumerate(activations):
        hidden = network.add_neuron("hidden", activation=key, label=f"h{number + 1}", bias=0.2)
        network.connect(source.id, hidden.id, weight=0.7 + 0.1 * number)
        network.connect(hidden.id, target.id, weight=-0.4)
    return network


@pytest.mark.parametrize("key", SAME)
def test_a_formula_gives_what_the_activation_of_the_registry_gives(key):
    ours, theirs = custom_activation("custom:f", SAME[key]), ACTIVATIONS[key]
    for dtype in (np.float64, np.float32):
        z = np.linspace(-30.0, 30.0, 600, dtype=dtype).reshape(20, 30)
        a, expected = ours.forward(z), theirs.forward(z)
        assert a.dtype == dtype
        tolerance = 1e-12 if dtype == np.float64 else 1e-5
        np.testing.assert_allclose(a, expected, rtol=tolerance, atol=tolerance)
        slope = ours.derivative(z, a)
        assert slope.dtype == dtype
        np.testing.assert_allclose(slope, theirs.derivative(z, expected), rtol=tolerance, atol=tolerance)
    assert ours.kinks == pytest.approx(theirs.kinks)
    assert ours.has_gradient == theirs.has_gradient
    # silu dips between two samples.
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-5)


def test_an_entry_says_what_it_is_and_how_its_range_was_found():
    entry = custom_activation("custom:bump", "exp(-x**2)")
    assert (entry.key, entry.title) == ("custom:bump", "Custom: exp(-x ** 2)")
    assert "from 0 to 1, as sampling" in entry.description
    assert entry.formula == "a = exp(-z ** 2)"
    assert entry.latex == "a = e^{-z^{2}}"
    assert "above 0" in activation("custom:x ** 2").description
    assert "below 0" in activation("custom:-x ** 2").description
    assert "anywhere" in activation("custom:x").description
    assert len(activation("custom:" + "+".join(["x"] * 100)).title) < 60


def test_the_key_holds_the_formula_as_it_is_read():
    assert custom_key(" x*\ttanh( x )\n") == "custom:x * tanh(x)"
    assert activation(custom_key("x*2")).forward(np.array([3.0])).tolist() == [6.0]
    assert activation("tanh") is ACTIVATIONS["tanh"]
    longest = "+".join(["x"] * (MAX_LENGTH // 2))
    assert custom_key(f" {longest} "[:MAX_LENGTH]) == f"custom:{longest}"
    assert MAX_LENGTH == FORMULA_LENGTH


@pytest.mark.parametrize("key", ["nothing", "custom", "custom:", "custom:y", "custom:2x", ""])
def test_what_is_neither_a_name_nor_a_formula_is_refused(key):
    with pytest.raises(ExpressionError):
        activation(key)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("log(x)", "logarithm.*for x up to 0.*log\\(max\\(x, 1e-6\\)\\)"),
        ("sqrt(x)", "square root"),
        ("1 / (x - 3.3)", "divides by 0 at x = 3.3"),
        ("exp(x ** 4)", "grows beyond"),
        ("sqrt(abs(x))", "no finite slope at x = 0"),
        ("sin(1e7 * x)", "bends too sharply"),
        ("x +", "ends too early"),
    ],
)
def test_a_formula_that_cannot_be_an_activation_is_refused_when_it_is_made(text, says):
    with pytest.raises(ExpressionError, match=says):
        custom_activation("custom:f", text)


@pytest.mark.parametrize("text", ["log(x)", "y + 1"])
def test_compiling_names_the_neurons_whose_formula_cannot_be_used(text):
    network = network_with("tanh", f"custom:{text}", "custom:x", f"custom:{text}")
    with pytest.raises(
        CompileError, match=r"activation of h2, h4 cannot be used.*character 1|h2, h4.*log"
    ) as caught:
        compile_network(network)
    assert [network.neuron(key).label for key in caught.value.neuron_ids] == ["h2", "h4"]


def test_what_goes_wrong_at_large_sums_alone_is_told_as_a_warning():
    network = network_with("custom:1 / (1 + exp(-x))", "custom:tanh(x)")
    (warning,) = compile_network(network).warnings
    assert warning.neuron_ids == (network.neurons[2].id,)
    assert "h1: at large weighted sums, exp(-x) grows beyond" in warning.message
    assert "-709.783" in warning.message


@pytest.mark.parametrize("seed", range(5))
def test_a_network_of_formulas_computes_and_learns_as_one_of_the_same_activations(seed):
    used = ("tanh", "silu", "leaky_relu", "sigmoid", "sine", "gaussian")
    network = random_network(
        np.random.default_rng(seed),
        inputs=3,
        hidden=8,
        outputs=2,
        density=0.5,
        hidden_activations=used,
        output_activations=used,
    )
    other = network.copy()
    for neuron in other.neurons:
        # Some of both kinds, in the same levels.
        if neuron.activation is not None and int(neuron.id[1:]) % 3:
            other.update_neuron(neuron.id, activation=f"custom:{SAME[neuron.activation]}")
    x = np.random.default_rng(seed).normal(size=(7, 3))
    y = np.random.default_rng(seed + 1).normal(size=(7, 2))
    one, two = compile_network(network), compile_network(other)
    loss, gradients = one.loss_and_gradients(one.initial_parameters(), x, y)
    loss_too, gradients_too = two.loss_and_gradients(two.initial_parameters(), x, y)
    assert loss_too == pytest.approx(loss, rel=1e-12)
    for slots, slots_too, values, values_too in (
        (one.connection_slots, two.connection_slots, gradients.weights, gradients_too.weights),
        (one.neuron_slots, two.neuron_slots, gradients.biases, gradients_too.biases),
    ):
        for key, slot in slots.items():
            assert values_too[slots_too[key]] == pytest.approx(values[slot], rel=1e-10, abs=1e-14)
    np.testing.assert_allclose(
        two.predict(two.initial_parameters(), x), one.predict(one.initial_parameters(), x), rtol=1e-12
    )


def test_gradients_of_formulas_with_kinks_pass_the_gradient_check():
    network = network_with("custom:max(x, 0.3) * x", "custom:min(abs(x), 1)", "custom:x / (1 + abs(x))")
    program = compile_network(network)
    x = np.random.default_rng(3).normal(size=(20, 1))
    check = check_gradients(program, program.initial_parameters(), x, np.sin(x))
    assert check.worst < 1e-7
    assert not check.at_kink.all()


def test_codes_name_the_activations_of_the_program():
    network = network_with("custom:x", "tanh", "custom:x * x", output="custom:x")
    program = compile_network(network)
    for slot, key in enumerate(program.neuron_ids):
        code = program.activation_code[slot]
        entry = program.activation_set[code] if code >= 0 else None
        assert (entry.key if entry else None) == network.neuron(key).activation
    assert program.activation_set[: len(ACTIVATIONS)] == tuple(ACTIVATIONS.values())
    assert len(program.activation_set) == len(ACTIVATIONS) + 2


def check(network, loss="mse", optimizer="sgd"):
    program = compile_network(network)
    settings = TrainingSettings(loss=loss, optimizer=optimizer)
    check_training(program, settings, np.array([[0.0], [1.0]]), np.array([[0.0], [1.0]]))


def test_a_formula_without_a_slope_cannot_be_trained_through():
    with pytest.raises(SettingsError, match=r"custom:where.*no slope") as caught:
        check(network_with("custom:where(x > 0, 1, 0)"))
    assert len(caught.value.neuron_ids) == 1
    check(network_with("custom:x"))


def test_a_loss_looks_at_the_range_of_a_formula():
    check(network_with("tanh", output="custom:(1 + tanh(x / 2)) / 2"), loss="binary_cross_entropy")
    with pytest.raises(SettingsError, match="between 0 and 1"):
        check(network_with("tanh", output="custom:x"), loss="binary_cross_entropy")
    with pytest.raises(SettingsError, match="above and below 0"):
        check(network_with("tanh", output="custom:exp(-x ** 2)"), loss="hinge")


def test_formulas_are_compiled():
    pytest.importorskip("numba")
    from nnstudio.engine.backend import choose

    program = compile_network(network_with("custom:x * tanh(x)"))
    assert choose(program, "mse", "sgd", 8) == ("kernels", "")


def test_a_network_with_a_formula_trains(make_line):
    network = network_with("custom:x * tanh(x)", "custom:sin(x)")
    settings = TrainingSettings(optimizer="adam", learning_rate=0.05, epochs=60, seed=1)
    history = train(network, make_line, settings).history
    assert history.loss[-1] < 0.1 * history.loss[0]
    assert math.isfinite(history.loss[-1])


@pytest.fixture
def make_line():
    from nnstudio.data import Dataset

    x = np.linspace(-2.0, 2.0, 50)[:, None]
    return Dataset.from_arrays(x, np.abs(x) + 0.5 * np.sin(2 * x), test_fraction=0.0)
