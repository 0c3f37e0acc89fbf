"""A program that can be interrupted while it computes: for whoever must not be kept waiting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nnstudio.engine.blocks import DenseBlock
from nnstudio.engine.program import Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.engine.blocks import Block
    from nnstudio.engine.program import Program

Floats = Any

# The largest block is computed for so many multiplications at once: some milliseconds.
_AT_ONCE = 1 << 26


class Interrupted(Exception):  # noqa: N818 - nothing went wrong
    """A computation was given up, as somebody wanted; nothing has changed."""


@dataclass(frozen=True)
class _Watched:
    """A block that asks before each of its products whether to go on."""

    block: Block
    is_unwanted: Callable[[], bool]

    def forward(self, *arrays: Floats) -> None:
        if self.is_unwanted():
            raise Interrupted
        self.block.forward(*arrays)

    def backward(self, *arrays: Floats) -> None:
        if self.is_unwanted():
            raise Interrupted
        self.block.backward(*arrays)


def watched(program: Program, is_unwanted: Callable[[], bool]) -> Program:
    """Return the program as one that raises Interrupted soon after ``is_unwanted()`` has become true.

    It only computes; a training belongs to the program itself. Of large matrices fewer rows are computed at
    once, so that sums over rows may differ in their last digits.
    """
    blocks = [block for level in program.levels for block in level.blocks]
    largest = max((b.shape[0] * b.shape[1] for b in blocks if isinstance(b, DenseBlock)), default=1)
    return replace(
        program,
        levels=tuple(
            Level(tuple(_Watched(block, is_unwanted) for block in level.blocks), level.groups)
            for level in program.levels
        ),
        rows_at_once=min(program.rows_at_once, max(1, _AT_ONCE // largest)),
    )
