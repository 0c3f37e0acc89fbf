"""Trainings by PyTorch whose steps are shaped, as a script of PyTorch's own would have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.optim import lr_scheduler

from tests.engine.reference.torch_network import OPTIMIZER, TorchNetwork

if TYPE_CHECKING:
    from tests.engine.reference.cases import Case


def scheduler(optimizer: Any, key: str, options: dict[str, float], epochs: int) -> Any:
    """Return PyTorch's scheduler for one of ours."""
    if key == "step":
        return lr_scheduler.StepLR(optimizer, step_size=int(options["step_size"]), gamma=options["gamma"])
    if key == "exponential":
        return lr_scheduler.ExponentialLR(optimizer, **options)
    if key == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs, **options)
    if key == "reduce_on_plateau":
        return lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    if key in ("warm_up", "warm_up_cosine"):
        rising = int(options["total_iters"])
        start = options["start_factor"]
        linear = lr_scheduler.LinearLR(optimizer, start_factor=start, total_iters=rising)
        if key == "warm_up":
            return linear
        falling = lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs - rising)
        return lr_scheduler.SequentialLR(optimizer, [linear, falling], milestones=[rising])
    return lr_scheduler.ConstantLR(optimizer, factor=1.0)


def train(case: Case, how: dict[str, Any]) -> dict[str, float]:
    """Train a case without shuffling; returns the parameters by id."""
    network = TorchNetwork(case.network)
    trained = network.trained
    weights = [network.parameters[c.id] for c in case.network.connections if c.trainable]
    method = OPTIMIZER[how["optimizer"]](trained, how["learning_rate"])
    schedule = scheduler(
        method, how.get("schedule", "constant"), how.get("schedule_options", {}), how["epochs"]
    )
    x, y = torch.tensor(case.x), torch.tensor(case.y)
    for _ in range(how["epochs"]):
        for start in range(0, len(x), how["batch_size"]):
            rows = slice(start, start + how["batch_size"])
            method.zero_grad()
            loss = network.loss(x[rows], y[rows], how["loss"])
            for weight in weights:
                loss = loss + how.get("l1", 0.0) * weight.abs() + how.get("l2", 0.0) / 2.0 * weight**2
            loss.backward()
            for parameter in trained:
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)
            if "clip_norm" in how:
                torch.nn.utils.clip_grad_norm_(trained, how["clip_norm"])
            if "clip_value" in how:
                torch.nn.utils.clip_grad_value_(trained, how["clip_value"])
            with torch.no_grad():
                for parameter in trained:
                    parameter *= 1.0 - method.param_groups[0]["lr"] * how.get("weight_decay", 0.0)
            method.step()
        if how.get("schedule") == "reduce_on_plateau":
            with torch.no_grad():
                schedule.step(network.loss(x, y, how["loss"]).item())
        else:
            schedule.step()
    return {key: parameter.item() for key, parameter in network.parameters.items()}
