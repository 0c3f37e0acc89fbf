"""Networks computed by PyTorch in float64, from the drawing, without any of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as functional

if TYPE_CHECKING:
    from nnstudio.network import Network

ACTIVATE: dict[str, Any] = {
    "identity": lambda z: z * 1.0,
    "step": lambda z: torch.heaviside(z.detach(), torch.ones((), dtype=z.dtype)),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "softplus": functional.softplus,
    "silu": functional.silu,
    "gelu": functional.gelu,
    "sine": torch.sin,
    "gaussian": lambda z: torch.exp(-z * z),
    "softmax": lambda z: torch.softmax(z, -1),
}

LOSS: dict[str, Any] = {
    "mse": functional.mse_loss,
    "mae": functional.l1_loss,
    "huber": functional.huber_loss,
    "binary_cross_entropy": functional.binary_cross_entropy,
    "cross_entropy": lambda a, y: -(y * torch.log(a)).sum(-1).mean(),
    "hinge": lambda a, y: torch.relu(1.0 - torch.where(y > 0.0, 1.0, -1.0) * a).mean(),
}

# Computed from the weighted sums where all outputs have the activation.
LOSS_OF_SUMS: dict[tuple[str, str], Any] = {
    ("binary_cross_entropy", "sigmoid"): functional.binary_cross_entropy_with_logits,
    ("cross_entropy", "softmax"): functional.cross_entropy,
}

OPTIMIZER: dict[str, Any] = {
    "sgd": lambda p, lr: torch.optim.SGD(p, lr=lr),
    "momentum": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9),
    "nesterov": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9, nesterov=True),
    "adagrad": lambda p, lr: torch.optim.Adagrad(p, lr=lr),
    "rmsprop": lambda p, lr: torch.optim.RMSprop(p, lr=lr),
    "adam": lambda p, lr: torch.optim.Adam(p, lr=lr),
    "adamw": lambda p, lr: torch.optim.AdamW(p, lr=lr),
}


class TorchNetwork:
    """A network whose weights and biases are tensors, by id."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.parameters = {c.id: torch.tensor(c.weight, dtype=torch.float64) for c in network.connections}
        self.parameters |= {
            n.id: torch.tensor(n.bias, dtype=torch.float64) for n in network.neurons if n.bias is not None
        }
        for parameter in self.parameters.values():
            parameter.requires_grad_(True)

    @property
    def trained(self) -> list[torch.Tensor]:
        """The parameters that are not frozen."""
        items = [*self.network.connections, *self.network.neurons]
        return [self.parameters[item.id] for item in items if item.trainable and item.id in self.parameters]

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return weighted sums and values of the outputs, both (batch, outputs)."""
        network = self.network
        sums: dict[str, torch.Tensor] = {}
        values = {neuron.id: x[:, column] for column, neuron in enumerate(network.inputs)}
        group = [neuron.id for neuron in network.outputs if neuron.activation == "softmax"]

        def weighted_sum(key: str) -> torch.Tensor:
            if key not in sums:
                sums[key] = self.parameters[key].expand(len(x))
                for connection in network.incoming(key):
                    sums[key] = sums[key] + self.parameters[connection.id] * value(connection.source)
            return sums[key]

        def value(key: str) -> torch.Tensor:
            if key not in values:
                activation = network.neuron(key).activation
                if activation == "softmax":
                    together = torch.stack([weighted_sum(member) for member in group], -1)
                    values.update(zip(group, torch.softmax(together, -1).unbind(-1), strict=True))
                else:
                    values[key] = ACTIVATE[activation](weighted_sum(key))
            return values[key]

        outputs = torch.stack([value(neuron.id) for neuron in network.outputs], -1)
        return torch.stack([weighted_sum(neuron.id) for neuron in network.outputs], -1), outputs

    def loss(self, x: torch.Tensor, y: torch.Tensor, key: str) -> torch.Tensor:
        """Return a loss, computed from the weighted sums where PyTorch can do so."""
        sums, outputs = self.forward(x)
        activations = {neuron.activation or "" for neuron in self.network.outputs}
        of_sums = LOSS_OF_SUMS.get((key, activations.pop())) if len(activations) == 1 else None
        loss: torch.Tensor = of_sums(sums, y) if of_sums else LOSS[key](outputs, y)
        return loss

    def gradients(self, x: torch.Tensor, y: torch.Tensor, key: str) -> tuple[float, dict[str, float]]:
        """Return the loss and its derivative by every weight and bias, by id; frozen ones included."""
        loss = self.loss(x, y, key)
        found = (
            torch.autograd.grad(
                loss, list(self.parameters.values()), allow_unused=True, materialize_grads=True
            )
            if loss.requires_grad
            else [torch.zeros(()) for _ in self.parameters]
        )
        return loss.item(), {key: g.item() for key, g in zip(self.parameters, found, strict=True)}

    def train(
        self,
        x: torch.Tensor,
        y: torch.Tensor,
        key: str,
        optimizer: str,
        learning_rate: float,
        steps: int,
        batch: int,
    ) -> dict[str, float]:
        """Train on the batches of x and y in turn; return the parameters by id."""
        method = OPTIMIZER[optimizer](self.trained, learning_rate)
        for step in range(steps):
            start = step * batch % len(x)
            method.zero_grad()
            self.loss(x[start : start + batch], y[start : start + batch], key).backward()
            for parameter in self.trained:
                if parameter.grad is None:
                    # The loss does not depend on it; it still decays, as in a layer of PyTorch's own.
                    parameter.grad = torch.zeros_like(parameter)
            method.step()
        return {key: parameter.item() for key, parameter in self.parameters.items()}
