"""What the ring and the walk say: names, explanations and numbers in words. Functions of a cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnstudio.ui.numbers import MINUS, format_count, format_number

if TYPE_CHECKING:
    from nnstudio.training import TrainingSettings
    from nnstudio.training.phases import Cycle, Pass, Phase

_DIGITS = 3
_MOST_DIGITS = 8  # where fewer don't tell a change
_LONG_FORMULA = 32
_FLOW = "w\u00a0·\u00a0a"


class Name(NamedTuple):
    """What a phase is called, and what happens in it."""

    title: str
    tip: str


NAMES: dict[Phase, Name] = {
    "init": Name("INIT", "The weights that the training begins with"),
    "predict": Name("PREDICT", "Values flow forward along the connections, level by level"),
    "loss": Name("LOSS", "The outputs are compared with their targets"),
    "gradient": Name("GRADIENT", "The slope of the loss flows back, to every weight"),
    "step": Name("STEP", "The optimizer moves the weights"),
    "stop": Name("STOP", "What ends the training"),
}
_TERMS = {
    "mse": f"(a {MINUS} y)²",
    "mae": f"|a {MINUS} y|",
    "huber": f"Huber(a {MINUS} y)",
    "binary_cross_entropy": f"{MINUS}ln of the chance given to y",
    "cross_entropy": f"{MINUS}y ln a",
    "hinge": f"max(0, 1 {MINUS} t a)",
}


def number(value: float) -> str:
    """Return a number as it stands on a plate."""
    return format_number(value, _DIGITS)


def _unbroken(text: str) -> str:
    """Return a text that stays on one line."""
    return text.replace(" ", "\u00a0").replace("/", "\u2060/\u2060")


def rows_in_words(cycle: Cycle) -> str:
    """Return what goes through the network: a row, counted from 1, or how many."""
    count = len(cycle.rows)
    return f"row {int(cycle.rows[0]) + 1}" if count == 1 else f"{format_count(count)} rows"


def stops(conditions: tuple[str, ...]) -> str:
    """Return the conditions that end a training as a phrase."""
    return ", or ".join(conditions)


def start_in_words(settings: TrainingSettings, *, drawn: bool) -> str:
    """Return how the weights at the start came to be."""
    if not drawn:
        return "as drawn or set before"
    name = settings.initializer.replace("_", " ").capitalize()
    return f"{name}, seed {settings.seed}"


def caption(cycle: Cycle, phase: Phase, *, taken: bool, start: str, ends: str) -> str:
    """Return what happens in a phase of a cycle, in a sentence or two."""
    rows = rows_in_words(cycle)
    if phase == "init":
        return f"The weights that training began with: {start}."
    if phase == "predict":
        return _predict(cycle, rows)
    if phase == "loss":
        return _loss(cycle, rows)
    if phase == "gradient":
        from nnstudio.engine.optimizers import OPTIMIZERS

        if not OPTIMIZERS[cycle.settings.optimizer].uses_gradient:
            return f"What is wrong at the outputs corrects the weights: (decision {MINUS} y) · a."
        means = "" if len(cycle.rows) == 1 else "; means"
        delta, slope = _unbroken("δ = dL/dz"), _unbroken("dL/dw = δ · a")
        return f"Backward: {delta} at neurons, {slope} at weights{means}."
    if phase == "step":
        return _step(cycle, rows, taken=taken)
    return f"Training ends {ends}."


def _predict(cycle: Cycle, rows: str) -> str:
    if not cycle.is_next:
        return f"{rows[:1].upper()}{rows[1:]} alone, in focus. Connections bring {_FLOW}, neurons add up z."
    where = f"Batch {format_count(cycle.batch)} of {format_count(cycle.batches)}: {rows}."
    if len(cycle.rows) == 1:
        return f"{where} Connections bring {_FLOW}, neurons add up z."
    return f"{where} Connections bring {_FLOW}. Numbers are means."


def _loss(cycle: Cycle, rows: str) -> str:
    from nnstudio.engine.losses import LOSSES

    title = LOSSES[cycle.settings.loss].title
    told = f"{title} of {rows}: {format_number(cycle.passed.loss)}."
    if cycle.sample is not None:
        told += f" The one in focus alone: {format_number(cycle.sample.loss)}."
    return told


def _step(cycle: Cycle, rows: str, *, taken: bool) -> str:
    from nnstudio.engine.optimizers import OPTIMIZERS

    if cycle.error is not None:
        return str(cycle.error)
    optimizer = OPTIMIZERS[cycle.settings.optimizer]
    how = f"{optimizer.title}, {_unbroken(f'η = {format_number(cycle.rate)}')}"
    if not cycle.is_next:
        return f"{how}. Not taken: {rows} alone would do this."
    formula = optimizer.formula.replace("-", MINUS)
    if len(formula) <= _LONG_FORMULA:
        how += f": {_unbroken(formula)}"
    return f"{how}. Step {format_count(cycle.step + 1)} {'is taken.' if taken else 'comes.'}"


def target_texts(cycle: Cycle, column: int) -> tuple[str, ...]:
    """Return what stands beside an output in LOSS: its target, from the longest to the shortest."""
    passed: Pass = cycle.passed
    mean = "" if len(cycle.rows) == 1 else "mean "
    y = number(float(passed.targets[column]))
    return f"{mean}a {number(float(passed.outputs[column]))}, y {y}", f"y {y}"


def term_texts(cycle: Cycle, column: int) -> tuple[str, ...]:
    """Return what an output adds to the loss, from the longest to the shortest."""
    value = number(float(cycle.passed.losses[column]))
    term = _TERMS.get(cycle.settings.loss, "loss")
    if len(cycle.rows) > 1:
        term = f"mean {term}"
    outputs = cycle.program.n_outputs
    if outputs > 1 and cycle.settings.loss != "cross_entropy":
        term = f"{term} / {outputs}"
    return f"{term} = {value}", f"= {value}"


def flow_texts(cycle: Cycle, connection: int) -> tuple[str, ...]:
    """Return what a connection brings in PREDICT, from the longest to the shortest."""
    flow = number(float(cycle.flows[connection]))
    weight = number(float(cycle.before.weights[connection]))
    value = number(float(cycle.passed.values[cycle.program.source_slot[connection]]))
    return f"{weight} · {value} = {flow}", flow


def gradient_texts(cycle: Cycle, connection: int) -> tuple[str, ...]:
    """Return the derivative by a weight in GRADIENT, from the longest to the shortest."""
    value = number(float(cycle.passed.gradients.weights[connection]))
    return f"dL/dw {value}", value


def change_texts(old: float, new: float) -> tuple[str, ...]:
    """Return what a step makes of a parameter, from the longest to the shortest."""
    if old == new:
        return (number(old), number(old))
    digits = _DIGITS
    while digits < _MOST_DIGITS and format_number(old, digits) == format_number(new, digits):
        digits += 1
    after = format_number(new, digits)
    return f"{format_number(old, digits)} → {after}", after


def sum_texts(cycle: Cycle, neuron: int) -> tuple[str, ...]:
    """Return the weighted sum and the value of a neuron, from the longest to the shortest."""
    z, a = number(float(cycle.passed.sums[neuron])), number(float(cycle.passed.values[neuron]))
    return f"z {z} → a {a}", f"z {z}"
