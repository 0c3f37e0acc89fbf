from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from nnstudio.data import Dataset, Preparation, Split, make_dataset, prepare
from nnstudio.data.table import Column, Table, category_column
from nnstudio.network.templates import layered_network
from nnstudio.ui import theme
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.numbers import format_count
from nnstudio.ui.panels.looks import LooksPanel
from nnstudio.ui.plots import looks_figures as figures
from nnstudio.ui.plots.looks_pages import Correlations, Pictures, ScatterMatrix, picture_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow
    from nnstudio.ui.training_controller import TrainingController

pytestmark = pytest.mark.ui
_LEFT = Qt.MouseButton.LeftButton


def make_looks(qtbot: QtBot, controller: TrainingController) -> LooksPanel:
    looks = LooksPanel(controller.document)
    qtbot.addWidget(looks)
    looks.resize(760, 480)
    looks.show()
    qtbot.waitExposed(looks)
    return looks


def choose(looks: LooksPanel, title: str) -> None:
    QTest.mouseClick(looks.buttons[title], _LEFT)


@pytest.fixture
def iris(qtbot: QtBot, make_controller: Callable[..., TrainingController]) -> LooksPanel:
    return make_looks(qtbot, make_controller(layered_network([4, 3]), make_dataset("iris")))


def test_bars_count_all_rows_of_each_class() -> None:
    data = make_dataset("iris")
    for variable in figures.variables_of(data):
        found = figures.bars(variable, figures.labels_of(data), 3)
        assert found.counts.sum(axis=1).tolist() == [50, 50, 50]
        assert found.edges[0] <= variable.values.min() <= variable.values.max() <= found.edges[-1]


def test_whole_numbers_and_words_have_a_bar_each_and_rare_words_share_one() -> None:
    table = Table(
        (
            Column("rooms", "number", np.array([1.0, 2, 2, 5, 5, 5] * 20)),
            category_column("town", [f"town {number % 30:02}" for number in range(120)]),
            category_column("color", ["red", "blue", "blue"] * 40),
            Column("price", "number", np.arange(120.0)),
        )
    )
    roles = {"rooms": "feature", "town": "feature", "color": "feature", "price": "target"}
    data = prepare(table, Preparation(roles=roles, split=Split(fraction=0.0)))  # type: ignore[arg-type]
    rooms, town, color, price = figures.variables_of(data)
    labels = figures.labels_of(data)
    assert figures.bars(rooms, labels, 1).counts.tolist() == [[20, 40, 0, 0, 60]]
    assert figures.bars(color, labels, 1).words == ("blue", "red")
    assert figures.bars(color, labels, 1).counts.tolist() == [[80, 40]]
    found = figures.bars(town, labels, 1)
    assert found.words[-1] == figures.OTHERS
    assert found.counts.sum() == 120
    assert price.is_target
    assert price.values.tolist() == list(range(120))


def test_bars_take_in_as_many_values_each_where_measurements_were_rounded() -> None:
    values = np.tile(np.arange(43, 80) / 10.0, 5)
    data = Dataset.from_arrays(values, values, test_fraction=0.0)
    found = figures.bars(figures.variables_of(data)[0], figures.labels_of(data), 1)
    assert set(found.counts[0, :-1].tolist()) == {10}
    assert found.counts.sum() == len(values)


def test_of_very_many_rows_some_are_counted_and_the_picture_says_so(
    qtbot: QtBot, make_controller: Callable[..., TrainingController], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "MOST_COUNTED", 2_000)
    values = np.linspace(-1.0, 1.0, 9_000)
    values[0] = -50.0
    data = Dataset.from_arrays(np.column_stack([values, -values]), values, test_fraction=0.0)
    found = figures.bars(figures.variables_of(data)[0], figures.labels_of(data), 1)
    assert found.counts.sum() == 2_000
    assert found.edges[[0, -1]].tolist() == [-50.0, 1.0]
    assert figures.correlations(figures.variables_of(data))[0, 1] == pytest.approx(-1.0)
    some, all_of_them = format_count(2_000), format_count(9_000)
    looks = make_looks(qtbot, make_controller(layered_network([2, 1]), data))
    for title in ("Histograms", "Correlation"):
        choose(looks, title)
        assert f"{some} of {all_of_them} rows, drawn at random" in looks.legend.text()
    choose(looks, "Scatter matrix")
    page = looks.pages["Scatter matrix"]
    assert isinstance(page, ScatterMatrix)
    assert page.note.endswith(f"of {all_of_them} rows, drawn at random. Bars: {some} rows.")


def test_correlations_are_pearsons_and_a_constant_has_none() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=50), np.full(50, 0.1), rng.normal(size=50)])
    data = Dataset.from_arrays(x, x[:, 0] * -2.0 + 3.0, target_names=["y"])
    found = figures.correlations(figures.correlated(data, figures.variables_of(data)))
    assert found[0, 3] == pytest.approx(-1.0)
    assert found[0, 2] == pytest.approx(np.corrcoef(x[:, 0], x[:, 2])[0, 1])
    assert np.isnan(found[1]).all()


def test_each_page_is_painted_for_data_of_every_kind(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(layered_network([2, 1]), make_dataset("moons"))
    looks = make_looks(qtbot, controller)
    for key in ("moons", "sine", "diabetes", "wine", "and", "digits"):
        controller.document.do(ProjectChange("Choose data", data=make_dataset(key)))
        looks.refresh()
        for title in [title for title, button in looks.buttons.items() if button.isVisible()]:
            choose(looks, title)
            page = looks.pages[title]
            assert page.isVisible()
            ground = theme.manager().current.plot_background.rgb()
            image = page.grab().toImage()
            assert any(
                image.pixel(x, y) != ground
                for x in range(0, image.width(), 5)
                for y in range(0, image.height(), 5)
            )


def test_only_the_page_that_is_seen_is_computed(iris: LooksPanel) -> None:
    assert iris.pages["Histograms"].data is not None
    assert iris.pages["Scatter matrix"].data is None
    choose(iris, "Scatter matrix")
    assert iris.pages["Scatter matrix"].data is not None


def test_a_flat_view_has_a_whole_row_of_histograms(iris: LooksPanel) -> None:
    page = iris.pages["Histograms"]
    iris.resize(760, 140)
    viewport = page.parentWidget()
    assert viewport is not None
    assert page._cell_height <= viewport.height()


def test_a_flat_view_has_the_row_in_focus_whole_and_says_what_its_colors_mean(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    looks = make_looks(qtbot, make_controller(layered_network([64, 10]), make_dataset("digits")))
    for width in (560, 1_100):
        looks.resize(width, 150)
        qtbot.waitUntil(lambda: looks.legend.sizeHint().width() <= looks.legend.width())
        assert format_count(1_797) in looks.legend.text()
        assert "9" in looks.legend.toolTip()
    assert "●" in looks.legend.text()
    choose(looks, "Pictures")
    page = looks.pages["Pictures"]
    assert isinstance(page, Pictures)
    viewport = page.parentWidget()
    assert viewport is not None
    assert page._side < viewport.height()
    looks.resize(1_100, 600)
    large = page._side
    assert large < viewport.height()
    looks.resize(1_100, 150)
    assert page._side < large


def test_the_look_follows_the_data(qtbot: QtBot, iris: LooksPanel) -> None:
    page = iris.pages["Histograms"]
    data = make_dataset("wine")
    iris._document.do(ProjectChange("Choose data", data=data))
    qtbot.waitUntil(lambda: page.data is data)
    assert "178 rows" in iris.legend.text()


def test_up_to_five_columns_are_scattered_by_choice(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    looks = make_looks(qtbot, make_controller(layered_network([13, 3]), make_dataset("wine")))
    choose(looks, "Scatter matrix")
    assert len(looks.scattered) == 5
    actions = looks.columns_menu.actions()
    assert not actions[7].isEnabled()
    actions[0].trigger()
    assert actions[7].isEnabled()
    actions[7].trigger()
    assert looks.scattered == [action.data() for action in (*actions[1:5], actions[7])]
    assert [v.name for v in looks.pages["Scatter matrix"].variables] == looks.scattered


def test_a_click_on_a_point_of_the_scatter_matrix_puts_its_row_in_focus(iris: LooksPanel) -> None:
    choose(iris, "Scatter matrix")
    page = iris.pages["Scatter matrix"]
    assert isinstance(page, ScatterMatrix)
    x, y = page.variables[2], page.variables[0]
    pixels = page._pixels(page._cell(0, 2), x, y, page.rows)
    row = int(np.argmax(x.values))
    QTest.mouseClick(page, _LEFT, pos=QPointF(*pixels[row]).toPoint())
    focused = iris._document.focus_row
    assert focused is not None
    assert np.hypot(*(pixels[focused] - pixels[row])) < 3


def test_sampling_is_said_in_the_picture_and_bars_count_all(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    x = np.random.default_rng(0).normal(size=(100_000, 5))
    data = Dataset.from_arrays(x, x.sum(axis=1), test_fraction=0.0)
    looks = make_looks(qtbot, make_controller(layered_network([5, 1], output="identity"), data))
    choose(looks, "Scatter matrix")
    page = looks.pages["Scatter matrix"]
    assert isinstance(page, ScatterMatrix)
    assert not page.grab().isNull()
    assert len(page.rows) == 4000
    assert page.note.replace("\u2009", "").startswith("Points: 4000 of 100000 rows")
    assert all(found.counts.sum() == 100_000 for found in page._bars)


def test_a_correlation_is_told_at_the_pointer(iris: LooksPanel) -> None:
    choose(iris, "Correlation")
    page = iris.pages["Correlation"]
    assert isinstance(page, Correlations)
    area, width, height = page._frame()
    told = page.told_at(QPointF(area.left() + 3.5 * width, area.top() + 2.5 * height))
    assert told.startswith("petal_length and petal_width: 0.96")


def test_digits_are_shown_as_pictures_and_follow_the_row_in_focus(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> None:
    controller = make_controller(layered_network([64, 10]), make_dataset("digits"))
    looks = make_looks(qtbot, controller)
    choose(looks, "Pictures")
    page = looks.pages["Pictures"]
    assert isinstance(page, Pictures)
    assert len(page._means) == 10
    before = page.grab().toImage()
    controller.document.set_focus_row(5)
    assert page.grab().toImage() != before


def test_a_picture_has_ink_where_values_are_high() -> None:
    image = picture_of(np.array([[0.0, 16.0]]), 0.0, 16.0)
    current = theme.manager().current
    assert image.pixelColor(0, 0) == current.plot_background
    assert image.pixelColor(1, 0) == current.text


def test_pictures_are_offered_only_where_rows_are_pictures(iris: LooksPanel) -> None:
    assert not iris.buttons["Pictures"].isVisible()


def test_the_window_has_the_look_beside_the_table(qtbot: QtBot, window: MainWindow) -> None:
    window.load_plots()
    window.document.do(ProjectChange("Choose data", data=make_dataset("iris")))
    window.docks["looks"].raise_()
    looks = window.docks["looks"].widget()
    assert isinstance(looks, LooksPanel)
    qtbot.waitUntil(lambda: looks.pages["Histograms"].isVisible())
