from __future__ import annotations

import json

import pytest

from nnstudio.ui.panels.landscape_choice import Choice
from nnstudio.ui.panels.landscape_memory import KEY, restored, stored


@pytest.mark.parametrize("span", [None, (-1.5, 7.25)])
@pytest.mark.parametrize(
    "choice", [Choice(), Choice("parameter", ("weight", "c1"), ("bias", "n2")), Choice("random", seed=4)]
)
def test_what_a_file_keeps_comes_back(choice: Choice, span: tuple[float, float] | None) -> None:
    view = json.loads(json.dumps({KEY: stored(choice, span)}))
    assert restored(view) == (choice, span)


@pytest.mark.parametrize(
    "kept",
    [
        None,
        [],
        {"kind": "no such"},
        {"kind": ["parameter"], "seed": -1},
        {"first": "c1", "second": ["slope", "c1"]},
        {"first": ["weight", 3], "range": [2.0, 1.0]},
        {"range": [float("nan"), 1.0]},
        {"range": ["0", "1"], "seed": "1"},
    ],
)
def test_what_makes_no_sense_is_as_at_the_start(kept: object) -> None:
    assert restored({KEY: kept}) == (Choice(), None)
