"""Derived features: further inputs computed from columns by a formula, each to type, change and remove."""

from __future__ import annotations

import re
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QScrollArea, QToolButton, QVBoxLayout, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.ui import theme
from nnstudio.ui.fields import ValueEdit, mark_invalid
from nnstudio.ui.panels.section import ErrorLabel

if TYPE_CHECKING:
    from nnstudio.data.derived import Derived
    from nnstudio.data.preparation import Preparation
    from nnstudio.data.table import Table

_NAMED = re.compile(r"^\s*([^=<>!]+?)\s*=(?!=)\s*(.+)$", re.DOTALL)
_TIP = "A formula of columns, such as a * b or sin(a); with a name: area = width * height"
_MOST_OFFERED = 5  # columns, unless some are selected


class DerivedEditor(QWidget):
    """A field for each derived feature and one for a new one. ``changed`` carries all of them, and a label.

    ``selected`` gives the names of the columns to offer formulas of.
    """

    changed = Signal(str, object)

    def __init__(self, selected: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selected = selected
        self._table: Table | None = None
        self._preparation: Preparation | None = None
        self.fields: list[ValueEdit] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        title = QLabel("Derived features", self)
        title.setProperty("role", "muted")
        layout.addWidget(title)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        layout.addLayout(self._rows)
        self.new = ValueEdit(partial(self._read, None), lambda value: "", _TIP, self)
        self.new.setAccessibleName("New derived feature")
        self.new.setPlaceholderText("Type a formula, such as a * b")
        self.new.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self.new.committed.connect(self._add)
        self.new.textEdited.connect(self._check)
        self.offers = QToolButton(self)
        self.offers.setAccessibleName("Usual derived features")
        self.offers.setToolTip("Squares, products and sines of the selected columns")
        self.offers.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        theme.set_icon(self.offers, "plus")
        menu = QMenu(self.offers)
        menu.aboutToShow.connect(self._fill_offers)
        self.offers.setMenu(menu)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.new, 1)
        row.addWidget(self.offers)
        layout.addLayout(row)
        self.problem = ErrorLabel(self)
        layout.addWidget(self.problem)

    def show_derived(self, table: Table, preparation: Preparation) -> None:
        """Show the derived features of a preparation."""
        self._table, self._preparation = table, preparation
        derived = preparation.derived
        if len(self.fields) != len(derived):
            self._make_rows(len(derived))
        for field, feature in zip(self.fields, derived, strict=True):
            field.show_value(feature)
            field.setCursorPosition(0)
        self.problem.tell("")

    def _make_rows(self, count: int) -> None:
        while len(self.fields) > count:
            self.fields.pop()
            widget = self._rows.takeAt(len(self.fields)).widget()
            widget.hide()
            widget.deleteLater()
        while len(self.fields) < count:
            place = len(self.fields)
            row = QWidget(self)
            field = ValueEdit(partial(self._read, place), _written, _TIP, row)
            field.setAccessibleName(f"Derived feature {place + 1}")
            field.setAlignment(Qt.AlignmentFlag.AlignLeft)
            field.committed.connect(partial(self._replace, place))
            field.textEdited.connect(self._check)
            field.refused.connect(self.problem.tell)
            remove = QToolButton(row)
            remove.setAccessibleName(f"Remove derived feature {place + 1}")
            remove.setToolTip("Remove this derived feature")
            theme.set_icon(remove, "close")
            remove.clicked.connect(partial(self._remove, place))
            layout = QHBoxLayout(row)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(4)
            layout.addWidget(field, 1)
            layout.addWidget(remove)
            self._rows.addWidget(row)
            self.fields.append(field)

    # Reading

    def _read(self, place: int | None, text: str) -> Derived:
        """Return the feature that is typed; raises ValueError that says why it is none."""
        from nnstudio.data.derived import Derived

        assert self._table is not None
        assert self._preparation is not None
        named = _NAMED.match(text)
        formula = (named[2] if named else text).strip()
        feature = Derived(named[1].strip() if named else formula, formula)
        targets = self._preparation.names("target")
        usable = [c.name for c in self._table.columns if c.kind != "category" and c.name not in targets]
        refused = {c.name: "which holds categories" for c in self._table.columns if c.kind == "category"}
        refused.update(dict.fromkeys(targets, "which is a target"))
        others = self._preparation.derived[:place]
        usable += [other.name for other in others]
        taken = {*self._table.names, *(d.name for i, d in enumerate(self._preparation.derived) if i != place)}
        try:
            feature.sources(usable, refused)
        except NNStudioError as error:
            raise ValueError(str(error)) from error
        if feature.name in taken:
            raise ValueError(f"There is a column “{feature.name}” already. Type another name: area = a * b")
        return feature

    @Slot(str)
    def _check(self, text: str) -> None:
        """Say at once what is wrong with what is being typed."""
        field = self.sender()
        place = self.fields.index(field) if field in self.fields else None
        reason = ""
        if text.strip():
            try:
                self._read(place, text)
            except ValueError as error:
                reason = str(error)
        if isinstance(field, ValueEdit):
            mark_invalid(field, reason, _TIP)
        self.problem.tell(reason)
        if reason:
            self._reveal_soon()

    def _reveal_soon(self) -> None:
        """Keep what is typed, and what is said of it, on view as the panel grows."""
        QTimer.singleShot(0, self, self._reveal)

    @Slot()
    def _reveal(self) -> None:
        panel = self.parentWidget()
        while panel is not None and not isinstance(panel, QScrollArea):
            panel = panel.parentWidget()
        if panel is not None:
            panel.ensureWidgetVisible(self.problem if self.problem.isVisible() else self.new, 0, 8)

    # Changing

    def _present(self) -> list[Derived]:
        assert self._preparation is not None
        return list(self._preparation.derived)

    @Slot(object)
    def _add(self, feature: Derived) -> None:
        self.new.show_value(None)
        self.changed.emit("Add a derived feature", (*self._present(), feature))
        self._reveal_soon()

    def _replace(self, place: int, feature: Derived) -> None:
        features = self._present()
        features[place] = feature
        self.changed.emit("Change a derived feature", tuple(features))

    def _remove(self, place: int, _checked: bool = False) -> None:
        features = self._present()
        del features[place]
        self.changed.emit("Remove a derived feature", tuple(features))

    @Slot()
    def _fill_offers(self) -> None:
        menu = self.offers.menu()
        menu.clear()
        for feature in self._usual():
            action = menu.addAction(feature.name.replace("&", "&&"))
            action.setToolTip(feature.expression)
            action.triggered.connect(partial(self._take_offer, feature))
        if menu.isEmpty():
            menu.addAction("There is no other column of numbers").setEnabled(False)

    def _usual(self) -> list[Derived]:
        from nnstudio.data.derived import product, sine, square

        if self._table is None or self._preparation is None:
            return []
        features = [n for n in self._preparation.names("feature") if self._table[n].kind == "number"]
        names = [name for name in self._selected() if name in features] or features
        names = names[:_MOST_OFFERED]
        found = [square(name) for name in names]
        found += [product(first, second) for first, second in combinations(names, 2)]
        found += [sine(name) for name in names]
        taken = {feature.name for feature in self._preparation.derived}
        return [feature for feature in found if feature.name not in taken]

    def _take_offer(self, feature: Derived, _checked: bool = False) -> None:
        self.changed.emit("Add a derived feature", (*self._present(), feature))


def _written(feature: Derived | None) -> str:
    if feature is None:
        return ""
    return (
        feature.expression if feature.name == feature.expression else f"{feature.name} = {feature.expression}"
    )
