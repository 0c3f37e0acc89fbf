"""Two lessons to go through in tests, put where own ones go."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from nnstudio import paths

if TYPE_CHECKING:
    from pathlib import Path

LESSON = r"""
format = 1
title = "Gates"
summary = "AND by hand, and XOR by training."
minutes = 5
project = "and.nns"
next = "20-after"

[[step]]
title = "Weights are knobs"
text = '''
The sum $z = w_1 x_1 + w_2 x_2 + b$ decides.

![The network](view:canvas)
'''
show = ["output", "explain"]
lock = ["structure", "data", "settings", "training"]
select = ["a", "b -> AND"]
color = "gradient"
focus = 3
hints = ["Look at $w_1$.", "Make it 3."]

[[step.check]]
that = "The weight from a is above 2"
when = "weight('a', 'AND') > 2"
otherwise = "Double-click it."

[[step.check]]
ask = "What is one half of $\\frac{1}{2}$?"
answer = "0.25"

[[step.check]]
ask = "What happens to the sum when the bias rises?"
answer = "It rises"
choices = ["It rises", "It falls"]

[[step]]
title = "XOR"
text = "Train it."
project = "xor.nns"
lock = ["values"]

[[step.check]]
that = "It was trained"
when = "trainings >= 1 and epochs >= 2"

[[step]]
title = "Is it reached?"
text = "Back at AND."
project = "and.nns"

[[step.check]]
that = "Trained for 3 epochs from its start, it makes a loss below 5"
when = "trained_loss(3) < 5"
"""
AFTER = """
format = 1
title = "After that"

[[step]]
title = "Only to read"
text = "Nothing is asked."

[[step]]
title = "The rest"
"""


def put_lessons() -> Path:
    """Put “10-gates” and “20-after” into the folder of own lessons, and return that."""
    found = paths.lessons_dir()
    for name, text in (("10-gates", LESSON), ("20-after", AFTER)):
        (found / name).mkdir()
        (found / name / "lesson.toml").write_text(text, "utf-8")
    for name in ("and.nns", "xor.nns"):
        shutil.copy(paths.resource_path("examples", name), found / "10-gates" / name)
    return found
