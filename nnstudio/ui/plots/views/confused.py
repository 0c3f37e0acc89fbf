"""Which classes the network takes for which; a click on a cell shows its rows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from nnstudio.ui.numbers import format_count
from nnstudio.ui.plots.confusion import ConfusionView as ConfusionMatrix
from nnstudio.ui.plots.figures import confusion_counts
from nnstudio.ui.plots.views.base import View

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.plots.output_scene import Scene
    from nnstudio.ui.plots.views.base import Stage

COUNTS, SHARES = "counts", "shares"


class ConfusedView(View):
    """Rows counted by their class and by the answer, of one part."""

    key = "confusion"
    title = "Confusion"
    tip = "Which classes it takes for which"
    asks_outputs = True
    chooses_part = True

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.matrix = ConfusionMatrix()
        self.matrix.cell_clicked.connect(self._choose)
        self._cell_of: Any = None

    @classmethod
    def fits(cls, scene: Scene) -> bool:
        return scene.data is not None and bool(scene.classes)

    @classmethod
    def styles(cls, _scene: Scene) -> tuple[tuple[str, str], ...]:
        return (COUNTS, "Counts"), (SHARES, "Shares")

    @classmethod
    def choices(cls, _scene: Scene) -> list[tuple[str, int]]:
        return []

    @property
    def page(self) -> QWidget:
        return self.matrix

    def place(self) -> None:
        stage = self.stage
        self.matrix.set_shares(stage.style == SHARES)
        shown = (stage.scene.data, stage.test)
        if self.matrix.selected is not None and self._cell_of != shown:
            self.matrix.select_cell(None)
            stage.cell_chosen.emit(None)
        self._cell_of = shown

    def draw(self) -> None:
        data, answers = self.stage.scene.data, self.stage.answers(test=self.stage.test)
        if data is None or answers is None:
            self.matrix.show_counts(None, ())
            return
        actual = data.class_indices(answers.targets)
        predicted = data.class_indices(answers.outputs, self.stage.threshold)
        self.matrix.show_counts(confusion_counts(actual, predicted, len(data.classes)), data.classes)

    def _choose(self, cell: tuple[int, int]) -> None:
        chosen = None if cell == self.matrix.selected else cell
        self.matrix.select_cell(chosen)
        self.stage.cell_chosen.emit(None if chosen is None else (*chosen, self.stage.test))

    def legend(self) -> str:
        counts, cell, classes = self.matrix.counts, self.matrix.selected, self.stage.scene.classes
        if counts is None or cell is None:
            return "Click a cell to see its rows"
        number = int(counts[cell])
        actual, answer = (classes[place] for place in cell)
        rows = "1 row" if number == 1 else f"{format_count(number)} rows"
        what = f"of “{actual}”" if actual == answer else f"of “{actual}” taken for “{answer}”"
        return escape(f"{rows} {what}")

    def columns(self) -> dict[str, Any]:
        counts, classes = self.matrix.counts, self.stage.scene.classes
        if counts is None:
            return {"class": []}
        answers = {f"answer {name}": counts[:, place] for place, name in enumerate(classes)}
        return {"class": list(classes), **answers}
