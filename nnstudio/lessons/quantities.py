"""The quantities that assertions and answers speak of: one entry each, and one place for all of them.

What is found is told by the first line of each, in the documentation of lessons too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.engine.activations import ACTIVATIONS
from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.lessons.quantity import QUANTITIES, quantity

if TYPE_CHECKING:
    from nnstudio.lessons.quantity import Cell, Label, Row
    from nnstudio.lessons.situation import Situation

__all__ = ["QUANTITIES"]

# The drawing


@quantity("network", "the number of neurons")
def neurons(situation: Situation) -> float:
    """All neurons that take part, inputs and outputs among them."""
    return float(len(situation.neurons()))


@quantity("network", "the number of hidden neurons")
def hidden(situation: Situation) -> float:
    """Hidden neurons that take part."""
    return float(len(situation.neurons("hidden")))


@quantity("network", "the number of inputs")
def inputs(situation: Situation) -> float:
    """Inputs that take part."""
    return float(len(situation.neurons("input")))


@quantity("network", "the number of outputs")
def outputs(situation: Situation) -> float:
    """Outputs."""
    return float(len(situation.neurons("output")))


@quantity("network", "the number of connections")
def connections(situation: Situation) -> float:
    """Connections that take part."""
    return float(len(situation.connections))


@quantity("network", "the number of layers")
def layers(situation: Situation) -> float:
    """Levels of neurons that compute: 1 without hidden neurons."""
    return float(len(situation.program.levels))


@quantity("network", "the count of numbers that train")
def parameters(situation: Situation) -> float:
    """Weights and biases that train; what is shared counts once."""
    return float(situation.learnable)


@quantity("network", "the weight {0} → {1}", 'weight("a", "out")')
def weight(situation: Situation, source: Label, target: Label) -> float:
    """The weight of the connection from one neuron to another."""
    return situation.connection(source, target).weight


@quantity("network", "the bias of {0}", 'bias("out")')
def bias(situation: Situation, neuron: Label) -> float:
    """The bias of a neuron."""
    return situation.biased(neuron)


@quantity(
    "network",
    ("Expected a connection {0} → {1}; there is none", "Expected no connection {0} → {1}; there is one"),
    'has_connection("a", "out")',
)
def has_connection(situation: Situation, source: Label, target: Label) -> bool:
    """Whether there is a connection from one neuron to another."""
    return situation.has_connection(source, target)


@quantity(
    "network",
    ("Expected a neuron {0}; there is none", "Expected no neuron {0}; there is one"),
    'has_neuron("h1")',
)
def has_neuron(situation: Situation, label: str) -> bool:
    """Whether there is a neuron with this label."""
    return situation.has_neuron(label)


@quantity(
    "network",
    ("Expected {0} → {1} to be frozen; it trains", "Expected {0} → {1} to train; it is frozen"),
    'is_frozen("a", "out")',
)
def is_frozen(situation: Situation, source: Label, target: Label) -> bool:
    """Whether the weight of a connection is frozen."""
    return not situation.connection(source, target).trainable


@quantity("network", "the activation of {0}", 'activation_of("out")', titles=ACTIVATIONS)
def activation_of(situation: Situation, neuron: Label) -> str:
    """The name of a neuron's activation, such as "tanh"."""
    return situation.neuron(neuron).activation or "none"


# What it computes


@quantity("data", "the value of {0}", 'value("out", row=3)')
def value(situation: Situation, neuron: Label, *, row: Row | None = None) -> float:
    """The value of a neuron at the row in focus, or at another."""
    moment = situation.moment(row)
    return float(moment.values[situation.slot(neuron)])


@quantity("data", "the sum z of {0}", 'sum_of("out", row=3)')
def sum_of(situation: Situation, neuron: Label, *, row: Row | None = None) -> float:
    """The weighted sum plus bias of a neuron at a row."""
    moment = situation.moment(row)
    return float(moment.sums[situation.slot(neuron)])


@quantity("data", "the slope of the activation of {0}", 'slope("out", row=3)')
def slope(situation: Situation, neuron: Label, *, row: Row | None = None) -> float:
    """The derivative of a neuron's activation at its sum."""
    moment = situation.moment(row)
    return float(moment.slopes[situation.slot(neuron)])


@quantity("data", "the delta of {0}", 'delta("out", row=3)')
def delta(situation: Situation, neuron: Label, *, row: Row | None = None) -> float:
    """The derivative of a row's loss by a neuron's sum."""
    moment = situation.moment(row)
    return float(moment.deltas[situation.slot(neuron)])


@quantity("data", "the loss of the row", "row_loss(row=3)")
def row_loss(situation: Situation, *, row: Row | None = None) -> float:
    """The loss of one row alone: the one in focus, or another."""
    return situation.moment(row).loss_value


@quantity("data", "the gradient of {0} → {1}", 'gradient("a", "out")')
def gradient(situation: Situation, source: Label, target: Label) -> float:
    """The derivative of the training part's loss by a weight."""
    slot = situation.connection_slot(source, target)
    return float(situation.gradients.weights[slot])


@quantity("data", "the gradient of the bias of {0}", 'bias_gradient("out")')
def bias_gradient(situation: Situation, neuron: Label) -> float:
    """The derivative of the training part's loss by a bias."""
    return float(situation.gradients.biases[situation.slot(neuron)])


@quantity("data", "the gradient of {0} → {1}", 'gradient_at("a", "out", row=3)')
def gradient_at(situation: Situation, source: Label, target: Label, *, row: Row | None = None) -> float:
    """The derivative of one row's loss by a weight, at the row in focus or at another."""
    slot = situation.connection_slot(source, target)
    return float(situation.moment(row).gradients.weights[slot])


@quantity("data", "the output for {*}", 'output(0, 1) or output(0, 1, of="y")')
def output(situation: Situation, *inputs: Cell, of: Label | None = None) -> float:
    """What the network makes of inputs in the units of the data; the first output, or the one named."""
    return situation.output(inputs, of)


# How good it is


@quantity("data", "the loss")
def loss(situation: Situation) -> float:
    """The loss on the training part, with the weights as they are."""
    return situation.loss("train")


@quantity("data", "the test loss")
def test_loss(situation: Situation) -> float:
    """The loss on the test part."""
    return situation.loss("test")


@quantity("data", "the share of right rows")
def accuracy(situation: Situation) -> float:
    """The share of rows of the training part that are right, from 0 to 1; see right_rows."""
    return situation.right_rows("train") / situation.count("train")


@quantity("data", "the share of right rows of the test part")
def test_accuracy(situation: Situation) -> float:
    """The same of the test part."""
    return situation.right_rows("test") / situation.count("test")


@quantity("data", "the number of right rows")
def right_rows(situation: Situation) -> float:
    """Rows of the training part in the right class; of values, those that round to their targets at one
    decimal.
    """
    return float(situation.right_rows("train"))


@quantity("data", "the number of right rows of the test part")
def test_right_rows(situation: Situation) -> float:
    """The same of the test part."""
    return float(situation.right_rows("test"))


@quantity("data", "the number of rows within {0}", "rows_within(0.05)")
def rows_within(situation: Situation, distance: float) -> float:
    """Rows of the training part whose outputs are all at most this far from their targets, in the data's
    units.
    """
    return float((situation.errors("train") <= distance).sum())


@quantity("data", "the largest error")
def error(situation: Situation) -> float:
    """The largest distance between an output and its target on the training part, in the data's units."""
    return float(situation.errors("train").max())


@quantity("data", "the number of rows")
def rows(situation: Situation) -> float:
    """Rows of the training part."""
    return float(len(situation.data.train_rows))


@quantity("data", "the number of test rows")
def test_rows(situation: Situation) -> float:
    """Rows of the test part."""
    return float(len(situation.data.test_rows))


@quantity("data", "the number of features")
def features(situation: Situation) -> float:
    """Columns that the inputs get."""
    return float(situation.data.x.shape[1])


@quantity("data", "the target", 'target(3) or target(3, of="y")')
def target(situation: Situation, row: Row, *, of: str | None = None) -> float:
    """The target of a row, in the data's units; the first, or the one named."""
    return situation.target(row, of)


@quantity("data", "the data set")
def dataset(situation: Situation) -> str:
    """The name of the data, such as "xor"; of other data, their title."""
    return situation.dataset


# How it trains


@quantity("settings", "the optimizer", titles=OPTIMIZERS)
def optimizer(situation: Situation) -> str:
    """The optimizer, such as "sgd" or "adam"."""
    return situation.settings.optimizer


@quantity("settings", "the loss function", titles=LOSSES)
def loss_name(situation: Situation) -> str:
    """The loss that is trained for, such as "mse"."""
    return situation.settings.loss


@quantity("settings", "the learning rate")
def learning_rate(situation: Situation) -> float:
    """The learning rate."""
    return situation.settings.learning_rate


@quantity("settings", "the batch size")
def batch_size(situation: Situation) -> float:
    """Rows in a batch; all of the training part where it is the whole."""
    return float(situation.settings.batch_rows(len(situation.data.train_rows)))


@quantity("settings", "the momentum")
def momentum(situation: Situation) -> float:
    """The optimizer's momentum, 0 where it has none."""
    return float(situation.settings.optimizer_options.get("momentum", 0.0))


@quantity("settings", "the setting {0}", 'setting("patience")')
def setting(situation: Situation, name: str) -> float:
    """Another setting that is a number, or an option of the optimizer: l1, l2, weight_decay, dropout,
    patience, clip_norm, clip_value, target_loss, epochs, seed, beta1 …; 0 where it is off.
    """
    return situation.setting(name)


# Its past


@quantity("history", "the number of finished epochs")
def epochs(situation: Situation) -> float:
    """Finished epochs of the training; 0 before the first."""
    return float(situation.past.epochs)


@quantity("history", "the loss in the first epoch")
def first_loss(situation: Situation) -> float:
    """The training loss along the first epoch."""
    return situation.past.loss_at(1)


@quantity("history", "the loss in the last epoch")
def last_loss(situation: Situation) -> float:
    """The training loss along the last epoch."""
    return situation.past.loss_at(situation.past.epochs)


@quantity("history", "the least loss so far")
def best_loss(situation: Situation) -> float:
    """The least training loss of all epochs."""
    return situation.past.best()


@quantity("history", "the loss in epoch {0}", "loss_at(10)")
def loss_at(situation: Situation, epoch: float) -> float:
    """The training loss along an epoch, counted from 1."""
    return situation.past.loss_at(epoch)


@quantity("history", "the first epoch with a loss of at most {0}", "reached(0.05)")
def reached(situation: Situation, loss: float) -> float:
    """The first epoch with a training loss at or below this; infinity where there is none."""
    return situation.past.reached(loss)


@quantity("retrained", "the loss after {0} epochs from the start", "trained_loss(200)")
def trained_loss(situation: Situation, epochs: float) -> float:
    """The loss after training for so many epochs from the start that the project keeps, with its settings."""
    return situation.trained(epochs).loss("train")


@quantity("retrained", "the test loss after {0} epochs from the start", "trained_test_loss(200)")
def trained_test_loss(situation: Situation, epochs: float) -> float:
    """The same of the test part."""
    return situation.trained(epochs).loss("test")


@quantity("retrained", "the share of right rows after {0} epochs from the start", "trained_accuracy(200)")
def trained_accuracy(situation: Situation, epochs: float) -> float:
    """The share of right rows of the training part, trained like that."""
    return accuracy(situation.trained(epochs))


@quantity(
    "retrained", "the share of right test rows after {0} epochs from the start", "trained_test_accuracy(200)"
)
def trained_test_accuracy(situation: Situation, epochs: float) -> float:
    """The share of right rows of the test part, trained like that."""
    return test_accuracy(situation.trained(epochs))


@quantity("retrained", "the largest error after {0} epochs from the start", "trained_error(200)")
def trained_error(situation: Situation, epochs: float) -> float:
    """The largest error on the training part, trained like that."""
    return error(situation.trained(epochs))


@quantity("retrained", "the epochs from the start to a loss of at most {0}", "trained_epochs_to(0.05)")
def trained_epochs_to(situation: Situation, loss: float) -> float:
    """The first epoch with a training loss at or below this, trained like that for as many epochs as the
    settings say; or infinity.
    """
    return situation.trained_epochs_to(loss)


@quantity(
    "retrained",
    (
        "Expected training from the start to leave the finite numbers within {0} epochs; it does not",
        "Expected training from the start to stay within the finite numbers for {0} epochs; it does not",
    ),
    "diverges(200)",
)
def diverges(situation: Situation, epochs: float) -> bool:
    """Whether numbers grow beyond all bounds when it is trained like that for so many epochs."""
    return situation.diverges(epochs)


# The window


@quantity("window", "the coloring")
def color_mode(situation: Situation) -> str:
    """What colors the connections: "weight", "gradient", "both" or "activity"."""
    return situation.color_mode


@quantity("window", "the row in focus")
def focus_row(situation: Situation) -> float:
    """The row of the data in focus, counted from 1."""
    return float(situation.focus_row + 1)


@quantity("window", "the number of trainings")
def trainings(situation: Situation) -> float:
    """Trainings in this session; of a file, 1 where it was trained and else 0."""
    return float(situation.trainings)


@quantity(
    "window",
    ("Expected a training with {0}; there was none yet", "Expected no training with {0}; there was one"),
    'used_optimizer("adam")',
    titles=OPTIMIZERS,
)
def used_optimizer(situation: Situation, name: str) -> bool:
    """Whether an optimizer was trained with in this session; of a file, whether it is the one that is set."""
    return name.casefold() in situation.used_optimizers
