"""Write what PyTorch's trainings under constraints come to in float64.

    PYTHONPATH=. python tests/engine/reference/make_constraints.py

in an environment with NumPy, hypothesis and torch==2.13.0.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from tests.engine.reference.constraint_cases import X, Y, constrained, trainings
from tests.engine.reference.torch_constraints import train

FILE = Path(__file__).parent / "constraints.json"


def main() -> None:
    """Write the file."""
    content = {
        "torch": torch.__version__.split("+")[0],
        "trainings": [
            {**how, "trained": train(constrained(how["constraints"]), X, Y, how)} for how in trainings()
        ],
    }
    FILE.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
