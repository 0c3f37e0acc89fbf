from __future__ import annotations

import gzip
import re
from dataclasses import replace

import numpy as np
import pytest

from nnstudio.data import GENERATORS, Dataset, Derived, Split, make_dataset
from nnstudio.data.generators import make_table, prepare_again, table_of
from nnstudio.data.options import Option
from nnstudio.data.truth_tables import NAMED_GATES
from nnstudio.errors import NNStudioError
from nnstudio.paths import resource_path

OPTIONS = [(key, name) for key, generator in GENERATORS.items() for name in generator.options]
REAL = [key for key, generator in GENERATORS.items() if generator.group == "Real data"]


def arrays_of(key: str, **options: object) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in make_dataset(key, **options).arrays().items()}


@pytest.mark.parametrize(("key", "name"), OPTIONS)
def test_every_option_has_words_and_a_range_that_a_slider_can_have(key: str, name: str) -> None:
    option = GENERATORS[key].options[name]
    assert option.title
    assert option.tooltip
    if option.kind != "text":
        low, high = option.slider
        assert option.least <= low < high <= option.most
        assert low <= option.default <= high
        assert 0 < option.step <= high - low
        assert np.isfinite(option.slider).all()


@pytest.mark.parametrize(("key", "name"), OPTIONS)
def test_an_option_changes_the_set_and_its_ends_are_no_errors(key: str, name: str) -> None:
    option = GENERATORS[key].options[name]
    if option.kind == "text":
        assert arrays_of(key, **{name: "cos(x)"}) != arrays_of(key)
        return
    others: dict[str, float] = {"low": {"high": 20.0}, "high": {"low": -20.0}}.get(name, {})
    if "rows" in GENERATORS[key].options and name != "rows":
        others["rows"] = 40
    ends = [int(value) if option.kind == "whole" else value for value in option.slider]
    if name == "rows":
        ends[0] = 20  # of fewer rows a part or a class would stay empty
    low, high = (arrays_of(key, **others, **{name: value}) for value in ends)
    assert low != high


@pytest.mark.parametrize(("key", "name"), OPTIONS)
def test_an_option_out_of_its_range_is_refused_by_name(key: str, name: str) -> None:
    option = GENERATORS[key].options[name]
    for wrong in (option.most * 2 + 1, option.least - 1, None if option.kind == "text" else "many", True):
        if wrong is None or (isinstance(wrong, float) and np.isinf(wrong) and option.kind == "text"):
            continue
        with pytest.raises(NNStudioError, match=re.escape(option.title.lower())):
            make_dataset(key, **{name: wrong})


def test_an_option_of_another_set_is_refused() -> None:
    with pytest.raises(NNStudioError, match="“Two moons” takes no turns"):
        make_dataset("moons", turns=2)


def test_sliders_leave_the_drawn_points_where_they_are_but_for_what_they_change() -> None:
    near, far = make_dataset("circles", radius=0.3, noise=0.0), make_dataset("circles", radius=0.6, noise=0.0)
    inner = near.y[:, 0] == 0
    assert np.allclose(near.x[inner] * 2, far.x[inner])
    assert np.array_equal(near.x[~inner], far.x[~inner])


# Truth tables


def truth(key: str, **options: int) -> dict[tuple[int, ...], tuple[int, ...]]:
    data = make_dataset(key, **options)
    return {
        tuple(map(int, row)): tuple(map(int, out))
        for row, out in zip(data.x.tolist(), data.y.tolist(), strict=True)
    }


@pytest.mark.parametrize(
    ("key", "inputs", "name"),
    [
        ("and", 2, "AND"),
        ("or", 2, "OR"),
        ("nand", 2, "NAND"),
        ("nor", 2, "NOR"),
        ("xor", 2, "XOR"),
        ("xnor", 2, "XNOR"),
    ],
)
def test_a_gate_has_the_number_that_is_its_truth_table(key: str, inputs: int, name: str) -> None:
    numbers = {title: number for number, title in NAMED_GATES[inputs].items()}
    assert truth(key) == truth("gate2", gate=numbers[name])


@pytest.mark.parametrize(
    ("inputs", "name", "rule"),
    [
        (2, "AND", all),
        (2, "OR", any),
        (2, "NAND", lambda bits: not all(bits)),
        (2, "NOR", lambda bits: not any(bits)),
        (2, "XOR", lambda bits: bits[0] != bits[1]),
        (2, "XNOR", lambda bits: bits[0] == bits[1]),
        (2, "a implies b", lambda bits: not bits[0] or bits[1]),
        (2, "b implies a", lambda bits: not bits[1] or bits[0]),
        (3, "AND", all),
        (3, "OR", any),
        (3, "NAND", lambda bits: not all(bits)),
        (3, "NOR", lambda bits: not any(bits)),
        (3, "XOR", lambda bits: sum(bits) % 2),
        (3, "XNOR", lambda bits: sum(bits) % 2 == 0),
        (3, "majority", lambda bits: sum(bits) >= 2),
        (3, "exactly one", lambda bits: sum(bits) == 1),
        (3, "a chooses b or c", lambda bits: bits[2] if bits[0] else bits[1]),
    ],
)
def test_named_gates_do_what_their_names_say(inputs: int, name: str, rule) -> None:
    number = next(number for number, title in NAMED_GATES[inputs].items() if title == name)
    table = truth(f"gate{inputs}", gate=number)
    assert len(table) == 2**inputs
    assert table == {bits: (int(bool(rule(bits))),) for bits in table}


@pytest.mark.parametrize(("inputs", "count"), [(2, 14), (3, 254)])
def test_every_gate_that_is_not_constant_can_be_had(inputs: int, count: int) -> None:
    option = GENERATORS[f"gate{inputs}"].options["gate"]
    gates = range(int(option.least), int(option.most) + 1)
    assert len(gates) == count
    assert len({tuple(truth(f"gate{inputs}", gate=number).items()) for number in gates}) == count


def test_adders_add() -> None:
    assert all(2 * carry + total == sum(bits) for bits, (total, carry) in truth("half_adder").items())
    table = truth("full_adder")
    assert len(table) == 8
    assert all(2 * carry + total == sum(bits) for bits, (total, carry) in table.items())


@pytest.mark.parametrize("bits", [2, 3, 8])
def test_parity_is_whether_the_number_of_ones_is_odd(bits: int) -> None:
    table = truth("parity", bits=bits)
    assert len(table) == 2**bits
    assert all(odd == (sum(row) % 2,) for row, odd in table.items())


# Functions and points


def test_a_typed_function_is_sampled_over_its_range() -> None:
    data = make_dataset("function", formula="x**2 + 1", low=-1.0, high=2.0, rows=31, noise=0.0)
    assert data.x[:, 0].tolist() == np.linspace(-1, 2, 31).tolist()
    assert data.y[:, 0].tolist() == pytest.approx(data.x[:, 0] ** 2 + 1)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (
            "log(x)",
            r"no value in some rows: log\(x\) is the logarithm .* at x = -3 \(row 1\) and in \d+ more rows",
        ),
        ("1 / x", r"1 / x divides by 0 at x = 0 \(row 11\)"),
        ("x +", "character"),
        ("y", "“y” is not known"),
        ("3", "is 3 in every row"),
        ("", "formula must be a text"),
    ],
)
def test_a_function_that_cannot_be_sampled_is_refused_with_its_place(formula: str, message: str) -> None:
    with pytest.raises(NNStudioError, match=message):
        make_dataset("function", formula=formula, noise=0.0, rows=21)


def test_a_function_with_an_infinite_slope_can_be_sampled() -> None:
    assert len(make_dataset("function", formula="sqrt(abs(x))", rows=21)) == 21


def test_plane_and_bump_without_noise_are_their_formulas() -> None:
    data = make_dataset("plane", noise=0.0, slope_1=2.0, slope_2=-1.0)
    assert np.allclose(data.y[:, 0], 2 * data.x[:, 0] - data.x[:, 1])
    data = make_dataset("bump", noise=0.0, width=0.5)
    assert np.allclose(data.y[:, 0], np.exp(-2 * np.square(data.x).sum(axis=1)))


def test_crossed_clouds_have_classes_by_the_signs_of_their_inputs() -> None:
    data = make_dataset("xor_clouds", noise=0.0)
    assert np.array_equal(data.y[:, 0] == 1, data.x[:, 0] * data.x[:, 1] < 0)
    assert len(np.unique(data.x, axis=0)) == 4


def test_a_checkerboard_alternates_between_neighboring_squares() -> None:
    data = make_dataset("checkerboard", squares=5)
    square = np.floor((data.x + 1) / 2 * 5)
    assert np.array_equal(data.y[:, 0], square.sum(axis=1) % 2)
    assert len(np.unique(square, axis=0)) == 25


@pytest.mark.parametrize("count", [2, 3, 6])
def test_clouds_and_arms_can_be_many(count: int) -> None:
    clouds, arms = make_dataset("gaussians", clouds=count, noise=0.0), make_dataset("spiral", arms=count)
    for data in (clouds, arms):
        assert len(data.classes) == count
        assert np.bincount(data.class_indices(data.y)).min() == len(data) // count
    centers = np.unique(np.round(clouds.x, 9), axis=0)
    assert len(centers) == count
    between = np.linalg.norm(centers[:, np.newaxis] - centers, axis=2)[~np.eye(count, dtype=bool)]
    assert between.min() >= 2 - 1e-9


# Preparation of built-in sets


def test_a_built_in_set_can_be_prepared_in_another_way() -> None:
    own = make_dataset("circles").preparation
    assert own is not None
    changed = own.__class__(
        roles=own.roles, scaling="minmax", derived=(Derived("r", "x1**2 + x2**2"),), split=Split(kind="order")
    )
    data = make_dataset("circles", rows=100, preparation=changed, test_fraction=0.3)
    assert data.feature_names == ("x1", "x2", "r")
    assert data.test_rows.tolist() == list(range(70, 100))
    assert data.table is None, "it can be made again"
    table = table_of(data)
    assert table is not None
    shown = data.features_in_units(data.x)["x1"]
    assert np.allclose(table["x1"].values, shown, rtol=0, atol=1e-12)


def test_data_can_be_prepared_again_in_another_way_and_back() -> None:
    data = make_dataset("moons", rows=50, seed=3)
    assert data.preparation is not None
    scaled = prepare_again(data, replace(data.preparation, scaling="minmax"))
    assert [scaled.x_train.min(), scaled.x_train.max()] == [0, 1]
    assert scaled.table is None
    back = prepare_again(scaled, data.preparation)
    assert back.to_dict() == data.to_dict()
    assert all(array.tobytes() == back.arrays()[name].tobytes() for name, array in data.arrays().items())
    with pytest.raises(NNStudioError, match="came as plain numbers"):
        prepare_again(Dataset.from_arrays([[1.0], [2.0]], [1, 2], test_fraction=0), data.preparation)


# Real sets


@pytest.mark.parametrize(
    ("key", "rows", "features", "classes", "means"),
    [
        # Means as scikit-learn and the publications state them.
        ("wine", 178, 13, (59, 71, 48), {"alcohol": 13.0006, "proline": 746.893}),
        ("breast_cancer", 569, 30, (357, 212), {"mean_radius": 14.1273, "worst_area": 880.583}),
        ("diabetes", 442, 10, (), {"age": 48.5181, "bmi": 26.3758, "progression": 152.133}),
        ("digits", 1797, 64, (178, 182, 177, 183, 181, 182, 181, 179, 174, 180), {"pixel_0_3": 11.8358 / 16}),
    ],
)
def test_a_real_set_has_the_published_values(
    key: str, rows: int, features: int, classes: tuple[int, ...], means: dict[str, float]
) -> None:
    data, table = make_dataset(key), make_table(key)
    assert data.x.shape == (rows, features)
    assert len(data.classes) == len(classes)
    if classes:
        assert tuple(np.bincount(data.class_indices(data.y)).tolist()) == classes
    for name, mean in means.items():
        assert table[name].values.mean() == pytest.approx(mean, rel=1e-5)
    shown = {**data.features_in_units(data.x), **data.targets_in_units(data.y)}
    assert list(shown) == list(table.names)
    for column in table.columns:
        if column.kind == "number":
            assert np.allclose(shown[column.name], column.values, rtol=1e-12, atol=1e-12)
        else:
            assert shown[column.name].tolist() == column.texts()


def test_digits_are_images_of_shares_of_ink() -> None:
    data = make_dataset("digits")
    assert data.image_shape == (8, 8)
    assert data.classes == tuple("0123456789")
    assert [data.x.min(), data.x.max()] == [0, 1]
    assert len(data.test_rows) == round(1797 / 4)
    # The first row is a zero: ink around an empty middle.
    image = data.x[0].reshape(data.image_shape)
    assert data.targets_in_units(data.y[:1])["digit"].tolist() == ["0"]
    assert image[3:5, 3].sum() == 0
    assert image[3:5, 2].min() > 0


def test_digits_without_all_their_pixels_are_no_images() -> None:
    own = make_dataset("digits").preparation
    assert own is not None
    roles = {name: role for name, role in own.roles.items() if name != "pixel_0_0"}
    fewer = own.__class__(roles=roles, scaling="none", derived=(Derived("a", "pixel_0_0 * 2"),))
    assert make_dataset("digits", preparation=fewer).image_shape is None


@pytest.mark.parametrize("key", REAL)
def test_a_real_set_is_standardized_unless_it_is_of_pixels(key: str) -> None:
    data = make_dataset(key)
    if key == "digits":
        assert data.scaling == "none"
        return
    assert np.allclose(data.x_train.mean(axis=0), 0, atol=1e-9)
    assert np.allclose(data.x_train.std(axis=0), 1)
    assert set(data.units) <= {*data.feature_names, *data.target_names}


def test_every_file_of_data_has_its_source_and_licence_and_is_small() -> None:
    folder = resource_path("data")
    text = (folder / "README.md").read_text("utf-8")
    files = [path for path in folder.iterdir() if path.name != "README.md"]
    assert len(files) == len(REAL)
    for path in files:
        section = text.split(f"## {path.name}\n")[1].split("\n## ")[0]
        assert "Source:" in section
        assert "Licence:" in section
        assert path.stat().st_size < 150_000
        if path.suffix == ".gz":
            assert gzip.decompress(path.read_bytes()).decode("utf-8").count("\n") > 100


def test_scikit_learn_gives_the_same_values() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    for key, loaded, divisor in (
        ("wine", datasets.load_wine(), 1),
        ("breast_cancer", datasets.load_breast_cancer(), 1),
        ("diabetes", datasets.load_diabetes(scaled=False), 1),
        ("digits", datasets.load_digits(), 16),
        ("iris", datasets.load_iris(), 1),
    ):
        table = make_table(key)
        values = np.column_stack([column.values for column in table.columns[:-1]])
        assert np.array_equal(values, loaded.data / divisor), key


def test_an_option_can_be_offered_with_another_default() -> None:
    assert Option("A", "b", "whole", 3, 1, 5).with_default(4).checked(4, "a") == 4
