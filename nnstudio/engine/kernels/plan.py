"""What the kernels work on: codes, and the arrays of a program, its data and its training, by name."""

from __future__ import annotations

from typing import Any, NamedTuple

# The kernels rely on this order: from step on there is no vector form, and of the first five only sigmoid has
# more to keep than its value.
ACTIVATION_KEYS = (
    "identity",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "silu",
    "gaussian",
    "elu",
    "softmax",
    "step",
    "softplus",
    "gelu",
    "sine",
)
ACTIVATION_CODES = {key: code for code, key in enumerate(ACTIVATION_KEYS)}
(
    IDENTITY,
    SIGMOID,
    TANH,
    RELU,
    LEAKY_RELU,
    SILU,
    GAUSSIAN,
    ELU,
    SOFTMAX,
    STEP,
    SOFTPLUS,
    GELU,
    SINE,
) = range(len(ACTIVATION_KEYS))
# The way back knows neurons that may fall silent by this: their slope is in ``kept``, times their factor.
DROPPED = len(ACTIVATION_KEYS)
# From here on, the number of a formula is added.
CUSTOM = DROPPED + 1

LOSS_KEYS = ("mse", "mae", "huber", "binary_cross_entropy", "cross_entropy", "hinge")
LOSS_CODES = {key: code for code, key in enumerate(LOSS_KEYS)}
MSE, MAE, HUBER, BINARY_CROSS_ENTROPY, CROSS_ENTROPY, HINGE = range(len(LOSS_KEYS))

OPTIMIZER_KEYS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "perceptron")
OPTIMIZER_CODES = {key: code for code, key in enumerate(OPTIMIZER_KEYS)}
SGD, MOMENTUM, NESTEROV, ADAGRAD, RMSPROP, ADAM, ADAMW, PERCEPTRON = range(len(OPTIMIZER_KEYS))

# The options of each optimizer, in the order in which the kernels have them.
OPTIONS: dict[str, tuple[str, ...]] = {
    "sgd": (),
    "momentum": ("momentum",),
    "nesterov": ("momentum",),
    "adagrad": ("eps",),
    "rmsprop": ("alpha", "eps"),
    "adam": ("beta1", "beta2", "eps"),
    "adamw": ("beta1", "beta2", "eps", "weight_decay"),
    "perceptron": (),
}
# Those that subtract the gradient and remember nothing.
ONLINE = ("sgd", "perceptron")
# The pairs of loss and activation that the kernels compute from the pre-activation.
FUSED_PAIRS = {("binary_cross_entropy", "sigmoid"), ("cross_entropy", "softmax")}

# Places in the array ``progress`` of `loop.train`; INTERRUPTED is set from another thread, STEPS counts the
# steps of the whole training, where UPDATES are what the optimizer remembers.
POSITION, UPDATES, DIVERGED, INTERRUPTED, STEPS = range(5)
# Places in the array ``measured`` of `loop.evaluate`; behind them stand, for each output, the sums of the
# squared and of the absolute errors.
LOSS, RIGHT, ERRORS = range(3)


class Plan(NamedTuple):
    """A program as flat arrays. Counts and slots are uint64, codes int64.

    ``direct[j]`` is 1 where an output's derivative by its pre-activation comes from the loss itself, in
    ``kept`` (a fused pair, or the perceptron rule), ``fused[j]`` where the loss is computed from the
    pre-activation. ``back`` are the codes that the way back goes by: those of ``code`` but where neurons may
    fall silent. ``softmax`` holds the slots of the softmax outputs and ``softmax_end`` the slot after the
    last of them.
    """

    row_start: Any
    source: Any
    code: Any
    back: Any
    direct: Any
    fused: Any
    outputs: Any
    softmax: Any
    softmax_end: Any
    inputs: Any
    neurons: Any
    connections: Any


class Buffers(NamedTuple):
    """Room to work in, a vector per neuron: values, derivatives, what an activation keeps for later."""

    a: Any
    d: Any
    kept: Any


class Rows(NamedTuple):
    """Data: ``x`` (rows, inputs) and ``y`` (rows, outputs), both flat; ``whole`` (rows,), sums of targets.

    ``weights`` (rows,) say how much each row counts; where all count alike, there is one, 1.
    """

    x: Any
    y: Any
    whole: Any
    weights: Any


class Work(NamedTuple):
    """Flat arrays, (connections + neurons,) and zeros up to a whole number of pieces.

    ``weights`` and ``biases`` are views of ``flat``, and ``mask`` is what the learning rate of a parameter is
    multiplied with: 0 where it is frozen. The ``kept`` are what parameters and state were before the last
    update.
    """

    flat: Any
    weights: Any
    biases: Any
    gradient: Any
    mask: Any
    first_state: Any
    second_state: Any
    kept: Any
    kept_first: Any
    kept_second: Any


class Task(NamedTuple):
    """What to train with: codes, the optimizer's ``options``, and how many rows a batch and an epoch have.

    ``shaped`` tells whether penalties or clipping change gradients; the bounds of no clipping are infinite.
    """

    loss: Any
    optimizer: Any
    options: Any
    batch: Any
    rows: Any
    shaped: Any
    l1: Any
    l2: Any
    clip_norm: Any
    clip_value: Any
    decay: Any


class Formulas(NamedTuple):
    """The custom activations, one operation after the other: see `formulas`.

    ``start`` (formulas + 1,) tells where the operations of each begin; ``arguments`` holds three for each,
    numbers of operations of the same formula.
    """

    start: Any
    operation: Any
    arguments: Any
    numbers: Any


class Limits(NamedTuple):
    """What holds weights together or back, by slots of connections.

    ``tied`` are those that share the weight of another one, which ``first`` has at the same place;
    ``signed`` those that stay on the side of 0 that ``signs`` tell, 1 or -1.
    """

    tied: Any
    first: Any
    signed: Any
    signs: Any


class Extras(NamedTuple):
    """What few trainings have, apart from the rest: every array that is passed on takes time to compile.

    ``steps`` has room for two vectors for each operation of a formula. Who falls silent follows from
    ``draw``, see `masks`; the others are multiplied with ``louder``.
    """

    formulas: Formulas
    limits: Limits
    steps: Any
    draw: Any
    louder: Any
