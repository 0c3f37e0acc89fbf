from __future__ import annotations

import numpy as np
import pytest

from nnstudio.training import EpochRow, History, Timeline
from nnstudio.ui.trainings import Branch, Trainings

pytestmark = pytest.mark.ui


def history(losses: list[float], *, limit: int | None = None) -> History:
    found = History(limit=limit)
    for number, loss in enumerate(losses, start=1):
        found.append(EpochRow(number, loss, float("nan"), {}))
    return found


def knowing(past: History) -> Trainings:
    trainings = Trainings(1)
    trainings._branches.append(Branch("earlier", past, Timeline()))
    return trainings


def falling(count: int) -> list[float]:
    return (1.0 / np.arange(1, count + 1)).tolist()


@pytest.mark.parametrize("limit", [None, 40])
def test_a_training_that_the_one_on_view_went_on_from_is_no_other_one(limit: int | None) -> None:
    trainings = knowing(history(falling(100), limit=limit))
    assert not trainings.others(None, history(falling(500), limit=limit))


@pytest.mark.parametrize("limit", [None, 40])
def test_a_training_with_other_losses_is_another_one(limit: int | None) -> None:
    other = falling(99)
    trainings = knowing(history([2.0, *other], limit=limit))
    assert trainings.others(None, history(falling(500), limit=limit))


def test_a_training_that_went_further_is_another_one() -> None:
    trainings = knowing(history(falling(100), limit=40))
    assert trainings.others(None, history(falling(50), limit=40))
