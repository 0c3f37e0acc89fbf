"""One training step of a project as a document: every number, from the sample to the new weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.engine import compile_network
from nnstudio.engine.checks import check_training
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.engine.schedules import SCHEDULES
from nnstudio.errors import DataError, NNStudioError
from nnstudio.explain.connections import chain_at
from nnstudio.explain.losses import loss_at
from nnstudio.explain.markdown import document, formula_block, inline, plain, table
from nnstudio.explain.moment import Moment, moment_of
from nnstudio.explain.neurons import neuron_at
from nnstudio.explain.numbers import exact, show
from nnstudio.explain.updates import TrainingStep, Update, training_step
from nnstudio.training import TrainingSettings

if TYPE_CHECKING:
    from nnstudio.data import Dataset
    from nnstudio.project import Project

# A document with more weights and biases than these would have hundreds of pages.
MOST_PARAMETERS = 500


def worked_example(project: Project, sample: int) -> str:
    """Return one training step on a row of the project's data, counted from 0, as Markdown.

    It begins with the weights that the network has and what its optimizer remembers. Formulas are LaTeX
    between dollar signs. Raises DataError where there is no such row, NNStudioError where the network is too
    large, and what keeps the network from training.
    """
    data = project.data
    if data is None:
        raise DataError("The project has no data to take a sample from. Choose data in the window first.")
    if not 0 <= sample < len(data):
        raise DataError(
            f"There is no sample {sample + 1:,}: the data have {len(data):,} rows. Choose one from 1 to "
            f"{len(data):,}."
        )
    settings = project.settings or TrainingSettings()
    settings.validate()
    # In float64 whatever it trains in, so that sums agree.
    program = compile_network(project.network)
    size = program.n_connections + program.n_neurons - program.n_inputs
    if size > MOST_PARAMETERS:
        raise NNStudioError(
            f"The network has {size:,} weights and biases. A step with every number is written for up to "
            f"{MOST_PARAMETERS:,}: look at single neurons and connections in the window, or take a smaller "
            "network."
        )
    check_training(program, settings, data.x, data.y)
    parameters = program.initial_parameters()
    moment = moment_of(program, parameters, data.x[sample], data.y[sample], settings.loss)
    step = training_step(moment, settings, project.checkpoint)
    return document(
        [
            f"# One training step{f' of {plain(project.title)}' if project.title else ''}",
            *_sample(moment, data, sample),
            *_before(moment),
            *_forward(moment),
            *_loss(moment),
            *_backward(moment, step),
            *_step(step),
            *_after(step),
            *_notes(settings, data),
        ]
    )


def _sample(moment: Moment, data: Dataset, sample: int) -> list[str]:
    part = "test" if sample in data.test_rows else "training"
    named = f" of {plain(data.title)}" if data.title else ""
    own = data.feature_values(data.x[sample])
    names = moment.names
    assert moment.y is not None
    inputs = [
        [plain(column), inline(names.value(slot).latex), exact(value).text, inline(exact(x).latex)]
        for column, slot, value, x in zip(
            data.feature_names,
            moment.program.input_slots.tolist(),
            own.tolist(),
            moment.x.tolist(),
            strict=True,
        )
    ]
    targets = [
        [plain(column), inline(names.target(slot).latex), inline(exact(y).latex)]
        for column, slot, y in zip(data.target_names, moment.columns, moment.y.tolist(), strict=True)
    ]
    return [
        f"Sample {sample + 1:,}{named}, a row of the {part} part.",
        table(["Feature", "Input", "In the data", "As the network sees it"], inputs),
        table(["Target", "Symbol", "Value"], targets),
        "Numbers are rounded to five digits. Those that are added up have as many digits as it takes for the "
        "sum to agree to the last one.",
    ]


def _before(moment: Moment) -> list[str]:
    program, names = moment.program, moment.names
    weights = [
        [inline(names.weight(slot).latex), inline(exact(moment.weight(slot)).latex)]
        + (
            [inline(names.shared(slot).latex) if len(moment.members(slot)) > 1 else ""]
            if program.ties
            else []
        )
        for slot in range(program.n_connections)
    ]
    neurons = [
        [plain(names.neurons[slot]), moment.activation(slot).title, inline(exact(bias).latex)]
        for slot, bias in enumerate(moment.parameters.biases.tolist())
        if not moment.is_input(slot)
    ]
    heads = ["Weight", "Value", *(["Shared as"] if program.ties else [])]
    return [
        "## The network before the step",
        table(["Neuron", "Activation", "Bias"], neurons),
        table(heads, weights),
    ]


def _forward(moment: Moment) -> list[str]:
    parts = ["## Forward: from the inputs to the outputs"]
    for slot in range(moment.program.n_inputs, moment.program.n_neurons):
        found = neuron_at(moment, moment.program.neuron_ids[slot])
        assert found.sum is not None
        parts += [f"### Neuron {plain(found.name)}", formula_block(found.sum), formula_block(found.value)]
    return parts


def _loss(moment: Moment) -> list[str]:
    entry, found = LOSSES[moment.loss], loss_at(moment)
    terms = [formula_block(output.term) for output in found.outputs]
    return [f"## The loss: {entry.title.lower()}", entry.description, *terms, formula_block(found.total)]


def _backward(moment: Moment, step: TrainingStep) -> list[str]:
    if not OPTIMIZERS[step.settings.optimizer].uses_gradient:
        return []
    program = moment.program
    parts = [
        "## Backward: from the loss to every weight",
        "The derivative of the loss by a neuron's sum is called its delta. It is also the derivative by the "
        "neuron's bias.",
    ]
    if moment.fused_slots:
        parts.append(
            "This loss and these outputs are taken together: the slope of the logarithm and that of the "
            "activation cancel, and the derivative by the sum is output minus target."
        )
    parts += [formula_block(output.slope) for output in loss_at(moment).outputs]
    for slot in range(program.n_neurons - 1, program.n_inputs - 1, -1):
        found = neuron_at(moment, program.neuron_ids[slot])
        assert found.slope is not None
        assert found.delta is not None
        parts += [f"### Delta of {plain(found.name)}"]
        is_whole = slot in moment.fused_slots and not moment.outgoing(slot)
        parts += (
            [formula_block(found.delta)]
            if is_whole
            else [formula_block(found.slope), formula_block(found.delta)]
        )
    parts.append("### Derivatives by the weights")
    parts.append("Each is the value that the connection carries times the delta that it leads to.")
    parts += [
        formula_block(chain_at(moment, program.connection_ids[slot])) for slot in _first_of_each(moment)
    ]
    return parts


def _first_of_each(moment: Moment) -> list[int]:
    """Return the slots of connections, of those that share a weight the first alone."""
    return [slot for slot in range(moment.program.n_connections) if moment.members(slot)[0] == slot]


def _step(step: TrainingStep) -> list[str]:
    moment, settings = step.moment, step.settings
    program, names = moment.program, moment.names
    optimizer = OPTIMIZERS[settings.optimizer]
    schedule = SCHEDULES[settings.schedule]
    options = ", ".join(f"{name} = {value:g}" for name, value in settings.optimizer_options.items())
    rate = rf"\eta = {show(step.rate).latex}"
    named = f"; {options}" if options else ""
    when = (
        ""
        if schedule.key == "constant"
        else f" in epoch {step.epoch + 1:,} of the schedule “{schedule.title}”"
    )
    parts = [
        f"## The step: {optimizer.title.lower() if optimizer.key == 'sgd' else optimizer.title}",
        f"{optimizer.description} The learning rate{when} is {inline(rate)}{named}.",
        f"$$\n{optimizer.latex}\n$$",
    ]
    for slot in _first_of_each(moment):
        parts += [
            f"### {inline(names.shared(slot).latex)}",
            *_lines(step.weight(program.connection_ids[slot])),
        ]
    for slot in range(program.n_inputs, program.n_neurons):
        parts += [f"### {inline(names.bias(slot).latex)}", *_lines(step.bias(program.neuron_ids[slot]))]
    return parts


def _lines(update: Update) -> list[str]:
    return [update.note] if update.note else [formula_block(formula) for formula in update.formulas]


def _after(step: TrainingStep) -> list[str]:
    moment = step.moment
    program, names = moment.program, moment.names
    assert moment.y is not None
    rows = []
    for slot in _first_of_each(moment):
        update = step.weight(program.connection_ids[slot])
        rows.append(
            [
                inline(names.shared(slot).latex),
                inline(update.old.latex),
                inline(exact(update.new.value).latex),
            ]
        )
    for slot in range(program.n_inputs, program.n_neurons):
        update = step.bias(program.neuron_ids[slot])
        rows.append(
            [inline(names.bias(slot).latex), inline(update.old.latex), inline(exact(update.new.value).latex)]
        )
    after = moment_of(program, step.after, moment.x, moment.y, moment.loss)
    before_loss, after_loss = show(moment.loss_value), show(after.loss_value)
    fell = after.loss_value < moment.loss_value
    verdict = "The step has made it smaller" if fell else "The step has not made it smaller"
    return [
        "## The network after the step",
        table(["Parameter", "Before", "After"], rows),
        f"{verdict}: the loss of this sample was {inline(before_loss.latex)} and is now "
        f"{inline(after_loss.latex)}.",
    ]


def _notes(settings: TrainingSettings, data: Dataset) -> list[str]:
    notes = []
    rows = settings.batch_rows(len(data.train_rows))
    if rows > 1:
        notes.append(
            f"This is a step on one sample alone. The project trains with {rows:,} rows in a step, and goes "
            "by the mean of their derivatives."
        )
    if settings.dropout:
        notes.append("Dropout is left out: here all neurons take part.")
    if settings.dtype == "float32":
        notes.append("The project trains in single precision; here numbers are computed in double precision.")
    return ["## What is different in training", *(f"- {note}" for note in notes)] if notes else []
