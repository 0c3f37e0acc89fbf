from __future__ import annotations

import numpy as np
import pytest

from nnstudio.ui.time_machine_scale import Scale, places_of


def test_every_step_kept_stands_at_its_share_of_the_epoch() -> None:
    steps = np.arange(8)
    places = places_of(steps, steps // 3, 3)
    np.testing.assert_allclose(places, steps / 3)


def test_epochs_of_other_lengths_after_one_another_keep_their_places() -> None:
    # Two epochs of four steps, then batches twice as large.
    steps = np.array([0, 2, 4, 6, 8, 9, 10, 11])
    epochs = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    np.testing.assert_allclose(places_of(steps, epochs, 2), [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5])


def test_steps_far_apart_stand_where_their_epochs_are() -> None:
    steps = np.array([0, 1000, 2000, 3000])
    np.testing.assert_allclose(places_of(steps, steps // 10, 10), steps / 10)


def test_an_epoch_that_is_done_but_not_counted_yet_ends_at_its_end() -> None:
    np.testing.assert_allclose(places_of(np.array([0, 4, 5]), np.array([0, 0, 0]), 4), [0.0, 1.0, 1.0])


def test_a_training_that_was_opened_begins_where_it_stood() -> None:
    np.testing.assert_allclose(
        places_of(np.array([20, 21, 22]), np.array([10, 10, 11]), 2), [10.0, 10.5, 11.0]
    )


@pytest.mark.parametrize(("place", "step"), [(-1.0, 0), (0.2, 0), (0.26, 2), (1.0, 4), (1.9, 8), (50.0, 8)])
def test_a_place_is_that_of_the_nearest_kept_step(place: float, step: int) -> None:
    scale = Scale(np.array([0, 2, 4, 8]), np.array([0.0, 0.5, 1.0, 2.0]))
    assert scale.step_at(place) == step


def test_a_step_that_is_not_kept_stands_between_those_that_are() -> None:
    scale = Scale(np.array([0, 4, 8]), np.array([0.0, 1.0, 2.0]))
    assert scale.place_of(6) == 1.5
    assert (scale.first, scale.last) == (0.0, 2.0)
