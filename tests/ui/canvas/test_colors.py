from __future__ import annotations

import numpy as np
import pytest

from nnstudio.ui import colors
from nnstudio.ui.theme import THEMES

NAMES = ["light", "dark"]


def _luminance(rgba: np.ndarray) -> float:
    channels = np.asarray(rgba, dtype=float)[:3] / 255.0
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _contrast(first: np.ndarray, second: np.ndarray) -> float:
    low, high = sorted([_luminance(first), _luminance(second)])
    return (high + 0.05) / (low + 0.05)


def _as_seen(rgba: np.ndarray, matrix: list[list[float]]) -> np.ndarray:
    linear = (np.asarray(rgba, dtype=float)[..., :3] / 255.0) ** 2.2
    return np.clip(linear @ np.array(matrix).T, 0.0, 1.0) ** (1 / 2.2)


# Machado, Oliveira and Fernandes 2009, severity 1.0.
DEFICIENCIES = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("palette", ["value", "gradient"])
def test_diverging_is_symmetric_in_place_and_monotonic_in_contrast(name: str, palette: str) -> None:
    table = colors.diverging(np.linspace(-1, 1, 21), 1.0, name, palette=palette)
    assert table.shape == (21, 4)
    assert table.dtype == np.uint8
    canvas = np.array(THEMES[name].canvas.getRgb())
    contrast = [_contrast(color, canvas) for color in table]
    assert contrast[10] == min(contrast)
    assert contrast[10:] == sorted(contrast[10:])
    assert contrast[:11] == sorted(contrast[:11], reverse=True)
    assert min(contrast[0], contrast[-1]) >= 3.0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("palette", ["value", "gradient"])
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_signs_can_be_told_apart_by_the_color_blind(name: str, palette: str, deficiency: str) -> None:
    for magnitude in (0.5, 1.0):
        pair = colors.diverging([-magnitude, magnitude], 1.0, name, palette=palette)
        below, above = _as_seen(pair, DEFICIENCIES[deficiency])
        assert np.abs(below - above).max() > 0.15


def test_values_beyond_the_scale_have_its_color_and_nan_is_transparent() -> None:
    table = colors.diverging([2.0, 5.0, np.inf, -np.inf, np.nan], 2.0, "light")
    assert table[0].tolist() == table[1].tolist()
    assert table[2].tolist() == table[0].tolist()
    assert table[:, 3].tolist() == [255, 255, 255, 255, 0]


def test_a_single_value_gives_a_single_color_that_can_be_written_to() -> None:
    color = colors.diverging(0.5, 1.0, "dark")
    assert color.shape == (4,)
    color[:] = 0
    assert colors.diverging(0.5, 1.0, "dark").any()


@pytest.mark.parametrize("name", NAMES)
def test_sequential_goes_by_magnitude_and_keeps_the_shape(name: str) -> None:
    table = colors.sequential([[0.0, -1.0], [1.0, 0.5]], 1.0, name)
    assert table.shape == (2, 2, 4)
    assert table[0, 1].tolist() == table[1, 0].tolist()
    assert table[0, 0].tolist() != table[1, 1].tolist()


@pytest.mark.parametrize("name", NAMES)
def test_classes_have_distinct_colors(name: str) -> None:
    table = colors.class_colors(name)
    assert len({tuple(color) for color in table.tolist()}) == len(table) == 8


def test_one_large_value_does_not_set_the_scale() -> None:
    values = np.append(np.linspace(-1.0, 1.0, 999), 1e6)
    assert 0.9 < colors.robust_scale(values) <= 1.0


@pytest.mark.parametrize("values", [[], [0.0, 0.0], [np.nan], [np.inf]])
def test_where_there_is_nothing_to_scale_the_scale_is_one(values: list[float]) -> None:
    assert colors.robust_scale(values) == 1.0


def test_the_scale_of_mostly_zeros_is_not_zero() -> None:
    values = np.zeros(1000)
    values[0] = 3.0
    assert colors.robust_scale(values) > 0.0
