import numpy as np
import pytest

from nnstudio.engine import Parameters


def test_weights_and_biases_are_views_of_one_vector():
    parameters = Parameters(np.arange(5.0), 3)
    parameters.weights[0] = 10.0
    parameters.biases[1] = 20.0
    assert parameters.flat.tolist() == [10.0, 1.0, 2.0, 3.0, 20.0]


def test_a_copy_is_independent_and_a_snapshot_cannot_be_written():
    parameters = Parameters(np.arange(5.0), 3)
    copy, snapshot = parameters.copy(), parameters.snapshot()
    parameters.flat[:] = 0.0
    assert copy.flat.tolist() == snapshot.flat.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    copy.weights[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        snapshot.weights[0] = 1.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 3, 6])
def test_one_number_that_is_not_finite_is_found(bad, place):
    parameters = Parameters(np.ones(7), 4)
    assert parameters.is_finite
    parameters.flat[place] = bad
    assert not parameters.is_finite


def test_large_finite_numbers_count_as_finite():
    with np.errstate(all="raise"):
        assert Parameters(np.array([1e200, -1e308, 3.0]), 1).is_finite
