"""What every view of the outputs is, and what all of them share."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from PySide6.QtCore import QObject, Signal

from nnstudio.training.metrics import class_threshold
from nnstudio.ui import theme
from nnstudio.ui.plots.figures import FARTHEST
from nnstudio.ui.plots.output_scene import Scene
from nnstudio.ui.plots.palette import Hues
from nnstudio.ui.plots.views.points import Points

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyqtgraph import PlotWidget
    from PySide6.QtGui import QColor
    from PySide6.QtWidgets import QWidget

    from nnstudio.training.snapshot import Probe, Snapshot
    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

ALL = -1  # instead of one output: all classes


class Answers(NamedTuple):
    """What the network answers for the rows of a part: targets and outputs (rows, targets) as it has them."""

    rows: Rows
    targets: Floats
    outputs: Floats


class Stage(QObject):
    """What is to be shown, where, and what the network answers now.

    ``output`` is the one chosen (`ALL` for all classes), ``test`` whether the test part is, ``style`` one of
    those of the view on show, ``side`` the points along each side of a grid. ``probes`` ask the network what
    the view needs, the last one first; before it, there may be one of a finer or coarser grid.
    """

    path_pointed = Signal(object, object)  # ids of neurons and connections to light up
    cell_chosen = Signal(object)  # the class, the answer and whether of the test part; None for no cell

    def __init__(
        self, document: Document, controller: TrainingController, plot: PlotWidget, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.document = document
        self.controller = controller
        self.plot = plot
        self.scene = Scene()
        self.output = 0
        self.style = ""
        self.test = False
        self.side = 0
        self.grid_seconds = 0.0  # what drawing the last grid took
        self.probes: tuple[Probe, ...] = ()
        self.points = Points(plot)

    @property
    def hues(self) -> Hues:
        """Colors of the theme in use."""
        return Hues(theme.manager().current)

    @property
    def snapshot(self) -> Snapshot | None:
        """The moment on view."""
        return self.controller.snapshot

    @property
    def loss(self) -> str:
        """The loss that rows are measured by."""
        return self.controller.settings.loss

    @property
    def threshold(self) -> float:
        """Where a single output parts two classes."""
        return class_threshold(self.loss)

    @property
    def answered(self) -> Probe | None:
        """The probe that the network has answered last, or None."""
        snapshot = self.snapshot
        for probe in () if snapshot is None else self.probes:
            assert snapshot is not None
            values = snapshot.answer(probe.key)
            width = len(snapshot.neuron_ids) if probe.inner else self.scene.outputs
            if values is not None and values.shape[1] == width:
                return probe
        return None

    def answer(self) -> Any:
        """Return what the network answers to the probe that is answered, or None."""
        probe, snapshot = self.answered, self.snapshot
        return None if probe is None or snapshot is None else snapshot.answer(probe.key)

    def answers(self, *, test: bool) -> Answers | None:
        """Return what the network answers for the rows of a part; None where that is not known."""
        data, snapshot = self.scene.data, self.snapshot
        if data is None or snapshot is None or snapshot.data is not data:
            return None
        rows = data.test_rows if test else data.train_rows
        outputs = snapshot.test_outputs if test else snapshot.train_outputs
        if outputs is None or outputs.shape != (len(rows), self.scene.outputs):
            return None
        return Answers(rows, data.y[rows], outputs)

    def all_outputs(self) -> Any:
        """Return the outputs for all rows of the data, (rows, outputs), as the network has them, or None."""
        data = self.scene.data
        train, test = self.answers(test=False), self.answers(test=True)
        if data is None or train is None or test is None:
            return None
        outputs = np.full(data.y.shape, np.nan)
        for part in (train, test):
            outputs[part.rows] = part.outputs
        return outputs


class View:
    """One way of looking at what the network computes.

    ``tip`` says what it is good for. ``asks_outputs`` says that it needs the outputs of all rows,
    ``chooses_part`` that it shows either training or test part, ``uses_grid`` that it asks about a surface.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    tip: ClassVar[str]
    asks_outputs: ClassVar[bool] = False
    chooses_part: ClassVar[bool] = False
    uses_grid: ClassVar[bool] = False

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    @classmethod
    def fits(cls, scene: Scene) -> bool:
        """Whether the view has something to say of this network and these data."""
        raise NotImplementedError

    @classmethod
    def styles(cls, _scene: Scene) -> tuple[tuple[str, str], ...]:
        """Return keys and titles of the variants, the usual one first; none where there is but one."""
        return ()

    @classmethod
    def choices(cls, scene: Scene) -> list[tuple[str, int]]:
        """Return names and places of the outputs to choose from."""
        return [(name, place) for place, name in enumerate(scene.output_names)]

    @property
    def page(self) -> QWidget:
        """The widget that it is drawn on."""
        return self.stage.plot

    @property
    def picture(self) -> QWidget:
        """The widget that is saved as a picture."""
        return self.page

    @property
    def can_draw(self) -> bool:
        """Whether points of the data can be drawn where it shows them."""
        return False

    def question(self) -> tuple[Floats, bool] | None:
        """Return the points to ask the network about, as it sees them, and whether all neurons are asked."""
        return None

    def begin(self) -> None:
        """Come into view."""

    def end(self) -> None:
        """Go out of view."""

    def place(self) -> None:
        """Set axes, and draw what does not change as the network learns."""

    def draw(self) -> None:
        """Draw what the network answers now."""

    def restyle(self) -> None:
        """Take the colors of the theme; `place` and `draw` follow."""

    def legend(self) -> str:
        """Return what is seen, as rich text."""
        return ""

    def read(self, _x: float, _y: float) -> str:
        """Return what is under the pointer, as plain text; x and y are those of the axes."""
        return ""

    def leave(self) -> None:
        """Forget the pointer."""

    def mark_focus(self) -> None:
        """Mark the row in focus."""

    def columns(self) -> dict[str, Any]:
        """Return the numbers of the picture, by column."""
        return {}


class PlotView(View):
    """A view on the plot that several share: its own items are seen while it is."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._items: list[Any] = []

    def add(self, item: Any, z: float = 0.0) -> Any:
        """Put an item on the plot, below or above the points of the data by its sign; returns it."""
        item.setZValue(z)
        item.setVisible(False)
        self.stage.plot.getPlotItem().addItem(item, ignoreBounds=True)
        self._items.append(item)
        return item

    def begin(self) -> None:
        for item in self._items:
            item.setVisible(True)
        self.restyle()

    def end(self) -> None:
        for item in self._items:
            item.setVisible(False)
        self.stage.points.clear()
        self.leave()

    def show_range(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show this part of the plane, as far as it can be drawn."""
        self.stage.plot.getViewBox().setRange(xRange=_drawable(x), yRange=_drawable(y), padding=0)

    def mark_focus(self) -> None:
        self.stage.points.mark_focus(self.stage.document.focus_row)


def _drawable(bounds: tuple[float, float]) -> tuple[float, float]:
    low, high = (min(max(bound, -FARTHEST), FARTHEST) for bound in bounds)
    return (low, high) if low < high else (-1.0, 1.0)


def dot(color: QColor, text: str, *, hollow: bool = False) -> str:
    """Return an entry of a legend, rich text; ``text`` is plain."""
    return f'<span style="color:{color.name()}">{"○" if hollow else "●"}</span>&nbsp;{escape(text)}'


def parts_legend(scene: Scene) -> list[str]:
    """Return the entries for the training part and, if there is one, the test part."""
    current = theme.manager().current
    entries = [dot(current.train_line, "Training")]
    if scene.data is not None and len(scene.data.test_rows):
        entries.append(dot(current.test_line, "Test", hollow=True))
    return entries


def joined(*entries: str) -> str:
    """Return entries of a legend side by side."""
    return "&nbsp;&nbsp; ".join(entry for entry in entries if entry)
