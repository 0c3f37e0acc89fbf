"""How well each class is told, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QScrollArea

from nnstudio.training.judging import ClassScores, class_scores
from nnstudio.ui.plots.class_table import ClassTable
from nnstudio.ui.plots.figures import confusion_counts
from nnstudio.ui.plots.views.base import View

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from nnstudio.ui.plots.output_scene import Scene
    from nnstudio.ui.plots.views.base import Stage


class ScoresView(View):
    """Precision, recall and F1 of each class, of training and test part side by side."""

    key = "scores"
    title = "Scores"
    tip = "Precision, recall and F1 of each class"
    asks_outputs = True

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.table = ClassTable()
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setWidget(self.table)
        self.area.setAccessibleName("Scores of the classes")
        self.found: list[ClassScores | None] = [None, None]

    @classmethod
    def fits(cls, scene: Scene) -> bool:
        return scene.data is not None and bool(scene.classes)

    @classmethod
    def choices(cls, _scene: Scene) -> list[tuple[str, int]]:
        return []

    @property
    def page(self) -> QWidget:
        return self.area

    @property
    def picture(self) -> QWidget:
        return self.table

    def draw(self) -> None:
        data = self.stage.scene.data
        self.found = []
        for test in (False, True):
            answers = self.stage.answers(test=test)
            if data is None or answers is None or not len(answers.rows):
                self.found.append(None)
                continue
            actual = data.class_indices(answers.targets)
            predicted = data.class_indices(answers.outputs, self.stage.threshold)
            self.found.append(class_scores(confusion_counts(actual, predicted, len(data.classes))))
        self.table.show_scores(() if data is None else data.classes, *self.found)

    def legend(self) -> str:
        return "How many answers are right, rows are found"

    def columns(self) -> dict[str, Any]:
        classes = self.stage.scene.classes
        shown: dict[str, Any] = {"class": list(classes)}
        for name, scores in zip(("training", "test"), self.found, strict=True):
            if scores is not None:
                for title in ("precision", "recall", "f1", "support"):
                    shown[f"{name} {title}"] = getattr(scores, title)
        return shown
