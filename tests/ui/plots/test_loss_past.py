from __future__ import annotations

import pytest

from nnstudio.ui.plots.loss_past import fitting_legend, shortened

OWN = [("train", "Training"), ("test", "Test")]
OTHERS = [(number, f"Adam 0.0{number}") for number in range(1, 9)]


def width(text: str) -> int:
    return 7 * len(text)


def names(entries: list[tuple[object, str]]) -> list[str]:
    return [name for _, name in entries]


def test_a_tall_plot_names_all_trainings_in_two_columns() -> None:
    entries, columns = fitting_legend(OWN, OTHERS, "more", (900, 320), width)
    assert names(entries) == names(OWN + OTHERS)
    assert columns == 2


def test_a_flat_plot_names_the_first_in_one_line_and_says_how_many_more_there_are() -> None:
    entries, columns = fitting_legend(OWN, OTHERS, "more", (690, 90), width)
    assert columns == len(entries)
    assert names(entries)[:3] == ["Training", "Test", "Adam 0.01"]
    left_out = len(OTHERS) - (len(entries) - 3)
    assert entries[-1] == ("more", f"and {left_out} more")


@pytest.mark.parametrize("room", [(200, 90), (120, 400), (0, 0)])
def test_a_small_plot_names_its_own_curves_alone(room: tuple[int, int]) -> None:
    assert fitting_legend(OWN, OTHERS, "more", room, width) == (OWN, 2)


def test_without_other_trainings_the_legend_is_what_it_was() -> None:
    assert fitting_legend(OWN, [], "more", (690, 90), width) == (OWN, 2)


def test_long_names_end_with_dots() -> None:
    name = shortened("Gradient descent 0.05 from epoch 1 200, then Adam 0.01")
    assert name == "Gradient descent 0.05 from epoch…"
    assert shortened("Adam 0.1") == "Adam 0.1"
