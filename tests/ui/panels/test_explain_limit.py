"""The derivative as a limit, with a slider that is moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

import nnstudio as nn
from nnstudio.explain import limit_at, moment_of
from nnstudio.explain.limits import DECADES
from nnstudio.ui.panels.explain_limit import LimitView

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from nnstudio.explain import Moment

pytestmark = pytest.mark.ui


@pytest.fixture
def moment() -> Moment:
    network = nn.Network()
    a = network.add_neuron("input", label="a")
    out = network.add_neuron("output", activation="sigmoid", bias=0.3, label="out", id="out")
    network.connect(a.id, out.id, weight=0.7, id="w")
    program = nn.compile_network(network)
    return moment_of(program, program.initial_parameters(), [1.5], [0.0], "mse")


@pytest.fixture
def view(moment: Moment, qtbot: QtBot) -> LimitView:
    found = LimitView()
    qtbot.addWidget(found)
    found.resize(300, 560)
    found.show_limit(moment, "w")
    found.show()
    qtbot.waitExposed(found)
    return found


def test_quotient_and_derivative_stand_below_each_other(view: LimitView, moment: Moment) -> None:
    exact = limit_at(moment, "w", (0.1,))
    assert view.quotient.formula is not None
    assert view.derivative.formula is not None
    assert view.quotient.formula.value.value == pytest.approx(exact.points[0].forward.value)
    assert view.derivative.formula.value.value == pytest.approx(exact.exact)
    assert "by truncation" in view.errors.text()
    assert "a smaller h helps" in view.errors.text()


def test_the_slider_takes_h_down_to_where_rounding_wins(view: LimitView) -> None:
    before = view.h
    QTest.keyClick(view.slider, Qt.Key.Key_Right)
    assert view.h == pytest.approx(before * 10 ** (-1 / 4))
    QTest.keyClick(view.slider, Qt.Key.Key_End)
    assert view.h == pytest.approx(1e-15)
    assert "a larger h helps" in view.errors.text()


def test_differences_to_both_sides_are_closer(view: LimitView, moment: Moment) -> None:
    (point,) = limit_at(moment, "w", (0.1,)).points
    QTest.keyClick(view.way, Qt.Key.Key_Down)
    assert view.is_central
    assert view.quotient.formula is not None
    assert view.quotient.formula.value.value == pytest.approx(point.central.value)
    assert abs(point.central.error) < abs(point.forward.error)
    assert view.secant.ends[0] == (-0.1, 0.1)


def test_errors_are_measured_a_bit_at_a_time_and_of_the_last_moment_in_the_end(
    view: LimitView, moment: Moment, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnstudio.ui.panels.explain_limit._SLICE", 0.0)
    other = moment_of(moment.program, moment.parameters, [0.5], [1.0], "mse")
    wanted = [point.forward.truncation for point in limit_at(other, "w").points]
    asked = []
    monkeypatch.setattr(
        "nnstudio.ui.panels.explain_limit.limit_at",
        lambda *given: asked.append(given) or limit_at(*given),
    )
    view.show_limit(moment, "w")
    view.show_limit(other, "w")
    assert len(asked) < len(DECADES)
    qtbot.waitUntil(lambda: [each.truncation for each in view.error_picture._errors] == wanted)


def test_the_secant_goes_through_the_losses(view: LimitView, moment: Moment) -> None:
    (x0, x1), (y0, y1) = view.secant.ends
    program, parameters = moment.program, moment.parameters.copy()
    for offset, loss in ((x0, y0), (x1, y1)):
        moved = parameters.copy()
        moved.weights[0] += offset
        assert loss == pytest.approx(program.loss(moved, [[1.5]], [[0.0]], loss="mse"))


def test_nothing_is_computed_for_what_is_not_seen(
    moment: Moment, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        "nnstudio.ui.panels.explain_limit.limit_at",
        lambda *given: asked.append(given) or limit_at(*given),
    )
    found = LimitView()
    qtbot.addWidget(found)
    found.show_limit(moment, "out")
    assert not asked
    found.show()
    qtbot.waitUntil(lambda: len(asked) == 1 + len(DECADES))


def test_losses_that_are_not_finite_are_told(view: LimitView, moment: Moment) -> None:
    network = nn.Network()
    a = network.add_neuron("input")
    out = network.add_neuron("output", activation="custom:exp(x)")
    network.connect(a.id, out.id, weight=708.0, id="w")
    program = nn.compile_network(network)
    with np.errstate(all="ignore"):
        steep = moment_of(program, program.initial_parameters(), [1.0], [0.0], "mae")
    view.show_limit(steep, "w")
    QTest.keyClick(view.slider, Qt.Key.Key_Home)
    QTest.keyClick(view.slider, Qt.Key.Key_Right)
    QTest.keyClick(view.slider, Qt.Key.Key_Home)
    assert view.h == 1.0
    view.grab()


def test_a_loss_that_does_not_change_is_told_as_such(view: LimitView, qtbot: QtBot) -> None:
    network = nn.Network()
    a = network.add_neuron("input")
    out = network.add_neuron("output", activation="sigmoid", bias=0.3)
    network.connect(a.id, out.id, weight=0.7, id="w")
    program = nn.compile_network(network)
    flat = moment_of(program, program.initial_parameters(), [0.0], [0.0], "mse")
    qtbot.waitUntil(lambda: bool(view.error_picture.sizes))
    assert view.error_picture.isVisible()
    view.show_limit(flat, "w")
    assert view.errors.text() == "Nothing is off: the loss of this sample is the same all along."
    qtbot.waitUntil(lambda: not view.error_picture.isVisible())
    view.grab()


def test_a_bias_has_its_own_letter(view: LimitView, moment: Moment, qtbot: QtBot) -> None:
    assert view.derivative.formula is not None
    assert "dw" in view.derivative.formula.symbols
    view.show_limit(moment, "out")
    assert view.quotient.formula is not None
    assert "f(b + h)" in view.quotient.formula.text
    assert "db" in view.derivative.formula.symbols
    qtbot.waitUntil(lambda: "f(b + h)" in view.error_picture.toolTip())
    view.grab()
