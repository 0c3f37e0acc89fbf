from __future__ import annotations

import pytest

from nnstudio.ui.plots.confusion import step_of_names

pytestmark = pytest.mark.ui


@pytest.mark.parametrize(("side", "step"), [(40.0, 1), (14.0, 1), (8.0, 2), (4.0, 3)])
def test_in_rows_lower_than_a_line_fewer_are_named(side: float, step: int) -> None:
    assert step_of_names(side, 14.0) == step
