"""The inspector with nothing selected: the network as a whole."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from nnstudio.ui.document import ProjectChange
from nnstudio.ui.numbers import format_count
from nnstudio.ui.panels.facts import network_facts
from nnstudio.ui.panels.section import MARGIN, Form

if TYPE_CHECKING:
    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController


class NetworkPage(QWidget):
    """Title and description of the project, counts of the network, and what in it cannot have an effect."""

    def __init__(
        self, document: Document, controller: TrainingController, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._controller = controller
        self._counted = (0, -1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, 4, MARGIN, 8)
        layout.setSpacing(10)

        form = Form(self)
        self.title = QLineEdit(self)
        self.title.setAccessibleName("Title of the project")
        self.title.setPlaceholderText("Untitled")
        self.title.setToolTip("What the project is called")
        self.title.setMaxLength(200)
        self.title.editingFinished.connect(self._change_title)
        self.description = QPlainTextEdit(self)
        self.description.setAccessibleName("Description of the project")
        self.description.setPlaceholderText("What is it about?")
        self.description.setToolTip("A few words about the project; they are saved with it")
        self.description.setTabChangesFocus(True)
        self.description.setFixedHeight(72)
        self.description.installEventFilter(self)
        form.add("Title", self.title)
        form.add("Description", self.description)
        layout.addWidget(form)

        facts = Form(self)
        self.neurons, self.parameters = _value_label(self), _value_label(self)
        self.connections, self.depth = _value_label(self), _value_label(self)
        facts.add("Neurons", self.neurons)
        facts.add("Connections", self.connections)
        facts.add("Parameters", self.parameters)
        facts.add("Depth", self.depth)
        layout.addWidget(facts)

        self.notes = QLabel(self)
        self.notes.setWordWrap(True)
        self.notes.setTextFormat(Qt.TextFormat.RichText)
        self.notes.setToolTip("Click a note to select what it is about")
        self.notes.linkActivated.connect(self._select_noted)
        layout.addWidget(self.notes)
        self._noted: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def refresh(self) -> None:
        """Show what the document holds now."""
        project = self._document.project
        if not self.title.hasFocus() or not self.title.isModified():
            self.title.setText(project.title)
            self.title.setModified(False)
        if not self.description.hasFocus() and self.description.toPlainText() != project.description:
            self.description.setPlainText(project.description)
        self._count()
        self._show_notes()

    def _count(self) -> None:
        network = self._document.network
        counted = (id(network), network.revision)
        if counted == self._counted:
            return
        self._counted = counted
        facts = network_facts(network)
        count = facts.inputs + facts.hidden + facts.outputs
        self.neurons.setText(
            f"{format_count(count)}: {_plural(facts.inputs, 'input')}, {format_count(facts.hidden)} hidden, "
            f"{_plural(facts.outputs, 'output')}"
            if count
            else "None yet"
        )
        self.connections.setText(format_count(facts.connections))
        limited = facts.trainable < facts.parameters
        self.parameters.setText(
            format_count(facts.parameters)
            + (f", {format_count(facts.trainable)} of them to be learned" if limited else "")
        )
        self.depth.setText(
            _plural(facts.depth, "connection") + " on the longest path" if facts.depth else "–"
        )
        self._noted = facts.loose

    def _show_notes(self) -> None:
        lines = [
            f'<a href="{place}" style="text-decoration:none">{text}</a>'
            for place, (text, _ids) in enumerate(self._noted)
        ]
        problem = self._controller.problem
        if problem is not None:
            lines.insert(0, f'<a href="problem" style="text-decoration:none">{escape(str(problem))}</a>')
        text = "<br>".join(f"⚠ {line}" for line in lines)
        if text != self.notes.text():
            self.notes.setText(text)
        self.notes.setVisible(bool(lines) and bool(self._document.network.neurons))

    @Slot(str)
    def _select_noted(self, link: str) -> None:
        problem = self._controller.problem
        if link == "problem":
            ids = problem.neuron_ids if problem is not None else ()
        else:
            ids = self._noted[int(link)][1]
        network = self._document.network
        self._document.selection.set(key for key in ids if network.has_neuron(key))

    @Slot()
    def _change_title(self) -> None:
        title = self.title.text().strip()
        if title != self._document.project.title and not self._document.do(
            ProjectChange("Change title", title=title)
        ):
            self.title.setText(self._document.project.title)
        self.title.setModified(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.description and event.type() == QEvent.Type.FocusOut:
            self._change_description()
        return super().eventFilter(watched, event)

    def _change_description(self) -> None:
        text = self.description.toPlainText().strip()
        if text != self._document.project.description and not self._document.do(
            ProjectChange("Change description", description=text)
        ):
            self.description.setPlainText(self._document.project.description)


def _value_label(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _plural(count: int, word: str) -> str:
    return f"{format_count(count)} {word}{'' if count == 1 else 's'}"
