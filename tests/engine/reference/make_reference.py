"""Write the values that PyTorch computes in float64, for the tests that run without it.

    PYTHONPATH=. python tests/engine/reference/make_reference.py

in an environment with NumPy, hypothesis and torch==2.13.0.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from tests.engine.reference.cases import BATCH, LEARNING_RATES, POINTS, STEPS, cases, to_plain
from tests.engine.reference.torch_network import ACTIVATE, TorchNetwork

FILE = Path(__file__).parent / "reference.json"
TRAINED_CASES = ("mse-softmax", "cross-entropy")


def curves() -> dict[str, Any]:
    """Return every element-wise activation and its derivative at the points."""
    found = {}
    for key, activate in ACTIVATE.items():
        if key == "softmax":
            continue
        z = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
        a = activate(z)
        slope = torch.autograd.grad(a.sum(), z)[0] if a.requires_grad else torch.zeros_like(z)
        found[key] = {"values": a.tolist(), "derivatives": slope.tolist()}
    return found


def trainings(case: Any) -> dict[str, Any]:
    """Return the parameters after training with every optimizer, by id."""
    x, y = torch.tensor(case.x), torch.tensor(case.y)
    return {
        optimizer: TorchNetwork(case.network).train(x, y, case.loss, optimizer, rate, STEPS, BATCH)
        for optimizer, rate in LEARNING_RATES.items()
    }


def computed(case: Any) -> dict[str, Any]:
    """Return a case with its outputs, loss and gradients."""
    torch_network = TorchNetwork(case.network)
    x, y = torch.tensor(case.x), torch.tensor(case.y)
    loss, gradients = torch_network.gradients(x, y, case.loss)
    return {
        "name": case.name,
        "network": to_plain(case.network),
        "x": case.x.tolist(),
        "y": case.y.tolist(),
        "loss": case.loss,
        "outputs": torch_network.forward(x)[1].tolist(),
        "loss_value": loss,
        "gradients": gradients,
        "trained": trainings(case) if case.name in TRAINED_CASES else {},
    }


def main() -> None:
    """Write the file."""
    content = {
        "torch": torch.__version__.split("+")[0],
        "points": POINTS.tolist(),
        "curves": curves(),
        "cases": [computed(case) for case in cases()],
    }
    FILE.write_text(json.dumps(content, indent=None, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
