"""Learning rates by PyTorch's schedulers, and what they are compared on."""

from __future__ import annotations

from typing import Any

EPOCHS = 60
BASE = 0.3

# A loss that falls, stands still, falls again, jumps up and stays.
LOSSES = [
    *(1.0 / (1 + t) for t in range(10)),
    *[0.1] * 15,
    *(0.1 - 0.004 * t for t in range(10)),
    *(0.4 - 1e-7 * t for t in range(25)),
]

# Key, options.
CASES: tuple[tuple[str, dict[str, float]], ...] = (
    ("constant", {}),
    ("step", {}),
    ("step", {"step_size": 7, "gamma": 0.5}),
    ("exponential", {}),
    ("exponential", {"gamma": 0.9}),
    ("cosine", {}),
    ("cosine", {"eta_min": 0.01}),
    ("warm_up", {}),
    ("warm_up", {"start_factor": 0.01, "total_iters": 13}),
    ("warm_up_cosine", {}),
    ("warm_up_cosine", {"start_factor": 0.1, "total_iters": 20}),
    ("reduce_on_plateau", {}),
    ("reduce_on_plateau", {"patience": 2, "factor": 0.5, "cooldown": 3, "min_lr": 0.02, "threshold": 0.01}),
    ("reduce_on_plateau", {"patience": 0, "factor": 0.1}),
)


def torch_rates(key: str, options: dict[str, float], base: float, epochs: int, losses: list[float]) -> Any:
    """Return the learning rate of every epoch, by PyTorch."""
    import torch
    from torch.optim import lr_scheduler as schedulers

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
    whole = ("step_size", "total_iters", "patience", "cooldown")
    given: dict[str, Any] = {name: int(value) if name in whole else value for name, value in options.items()}
    if key == "step":
        given.setdefault("step_size", 100)
        scheduler: Any = schedulers.StepLR(optimizer, **given)
    elif key == "exponential":
        given.setdefault("gamma", 0.995)
        scheduler = schedulers.ExponentialLR(optimizer, **given)
    elif key == "cosine":
        scheduler = schedulers.CosineAnnealingLR(optimizer, T_max=epochs, **given)
    elif key == "warm_up":
        scheduler = schedulers.LinearLR(optimizer, **given)
    elif key == "warm_up_cosine":
        rising = given.get("total_iters", 5)
        parts = [
            schedulers.LinearLR(optimizer, **given),
            schedulers.CosineAnnealingLR(optimizer, T_max=epochs - rising),
        ]
        scheduler = schedulers.SequentialLR(optimizer, parts, milestones=[rising])
    elif key == "reduce_on_plateau":
        scheduler = schedulers.ReduceLROnPlateau(optimizer, **given)
    else:
        scheduler = schedulers.ConstantLR(optimizer, factor=1.0)
    rates = []
    for epoch in range(epochs):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step(*[losses[epoch]] if key == "reduce_on_plateau" else [])
    return rates
