"""What one step of training makes of a gradient: penalties, clipping, decay, and the optimizer's formula."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.parameters import Parameters
from nnstudio.engine.perceptron import perceptron_problem
from nnstudio.engine.schedules import SCHEDULES
from nnstudio.engine.shaping import NORM_FLOOR, norm
from nnstudio.explain.moment import Moment, in_double
from nnstudio.explain.numbers import Shown, exact, show
from nnstudio.explain.rules import RULES, Line, Quantities, Term
from nnstudio.explain.symbols import Formula, partial
from nnstudio.training.carrying import carried, fits
from nnstudio.training.watching import recall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nnstudio.training.settings import TrainingSettings
    from nnstudio.training.state import TrainerState


@dataclass(frozen=True)
class Update:
    """What a step makes of one weight or bias, ``old`` to ``new``, line by line.

    ``keys`` name the lines: ``gradient``, ``penalty``, ``clip_norm``, ``clip_value``, ``rate``, ``decay``,
    those of the optimizer's memory, ``new`` and ``sign``. Of what is frozen there is a ``note`` alone.
    """

    old: Shown
    new: Shown
    keys: tuple[str, ...] = ()
    formulas: tuple[Formula, ...] = ()
    note: str = ""


@dataclass(frozen=True, eq=False)
class TrainingStep:
    """One step of training on one sample; made by `training_step`.

    ``gradients`` (connections + neurons,) is what the optimizer goes by before anything shapes it; the
    perceptron rule has corrections in place of gradients. ``memory`` is the optimizer's before the step,
    ``rate`` the learning rate of this epoch.
    """

    moment: Moment
    settings: TrainingSettings
    gradients: NDArray[np.float64]
    memory: Mapping[str, NDArray[np.float64]]
    rate: float
    epoch: int

    @cached_property
    def after(self) -> Parameters:
        """All parameters after the step, as the engine computes them."""
        program, settings = self.moment.program, self.settings
        parameters = self.moment.parameters.copy()
        memory = {name: array.copy() for name, array in self.memory.items()}
        mask = program.gradient_mask
        gradients = Parameters(self.gradients, program.n_connections)
        with np.errstate(all="ignore"):
            shaped = settings.shaping.gradient(gradients, parameters, mask, program.counted)
            rates = self.rate * program.rate_factors
            settings.shaping.decay(parameters.flat, rates, mask)
            optimizer = OPTIMIZERS[settings.optimizer]
            optimizer.step(parameters.flat, shaped.flat, memory, rates, settings.optimizer_options, mask)
            program.keep_signs(parameters.weights)
        return parameters

    def weight(self, connection_id: str) -> Update:
        """Explain what becomes of the weight of a connection; raises UnknownIdError."""
        return self._update(self.moment.connection_slot(connection_id))

    def bias(self, neuron_id: str) -> Update:
        """Explain what becomes of the bias of a neuron that is no input; raises UnknownIdError."""
        return self._update(self.moment.program.n_connections + self.moment.neuron_slot(neuron_id))

    @cached_property
    def _penalized(self) -> NDArray[np.float64]:
        program, settings = self.moment.program, self.settings
        found = np.where(program.gradient_mask, self.gradients, 0.0)
        weights = self.moment.parameters.weights
        trained = program.gradient_mask[: len(weights)]
        found[: len(weights)] += np.where(trained, settings.l1 * np.sign(weights) + settings.l2 * weights, 0)
        return found

    @cached_property
    def _norm(self) -> float:
        return norm(self._penalized[self.moment.program.counted])

    @np.errstate(all="ignore")
    def _update(self, index: int) -> Update:
        program = self.moment.program
        old, new = float(self.moment.parameters.flat[index]), float(self.after.flat[index])
        if not program.gradient_mask[index]:
            return Update(exact(old), exact(new), note="Frozen: no step changes it.")
        lines = [*self._shaping(index), *self._stepping(index)]
        return Update(
            exact(old),
            lines[-1][1].formula.value,
            tuple(key for key, _ in lines),
            tuple(line.formula for _, line in lines),
        )

    def _shaping(self, index: int) -> list[tuple[str, Line]]:
        """Return the lines up to the gradient that the optimizer is given."""
        settings, moment = self.settings, self.moment
        is_weight = index < moment.program.n_connections
        slot = index - moment.program.n_connections
        w = moment.names.shared(index) if is_weight else moment.names.bias(slot)
        raw, old = float(self.gradients[index]), float(moment.parameters.flat[index])
        by = partial("L", w.latex)
        if not OPTIMIZERS[settings.optimizer].uses_gradient:
            lines = [("gradient", self._correction(index))]
        else:
            shown = show(raw)
            formula = Formula(f"g = {by}", shown.latex, f"g = ∂L/∂{w.text} = {shown.text}", shown)
            lines = [("gradient", Line(formula, raw))]
        g = raw
        if is_weight and (settings.l1 or settings.l2):
            terms: list[Term] = [("g", (raw,), "g")]
            if settings.l1:
                sign = float(np.sign(old))
                terms.append((r"\lambda_1 \operatorname{sign}(w)", (settings.l1, sign), "λ₁·sign(w)"))
            if settings.l2:
                terms.append((r"\lambda_2 w", (settings.l2, old), "λ₂·w"))
            g = float(self._penalized[index])
            lines.append(("penalty", Line.of_sum("g", terms, g)))
        if settings.clip_norm is not None:
            clip = settings.clip_norm
            share = clip / (self._norm + NORM_FLOOR)
            before, g = g, g * share if share < 1.0 else g
            lines.append(("clip_norm", self._clipped_norm(before, g, clip)))
        if settings.clip_value is not None:
            before, g = g, float(np.clip(g, -settings.clip_value, settings.clip_value))
            bound, shown, was = show(settings.clip_value), show(g), show(before)
            formula = Formula(
                r"g \leftarrow \min(c, \max(-c, g))",
                rf"\min({bound.latex}, \max(-{bound.latex}, {was.latex})) = {shown.latex}",
                f"g ← min(c, max(-c, g)) = min({bound.text}, max(-{bound.text}, {was.text})) = {shown.text}",
                shown,
            )
            lines.append(("clip_value", Line(formula, g)))
        return lines

    def _clipped_norm(self, before: float, after: float, clip: float) -> Line:
        size, bound, shown, was = show(self._norm), show(clip), show(after), show(before)
        if after == before:
            formula = Formula(
                r"g \leftarrow g \cdot \min\left(1, \frac{c}{\lVert g \rVert}\right)",
                rf"{was.latex} \cdot \min\left(1, \frac{{{bound.latex}}}{{{size.latex}}}\right)"
                f" = {shown.latex}",
                f"g ← g·min(1, c/‖g‖) = {was.text} · min(1, {bound.text}/{size.text}) = {shown.text}",
                shown,
            )
        else:
            formula = Formula(
                r"g \leftarrow g \cdot \frac{c}{\lVert g \rVert + 10^{-6}}",
                rf"{was.latex} \cdot \frac{{{bound.latex}}}{{{size.latex} + 10^{{-6}}}} = {shown.latex}",
                f"g ← g·c/(‖g‖ + 1e-06) = {was.text} · {bound.text}/({size.text} + 1e-06) = {shown.text}",
                shown,
            )
        return Line(formula, after)

    def _stepping(self, index: int) -> list[tuple[str, Line]]:
        """Return the lines from the learning rate to the new weight."""
        settings, moment = self.settings, self.moment
        program = moment.program
        lines: list[tuple[str, Line]] = []
        letter = "w" if index < program.n_connections else "b"
        factor = float(program.rate_factors[index])
        rate = self.rate * factor
        if factor != 1.0 or settings.schedule != "constant":
            base, own, shown = show(self.rate), show(factor), show(rate)
            own_part = rf" \cdot {own.factor}" if factor != 1.0 else ""
            result = f" = {shown.latex}" if factor != 1.0 else ""
            text = f" · {own.text_factor} = {shown.text}" if factor != 1.0 else ""
            formula = Formula(r"\eta", f"{base.latex}{own_part}{result}", f"η = {base.text}{text}", shown)
            lines.append(("rate", Line(formula, rate)))
        w = float(moment.parameters.flat[index])
        memory = {name: float(array[index]) for name, array in self.memory.items() if len(array) > 1}
        count = float(self.memory["steps"][0]) + 1.0 if "steps" in self.memory else 1.0
        if settings.weight_decay:
            decayed = w * (1.0 - rate * settings.weight_decay)
            lines.append(("decay", Line.of_decay(letter, rate, settings.weight_decay, w, decayed)))
            w = decayed
        g = self._shaped(index)
        given = Quantities(w, g, rate, count, memory, settings.optimizer_options, letter)
        lines += RULES[settings.optimizer](given)
        w = lines[-1][1].value
        sign = int(program.signs[index]) if index < program.n_connections else 0
        if sign * w < 0.0:
            zero = show(0.0)
            side = r"\ge" if sign > 0 else r"\le"
            formula = Formula(
                rf"w \leftarrow 0 \quad (w {side} 0)",
                zero.latex,
                f"w ← 0, because the weight is to stay at 0 or {'above' if sign > 0 else 'below'}",
                zero,
            )
            lines.append(("sign", Line(formula, 0.0)))
        return lines

    @cached_property
    def _all_shaped(self) -> NDArray[np.float64]:
        program = self.moment.program
        gradients = Parameters(self.gradients, program.n_connections)
        with np.errstate(all="ignore"):
            shaped = self.settings.shaping.gradient(
                gradients, self.moment.parameters, program.gradient_mask, program.counted
            )
        return np.asarray(shaped.flat)

    def _shaped(self, index: int) -> float:
        return float(self._all_shaped[index])

    def _correction(self, index: int) -> Line:
        """Return the perceptron's correction of a weight or bias."""
        moment = self.moment
        program, names = moment.program, moment.names
        assert moment.y is not None
        members = moment.members(index) if index < program.n_connections else [index]
        terms: list[Term] = []
        for member in members:
            is_weight = member < program.n_connections
            slot = moment.target(member) if is_weight else member - program.n_connections
            wrong = 0.0
            if slot in moment.columns:
                wrong = float(moment.sums[slot] >= 0.0) - float(moment.y[moment.columns[slot]])
            z, y = names.sum(slot), names.target(slot)
            latex, text = rf"([{z.latex} \ge 0] - {y.latex})", f"([{z.text} ≥ 0] - {y.text})"
            factors: tuple[float, ...] = (wrong,)
            if is_weight:
                x = names.value(moment.source(member))
                latex, text = rf"{latex}\,{x.latex}", f"{text}·{x.text}"
                factors = (wrong, float(moment.values[moment.source(member)]))
            terms.append((latex, factors, text))
        return Line.of_sum("g", terms, float(self.gradients[index]), arrow=False)


@np.errstate(all="ignore")
def training_step(
    moment: Moment, settings: TrainingSettings, state: TrainerState | None = None
) -> TrainingStep:
    """Return the step that training on this sample alone takes, of the moment's own loss.

    The optimizer's memory and the epoch are those of ``state``, where it is of the same drawing and
    optimizer; else training begins. Dropout has no part in it. Raises SettingsError for the perceptron rule
    where it cannot be used.
    """
    program = moment.program
    optimizer = OPTIMIZERS[settings.optimizer]
    problem = None if optimizer.uses_gradient else perceptron_problem(program)
    if problem is not None:
        raise problem
    assert moment.y is not None
    _, gradients = optimizer.loss_and_gradients(
        program, moment.parameters, moment.x[None], moment.y[None], moment.loss
    )
    memory = optimizer.init_state(len(gradients.flat))
    schedule = SCHEDULES[settings.schedule]
    schedule_state, epoch = schedule.init_state(settings.learning_rate), 0
    if state is not None and fits(state, program):
        epoch = state.epoch
        recall(state.schedule, schedule_state, settings)
        if state.optimizer == settings.optimizer:
            state = carried(state, in_double(program))
            for name, array in state.optimizer_state.items():
                if name in memory and memory[name].shape == array.shape:
                    memory[name] = np.array(array, np.float64)
    rate = schedule.rate(
        settings.learning_rate, epoch, settings.epochs, settings.schedule_options, schedule_state
    )
    return TrainingStep(moment, settings, gradients.flat.copy(), memory, rate, epoch)
