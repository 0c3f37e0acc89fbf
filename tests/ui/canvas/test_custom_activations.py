from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QImage, QPainter
from PySide6.QtWidgets import QApplication, QMenu, QStyleOptionGraphicsItem

from nnstudio.network.edits import ChangeNeurons
from nnstudio.ui.canvas.neuron_item import Detail, NeuronItem

if TYPE_CHECKING:
    from nnstudio.network import Neuron
    from tests.ui.canvas.conftest import Hand

pytestmark = pytest.mark.ui

BUMP = "custom:x * exp(-x * x)"


def _picture(neuron: Neuron) -> QImage:
    image = QImage(160, 160, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.translate(80, 80)
    painter.scale(2, 2)
    NeuronItem(neuron, Detail()).paint(painter, QStyleOptionGraphicsItem())
    painter.end()
    return image


def _with(hand: Hand, neuron_id: str, key: str) -> Neuron:
    hand.document.do(ChangeNeurons("Change activation", {neuron_id: {"activation": key}}))
    return hand.network.neuron(neuron_id)


def _inner(hand: Hand) -> list[str]:
    return [neuron.id for neuron in hand.network.neurons if neuron.role != "input"]


def test_a_formula_is_painted_as_the_same_curve_of_the_registry_is(hand: Hand) -> None:
    key = _inner(hand)[0]
    assert _picture(_with(hand, key, "custom:x")) == _picture(_with(hand, key, "identity"))
    assert _picture(_with(hand, key, BUMP)) != _picture(_with(hand, key, "identity"))


@pytest.mark.parametrize("formula", ["1 / x", "log(-1 - x * x)", "foo(x)", "1e300 * x ** 9"])
def test_a_formula_that_lacks_values_is_painted_all_the_same(hand: Hand, formula: str) -> None:
    assert not _picture(_with(hand, _inner(hand)[0], f"custom:{formula}")).isNull()


def test_the_tooltip_gives_the_formula(hand: Hand) -> None:
    key = _inner(hand)[0]
    text = NeuronItem(_with(hand, key, BUMP), Detail()).describe()
    assert "activation a = x * exp(-x * x)" in text
    assert "custom:" not in text
    long = NeuronItem(_with(hand, key, "custom:" + "+".join(["x"] * 500)), Detail()).describe()
    assert max(map(len, long.splitlines())) < 180


def _activations(hand: Hand, neuron_id: str) -> QMenu:
    pixel = hand.pixel(neuron_id)
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, pixel, hand.canvas.viewport().mapToGlobal(pixel)
    )
    QApplication.sendEvent(hand.canvas.viewport(), event)
    menu = hand.canvas.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)[-1]
    menu.hide()
    found: Any = next(a for a in menu.actions() if a.text() == "&Activation").menu()
    return found


def test_the_menu_offers_the_formulas_of_the_network(hand: Hand) -> None:
    first, second = _inner(hand)[:2]
    _with(hand, first, BUMP)
    menu = _activations(hand, first)
    entry = menu.actions()[-1]
    assert (entry.text(), entry.isChecked()) == ("Custom: x * exp(-x * x)", True)
    assert entry.toolTip() == "a = z * exp(-z * z)"
    entry = _activations(hand, second).actions()[-1]
    assert not entry.isChecked()
    entry.trigger()
    assert hand.network.neuron(second).activation == BUMP
    hand.undo()
    hand.undo()
    assert not any(action.text().startswith("Custom") for action in _activations(hand, first).actions())
