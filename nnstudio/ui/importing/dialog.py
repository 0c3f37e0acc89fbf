"""The import dialog: a look at a file, choices about all that was guessed, and the reading itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from nnstudio.errors import NNStudioError
from nnstudio.ui import theme
from nnstudio.ui.importing.columns import ColumnTable, names_of_rows
from nnstudio.ui.importing.options import OptionFields
from nnstudio.ui.importing.preview_table import PreviewTable
from nnstudio.ui.importing.reading import Job, Reading, message_of
from nnstudio.ui.numbers import format_count
from nnstudio.ui.panels.section import ErrorLabel

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from nnstudio.data import Dataset
    from nnstudio.data.preparation import Preparation, Role
    from nnstudio.data.reading import Preview, Problem
    from nnstudio.data.reading.source import Origin

_SIZE = QSize(1120, 680)
_FRAME = QSize(16, 48)  # what a window manager puts around a window
_ICONS = {"stop": "error", "choose": "help", "note": "info"}
_PROBLEM_ROWS = 4


class ImportDialog(QDialog):
    """Asks how a table is to be read. ``imported`` comes with the dataset, and whether the network shall fit.

    Raises DataError where there is no table in the file.
    """

    imported = Signal(object, bool)

    def __init__(
        self, origin: Origin, parent: QWidget | None = None, known: Preparation | None = None
    ) -> None:
        """``known`` is the preparation of the data in use, for a table with the same target."""
        super().__init__(parent)
        from nnstudio.data.reading import guess
        from nnstudio.data.reading.source import open_source

        self._source = open_source(origin)
        self._settled: set[str] = set()
        self._reading: Reading | None = None
        self._preview: Preview | None = None
        self._known = known
        options = guess(self._source)
        self.setWindowTitle(f"Import {self._source.name}")
        room = self.screen().availableGeometry().size() - _FRAME
        self.resize(_SIZE.boundedTo(room))
        self._make()
        self.options.show_options(options)
        self.refresh()

    def _make(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        self.options = OptionFields(self)
        self.options.chosen.connect(self._settle)
        layout.addWidget(self.options)
        self.problems = QListWidget(self)
        self.problems.setAccessibleName("What is to be known of the file")
        self.problems.setToolTip("A click goes to the line")
        self.problems.setWordWrap(True)
        self.problems.itemClicked.connect(self._go_to_problem)
        self.problems.itemActivated.connect(self._go_to_problem)
        layout.addWidget(self.problems)
        parts = QSplitter(Qt.Orientation.Horizontal, self)
        parts.setChildrenCollapsible(False)
        self.preview_table = PreviewTable()
        self.columns = ColumnTable()
        self.columns.changed.connect(self._judge)
        parts.addWidget(self.preview_table)
        parts.addWidget(self.columns)
        parts.setSizes([440, 660])
        layout.addWidget(parts, 1)
        self.facts = QLabel(self)
        self.facts.setProperty("role", "muted")
        layout.addWidget(self.facts)
        self.failure = ErrorLabel(self)
        layout.addWidget(self.failure)
        layout.addLayout(self._make_bottom())

    def _make_bottom(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(10)
        self.bad_rows = QComboBox(self)
        self.bad_rows.setAccessibleName("Rows that cannot be read")
        self.bad_rows.setToolTip("What to do with rows that have too few or too many fields, or no number")
        self.bad_rows.addItem("Stop at a row that cannot be read", "stop")
        self.bad_rows.addItem("Skip rows that cannot be read", "skip")
        self.bad_rows.activated.connect(self._judge)
        self.fit = QCheckBox("Make inputs and outputs for it", self)
        self.fit.setToolTip("Give the network one input for each feature and one output for each target")
        self.fit.setChecked(True)
        self.confirm = QPushButton("It is read rightly", self)
        self.confirm.setToolTip("The file could be read in another way too; take it as the preview shows it")
        self.confirm.clicked.connect(self._confirm)
        self.progress = QProgressBar(self)
        self.progress.setAccessibleName("Progress of the import")
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.import_button = QPushButton("Import", self)
        self.import_button.setProperty("primary", "true")
        self.import_button.setDefault(True)
        self.import_button.clicked.connect(self._start)
        self.cancel_button = QPushButton("Cancel", self)
        self.cancel_button.clicked.connect(self.reject)
        row.addWidget(self.bad_rows)
        row.addWidget(self.fit)
        row.addWidget(self.progress, 1)
        row.addStretch(1)
        for button in (self.confirm, self.cancel_button, self.import_button):
            row.addWidget(button)
        return row

    # Looking at the file

    @Slot()
    def refresh(self) -> None:
        """Look at the beginning of the file again, with the options of now."""
        from nnstudio.data.reading import preview

        assert self.options.options is not None
        try:
            found = preview(self._source, self.options.options, settled=self._settled)
        except NNStudioError as error:
            self._fail(error)
            return
        self._preview = found
        self.preview_table.show_preview(found)
        self.columns.show_preview(found, self._usable_known())
        self.problems.clear()
        problems = [*found.problems, *self._further_notes(found)]
        for problem in problems:
            item = QListWidgetItem(theme.icon(_ICONS[problem.severity]), problem.message)
            item.setData(Qt.ItemDataRole.UserRole, problem)
            self.problems.addItem(item)
        shown = min(len(problems), _PROBLEM_ROWS)
        self.problems.setVisible(shown > 0)
        self.problems.setFixedHeight(shown * 26 + 8)
        about = "" if found.complete else "About "
        rows, columns = (
            f"{format_count(count)} {name}{'' if count == 1 else 's'}"
            for count, name in ((found.rows_estimated, "row"), (len(found.names), "column"))
        )
        self.facts.setText(f"{about}{rows}, {columns}")
        self._judge()

    def _usable_known(self) -> Preparation | None:
        """Return the preparation of the data in use, where the file has its target and some feature."""
        known, preview = self._known, self._preview
        if known is None or preview is None:
            return None
        there, targets = set(preview.names), known.names("target")
        return known if targets and there.issuperset(targets) and there & {*known.names("feature")} else None

    def _absent(self, preview: Preview) -> list[str]:
        """Return the columns that the data in use have and the file has not."""
        known = self._usable_known()
        if known is None:
            return []
        return [n for n, role in known.roles.items() if role != "ignore" and n not in preview.names]

    def _further_notes(self, preview: Preview) -> list[Problem]:
        from nnstudio.data.reading import Problem

        notes = [
            Problem("note", f"The data in use have a column “{name}”, which this file lacks.")
            for name in self._absent(preview)
        ]
        notes += [
            Problem(
                "note",
                f"Column “{name}” names the rows: almost each has another text. It is left out at first.",
                column=name,
            )
            for name in names_of_rows(preview)
        ]
        return notes

    @Slot()
    def _judge(self) -> None:
        """Say whether the table can be imported as it stands, and if not why."""
        reason = self._obstacle()
        self.confirm.setVisible(bool(self._preview is not None and self._preview.choices))
        self.import_button.setEnabled(not reason and self._reading is None)
        self.import_button.setToolTip(reason or "Read the file and take it as the project's data (Enter)")
        self.failure.tell(reason)

    def _obstacle(self) -> str:
        preview = self._preview
        if preview is None:
            return ""
        if preview.choices:
            return "The file can be read in more than one way: choose above, or say that it is read rightly."
        stops = [problem for problem in preview.problems if self._stops(problem)]
        if stops:
            skippable = all(problem.skippable for problem in stops)
            way = " Skip such rows, or choose other options." if skippable else ""
            return f"{stops[0].message}{way}"
        roles = [choice.role for choice in self.columns.choices.values()]
        if "target" not in roles:
            return "Choose at least one column as the target: what the network is to answer."
        if "feature" not in roles:
            return "Choose at least one column as a feature: what the network is to answer from."
        if roles.count("weight") > 1:
            return "Only one column can be the weight of the rows."
        return ""

    def _stops(self, problem: Problem) -> bool:
        if problem.severity != "stop":
            return False
        choice = self.columns.choices.get(problem.column)
        # As text anything can be read, and what is left out is not.
        if choice is not None and (choice.kind == "category" or choice.role == "ignore"):
            return False
        return not (problem.skippable and self._skips)

    @property
    def _skips(self) -> bool:
        return bool(self.bad_rows.currentData() == "skip")

    @Slot(str)
    def _settle(self, option: str) -> None:
        self._settled.add(option)
        self.refresh()

    @Slot()
    def _confirm(self) -> None:
        if self._preview is not None:
            self._settled |= {problem.option for problem in self._preview.choices}
            self.refresh()

    @Slot(QListWidgetItem)
    def _go_to_problem(self, item: QListWidgetItem) -> None:
        problem = item.data(Qt.ItemDataRole.UserRole)
        if problem.line is not None:
            self.preview_table.show_line(problem.line)
        box = self.options.boxes.get(problem.option)
        if box is not None:
            box.setFocus()

    # Reading it

    @Slot()
    def _start(self) -> None:
        assert self.options.options is not None
        job = Job(
            self._source,
            self.options.options,
            self.columns.kinds,
            self.bad_rows.currentData(),
            self._preparation(),
        )
        self._reading = Reading(job, self)
        self._reading.progressed.connect(self._show_progress)
        self._reading.finished.connect(self._finish)
        self._reading.failed.connect(self._fail)
        self._reading.cancelled.connect(self._show_cancelled)
        self.progress.setValue(0)
        self.progress.show()
        self.failure.hide()
        self.import_button.setEnabled(False)
        self._reading.start()

    def _preparation(self) -> Preparation:
        from nnstudio.data.preparation import Preparation
        from nnstudio.data.split import Split

        choices = self.columns.choices
        targets = [choice for choice in choices.values() if choice.role == "target"]
        classes = len(targets) == 1 and targets[0].kind == "category"
        known = self._usable_known()
        same = {name for name, choice in choices.items() if choice.role == "target"}
        if known is not None and self._preview is not None and same == set(known.names("target")):
            roles: dict[str, Role] = {name: choices[name].role for name in known.roles if name in choices}
            prepared = replace(
                known,
                roles={**roles, **{name: c.role for name, c in choices.items() if name not in roles}},
                missing={
                    name: choice.missing for name, choice in choices.items() if choice.role == "feature"
                },
                # A formula may hold what is not there.
                derived=() if self._absent(self._preview) else known.derived,
            )
            return prepared if known.split.column in ("", *choices) else replace(prepared, split=Split())
        split = Split(kind="stratified" if classes else "random")
        if self._preview is not None and round(self._preview.rows_estimated * split.fraction) == 0:
            split = replace(split, fraction=0.0)  # too few rows to part
        return Preparation(
            roles={name: choice.role for name, choice in choices.items()},
            missing={name: choice.missing for name, choice in choices.items() if choice.role == "feature"},
            split=split,
            target_scaling="none" if classes else "standardize",
        )

    @Slot(float)
    def _show_progress(self, fraction: float) -> None:
        self.progress.setValue(round(1000 * fraction))

    @Slot(object)
    def _finish(self, data: Dataset) -> None:
        self._reading = None
        self.imported.emit(data, self.fit.isChecked())
        self.accept()

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        self._end_reading()
        self.failure.tell(message_of(error))

    @Slot()
    def _show_cancelled(self) -> None:
        self._end_reading()

    def _end_reading(self) -> None:
        self._reading = None
        self.progress.hide()
        self._judge()

    def reject(self) -> None:
        """Stop the reading where one is on, else close without a change."""
        if self._reading is not None:
            self._reading.cancel()
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._reading is not None:
            self._reading.cancel()
        super().closeEvent(event)
