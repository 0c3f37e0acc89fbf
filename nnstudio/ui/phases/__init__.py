"""The phases of learning: a ring that tells of them, and the walk through a step on the canvas."""
