import numpy as np
import pytest

from nnstudio.engine import compile_network
from nnstudio.engine.watched import Interrupted, watched
from tests.engine.strategies import ELEMENTWISE, random_network


def made(rng):
    network = random_network(
        rng,
        inputs=3,
        hidden=6,
        outputs=2,
        density=0.6,
        hidden_activations=ELEMENTWISE,
        output_activations=("sigmoid",),
    )
    program = compile_network(network)
    return program, rng.normal(size=(5, 3)), rng.integers(0, 2, (5, 2)).astype(float)


def test_a_watched_program_computes_the_same(rng):
    program, x, y = made(rng)
    parameters = program.initial_parameters()
    same = watched(program, lambda: False)
    loss, gradients = program.loss_and_gradients(parameters, x, y)
    found, watched_gradients = same.loss_and_gradients(parameters, x, y)
    assert found == loss
    assert np.array_equal(watched_gradients.flat, gradients.flat)
    assert np.array_equal(same.predict(parameters, x), program.predict(parameters, x))


@pytest.mark.parametrize("products", [0, 1, 2, 3])
def test_it_is_given_up_before_the_next_product(rng, products: int):
    program, x, y = made(rng)
    asked = []

    def is_unwanted() -> bool:
        asked.append(None)
        return len(asked) > products

    with pytest.raises(Interrupted):
        watched(program, is_unwanted).loss_and_gradients(program.initial_parameters(), x, y)
    assert len(asked) == products + 1


def test_large_matrices_are_multiplied_with_fewer_rows_at_once(rng, monkeypatch):
    program, x, _ = made(rng)
    monkeypatch.setattr("nnstudio.engine.watched._AT_ONCE", 1)
    rowwise = watched(program, lambda: False)
    assert rowwise.rows_at_once == 1
    parameters = program.initial_parameters()
    np.testing.assert_allclose(rowwise.predict(parameters, x), program.predict(parameters, x), rtol=1e-12)
