import math

import numpy as np
import pytest

from nnstudio.lessons.retraining import Past


@pytest.mark.parametrize(
    "past",
    [Past(np.array([4.0, 3.0, 2.0, 1.0])), Past(np.array([4.0, 2.0, 1.0]), np.array([1.0, 3.0, 4.0]))],
    ids=["whole", "some left out"],
)
def test_losses_are_known_by_the_numbers_of_their_epochs(past: Past) -> None:
    assert past.epochs == 4
    assert past.loss_at(1) == 4.0
    assert past.loss_at(3) == 2.0
    assert past.loss_at(4) == past.best() == 1.0
    assert past.reached(2.0) == 3.0
    assert past.reached(0.5) == math.inf


def test_an_epoch_that_is_left_out_has_the_loss_of_the_next() -> None:
    assert Past(np.array([4.0, 2.0]), np.array([1.0, 3.0])).loss_at(2) == 2.0
