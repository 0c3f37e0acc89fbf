import numpy as np
import pytest

from nnstudio.data import GENERATORS, make_dataset
from nnstudio.errors import DataError

SHAPED = [key for key, generator in GENERATORS.items() if "rows" in generator.defaults]
PUBLISHED = """
0.9 0.1; 0.5 0.5; 0.2 0.3; 0.3 0.6; 0.1 0.7; 0.3 0.1; 0.1 0.5; 0.9 0.0; 0.3 0.3; 0.0 0.1; 0.1 0.2; 0.2 0.0;
0.6 0.1; 0.5 0.3; 0.9 0.1; 0.1 0.4; 0.2 0.4; 0.7 0.0; 0.6 0.3; 0.2 0.6; 0.1 0.0; 0.3 0.3; 0.5 0.0; 0.6 0.4;
0.4 0.5
"""


@pytest.mark.parametrize("key", GENERATORS)
def test_every_set_says_what_it_is_and_has_a_training_part(key: str) -> None:
    generator = GENERATORS[key]
    data = make_dataset(key)
    assert generator.title
    assert generator.description
    assert data.title == generator.title
    assert data.task == generator.task
    assert len(data.train_rows)
    assert len(data.train_rows) + len(data.test_rows) == len(data)


@pytest.mark.parametrize("key", GENERATORS)
def test_the_source_of_a_set_makes_it_again_bit_for_bit(key: str) -> None:
    data = make_dataset(key, seed=7)
    assert data.source["kind"] == "generator"
    again = make_dataset(data.source["key"], **data.source["options"])
    assert all(np.array_equal(array, again.arrays()[name]) for name, array in data.arrays().items())
    assert data.to_dict() == again.to_dict()


@pytest.mark.parametrize("key", SHAPED)
def test_seed_rows_and_noise_do_what_they_say(key: str) -> None:
    data = make_dataset(key, rows=101, noise=0.0, seed=1, test_fraction=0.25)
    assert len(data) == 101
    assert len(data.test_rows) == 25
    noisy = make_dataset(key, rows=101, noise=0.3, seed=1, test_fraction=0.25)
    other = make_dataset(key, rows=101, noise=0.3, seed=2, test_fraction=0.25)
    moved = np.concatenate([noisy.x - data.x, noisy.y - data.y], axis=1)
    assert 0.2 < moved[:, moved.any(axis=0)].std() < 0.4
    assert not np.array_equal(noisy.x_train, other.x_train)


@pytest.mark.parametrize(
    ("key", "outputs"), [("and", "0001"), ("or", "0111"), ("nand", "1110"), ("xor", "0110")]
)
def test_a_truth_table_is_all_training_and_has_no_test_part(key: str, outputs: str) -> None:
    data = make_dataset(key)
    assert data.x_train.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert data.y_train[:, 0].tolist() == [float(digit) for digit in outputs]
    assert data.x_test.shape == (0, 2)
    assert data.y_test.shape == (0, 1)


def test_addition_trains_on_every_pair_of_tenths_up_to_one() -> None:
    data = make_dataset("addition")
    pairs = {(i / 10, j / 10) for i in range(11) for j in range(11) if i + j <= 10}
    assert len(data.x_train) == 66
    assert {tuple(row) for row in data.x_train.tolist()} == pairs
    tenths = {i / 10 for i in range(11)}
    assert set(data.y.ravel().tolist()) <= tenths, "sums are the very floats that tenths are"


def test_addition_tests_on_the_published_rows_in_their_order() -> None:
    data = make_dataset("addition")
    published = [[float(number) for number in row.split()] for row in PUBLISHED.split(";")]
    assert data.x_test.tolist() == published
    assert np.abs(data.y_test[:, 0] - data.x_test.sum(axis=1)).max() < 1e-15


def test_circles_without_noise_lie_on_two_radii() -> None:
    data = make_dataset("circles", noise=0.0)
    radius = np.where(data.y[:, 0] == 0, 0.5, 1.0)
    assert np.allclose(np.hypot(*data.x.T), radius, atol=1e-12)


def test_moons_without_noise_are_two_half_circles() -> None:
    data = make_dataset("moons", noise=0.0)
    upper, lower = data.x[data.y[:, 0] == 0], data.x[data.y[:, 0] == 1]
    assert np.allclose(np.hypot(*upper.T), 1.0)
    assert upper[:, 1].min() >= 0
    assert np.allclose(np.hypot(lower[:, 0] - 1.0, lower[:, 1] - 0.5), 1.0)
    assert lower[:, 1].max() <= 0.5


def test_the_arms_of_the_spiral_are_half_a_turn_apart() -> None:
    data = make_dataset("spiral", noise=0.0, rows=400)
    along = np.hypot(*data.x.T) / 2.0
    angle = np.arctan2(data.x[:, 1], data.x[:, 0]) - 3 * np.pi * along - np.pi * data.y[:, 0]
    assert np.allclose(np.cos(angle), 1.0)


def test_the_sine_without_noise_is_a_sine_over_one_period() -> None:
    data = make_dataset("sine", noise=0.0)
    assert np.allclose(data.y, np.sin(data.x), atol=1e-15)
    assert np.ptp(data.x) == pytest.approx(2 * np.pi)


def test_iris_has_fishers_values_where_a_known_copy_is_wrong() -> None:
    data = make_dataset("iris")
    values = np.round(data.feature_values(data.x), 10)
    assert values.shape == (150, 4)
    assert values[34].tolist() == [4.9, 3.1, 1.5, 0.2]
    assert values[37].tolist() == [4.9, 3.6, 1.4, 0.1]
    # Column means as published with the data.
    assert np.allclose(values.mean(axis=0), [5.843333, 3.057333, 3.758, 1.199333], atol=1e-6)


def test_iris_is_standardized_one_hot_and_split_with_equal_shares() -> None:
    data = make_dataset("iris")
    assert data.classes == data.target_names == ("setosa", "versicolor", "virginica")
    assert data.y_test.sum(axis=0).tolist() == [10, 10, 10]
    assert data.y_train.sum(axis=0).tolist() == [40, 40, 40]
    assert np.allclose(data.x_train.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(data.x_train.std(axis=0), 1)
    assert abs(data.x_test.mean(axis=0)).max() > 1e-3, "the test part has no say in the scaling"


@pytest.mark.parametrize(
    ("key", "options", "message"),
    [
        ("swiss roll", {}, "swiss roll"),
        ("xor", {"rows": 10}, "takes no rows"),
        ("addition", {"test_fraction": 0.5}, "takes no test fraction"),
        ("moons", {"rows": 3}, "number of rows"),
        ("moons", {"rows": 10**9}, "number of rows"),
        ("moons", {"noise": -1.0}, "noise"),
        ("moons", {"noise": float("nan")}, "noise"),
        ("moons", {"seed": -1}, "seed"),
        ("moons", {"test_fraction": 1.0}, "test part"),
        ("moons", {"rows": 4, "test_fraction": 0.05}, "empty"),
    ],
)
def test_options_out_of_range_are_refused_with_a_reason(key: str, options: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        make_dataset(key, **options)


def test_points_stay_the_same_from_release_to_release() -> None:
    # Stored examples reach their goals on these very points.
    data = make_dataset("spiral", seed=3)
    assert data.x[0].tolist() == pytest.approx([-0.6264193478652083, 0.23762673442389348], abs=1e-12)
    assert data.x[299].tolist() == pytest.approx([0.47217951644135964, -1.7601651429722351], abs=1e-12)
    assert data.test_rows[:6].tolist() == [6, 7, 16, 21, 24, 30]
