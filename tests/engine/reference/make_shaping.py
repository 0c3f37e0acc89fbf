"""Write what PyTorch's trainings with penalties, clipping, decay and schedules come to in float64.

    PYTHONPATH=. python tests/engine/reference/make_shaping.py

in an environment with NumPy, hypothesis and torch==2.13.0.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from tests.engine.reference.shaping_cases import SHAPED_CASE, trainings
from tests.engine.reference.torch_shaping import train

FILE = Path(__file__).parent / "shaping.json"


def main() -> None:
    """Write the file."""
    content = {
        "torch": torch.__version__.split("+")[0],
        "trainings": [{**how, "trained": train(SHAPED_CASE, how)} for how in trainings()],
    }
    FILE.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
