"""Neurons that show pictures: the choice, what follows the training, the popup, files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest

from nnstudio.data import make_dataset
from nnstudio.engine.program import Parameters
from nnstudio.network.edits import ChangeConnections, ChangeNeurons, RemoveItems
from nnstudio.network.templates import layered_network
from nnstudio.project import Project
from nnstudio.training import TrainingSettings
from nnstudio.ui import theme
from nnstudio.ui.canvas import crowd as crowd_module
from nnstudio.ui.canvas.faces.menu import make_faces_menu
from nnstudio.ui.canvas.faces.painting import ImageFace, ShapeFace
from nnstudio.ui.canvas.menu import make_menu
from nnstudio.ui.canvas.picture import save_picture
from nnstudio.ui.canvas.scene import EMPTY
from nnstudio.ui.canvas.view import CanvasView
from nnstudio.ui.document import ProjectChange

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from nnstudio.ui.main_window import MainWindow
    from nnstudio.ui.training_controller import TrainingController
    from tests.ui.conftest import Answers

pytestmark = pytest.mark.ui

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def make_canvas(
    qtbot: QtBot, make_controller: Callable[..., TrainingController]
) -> Callable[..., tuple[CanvasView, TrainingController]]:
    """Make a canvas that follows a controller, with a mode chosen."""

    def make(sizes: list[int], data: str = "moons", mode: str = "plane", **settings: object):
        controller = make_controller(layered_network(sizes), make_dataset(data), **settings)
        canvas = CanvasView(controller.document)
        qtbot.addWidget(canvas)
        canvas.resize(900, 600)
        controller.snapshot_changed.connect(lambda: canvas.set_snapshot(controller.snapshot))
        canvas.follow(controller)
        canvas.show()
        qtbot.waitExposed(canvas)
        canvas.fit_all()
        canvas.faces.set_mode(mode)
        controller.look()
        return canvas, controller

    return make


def faces_of(canvas: CanvasView) -> dict[str, object]:
    items = canvas.network_scene.items_by_id
    return {neuron_id: item.face for neuron_id, item in items.items() if item.face is not None}


def by_role(canvas: CanvasView, role: str) -> list[str]:
    return [neuron.id for neuron in canvas.document.network.neurons if neuron.role == role]


def pixels(face: object) -> np.ndarray:
    """The image of a face, (height, width)."""
    assert isinstance(face, ImageFace)
    image = face.sheet.image.copy(face.source.toRect()).convertToFormat(QImage.Format.Format_RGB32)
    return np.array(image.constBits()).view(np.uint32).reshape(image.height(), image.width()).copy()


def point_at(canvas: CanvasView, neuron_id: str, off: tuple[float, float] = (0.0, 0.0)) -> None:
    item = canvas.network_scene.items_by_id[neuron_id]
    pixel = canvas.mapFromScene(item.pos() + QPointF(*off))
    QTest.mouseMove(canvas.viewport(), pixel + QPoint(2, 2))
    QTest.mouseMove(canvas.viewport(), pixel)


# What is shown


def test_every_neuron_shows_what_it_computes_over_the_input_plane(make_canvas) -> None:
    canvas, _ = make_canvas([2, 3, 1])
    assert faces_of(canvas).keys() == {n.id for n in canvas.document.network.neurons}
    first, second = (pixels(canvas.network_scene.items_by_id[i].face) for i in by_role(canvas, "input"))
    # The first input grows to the right and the second upwards, from orange to blue.
    assert (first == first[0]).all()
    assert (second == second[:, :1]).all()
    for low, high in ((first[0, 0], first[0, -1]), (second[-1, 0], second[0, 0])):
        assert (low >> 16 & 255) > (low & 255)
        assert (high >> 16 & 255) < (high & 255)


def test_a_network_of_one_input_shows_curves(make_canvas) -> None:
    canvas, _ = make_canvas([1, 4, 1], "sine")
    face = canvas.network_scene.items_by_id[by_role(canvas, "input")[0]].face
    assert isinstance(face, ShapeFace)
    assert face.line is not None
    assert np.allclose(np.diff(face.line[:, 1]), np.diff(face.line[:, 1])[0])  # an input is a straight line
    assert len(faces_of(canvas)) == 6


def test_histograms_need_no_plane(make_canvas) -> None:
    canvas, _ = make_canvas([4, 5, 3], "iris", "histogram")
    assert len(faces_of(canvas)) == 12
    assert all(isinstance(face, ShapeFace) for face in faces_of(canvas).values())


def test_weights_from_pixels_are_shown_as_an_image(make_canvas) -> None:
    canvas, _ = make_canvas([64, 6, 10], "digits", "weights")
    assert faces_of(canvas).keys() == set(by_role(canvas, "hidden"))
    hidden = by_role(canvas, "hidden")[0]
    before = pixels(faces_of(canvas)[hidden])
    assert before.shape == (8, 8)
    network = canvas.document.network
    first = network.connection_between(by_role(canvas, "input")[0], hidden)
    weights = {c.id: {"weight": 0.5} for c in network.connections if c.target == hidden}
    canvas.document.do(ChangeConnections("", weights | {first.id: {"weight": -0.5}}))
    after = pixels(faces_of(canvas)[hidden])
    assert after[0, 0] != after[0, 1]
    assert len(np.unique(after)) == 2


def test_another_network_is_opened_while_weights_are_shown_as_images(qtbot: QtBot, make_canvas) -> None:
    canvas, _ = make_canvas([64, 6, 10], "digits", "weights")
    canvas.document.replace_project(Project(layered_network([2, 3, 1]), make_dataset("moons")))
    qtbot.waitUntil(lambda: not faces_of(canvas))


def test_what_does_not_fit_leaves_the_values_on_view(make_canvas) -> None:
    canvas, _ = make_canvas([4, 3, 3], "iris", "plane")
    assert not faces_of(canvas)
    assert canvas.faces.why_not("plane")
    assert canvas.faces.why_not("weights")
    assert not canvas.faces.why_not("histogram")
    canvas.faces.set_mode("weights")
    assert not faces_of(canvas)


def test_nothing_is_asked_for_while_values_are_shown_or_nobody_looks(make_canvas) -> None:
    canvas, controller = make_canvas([2, 3, 1])
    assert len(controller.snapshot.answers) == 1
    canvas.hide()
    controller.look()
    controller.look()
    assert not controller.snapshot.answers
    canvas.show()
    controller.look()
    controller.look()
    assert len(faces_of(canvas)) == 6
    canvas.faces.set_mode("value")
    assert not faces_of(canvas)
    controller.look()
    assert not controller.snapshot.answers


def test_a_neuron_that_is_added_gets_its_picture_and_one_that_is_removed_takes_its_own(
    qtbot: QtBot, make_canvas
) -> None:
    canvas, _ = make_canvas([2, 3, 1])
    hidden = by_role(canvas, "hidden")
    canvas.document.do(RemoveItems("", [hidden[0]]))
    qtbot.waitUntil(lambda: len(faces_of(canvas)) == 5)
    canvas.document.undo_stack.undo()
    qtbot.waitUntil(lambda: hidden[0] in faces_of(canvas))


def test_pictures_change_while_training_runs_and_are_those_of_its_end(qtbot: QtBot, make_canvas) -> None:
    canvas, controller = make_canvas([2, 4, 1], epochs=10**9, learning_rate=0.1)
    output = by_role(canvas, "output")[0]
    seen: list[object] = []

    def note() -> None:
        seen.append(faces_of(canvas).get(output))

    canvas.faces.drawn.connect(note)
    controller.train()
    qtbot.waitUntil(lambda: len(seen) > 3, timeout=10_000)
    controller.halt()
    controller.look()
    canvas.faces.drawn.disconnect(note)
    assert all(seen)  # none is without its picture for a moment
    assert len({pixels(face).tobytes() for face in seen}) > 3
    snapshot, program = controller.snapshot, controller.program
    learned = Parameters(np.r_[snapshot.weights, snapshot.biases], len(snapshot.weights))
    assert canvas.faces.asker.snapshot is snapshot
    assert np.array_equal(canvas.faces.asker.values, program.activations(learned, canvas.faces.asker.points))


def test_an_answer_of_another_question_or_moment_is_not_shown(make_canvas) -> None:
    canvas, controller = make_canvas([2, 3, 1])
    late = replace(controller.snapshot, answers={})
    controller.snapshot = replace(late, revision=late.revision + 1)
    controller.snapshot_changed.emit()
    assert not faces_of(canvas)


def test_pictures_follow_a_snapshot_of_the_past(make_canvas) -> None:
    canvas, controller = make_canvas([2, 3, 1])
    now = controller.snapshot
    output = by_role(canvas, "output")[0]
    before = pixels(faces_of(canvas)[output])
    key, answer = next(iter(now.answers.items()))
    past = answer * np.linspace(-1.0, 1.0, len(answer))[:, None]
    controller.snapshot = replace(now, answers={key: past})
    controller.snapshot_changed.emit()
    assert not np.array_equal(pixels(faces_of(canvas)[output]), before)
    controller.snapshot = now
    controller.snapshot_changed.emit()
    assert np.array_equal(pixels(faces_of(canvas)[output]), before)


def test_while_a_run_is_on_pictures_of_the_past_are_of_the_step_on_view(qtbot: QtBot, make_canvas) -> None:
    canvas, controller = make_canvas([2, 4, 1], epochs=10**9, learning_rate=0.1)
    machine, asker = controller.time_machine, canvas.faces.asker
    controller.train()
    qtbot.waitUntil(lambda: (machine.last_step or 0) > 20 and asker.values is not None, timeout=10_000)
    shown: list[tuple[int, int]] = []

    def note() -> None:
        if machine.is_past and asker.snapshot is not None:
            shown.append((controller.snapshot.step, asker.snapshot.step))

    controller.snapshot_changed.connect(note)
    for step in range(1, 15):
        machine.show(step)
        qtbot.waitUntil(lambda step=step: shown[-1:] == [(step, step)], timeout=5_000)
    assert all(on_view == of for on_view, of in shown)
    controller.halt()


def test_pictures_have_the_colors_of_the_theme(make_canvas) -> None:
    canvas, _ = make_canvas([2, 3, 1])
    first = by_role(canvas, "input")[0]
    theme.manager().set_choice("light", remember=False)
    light = pixels(faces_of(canvas)[first])
    theme.manager().set_choice("dark", remember=False)
    dark = pixels(faces_of(canvas)[first])
    theme.manager().set_choice("light", remember=False)
    assert not (light == dark).any()


# Shape and picking


def test_a_neuron_with_a_picture_is_picked_in_its_corners(make_canvas) -> None:
    canvas, _ = make_canvas([2, 3, 1])
    scene = canvas.network_scene
    hidden = by_role(canvas, "hidden")[0]
    corner = scene.items_by_id[hidden].pos() + QPointF(15.5, 15.5)
    assert scene.pick(corner, 1.0).kind == "core"
    assert scene.pick(scene.items_by_id[hidden].pos() + QPointF(21.0, 21.0), 1.0).kind == "rim"
    canvas.faces.set_mode("value")
    assert scene.pick(corner, 1.0).kind == "rim"


@pytest.mark.parametrize("mode", ["plane", "histogram"])
def test_a_crowd_shows_the_pictures_that_its_neurons_show_one_by_one(
    make_canvas, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    canvas, _ = make_canvas([2, *[16] * 10, 1], mode=mode)

    def view() -> np.ndarray:
        image = canvas.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        return np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., :3].astype(int)

    def round_hidden(picture: np.ndarray) -> np.ndarray:
        at = canvas.mapFromScene(canvas.network_scene.items_by_id[by_role(canvas, "hidden")[20]].pos())
        return picture[at.y() - 3 : at.y() + 4, at.x() - 3 : at.x() + 4]

    copied = view()
    monkeypatch.setattr(crowd_module, "_LEAST_COPIED", 10_000)
    each = view()
    assert not np.array_equal(copied, each)
    # Copies lie on whole pixels: at most half a pixel off.
    assert np.abs(copied - each).mean() < 6.0
    canvas.faces.set_mode("value")
    assert np.abs(round_hidden(view()) - round_hidden(copied)).mean() > 4.0


def test_pictures_too_small_to_be_seen_are_left_out(make_canvas) -> None:
    canvas, _ = make_canvas([2, 3, 1])
    item = canvas.network_scene.items_by_id[by_role(canvas, "hidden")[0]]
    assert item.shows_face(0.3)
    assert not item.shows_face(0.1)
    assert item.is_square


# The popup


def test_a_popup_beside_the_neuron_shows_its_picture_large(qtbot: QtBot, make_canvas) -> None:
    canvas, controller = make_canvas([2, 3, 1])
    controller.document.set_focus_row(2)
    hidden = by_role(canvas, "hidden")[1]
    popup = canvas.face_popup
    point_at(canvas, hidden)
    qtbot.waitUntil(popup.isVisible)
    item = canvas.network_scene.items_by_id[hidden]
    around = canvas.mapFromScene(item.sceneBoundingRect().center())
    assert not popup.geometry().contains(around)
    assert canvas.rect().contains(popup.geometry())
    assert [axis.name for axis in popup.axes()] == ["x1", "x2"]
    assert "±" in popup.note()
    qtbot.waitUntil(lambda: pixels(popup.face).shape[0] > pixels(item.face).shape[0])
    assert not popup.grab().isNull()
    point_at(canvas, hidden, (0.0, 300.0))
    assert not popup.isVisible()
    controller.look()
    controller.look()
    assert len(controller.snapshot.answers) == 1


@pytest.mark.parametrize(
    ("sizes", "data", "mode", "axes"),
    [
        ([1, 3, 1], "sine", "plane", ["x", "value"]),
        ([4, 3, 3], "iris", "histogram", ["value", "rows"]),
        ([64, 3, 10], "digits", "weights", ["", ""]),
    ],
)
def test_the_popup_names_its_axes(
    qtbot: QtBot, make_canvas, sizes: list[int], data: str, mode: str, axes: list[str]
) -> None:
    canvas, _ = make_canvas(sizes, data, mode)
    point_at(canvas, by_role(canvas, "hidden")[1])
    qtbot.waitUntil(canvas.face_popup.isVisible)
    assert [axis.name for axis in canvas.face_popup.axes()] == axes
    assert not canvas.face_popup.grab().isNull()


def test_the_popup_goes_away_for_a_press_a_zoom_and_another_mode(qtbot: QtBot, make_canvas) -> None:
    canvas, _ = make_canvas([2, 3, 1])
    hidden = by_role(canvas, "hidden")[1]
    popup = canvas.face_popup

    def open_popup() -> None:
        point_at(canvas, hidden, (0.0, 300.0))
        point_at(canvas, hidden)
        qtbot.waitUntil(popup.isVisible)

    open_popup()
    item = canvas.network_scene.items_by_id[hidden]
    QTest.mouseClick(
        canvas.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        canvas.mapFromScene(item.pos()),
    )
    assert not popup.isVisible()
    open_popup()
    canvas.zoom_in()
    assert not popup.isVisible()
    canvas.fit_all()
    open_popup()
    canvas.faces.set_mode("value")
    assert not popup.isVisible()


def test_neurons_that_show_values_have_no_popup(make_canvas) -> None:
    canvas, _ = make_canvas([2, 3, 1], mode="value")
    point_at(canvas, by_role(canvas, "hidden")[1])
    assert canvas.network_scene.hit.id
    assert not canvas.face_popup.neuron_id


# Menus, projects and files


def test_the_menu_offers_what_can_be_shown_and_says_why_the_rest_cannot(make_canvas) -> None:
    canvas, _ = make_canvas([2, 3, 1])
    menu = make_faces_menu(canvas, canvas, "Neurons show")
    menu.aboutToShow.emit()
    actions = {action.data(): action for action in menu.actions()}
    assert actions["plane"].isChecked()
    assert actions["histogram"].isEnabled()
    assert not actions["weights"].isEnabled()
    assert "image" in actions["weights"].toolTip()
    actions["histogram"].trigger()
    assert canvas.faces.mode == "histogram"
    menu.aboutToShow.emit()
    assert actions["histogram"].isChecked()


def test_the_canvas_menu_has_the_choice(make_canvas) -> None:
    canvas, _ = make_canvas([2, 3, 1], mode="value")
    menu = make_menu(canvas, EMPTY, QPointF())
    titles = [action.text().replace("&", "") for action in menu.actions()]
    assert "Neurons show" in titles


def test_what_neurons_show_is_kept_with_the_project(
    qtbot: QtBot, window: MainWindow, answers: Answers, tmp_path: Path
) -> None:
    project = Project(layered_network([2, 3, 1]), make_dataset("moons"), TrainingSettings())
    window.document.replace_project(project)
    window.canvas.faces.set_mode("histogram")
    path = tmp_path / "kept.nns"
    answers.expect(path)
    assert window.files.save_as()
    window.canvas.faces.set_mode("value")
    assert window.files.open(path)
    assert window.canvas.faces.mode == "histogram"
    qtbot.waitUntil(lambda: len(faces_of(window.canvas)) == 6)


@pytest.mark.parametrize("mode", ["plane", "histogram"])
def test_files_show_the_pictures_and_tikz_the_curves_instead(make_canvas, tmp_path: Path, mode: str) -> None:
    canvas, _ = make_canvas([2, 3, 1], mode=mode)
    scene = canvas.network_scene
    save_picture(scene, tmp_path / "a.svg")
    root = ET.fromstring((tmp_path / "a.svg").read_bytes())
    assert len(root.findall(f".//{SVG}image")) == (6 if mode == "plane" else 0)
    assert not root.findall(f".//{SVG}circle")
    save_picture(scene, tmp_path / "a.pdf")
    assert ((tmp_path / "a.pdf").read_bytes().count(b"/Subtype /Image") >= 6) == (mode == "plane")
    save_picture(scene, tmp_path / "a.tex")
    assert (tmp_path / "a.tex").read_text("utf-8").count("circle[radius=16.5pt]") == 6
    assert scene.items_by_id[by_role(canvas, "hidden")[0]].is_square


def test_a_png_shows_the_colors_of_the_plane(make_canvas, tmp_path: Path) -> None:
    canvas, _ = make_canvas([2, 3, 1])
    save_picture(canvas.network_scene, tmp_path / "a.png", scale=2.0)
    image = QImage(str(tmp_path / "a.png"))
    scene = canvas.network_scene
    left, top, _, _ = scene.bounds()
    item = scene.items_by_id[by_role(canvas, "input")[0]]
    middle = (item.pos() - QPointF(left, top) + QPointF(64.0, 64.0)) * 2.0
    shown = [image.pixelColor((middle + QPointF(side * 30.0, 0.0)).toPoint()) for side in (-1.0, 1.0)]
    wanted = pixels(item.face)
    for color, pixel in zip(shown, (wanted[0, 4], wanted[0, -5]), strict=True):
        expected = QColor.fromRgb(int(pixel))
        assert abs(color.red() - expected.red()) + abs(color.blue() - expected.blue()) < 60


def test_a_disabled_neuron_keeps_its_picture(make_canvas) -> None:
    canvas, controller = make_canvas([2, 3, 1])
    canvas.document.do(ChangeNeurons("", {by_role(canvas, "hidden")[0]: {"enabled": False}}))
    controller.look()
    assert not canvas.viewport().grab().isNull()
    assert by_role(canvas, "output")[0] in faces_of(canvas)


def test_other_data_are_looked_at_instead(make_canvas) -> None:
    canvas, controller = make_canvas([2, 3, 1])
    before = canvas.faces.asker.points.copy()
    canvas.document.do(ProjectChange("", data=make_dataset("spiral")))
    controller.look()
    canvas.faces._rebuild()
    assert not np.array_equal(canvas.faces.asker.points, before)
