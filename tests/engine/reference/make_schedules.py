"""Write the learning rates that PyTorch's schedulers give, for the tests that run without it.

    PYTHONPATH=. python tests/engine/reference/make_schedules.py

in an environment with torch==2.13.0.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from tests.engine.reference.torch_schedules import BASE, CASES, EPOCHS, LOSSES, torch_rates

FILE = Path(__file__).parent / "schedules.json"


def main() -> None:
    """Write the file."""
    content = {
        "torch": torch.__version__.split("+")[0],
        "base": BASE,
        "losses": LOSSES,
        "cases": [
            {"key": key, "options": options, "rates": torch_rates(key, options, BASE, EPOCHS, LOSSES)}
            for key, options in CASES
        ],
    }
    FILE.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
