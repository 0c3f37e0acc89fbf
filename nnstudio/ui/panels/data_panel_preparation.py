"""The preparation in the data panel: split, scaling, columns and derived features, each change undoable."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QLabel, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.ui.document import ProjectChange
from nnstudio.ui.panels.data_panel_columns import SCALINGS, SCALINGS_TIP, ColumnsEditor
from nnstudio.ui.panels.data_panel_derived import DerivedEditor
from nnstudio.ui.panels.data_panel_fields import Choice
from nnstudio.ui.panels.data_panel_split import SplitEditor
from nnstudio.ui.panels.section import ErrorLabel, Form, Section
from nnstudio.ui.work import Work

if TYPE_CHECKING:
    from nnstudio.data import Dataset
    from nnstudio.data.table import Table
    from nnstudio.ui.document import Document

_TASKS = {"auto": "Automatic", "regression": "Values", "classification": "Classes"}
_NO_TABLE = "These data came as plain numbers: import them as a table to prepare them."
# Long enough to gather the steps of a drag, short enough to be seen as live.
_DELAY_MILLISECONDS = 30
_LARGE = 1_000_000  # cells; more are prepared in a thread of their own


class PreparationSection(Section):
    """Shows the preparation of the data in use; what is changed acts at once, as one undoable step."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__("Preparation", parent)
        self._document = document
        self._wanted: dict[str, Any] = {}
        self._label = self._gesture = ""
        self._table: tuple[dict[str, Any], Table] | None = None
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(_DELAY_MILLISECONDS)
        self._delay.timeout.connect(self._apply)
        self.note = QLabel(_NO_TABLE, self)
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.problem = ErrorLabel(self)
        self.split = SplitEditor(self)
        self.split.changed.connect(self._set_split)
        self.split.refused.connect(self.problem.tell)
        self.split.accepted.connect(self.problem.forget)
        self.form = Form(self)
        self.scaling = Choice("Scale features", SCALINGS_TIP, SCALINGS)
        self.scaling.chosen.connect(self._set_scaling)
        self.target_scaling = Choice("Scale targets", SCALINGS_TIP, SCALINGS)
        self.target_scaling.chosen.connect(self._set_target_scaling)
        self.task = Choice("Target is", "Whether numbers as the target are values or classes", _TASKS)
        self.task.chosen.connect(self._set_task)
        self.form.add("Features", self.scaling)
        self.form.add("Targets", self.target_scaling)
        self.form.add("Targets are", self.task)
        self.columns = ColumnsEditor(self)
        self.columns.changed.connect(self._change_fields)
        self.columns.refused.connect(self.problem.tell)
        self.columns.wiring_wanted.connect(self._wire)
        self.derived = DerivedEditor(lambda: self.columns.list.chosen, self)
        self.derived.changed.connect(self._set_derived)
        self.busy = QLabel("Preparing…", self)
        self.busy.setProperty("role", "muted")
        self.busy.hide()
        self._work: Work | None = None
        self._parts: list[QWidget] = [self.split, self.form, self.columns, self.derived]
        for widget in (self.note, *self._parts, self.busy, self.problem):
            self.body.addWidget(widget)
        document.data_changed.connect(self.refresh)
        document.project_replaced.connect(self.refresh)

    # Showing

    @Slot()
    def refresh(self) -> None:
        """Show the preparation of now."""
        data = self._document.project.data
        self.setVisible(data is not None)
        if data is None:
            self._delay.stop()
            return
        table = None if data.preparation is None else self._table_of(data)
        self.note.setVisible(table is None)
        for part in self._parts:
            part.setVisible(table is not None)
        if table is None or data.preparation is None:
            return
        preparation = data.preparation
        if not self._delay.isActive():
            drawn = _takes(data, "test_fraction")
            self.split.show_split(data, table, with_share=not drawn, with_seed=not drawn)
        self.scaling.show_value(preparation.scaling)
        self.form.show_row("Targets", not data.classes)
        self.target_scaling.show_value(preparation.target_scaling)
        targets = preparation.names("target")
        numeric = len(targets) == 1 and table[targets[0]].kind == "number"
        self.form.show_row("Targets are", numeric)
        self.task.show_value(preparation.task or "auto")
        self.columns.show_columns(table, preparation)
        self.derived.show_derived(table, preparation)
        self.problem.forget()

    def _table_of(self, data: Dataset) -> Table | None:
        from nnstudio.data.generators import table_of

        if data.table is not None:
            return data.table
        source = dict(data.source)
        if self._table is None or self._table[0] != source:
            try:
                table = table_of(data)
            except NNStudioError:
                # Made by a version that knew other sets.
                table = None
            if table is None:
                return None
            self._table = (source, table)
        return self._table[1]

    # Changing

    @Slot(str, object, str)
    def _set_split(self, label: str, split: Any, gesture: str) -> None:
        if self._delay.isActive() and gesture != self._gesture:
            self._apply()
        self._label, self._gesture, self._wanted = label, gesture, {"split": split}
        if gesture:
            self._delay.start()
        else:
            self._apply()

    @Slot(object)
    def _set_scaling(self, scaling: Any) -> None:
        self._change_fields("Change the scaling", {"scaling": scaling})

    @Slot(object)
    def _set_target_scaling(self, scaling: Any) -> None:
        self._change_fields("Change the scaling of targets", {"target_scaling": scaling})

    @Slot(object)
    def _set_task(self, task: Any) -> None:
        self._change_fields("Change what the targets are", {"task": None if task == "auto" else task})

    @Slot(str)
    def _wire(self, column: str) -> None:
        from nnstudio.ui.wiring import wire_to

        document = self._document
        data, selected = document.project.data, list(document.selection.neurons)
        if data is None or len(selected) != 1:
            self.problem.tell("Select one input or output on the canvas first.")
            return
        try:
            edits = wire_to(document.network, data, column, selected[0])
        except NNStudioError as error:
            self.problem.tell(str(error))
            return
        if edits:
            document.do(*edits, label=f"Wire {column}")

    @Slot(str, object)
    def _set_derived(self, label: str, derived: Any) -> None:
        self._change_fields(label, {"derived": derived})

    @Slot(str, object)
    def _change_fields(self, label: str, changes: dict[str, Any]) -> None:
        if self._delay.isActive():
            self._apply()
        self._label, self._gesture, self._wanted = label, "", changes
        self._apply()

    @Slot()
    def _apply(self) -> None:
        from nnstudio.data.generators import prepare_again
        from nnstudio.data.preparation import with_usable_split

        self._delay.stop()
        data = self._document.project.data
        if data is None or data.preparation is None:
            return
        wanted, self._wanted = self._wanted, {}
        try:
            preparation = replace(data.preparation, **wanted)
            table = self._table_of(data)
            if table is not None and "split" not in wanted:
                preparation = with_usable_split(table, preparation)
            if preparation == data.preparation:
                self.refresh()
                return
        except NNStudioError as error:
            self._refuse(error)
            return
        label, gesture = self._label, self._gesture
        if table is None or len(table) * len(table.columns) < _LARGE:
            try:
                self._take(prepare_again(data, preparation), label, gesture)
            except NNStudioError as error:
                self._refuse(error)
            return
        if self._work is not None:
            self._work.drop()
        self._work = Work(lambda: prepare_again(data, preparation), self)
        self._work.finished.connect(lambda made: self._take_if_current(data, made, label, gesture))
        self._work.failed.connect(self._refuse)
        self._work.start()
        self.busy.show()

    def _take_if_current(self, data: Dataset, made: Dataset, label: str, gesture: str) -> None:
        # Other data may have been chosen since.
        self.busy.hide()
        if self._document.project.data is data:
            self._take(made, label, gesture)

    @Slot(object)
    def _refuse(self, error: Exception) -> None:
        self.busy.hide()
        self.refresh()
        self.problem.tell(str(error))

    def _take(self, made: Dataset, label: str, gesture: str) -> None:
        if not self._document.do(ProjectChange(label, data=made), merge_key=gesture):
            self.refresh()


def _takes(data: Dataset, option: str) -> bool:
    """Whether data are of a built-in set that has an option, which stands among those of the set."""
    from nnstudio.data.generators import GENERATORS

    entry = GENERATORS.get(str(data.source.get("key", "")))
    return data.source.get("kind") == "generator" and entry is not None and option in entry.options
