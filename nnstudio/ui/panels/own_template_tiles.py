"""The part of the palette with the user's own templates: insert, rename, delete and bring back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.ui.canvas.palette_items import MIME_TYPE
from nnstudio.ui.own_templates import own_templates
from nnstudio.ui.panels.section import ErrorLabel, Section
from nnstudio.ui.panels.thumbnails import paint_network
from nnstudio.ui.panels.tiles import Tile, TileView
from nnstudio.ui.template_dialogs import rename_template

if TYPE_CHECKING:
    from nnstudio.ui.own_templates import Deleted, OwnTemplate

_TITLE = "Your templates"
_NONE = "Select a group or neurons on the canvas and choose Network ▸ Save as template… to keep them here."
_TIP = "Right-click to rename or delete"
_MOST_NAMED = 3


class OwnTemplateSection(Section):
    """A tile for each of the user's templates; ``chosen`` tells the key of one to insert.

    ``deleted`` tells that one is gone, and that ``undo_row`` offers to bring it back.
    """

    chosen = Signal(str)
    deleted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_TITLE, parent)
        self._deleted: Deleted | None = None
        self.hint = QLabel(_NONE, self)
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self.view = TileView(
            _TITLE, [], mime_type=MIME_TYPE, least_width=92, height=78, is_editable=True, parent=self
        )
        self.view.chosen.connect(self.chosen)
        self.view.rename_wanted.connect(self._rename)
        self.view.delete_wanted.connect(self._delete)
        self.undo_row = QWidget(self)
        row = QHBoxLayout(self.undo_row)
        row.setContentsMargins(3, 0, 3, 0)
        self.told = QLabel(self.undo_row)
        self.told.setProperty("role", "muted")
        self.told.setWordWrap(True)
        self.undo = QPushButton("Undo", self.undo_row)
        self.undo.setToolTip("Bring the template back")
        self.undo.clicked.connect(self._bring_back)
        row.addWidget(self.told, 1)
        row.addWidget(self.undo)
        self.undo_row.hide()
        self.problem = ErrorLabel(self)
        for widget in (self.hint, self.view, self.undo_row, self.problem):
            self.body.addWidget(widget)
        self.body.setContentsMargins(9, 2, 9, 8)
        own_templates().changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show what is in the folder now."""
        templates, problems = own_templates().load()
        self.view.set_tiles([_tile(template) for template in templates])
        self.view.setVisible(bool(templates))
        self.hint.setVisible(not templates)
        if len(problems) > _MOST_NAMED:
            problems = [*problems[:_MOST_NAMED], f"{len(problems) - _MOST_NAMED} more cannot be read either."]
        self.problem.tell("\n".join(problems))

    @Slot(str)
    def _rename(self, key: str) -> None:
        problem = rename_template(key, self._title(key), self.window())
        if problem:
            self.problem.tell(problem)

    @Slot(str)
    def _delete(self, key: str) -> None:
        try:
            self._deleted = own_templates().delete(key)
        except NNStudioError as error:
            self.refresh()
            self.problem.tell(str(error))
            return
        self.told.setText(f"“{self._deleted.title}” is deleted.")
        self.undo_row.show()
        # The tile that had the keys is gone.
        self.undo.setFocus()
        self.deleted.emit()

    @Slot()
    def _bring_back(self) -> None:
        self.undo_row.hide()
        if self._deleted is None:
            return
        try:
            own_templates().restore(self._deleted)
        except NNStudioError as error:
            self.problem.tell(str(error))
            self.undo_row.show()
            return
        self._deleted = None

    def _title(self, key: str) -> str:
        return next((tile.title for tile in self.view.tiles if tile.key == key), "")


def _tile(template: OwnTemplate) -> Tile:
    count = template.network.neuron_count
    amount = f"{count} neuron{'' if count == 1 else 's'}"
    return Tile(
        template.key,
        template.title,
        f"{template.title}: {amount}, {template.network.connection_count} connections. {_TIP}",
        partial(paint_network, template.network),
        {"own": template.key},
    )
