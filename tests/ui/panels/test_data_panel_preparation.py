"""Preparing the data in use with mouse and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from nnstudio.data import Dataset, make_dataset
from nnstudio.data.preparation import Preparation
from nnstudio.data.preparing import prepare
from nnstudio.data.table import Column, Table, category_column
from nnstudio.network import Network
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui.document import Document
from nnstudio.ui.panels.data_panel import DataPanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from nnstudio.ui.panels.data_panel_fields import Choice
    from nnstudio.ui.panels.data_panel_preparation import PreparationSection

pytestmark = pytest.mark.ui
LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier


def houses() -> Dataset:
    rooms = np.array([3.0, np.nan, 2, 5, 4, 3, 2, 4, 5, 1])
    table = Table(
        (
            Column("rooms", "number", rooms),
            Column("area", "number", np.array([70.0, 82, 55, 140, 96, 78, 49, 101, 155, 30])),
            category_column("town", ["Oslo", "Bergen", "Oslo", None, "Bergen", "Oslo"] + ["Bergen"] * 4),
            category_column("part", ["train"] * 8 + ["test"] * 2),
            Column("price", "number", np.array([3.1, 2.9, 2.5, 6.0, 3.9, 3.3, 1.9, 4.1, 6.4, 1.2])),
        ),
        "houses",
    )
    roles: Any = {"rooms": "feature", "area": "feature", "town": "feature", "price": "target"}
    return prepare(table, Preparation(roles=roles))


@pytest.fixture
def make(qtbot: QtBot) -> Callable[[Dataset], DataPanel]:
    def made(data: Dataset) -> DataPanel:
        document = Document(Project(Network(), data, TrainingSettings()))
        panel = DataPanel(document)
        panel._document_kept = document  # type: ignore[attr-defined]
        qtbot.addWidget(panel)
        panel.resize(300, 1500)
        panel.show()
        qtbot.waitExposed(panel)
        panel.populate()
        return panel

    return made


@pytest.fixture
def panel(make: Callable[[Dataset], DataPanel]) -> DataPanel:
    return make(houses())


@pytest.fixture
def section(panel: DataPanel) -> PreparationSection:
    return panel.preparation


def data_of(part: QWidget) -> Dataset:
    data = part._document.project.data  # type: ignore[attr-defined]
    assert data is not None
    return data


def preparation_of(part: QWidget) -> Preparation:
    preparation = data_of(part).preparation
    assert preparation is not None
    return preparation


def choose(box: Choice, value: str) -> None:
    assert box.isVisible()
    place = box.findData(value)
    assert place >= 0
    QTest.mouseClick(box, LEFT)
    QTest.keyClick(box.view(), Qt.Key.Key_Home)
    for _ in range(place):
        QTest.keyClick(box.view(), Qt.Key.Key_Down)
    QTest.keyClick(box.view(), Qt.Key.Key_Return)


def click(section: PreparationSection, *names: str) -> None:
    columns = section.columns.list
    for place, name in enumerate(names):
        item = columns.item_of(name)
        assert item is not None
        keys = CONTROL if place else Qt.KeyboardModifier.NoModifier
        QTest.mouseClick(columns.viewport(), LEFT, keys, columns.visualItemRect(item).center())


def type_in(field: Any, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_the_split_is_chosen_and_taken_back(section: PreparationSection) -> None:
    choose(section.split.kind, "order")
    assert preparation_of(section).split.kind == "order"
    assert data_of(section).test_rows.tolist() == [6, 7]
    type_in(section.split.fraction, "0.5")
    assert len(data_of(section).test_rows) == 4
    stack = section._document.undo_stack
    assert stack.undoText() == "Change the split"
    stack.undo()
    stack.undo()
    assert preparation_of(section).split.kind == "random"
    assert section.split.kind.currentData() == "random"


def test_a_drag_of_the_share_is_one_step_and_seen_as_it_goes(
    qtbot: QtBot, section: PreparationSection
) -> None:
    slider = section.split.slider
    shares: list[int] = []
    section._document.data_changed.connect(lambda: shares.append(len(data_of(section).test_rows)))
    QTest.mousePress(slider, LEFT, pos=QPoint(slider.width() // 3, 11))
    for place in (2, 3):
        count = len(shares)
        QTest.mouseMove(slider, QPoint(place * slider.width() // 4, 11))
        qtbot.waitUntil(lambda count=count: len(shares) > count)
    QTest.mouseRelease(slider, LEFT, pos=QPoint(3 * slider.width() // 4, 11))
    assert shares[-1] > shares[0]
    assert section._document.undo_stack.count() == 1


def test_rows_are_split_by_a_column_that_says_so(section: PreparationSection) -> None:
    choose(section.split.kind, "column")
    split = preparation_of(section).split
    assert (split.column, split.test_value) == ("part", "test")
    assert data_of(section).test_rows.tolist() == [6, 7]
    choose(section.split.value, "train")
    assert data_of(section).train_rows.tolist() == [6, 7]


def test_scaling_acts_on_features_and_targets(section: PreparationSection) -> None:
    choose(section.scaling, "minmax")
    train = data_of(section).x_train[:, :2]
    assert np.allclose([train.min(), train.max()], [0.0, 1.0])
    choose(section.target_scaling, "standardize")
    assert np.allclose(data_of(section).y_train.mean(), 0.0)


def test_missing_values_are_filled_instead_of_dropped(section: PreparationSection) -> None:
    assert len(data_of(section)) == 8
    click(section, "rooms")
    choose(section.columns.missing, "constant")
    assert section.columns.constant.isVisible()
    type_in(section.columns.constant, "7")
    data = data_of(section)
    assert len(data) == 9
    assert data.features_in_units(data.x)["rooms"][1] == 7.0
    click(section, "rooms", "town")
    assert section.columns.missing.findData("mean") < 0, "a town has no mean"
    choose(section.columns.missing, "mode")
    assert len(data_of(section)) == 10
    assert set(preparation_of(section).missing.items()) == {("rooms", "mode"), ("town", "mode")}


def test_a_constant_that_is_no_number_is_refused(section: PreparationSection) -> None:
    click(section, "rooms")
    choose(section.columns.missing, "constant")
    before = data_of(section)
    type_in(section.columns.constant, "many")
    assert section.problem.isVisible()
    assert data_of(section) is before


def test_roles_of_several_columns_are_changed_at_once(section: PreparationSection) -> None:
    click(section, "rooms", "town")
    choose(section.columns.role, "ignore")
    assert data_of(section).feature_names == ("area",)
    assert section._document.undo_stack.count() == 1


def test_another_target_of_classes_takes_the_place_of_the_one_there(section: PreparationSection) -> None:
    click(section, "town")
    choose(section.columns.role, "target")
    preparation = preparation_of(section)
    assert preparation.names("target") == ("town",)
    assert preparation.roles["price"] == "feature"
    assert data_of(section).classes == ("Bergen", "Oslo")
    assert not section.target_scaling.isVisible()
    choose(section.split.kind, "stratified")
    click(section, "price")
    choose(section.columns.role, "target")
    assert preparation_of(section).split.kind == "random", "values have no classes to give their share"


def test_categories_become_numbers_on_demand(section: PreparationSection) -> None:
    assert data_of(section).feature_names[-1] == "town=Oslo"
    click(section, "town")
    choose(section.columns.encoding, "label")
    assert data_of(section).feature_names == ("rooms", "area", "town")


def test_a_column_may_be_scaled_in_its_own_way(section: PreparationSection) -> None:
    click(section, "area")
    choose(section.columns.scaling, "none")
    assert data_of(section).x[0, 1] == 70.0
    choose(section.columns.scaling, "as all")
    assert preparation_of(section).scalings == {}


def test_what_is_typed_and_said_of_it_stays_on_view_in_a_low_panel(qtbot: QtBot, panel: DataPanel) -> None:
    panel.resize(300, 320)
    derived = panel.preparation.derived

    def is_on_view(widget: QWidget) -> bool:
        corner = widget.mapTo(panel.viewport(), QPoint(0, 0))
        return panel.viewport().rect().contains(widget.rect().translated(corner))

    panel.ensureWidgetVisible(derived.new, 0, 0)
    derived.new.setFocus()
    QTest.keyClicks(derived.new, "area +")
    qtbot.waitUntil(lambda: derived.problem.isVisible() and is_on_view(derived.problem))
    QTest.keyClicks(derived.new, " rooms")
    QTest.keyClick(derived.new, Qt.Key.Key_Return)
    assert derived.fields
    qtbot.waitUntil(lambda: is_on_view(derived.new))


def test_a_derived_feature_is_typed_changed_and_removed(section: PreparationSection) -> None:
    type_in(section.derived.new, "per_room = area / rooms")
    data = data_of(section)
    assert data.feature_names[-1] == "per_room"
    assert section.derived.new.text() == ""
    assert section.derived.fields[0].text() == "per_room = area / rooms"
    type_in(section.derived.fields[0], "area**2")
    assert data_of(section).feature_names[-1] == "area**2"
    row = section.derived.fields[0].parentWidget()
    remove = next(
        child
        for child in row.children()
        if child.property("accessibleName") is not None and child is not section.derived.fields[0]
    )
    QTest.mouseClick(remove, LEFT)  # type: ignore[arg-type]
    assert preparation_of(section).derived == ()
    assert section._document.undo_stack.count() == 3
    section._document.undo_stack.undo()
    assert section.derived.fields[0].text() == "area**2"


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("area *", "character"),
        ("areas * 2", "areas"),
        ("price + 1", "target"),
        ("town * 2", "categories"),
        ("3", "same for every row"),
        ("area = rooms * 2", "already"),
    ],
)
def test_a_wrong_formula_is_told_while_it_is_typed(
    section: PreparationSection, formula: str, said: str
) -> None:
    before = data_of(section)
    section.derived.new.setFocus()
    QTest.keyClicks(section.derived.new, formula)
    assert section.derived.problem.isVisible()
    assert said in section.derived.problem.text()
    QTest.keyClick(section.derived.new, Qt.Key.Key_Return)
    assert data_of(section) is before


def test_a_formula_without_a_value_in_some_row_is_refused(section: PreparationSection) -> None:
    before = data_of(section)
    type_in(section.derived.new, "log(area - 50)")
    assert "row 7" in section.problem.text()
    assert data_of(section) is before


def test_usual_formulas_of_the_selected_columns_are_offered(section: PreparationSection) -> None:
    click(section, "rooms", "area")
    menu = section.derived.offers.menu()
    menu.aboutToShow.emit()
    actions = {action.text(): action for action in menu.actions()}
    assert list(actions) == ["rooms²", "area²", "rooms·area", "sin rooms", "sin area"]
    actions["rooms·area"].trigger()
    assert data_of(section).feature_names[-1] == "rooms·area"


def test_what_cannot_be_prepared_is_told_and_changes_nothing(section: PreparationSection) -> None:
    before = data_of(section)
    click(section, "price")
    choose(section.columns.role, "ignore")
    assert "No column is the target" in section.problem.text()
    assert section.columns.role.currentData() == "target"
    assert data_of(section) is before


def test_plain_numbers_have_no_preparation_to_change(make: Callable[[Dataset], DataPanel]) -> None:
    panel = make(Dataset.from_arrays([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0], test_fraction=0.0))
    assert panel.preparation.note.isVisible()
    assert not panel.preparation.columns.isVisible()


def test_options_of_a_built_in_set_leave_its_preparation_alone(
    qtbot: QtBot, make: Callable[[Dataset], DataPanel]
) -> None:
    panel = make(make_dataset("circles"))
    type_in(panel.preparation.derived.new, "x1**2")
    assert len(data_of(panel).feature_names) == 3
    type_in(panel.rows, "60")
    qtbot.waitUntil(lambda: len(data_of(panel)) == 60)
    assert data_of(panel).feature_names[-1] == "x1**2"
    type_in(panel.test, "0.5")
    qtbot.waitUntil(lambda: len(data_of(panel).test_rows) == 30)
    type_in(panel.seed, "3")
    qtbot.waitUntil(lambda: preparation_of(panel).split.seed == 3)
    assert preparation_of(panel).derived


def test_many_rows_are_prepared_beside_the_window(
    qtbot: QtBot, section: PreparationSection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnstudio.ui.panels.data_panel_preparation._LARGE", 10)
    before = data_of(section)
    choose(section.scaling, "minmax")
    assert section.busy.isVisible()
    assert data_of(section) is before
    qtbot.waitUntil(lambda: data_of(section).scaling == "minmax")
    assert section.busy.isHidden()
    click(section, "price")
    choose(section.columns.role, "ignore")
    qtbot.waitUntil(section.problem.isVisible)
    assert "No column is the target" in section.problem.text()
