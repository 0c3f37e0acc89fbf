"""The example projects: what each network is, how it trains and what it is to reach."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nnstudio as nn
from nnstudio.network.templates import gate, layered_network
from nnstudio.training.metrics import rounded_accuracy

if TYPE_CHECKING:
    from collections.abc import Sequence

SEEDS_COMPARED = range(15)
# What each neuron computes tells most where there are one or two inputs to draw it over.
_PICTURES = {"neurons_show": "plane"}


@dataclass(frozen=True)
class Example:
    """One project; ``check`` is its goal for machines: metric, part, and at_least or at_most."""

    name: str
    line: str
    goal: str
    check: dict[str, Any]
    project: nn.Project


def single_gate(name: str) -> Example:
    """A perceptron whose weights were set by hand."""
    title = name.upper()
    what = {"and": "both inputs are 1", "or": "at least one input is 1", "nand": "not both inputs are 1"}[
        name
    ]
    description = (
        f"One neuron that gives 1 where {what}. Its two weights and its bias were set by hand, and the four "
        "rows of the truth table are right as they are: the neuron adds up weight times input and bias, and "
        "its step gives 1 where the sum is at least 0.\n\n"
        "To see it learn instead, choose a new random start and press Train. The perceptron rule (Rosenblatt "
        "1958) moves the weights only where a row is wrong, and stops changing them when none is."
    )
    settings = nn.TrainingSettings(
        optimizer="perceptron", learning_rate=0.05, batch_size=1, epochs=200, initializer="normal", seed=1
    )
    return Example(
        name,
        f"One neuron with weights set by hand: 1 where {what}.",
        "All four rows right, as it stands.",
        {"metric": "accuracy", "part": "train", "at_least": 1.0, "trained": False},
        nn.Project(
            gate(name), nn.make_dataset(name), settings, title=f"{title} by hand", description=description
        ),
    )


def xor() -> Example:
    """The smallest problem that needs hidden neurons."""
    seed = 0
    network = layered_network((2, 3, 1), seed=seed, input_labels=("a", "b"), output_labels=("a xor b",))
    settings = nn.TrainingSettings(
        learning_rate=0.05, batch_size=1, epochs=20_000, seed=seed, target_loss=0.002
    )
    description = (
        "1 where exactly one of the two inputs is 1. No single neuron can do this, because no straight line "
        "parts the two classes: three hidden neurons draw the lines, and the output joins them.\n\n"
        "Press Train and watch the loss stay level at first and then fall, as the connections find their "
        "roles. Another start leads to other roles."
    )
    return Example(
        "xor",
        "The smallest problem that needs hidden neurons.",
        "Training loss below 0.01 and all four rows right.",
        {"metric": "loss", "part": "train", "at_most": 0.01},
        nn.Project(
            network,
            nn.make_dataset("xor"),
            settings,
            title="XOR",
            description=description,
            view=dict(_PICTURES),
        ),
    )


def addition_project(activation: str, seed: int) -> nn.Project:
    """The addition perceptron, at its random start from 0 to 1."""
    network = layered_network(
        (2, 1),
        output=activation,
        initializer="uniform",
        seed=seed,
        input_labels=("a", "b"),
        output_labels=("sum",),
    )
    settings = nn.TrainingSettings(
        learning_rate=0.05,
        batch_size=1,
        epochs=10_000,
        seed=seed,
        initializer="uniform",
        target_loss=1e-12 if activation == "identity" else None,
    )
    return nn.Project(network, nn.make_dataset("addition"), settings)


def sums_right(project: nn.Project, parameters: Any = None) -> tuple[int, list[float]]:
    """Return how many of the test rows round to their sum, and the outputs where the sum is 1."""
    data = project.data
    assert data is not None
    program = nn.compile_network(project.network)
    outputs = program.predict(parameters or program.initial_parameters(), data.x_test)
    right = round(rounded_accuracy(outputs, data.y_test) * len(data.test_rows))
    ones = outputs[data.y_test[:, 0] > 0.95, 0].tolist()
    return right, ones


def trained(project: nn.Project) -> Any:
    """Return what a whole training of the project reaches."""
    assert project.data is not None
    assert project.settings is not None
    return nn.train(project.network, project.data, project.settings)


UPDATES = (
    "Two inputs, one output with a bias; weights and bias start at random from 0 to 1. Each of the 66 pairs "
    "of tenths whose sum is at most 1 updates them at once, row by row, for up to 10,000 epochs. The "
    "published update is learning rate × (y − out) × slope × input, with a learning rate of 0.1. The "
    "gradient of the squared error has a factor 2 before all that, so the learning rate stands at 0.05 here: "
    "the updates are the same."
)


def addition_sigmoid() -> Example:
    """Addition with a sigmoid, which nearly gets there."""
    project = addition_project("sigmoid", seed=0)
    before, _ = sums_right(project)
    after, ones = sums_right(project, trained(project).parameters)
    project.title = "Addition with a sigmoid"
    project.description = (
        "A single neuron learns to add two tenths. A prediction counts as right where it rounds to the "
        "sum at "
        f"one decimal: of the 25 test rows {before} are right before training and {after} after it "
        f"({after / 25:.0%}; the article that this comes from reports 2, and about 80%).\n\n"
        f"All {len(ones)} rows that stay wrong have the sum 1. A sigmoid comes near 1 but reaches it "
        f"only for "
        "an infinite input, while the smaller sums need its weights to stay moderate: here it gives "
        f"{max(ones):.3f}, which rounds to 0.9. With an identity in its place all 25 are right; see the next "
        f"example.\n\n{UPDATES}"
    )
    return Example(
        "addition-sigmoid",
        f"One neuron learns to add: {before} of 25 sums right before, {after} after.",
        f"At least 20 of the 25 test sums right at one decimal ({after} are).",
        {"metric": "addition", "part": "test", "at_least": 0.8},
        project,
    )


def addition_identity() -> Example:
    """Addition with the output that suits it."""
    project = addition_project("identity", seed=1)
    before, _ = sums_right(project)
    result = trained(project)
    after, ones = sums_right(project, result.parameters)
    project.title = "Addition with an identity"
    project.description = (
        "The neuron of the example before with an identity in place of the sigmoid: its output is the "
        "weighted "
        f"sum itself, which can be a sum exactly. Of the 25 test rows {before} are right before training and "
        f"{after} after it, the sum 1 included (it gives {min(ones):.3f}). Both weights become 1 and the "
        f"bias "
        f"0, and training ends by itself once the loss is below 1e-12, after {result.epochs:,} epochs.\n\n"
        f"{UPDATES}"
    )
    return Example(
        "addition-identity",
        f"The same neuron without the bend: all {after} sums right.",
        "All 25 test sums right at one decimal.",
        {"metric": "addition", "part": "test", "at_least": 1.0},
        project,
    )


def sine() -> Example:
    """A curve of one input."""
    seed = 0
    network = layered_network(
        (1, 8, 1), output="identity", seed=seed, input_labels=("x",), output_labels=("y",)
    )
    settings = nn.TrainingSettings(
        optimizer="adam", learning_rate=0.005, batch_size=10, epochs=3_000, seed=seed
    )
    description = (
        "One input, one output: the network bends eight tanh curves until their sum lies on a noisy sine. "
        "Watch the curve in the output plot. The noise (0.05) is what remains of the error."
    )
    return Example(
        "sine",
        "Eight bent lines add up to a curve.",
        "R² of at least 0.97 on the test rows.",
        {"metric": "r2", "part": "test", "at_least": 0.97},
        nn.Project(
            network,
            nn.make_dataset("sine"),
            settings,
            title="Sine curve",
            description=description,
            view=dict(_PICTURES),
        ),
    )


def circles() -> Example:
    """One class around the other."""
    seed = 1
    network = layered_network((2, 6, 1), seed=seed, output_labels=("outer",))
    settings = nn.TrainingSettings(
        loss="binary_cross_entropy",
        optimizer="adam",
        learning_rate=0.005,
        batch_size=10,
        epochs=1_000,
        seed=seed,
        target_loss=0.01,
    )
    description = (
        "One class surrounds the other. Each of the six hidden neurons draws one line, and the output keeps "
        "what lies inside all of them: click hidden neurons while it trains to see which side each takes."
    )
    return Example(
        "circles",
        "Six lines close around a circle.",
        "At least 95% of the test rows right.",
        {"metric": "accuracy", "part": "test", "at_least": 0.95},
        nn.Project(
            network,
            nn.make_dataset("circles"),
            settings,
            title="Two circles",
            description=description,
            view=dict(_PICTURES),
        ),
    )


def moons() -> Example:
    """Two half circles that reach into each other."""
    seed = 0
    network = layered_network((2, 5, 5, 1), seed=seed, output_labels=("lower",))
    settings = nn.TrainingSettings(
        loss="binary_cross_entropy",
        optimizer="adam",
        learning_rate=0.005,
        batch_size=10,
        epochs=1_000,
        seed=seed,
        target_loss=0.002,
    )
    description = (
        "Two half circles that reach into each other. A single neuron gets most rows right with a straight "
        "line; two layers of five bend it through the gap."
    )
    return Example(
        "moons",
        "A line that has to bend twice.",
        "At least 95% of the test rows right.",
        {"metric": "accuracy", "part": "test", "at_least": 0.95},
        nn.Project(
            network,
            nn.make_dataset("moons"),
            settings,
            title="Two moons",
            description=description,
            view=dict(_PICTURES),
        ),
    )


def spirals() -> Example:
    """The hard one, with layers."""
    seed = 1
    network = layered_network((2, 8, 8, 1), seed=seed, output_labels=("second arm",))
    settings = nn.TrainingSettings(
        loss="binary_cross_entropy",
        optimizer="adam",
        learning_rate=0.01,
        batch_size=10,
        epochs=1_000,
        seed=seed,
        target_loss=0.002,
    )
    description = (
        "Two arms wind around each other one and a half times. For a long while the network finds only a "
        "part "
        "of the way; then the loss falls in steps, one for each bend that it discovers."
    )
    return Example(
        "spirals",
        "Two arms wound around each other: hard, worth two hidden layers.",
        "At least 90% of the test rows right.",
        {"metric": "accuracy", "part": "test", "at_least": 0.9},
        nn.Project(
            network,
            nn.make_dataset("spiral"),
            settings,
            title="Two spirals",
            description=description,
            view=dict(_PICTURES),
        ),
    )


def shortcut_network(sizes: Sequence[int], seed: int) -> nn.Network:
    """Return layers of two, ending in one, each connected to all later ones.

    They stand on an ellipse, where no connection passes over a neuron on its way.
    """
    network = layered_network(sizes, seed=None, output_labels=("second arm",))
    neurons = network.neurons
    ends = [sum(sizes[: layer + 1]) for layer in range(len(sizes))]
    layers = [neurons[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    for number, layer in enumerate(layers):
        for later in layers[number + 2 :]:
            for source in layer:
                for target in later:
                    network.connect(source.id, target.id)
    turn = 2 * math.pi / len(neurons)
    for number, layer in enumerate(layers):
        for neuron, side in zip(layer, (-1, 1), strict=False):
            angle = side * turn * (len(layers) - 1 - number)
            network.update_neuron(
                neuron.id, position=(1.4 * RADIUS * math.cos(angle), RADIUS * math.sin(angle))
            )
    network.initialize("xavier_uniform", seed)
    return network


RADIUS = 300.0
SHORTCUT_SIZES = (2, 2, 2, 2, 2, 2, 2, 1)
# Layered networks with about as many numbers to learn, from as deep to flat.
LAYERED_SIZES = ((2, 4, 4, 4, 4, 4, 4, 1), (2, 6, 6, 6, 1), (2, 9, 8, 1))


def shortcut_settings(seed: int) -> nn.TrainingSettings:
    """Settings of the shortcut network and of those that it is compared with."""
    return nn.TrainingSettings(
        loss="binary_cross_entropy",
        optimizer="adam",
        learning_rate=0.01,
        batch_size=16,
        epochs=300,
        seed=seed,
    )


def numbers_to_learn(network: nn.Network) -> int:
    """Return how many weights and biases a network has."""
    return len(network.connections) + len(network.neurons) - len(network.inputs)


def compared_loss(sizes: Sequence[int], *, shortcuts: bool) -> float:
    """Return the median, over the compared seeds, of the loss after the last epoch on the spirals."""
    losses = []
    for seed in SEEDS_COMPARED:
        network = shortcut_network(sizes, seed) if shortcuts else layered_network(sizes, seed=seed)
        result = nn.train(network, nn.make_dataset("spiral"), shortcut_settings(seed))
        losses.append(float(result.history.loss[-1]))
    return statistics.median(losses)


def shortcuts() -> Example:
    """Skip connections, and what they are good for."""
    seed = 0
    network = shortcut_network(SHORTCUT_SIZES, seed)
    own = compared_loss(SHORTCUT_SIZES, shortcuts=True)
    others = "; ".join(
        f"{'–'.join(map(str, sizes))} with {numbers_to_learn(layered_network(sizes))} numbers: "
        f"{compared_loss(sizes, shortcuts=False):.1g}"
        for sizes in LAYERED_SIZES
    )
    description = (
        "The two spirals again, with only twelve hidden neurons: six layers of two, each connected to all "
        "later layers and not just to the next (after Lang and Witbrock 1988). The gradient reaches the "
        "early "
        "layers directly, and late neurons still see the inputs.\n\n"
        f"Size means the numbers to learn, weights and biases together: {numbers_to_learn(network)} "
        f"here. Loss "
        f"after {shortcut_settings(seed).epochs} epochs with the same data and settings, the median of "
        f"{len(SEEDS_COMPARED)} starts: {own:.1g}. Layered networks of about the same size: {others}."
    )
    return Example(
        "shortcuts",
        "Connections that skip layers beat plain layers of the same size.",
        "At least 95% of the test rows right, and a lower loss than plain layers.",
        {"metric": "accuracy", "part": "test", "at_least": 0.95},
        nn.Project(
            network,
            nn.make_dataset("spiral"),
            shortcut_settings(seed),
            title="Spirals with shortcuts",
            description=description,
        ),
    )


def iris() -> Example:
    """Real measurements, three classes."""
    seed = 0
    data = nn.make_dataset("iris")
    network = layered_network(
        (4, 6, 3),
        output="softmax",
        seed=seed,
        input_labels=[name.replace("_", " ") for name in data.feature_names],
        output_labels=data.classes,
    )
    settings = nn.TrainingSettings(
        loss="cross_entropy", optimizer="adam", learning_rate=0.005, batch_size=10, epochs=300, seed=seed
    )
    description = (
        "150 flowers that Edgar Anderson measured and Ronald Fisher published in 1936: four lengths and "
        "widths "
        "in centimeters tell three species apart. The outputs are probabilities that add up to 1 (softmax). "
        "The measurements are scaled to mean 0 and deviation 1 before the network sees them; predictions "
        "take "
        "them in centimeters.\n\n"
        "Setosa is told apart at once; versicolor and virginica overlap, so a few flowers stay wrong."
    )
    return Example(
        "iris",
        "150 real flowers, three species, told by four measures.",
        "At least 93% of the test rows right.",
        {"metric": "accuracy", "part": "test", "at_least": 0.93},
        nn.Project(network, data, settings, title="Iris", description=description),
    )


def digits() -> Example:
    """Handwritten digits, ten classes."""
    seed = 0
    data = nn.make_dataset("digits")
    assert data.image_shape is not None
    rows, columns = data.image_shape
    network = layered_network(
        (rows * columns, 32, len(data.classes)),
        output="softmax",
        seed=seed,
        input_labels=[f"{row + 1}, {column + 1}" for row in range(rows) for column in range(columns)],
        output_labels=data.classes,
    )
    # The inputs stand as the pixels do; one tall column each would be too small to see.
    for place, neuron in enumerate(network.inputs):
        row, column = divmod(place, columns)
        network.update_neuron(neuron.id, position=(90.0 * column, 90.0 * row))
    for place, neuron in enumerate(network.hidden):
        column, row = divmod(place, 8)
        network.update_neuron(neuron.id, position=(1100.0 + 110.0 * column, 90.0 * row))
    for place, neuron in enumerate(network.outputs):
        network.update_neuron(neuron.id, position=(1900.0, 70.0 * place))
    settings = nn.TrainingSettings(
        loss="cross_entropy", optimizer="adam", learning_rate=0.002, batch_size=32, epochs=100, seed=seed
    )
    description = (
        "1,797 digits that 13 people wrote by hand, as images of 8 by 8 pixels: each input is the ink of one "
        "pixel, from 0 to 1, and is called by its row and column. The ten outputs are the probabilities of "
        "the digits, which add up to 1 (softmax). A quarter of the images is held out and never trained on."
        "\n\n"
        "The first epochs bring most of it. What stays wrong at the end are digits that people find hard to "
        "read too: look at the confusion in the output plot, and at the rows that are wrong in the table."
    )
    return Example(
        "digits",
        "Handwritten digits, read by 32 hidden neurons.",
        "At least 96% of the held-out quarter right.",
        {"metric": "accuracy", "part": "test", "at_least": 0.96},
        nn.Project(network, data, settings, title="Digits", description=description),
    )


def examples() -> list[Example]:
    """Return all examples in the order of the gallery."""
    return [
        xor(),
        single_gate("and"),
        single_gate("or"),
        single_gate("nand"),
        addition_sigmoid(),
        addition_identity(),
        sine(),
        circles(),
        moons(),
        spirals(),
        shortcuts(),
        iris(),
        digits(),
    ]
