"""What a project's view keeps of the Landscape panel, in plain values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, get_args

from nnstudio.ui.panels.landscape_choice import Choice, Key, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnstudio.ui.plots.landscape_figures import Range

KEY = "landscape"


def stored(choice: Choice, span: Range | None) -> dict[str, Any]:
    """Return the directions, and the range of one parameter that was on view, as a file keeps them."""
    kept: dict[str, Any] = {"kind": choice.kind, "seed": choice.seed}
    for name, key in (("first", choice.first), ("second", choice.second)):
        if key is not None:
            kept[name] = list(key)
    if span is not None:
        kept["range"] = list(span)
    return kept


def restored(view: Mapping[str, Any]) -> tuple[Choice, Range | None]:
    """Return what a view keeps; what is missing or makes no sense is as at the start."""
    kept = view.get(KEY)
    if not isinstance(kept, dict):
        return Choice(), None
    kind, seed = kept.get("kind"), kept.get("seed")
    choice = Choice(
        kind if isinstance(kind, str) and kind in get_args(Kind) else "parameters",
        _key(kept.get("first")),
        _key(kept.get("second")),
        seed if isinstance(seed, int) and seed >= 0 else 0,
    )
    return choice, _range(kept.get("range"))


def _key(value: Any) -> Key | None:
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(part, str) for part in value):
        if value[0] == "weight":
            return "weight", value[1]
        if value[0] == "bias":
            return "bias", value[1]
    return None


def _range(value: Any) -> Range | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    if not all(isinstance(end, int | float) and math.isfinite(end) for end in value):
        return None
    low, high = float(value[0]), float(value[1])
    return (low, high) if low < high else None
