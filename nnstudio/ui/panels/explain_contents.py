"""What there is to read about a neuron, a connection or the loss: parts with formulas, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnstudio.explain import Formula, connection_at, loss_at, neuron_at, training_step
from nnstudio.explain.connections import MOST_PATHS
from nnstudio.explain.numbers import show

if TYPE_CHECKING:
    from nnstudio.explain import Moment, TrainingStep, Update
    from nnstudio.explain.paths import Path
    from nnstudio.training import TrainerState, TrainingSettings

# Nobody reads the loss of more outputs than these.
MOST_OUTPUTS = 20
_LINES = {
    "gradient": "The gradient of this sample alone",
    "penalty": "With the penalties",
    "clip_norm": "Clipped to the norm",
    "clip_value": "Clipped",
    "rate": "Learning rate",
    "decay": "Weight decay",
    "new": "The new value",
    "sign": "The sign is kept",
}


@dataclass(frozen=True)
class Line:
    """A formula and what is said above it."""

    formula: Formula
    caption: str = ""


@dataclass(frozen=True)
class Curve:
    """An activation and the point (z, a) where the neuron stands."""

    key: str
    point: tuple[float, float]


@dataclass(frozen=True)
class Note:
    """A sentence."""

    text: str


@dataclass(frozen=True)
class Way:
    """A path from a weight to the loss."""

    path: Path
    title: str

    @property
    def formula(self) -> Formula:
        """Its factors and their product."""
        return Formula(self.path.symbols, self.path.numbers, self.path.text, self.path.shown)


@dataclass(frozen=True, eq=False)
class Limit:
    """The derivative by a weight or bias, to be approached by quotients of differences."""

    moment: Moment
    item_id: str


@dataclass(frozen=True, eq=False)
class Operations:
    """The computation graph of a neuron, or of the whole network, to be walked through."""

    moment: Moment
    neuron_id: str | None = None


Item = Line | Curve | Note | Way | Limit | Operations


@dataclass(frozen=True)
class Part:
    """A titled part."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Sheet:
    """All that is said about one thing."""

    title: str
    parts: tuple[Part, ...] = ()

    @property
    def shape(self) -> tuple[object, ...]:
        """What stays while numbers change."""
        return tuple((part.title, *map(_kind, part.items)) for part in self.parts)


def _kind(item: Item) -> object:
    if isinstance(item, Way):
        return item.path.connection_ids, item.path.neuron_ids
    if isinstance(item, Line):
        return "line", item.caption
    return type(item)


def of_neuron(moment: Moment, neuron_id: str) -> Sheet:
    """Explain a neuron; raises UnknownIdError."""
    found = neuron_at(moment, neuron_id)
    slot = moment.neuron_slot(neuron_id)
    if found.sum is None:
        note = Note("An input takes its value from the data.")
        return Sheet(f"{found.name}  ·  input", (Part("Value", (Line(found.value), note)),))
    curve = Curve(moment.activation(slot).key, (float(moment.sums[slot]), float(moment.values[slot])))
    parts = [Part("Weighted sum", (Line(found.sum),)), Part("Activation", (curve, Line(found.value)))]
    if found.slope is not None:
        parts.append(Part("Slope of the activation", (Line(found.slope),)))
    if found.delta is not None:
        what = "The derivative of the loss by the weighted sum, and by the bias"
        parts.append(Part("Delta", (Line(found.delta, what),)))
    parts.append(Part("As a computation graph", (Operations(moment, neuron_id),)))
    if found.delta is not None:
        parts.append(Part("The derivative by the bias as a limit", (Limit(moment, neuron_id),)))
    return Sheet(f"{found.name}  ·  neuron", tuple(parts))


def of_connection(
    moment: Moment,
    connection_id: str,
    settings: TrainingSettings,
    state: TrainerState | None,
    *,
    no_step: str = "",
) -> Sheet:
    """Explain a connection and the next step of its weight, or say why there is none.

    Raises UnknownIdError, and SettingsError for what cannot be trained with.
    """
    found = connection_at(moment, connection_id)
    names = dict(zip(moment.program.neuron_ids, moment.names.neurons, strict=True))
    chain = Line(found.chain, "What the connection carries times the delta that it leads to")
    parts = [Part("Gradient by the chain rule", (chain,))]
    if found.gradient is None:
        why = Note(
            f"{found.path_count:,} paths lead from this weight to the loss. Up to {MOST_PATHS} are listed; "
            "here, each delta comes from those after it."
        )
        parts.append(Part("Deltas", (why, *map(Line, found.deltas))))
    else:
        ways = tuple(Way(path, " → ".join(names[key] for key in path.neuron_ids)) for path in found.paths)
        count = f"{len(ways)} path{'' if len(ways) == 1 else 's'} to the loss"
        none = (Note("No path leads from this weight to the loss: it has no effect."),)
        parts.append(Part(count, ways or none))
        if len(ways) > 1:
            parts.append(Part("Their sum", (Line(found.gradient),)))
    if no_step:
        parts.append(Part("The next step", (Note(no_step),)))
    else:
        step = training_step(moment, settings, state)
        parts.append(Part("The next step", _step(step, step.weight(connection_id))))
    parts.append(Part("The derivative as a limit", (Limit(moment, connection_id),)))
    weight = show(found.weight.value).text.replace("-", "−")
    return Sheet(f"{found.name}  ·  weight {weight}", tuple(parts))


def _step(step: TrainingStep, update: Update) -> tuple[Item, ...]:
    from nnstudio.engine.optimizers import OPTIMIZERS

    if update.note:
        return (Note(update.note),)
    title = OPTIMIZERS[step.settings.optimizer].title
    lines = []
    for place, (key, formula) in enumerate(zip(update.keys, update.formulas, strict=True)):
        caption = _LINES.get(key, "")
        if key == "new" or (place == len(update.keys) - 1 and not caption):
            caption = f"The new weight, by {title}"
        lines.append(Line(formula, caption))
    return tuple(lines)


def of_loss(moment: Moment) -> Sheet:
    """Explain the loss of the sample; raises SettingsError where these outputs cannot have it."""
    from nnstudio.engine.losses import LOSSES

    found, entry = loss_at(moment), LOSSES[moment.loss]
    shown = found.outputs[:MOST_OUTPUTS]
    items: list[Item] = [Line(output.term, _output(output.name, len(shown))) for output in shown]
    if len(found.outputs) > len(shown):
        rest = len(found.outputs) - len(shown)
        items.append(Note(f"{rest:,} more outputs have terms like these."))
    slopes = tuple(Line(output.slope) for output in shown)
    return Sheet(
        f"Loss  ·  {entry.title.lower()}",
        (
            Part("Each output" if len(shown) > 1 else "The output", tuple(items)),
            Part("Loss of the sample", (Line(found.total),)),
            Part("Where backpropagation begins", slopes),
            Part("The network as a computation graph", (Operations(moment),)),
        ),
    )


def _output(name: str, count: int) -> str:
    return name if count > 1 else ""
