"""What the neurons of a canvas show: their value, what they compute, how it is distributed, their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnstudio.network.events import ParametersChanged
from nnstudio.ui import theme
from nnstudio.ui.canvas.faces import numbers
from nnstudio.ui.canvas.faces.asking import PACE_MILLISECONDS, Asker
from nnstudio.ui.canvas.faces.numbers import FACE_MODES
from nnstudio.ui.canvas.faces.painting import Sheet, curve_faces, histogram_faces

if TYPE_CHECKING:
    from nnstudio.network.events import Event
    from nnstudio.ui.canvas.faces.numbers import FaceMode, ImageWeights, Range
    from nnstudio.ui.canvas.faces.painting import Face
    from nnstudio.ui.canvas.view import CanvasView
    from nnstudio.ui.plots.output_scene import Scene
    from nnstudio.ui.training_controller import TrainingController

_WHO = "neurons"
_NO_PLANE = "Shown for networks of one or two inputs"
_NO_DATA = "Choose data that fit the network to see this"
_NO_IMAGE = "Shown where the inputs are the pixels of an image"


class NeuronFaces(QObject):
    """Keeps what the neurons show true to the snapshot on view, in one of `FACE_MODES`.

    ``drawn`` tells that they show something else, ``mode_changed`` that another mode was chosen.
    """

    mode_changed = Signal(str)
    drawn = Signal()

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._document = canvas.document
        self._controller: TrainingController | None = None
        self._asker: Asker | None = None
        self.mode: FaceMode = "value"
        self._is_seen = True
        self.plane: Scene | None = None  # what is asked about in the mode "plane" …
        self.side = 0  # … and at how many points along each side
        self._images: ImageWeights | None = None
        # What large views of single neurons are painted from.
        self.slots: dict[str, int] = {}
        self.ranges: Range | None = None
        self.full: dict[str, float] = {}
        self._rebuild_timer = QTimer(self)
        self._rebuild_timer.setSingleShot(True)
        self._rebuild_timer.setInterval(0)
        self._rebuild_timer.timeout.connect(self._rebuild)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PACE_MILLISECONDS)
        self._pause.timeout.connect(self._draw_images)
        self._document.network_changed.connect(self._on_network_changed)
        self._document.project_replaced.connect(self._rebuild_soon)
        self._document.data_changed.connect(self._rebuild_soon)
        theme.manager().changed.connect(self._restyle)

    def follow(self, controller: TrainingController) -> None:
        """Show what this controller's snapshots hold."""
        self._controller = controller
        self._asker = Asker(controller, _WHO, self)
        self._asker.changed.connect(self._draw_answer)
        self._canvas.network_scene.values_changed.connect(self._on_values)
        self._rebuild_soon()

    @property
    def asker(self) -> Asker | None:
        """What asks the network, once there is a controller."""
        return self._asker

    @Slot(str)
    def set_mode(self, mode: str) -> None:
        """Have neurons show one of `FACE_MODES`; anything else is passed over."""
        if mode in FACE_MODES and mode != self.mode:
            self.mode = cast("FaceMode", mode)
            self._rebuild()
            self.mode_changed.emit(mode)

    def set_seen(self, seen: bool) -> None:
        """Ask for nothing while nobody sees it."""
        if seen != self._is_seen:
            self._is_seen = seen
            self._rebuild()

    def why_not(self, mode: FaceMode) -> str:
        """Return why neurons cannot show this now; empty where they can."""
        data = self._document.project.data
        inputs = len(self._document.network.inputs)
        fits = data is not None and data.x.shape[1] == inputs
        if mode == "plane":
            return "" if self._plane() is not None else _NO_PLANE
        if mode == "histogram":
            return "" if fits else _NO_DATA
        if mode == "weights":
            return "" if fits and data is not None and data.image_shape is not None else _NO_IMAGE
        return ""

    def _plane(self) -> Scene | None:
        from nnstudio.ui.plots.output_scene import fitting_scene

        scene = fitting_scene(self._document.network, self._document.project.data)
        return scene if scene.kind in ("surface", "curve") else None

    # Following the document

    @Slot(object)
    def _on_network_changed(self, events: tuple[Event, ...]) -> None:
        if not all(isinstance(event, ParametersChanged) for event in events):
            self._rebuild_soon()

    @Slot()
    def _rebuild_soon(self) -> None:
        self._rebuild_timer.start()

    @Slot()
    def _rebuild(self) -> None:
        """Ask for what the mode needs, of network and data as they are."""
        self._rebuild_timer.stop()
        if self._asker is None:
            return
        network, data = self._document.network, self._document.project.data
        size = network.neuron_count, network.connection_count
        can = self._is_seen and not self.why_not(self.mode)
        points = None
        self.plane = self._images = None
        if can and self.mode == "plane":
            scene = self._plane()
            assert scene is not None
            self.plane, self.side = scene, numbers.plane_side(*size)
            points = scene.probe_points(self.side)
        elif can and self.mode == "histogram" and data is not None:
            points = data.x[numbers.data_rows(data.train_rows, *size)]
        elif can and self.mode == "weights" and data is not None and data.image_shape is not None:
            inputs = [neuron.id for neuron in network.inputs]
            self._images = numbers.ImageWeights(self._canvas.network_scene.graph, inputs, data.image_shape)
        if points is None or self._asker.points is None or not _same(points, self._asker.points):
            self._asker.ask(points)
        if points is None:
            self._draw_images()

    @Slot()
    def _on_values(self) -> None:
        if self._images is not None and not self._pause.isActive():
            self._draw_images()

    @Slot()
    def _restyle(self) -> None:
        if self._images is None:
            self._draw_answer()
        else:
            self._draw_images()

    # Drawing

    @Slot()
    def _draw_answer(self) -> None:
        """Show the values that were asked for."""
        asker = self._asker
        faces: dict[str, Face] = {}
        if asker is not None and asker.values is not None and asker.snapshot is not None:
            ids = asker.snapshot.neuron_ids
            self.slots = {neuron_id: slot for slot, neuron_id in enumerate(ids)}
            if self.plane is not None and self.plane.kind == "surface":
                tiles = numbers.plane_tiles(asker.values, self.side, [self.middle_of(i) for i in ids])
                faces = self._images_of(ids, tiles, is_smooth=True)
            else:
                self.ranges = numbers.value_ranges(asker.values)
                draw = histogram_faces if self.plane is None else curve_faces
                faces = dict(zip(ids, draw(asker.values, self.ranges), strict=True))
        self._show(faces)

    @Slot()
    def _draw_images(self) -> None:
        """Show the weights on view as images, where they are one; nothing otherwise."""
        controller, images = self._controller, self._images
        if images is None or controller is None:
            if self._asker is None or self._asker.values is None:
                self._show({})
            return
        graph = self._canvas.network_scene.graph
        if not images.is_of(graph):
            return  # the network is another, and what makes up its images is about to be found
        tiles = images.tiles(graph.weights)
        self._show(self._images_of(images.neuron_ids, tiles, is_smooth=False))
        if controller.is_running:
            self._pause.start()

    def middle_of(self, neuron_id: str) -> float:
        """Return the value of a neuron that stands between the two colors of its plane."""
        network = self._canvas.document.network
        return numbers.middle(network.neuron(neuron_id).activation if network.has_neuron(neuron_id) else None)

    def _images_of(self, ids: tuple[str, ...], tiles: numbers.Floats, *, is_smooth: bool) -> dict[str, Face]:
        full = numbers.scales(tiles)
        self.full = dict(zip(ids, full.tolist(), strict=True))
        if not len(tiles):
            return {}
        sheet = Sheet(numbers.painted(tiles, full, theme.manager().current.name), is_smooth=is_smooth)
        return {neuron_id: sheet.face(place) for place, neuron_id in enumerate(ids)}

    def _show(self, faces: dict[str, Face]) -> None:
        self._canvas.network_scene.set_faces(faces)
        self.drawn.emit()


def _same(points: numbers.Floats, others: numbers.Floats) -> bool:
    return points.shape == others.shape and bool((points == others).all())
