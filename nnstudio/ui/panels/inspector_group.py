"""The inspector for a group all of whose neurons are selected: name, color, how it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.network.rules import LABEL_LENGTH
from nnstudio.ui import theme
from nnstudio.ui.canvas.groups_edits import change_group, fold_groups, remove_groups
from nnstudio.ui.canvas.groups_item import COLORS
from nnstudio.ui.canvas.groups_menu import swatch
from nnstudio.ui.numbers import format_count
from nnstudio.ui.panels.section import MARGIN, Form
from nnstudio.ui.template_dialogs import save_as_template

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from nnstudio.network.items import Group
    from nnstudio.ui.document import Document


_SWATCH = 22


class _Name(QLineEdit):
    """A name to type; Esc brings the last one back."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.kept = ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self.kept:
            self.setText(self.kept)
            event.accept()
        else:
            super().keyPressEvent(event)


class GroupPage(QWidget):
    """Fields for one group; each edit is one step."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._group: Group | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, 4, MARGIN, 8)
        layout.setSpacing(10)
        form = Form(self)
        layout.addWidget(form)
        self.name = _Name(self)
        self.name.setAccessibleName("Name of the group")
        self.name.setToolTip("What the group is called on the canvas")
        self.name.setMaxLength(LABEL_LENGTH)
        self.name.editingFinished.connect(self._rename)
        self.colors = QButtonGroup(self)
        self.colors.idClicked.connect(self._choose_color)
        self._palette = ("", *(color for color, _ in COLORS))
        row = QWidget(self)
        swatches = QHBoxLayout(row)
        swatches.setContentsMargins(0, 0, 0, 0)
        swatches.setSpacing(0)
        for place, title in enumerate(("No color", *(title for _, title in COLORS))):
            button = QToolButton(row)
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.setIconSize(QSize(16, 16))
            button.setFixedSize(_SWATCH, _SWATCH)
            button.setToolTip(title)
            button.setAccessibleName(title)
            self.colors.addButton(button, place)
            swatches.addWidget(button)
        swatches.addStretch(1)
        self.collapsed = QCheckBox("Collapsed into one block", self)
        self.collapsed.setToolTip("Draw the group as one block, with bands for its connections")
        self.collapsed.clicked.connect(self._fold)
        self.count = QLabel(self)
        self.count.setWordWrap(True)
        form.add("Name", self.name)
        form.add("Color", row)
        form.add("Drawn", self.collapsed)
        form.add("Holds", self.count)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self.ungroup = QPushButton("Ungroup", self)
        self.ungroup.setToolTip("Let the neurons go; they stay where they are")
        self.ungroup.clicked.connect(self._ungroup)
        self.save = QPushButton("Save as template…", self)
        self.save.setToolTip("Keep the group to insert it again, from the palette")
        self.save.clicked.connect(self._save)
        buttons.addWidget(self.ungroup)
        buttons.addWidget(self.save)
        buttons.addStretch(1)
        layout.addLayout(buttons)
        theme.manager().changed.connect(self._restyle)
        self._restyle()

    def refresh(self, group: Group | None) -> None:
        """Show a group as it is now; None: there is none to show."""
        before, self._group = self._group, group
        if group is None:
            return
        is_typing = self.name.hasFocus() and before is not None and before.id == group.id
        if not (is_typing and self.name.text() != self.name.kept):
            self.name.setText(group.name)
        self.name.kept = group.name
        known = group.color in self._palette
        self.colors.setExclusive(known)
        for place, color in enumerate(self._palette):
            self.colors.button(place).setChecked(color == group.color)
        self.collapsed.setChecked(group.collapsed)
        network = self._document.network
        members = set(group.members)
        inner = sum(target in members for member in members for target in network.targets_of(member))
        neurons = len(members)
        self.count.setText(
            f"{format_count(neurons)} neuron{'' if neurons == 1 else 's'}, "
            f"{format_count(inner)} connection{'' if inner == 1 else 's'} among them"
        )

    # Editing

    @Slot()
    def _rename(self) -> None:
        name = " ".join(self.name.text().split())
        if self._group is not None and name != self._group.name:
            edit = change_group(self._document.network, self._group.id, name=name)
            if not self._document.do(edit):
                self.name.setText(self._group.name)

    @Slot(int)
    def _choose_color(self, place: int) -> None:
        color = self._palette[place]
        if self._group is not None and color != self._group.color:
            self._document.do(change_group(self._document.network, self._group.id, color=color))

    @Slot(bool)
    def _fold(self, collapsed: bool) -> None:
        if self._group is not None:
            self._document.do(fold_groups(self._document.network, (self._group.id,), collapsed=collapsed))

    @Slot()
    def _ungroup(self) -> None:
        if self._group is not None:
            self._document.do(remove_groups(self._document.network, (self._group.id,)))

    @Slot()
    def _save(self) -> None:
        if self._group is not None:
            save_as_template(self._document, self._group.members, self._group.name, self.window())

    @Slot()
    def _restyle(self) -> None:
        for place, color in enumerate(self._palette):
            self.colors.button(place).setIcon(swatch(color))
