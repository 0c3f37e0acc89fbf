"""Numbers on small plates: where each fits without covering another. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Tone = Literal["plain", "strong", "positive", "negative"]
Box = tuple[float, float, float, float]  # left, top, width, height
# Where a plate may be, in pixels: by its middle, its left end (1) or its right end (-1).
Place = tuple[float, float, int]

HEIGHT = 18.0
_ROOM = 10.0  # pixels beside a text
_GAP = 2.0


@dataclass(frozen=True)
class Plate:
    """A number to show: ``texts`` from the longest to the shortest, at the first of ``places`` with room.

    Of a higher ``rank`` it is placed first.
    """

    texts: tuple[str, ...]
    places: tuple[Place, ...]
    tone: Tone = "plain"
    rank: float = 0.0


class Placed(NamedTuple):
    """A plate where it is painted."""

    box: Box
    text: str
    tone: Tone


def place(
    plates: Iterable[Plate], width: Callable[[str], float], area: Box, blocked: Sequence[Box] = ()
) -> list[Placed]:
    """Return the plates that fit into ``area`` beside each other and what is ``blocked``, the others dropped.

    ``width`` measures texts.
    """
    taken = list(blocked)
    found = []
    for plate in sorted(plates, key=lambda plate: -plate.rank):
        placed = _first_fit(plate, width, area, taken)
        if placed is not None:
            taken.append(placed.box)
            found.append(placed)
    return found


def overlap(one: Box, other: Box, gap: float = 0.0) -> bool:
    """Whether two boxes cover anything of each other, or lie nearer than ``gap``."""
    return (
        one[0] < other[0] + other[2] + gap
        and other[0] < one[0] + one[2] + gap
        and one[1] < other[1] + other[3] + gap
        and other[1] < one[1] + one[3] + gap
    )


def _first_fit(plate: Plate, width: Callable[[str], float], area: Box, taken: Sequence[Box]) -> Placed | None:
    left, top, across, down = area
    for text in plate.texts:
        wide = width(text) + _ROOM
        for x, y, align in plate.places:
            box = (x + (align - 1) * wide / 2.0, y - HEIGHT / 2.0, wide, HEIGHT)
            inside = left <= box[0] and top <= box[1] and box[0] + wide <= left + across
            if not inside or box[1] + HEIGHT > top + down:
                continue
            if not any(overlap(box, other, _GAP) for other in taken):
                return Placed(box, text, plate.tone)
    return None
