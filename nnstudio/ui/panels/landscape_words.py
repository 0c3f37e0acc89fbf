"""What the landscape panel says below its picture: which moment it is of, how far it is from the truth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnstudio.ui.numbers import format_count, format_number
from nnstudio.ui.plots.figures import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.ui.panels.landscape_model import Landscape


def moment_words(landscape: Landscape) -> str:
    """Return the parts of what is said, the most important first."""
    moment, plane, shown = landscape.moment, landscape.plane, landscape.shown
    if moment is None or plane is None:
        return ""
    parts = []
    if landscape.is_stopped:
        parts.append("Stopped: “Center” measures anew")
    if shown is not None:
        parts.append(f"Surface at {_when(shown.epoch, shown.step)}")
    loss = f"loss {format_number(moment.loss)}" if math.isfinite(moment.loss) else ""
    apart = landscape.apart if landscape.is_off else 0.0
    if apart:
        parts.append(f"point {format_number(apart, 3)} off it" + (f", {loss}" if loss else ""))
    elif loss:
        parts.append(f"point on it, {loss}")
    if landscape.path_apart > apart:
        parts.append(f"path up to {format_number(landscape.path_apart, 3)} beside it")
    if not math.isnan(plane.share):
        parts.append(f"{format_number(100.0 * plane.share, 3)} % of the path within")
    if shown is not None and len(shown.rows) < len(shown.data.train_rows):
        parts.append(f"{format_count(len(shown.rows))} of {format_count(len(shown.data.train_rows))} rows")
    return SEPARATOR.join(parts)


def line_words(landscape: Landscape) -> str:
    """Return what is said of the present point on the loss over one parameter."""
    moment, plane, shown, tangent = landscape.moment, landscape.plane, landscape.shown, landscape.line.tangent
    if moment is None or plane is None or landscape.place is None:
        return ""
    value, loss = landscape.place
    parts = ["Stopped: “Center” measures anew"] if landscape.is_stopped else []
    if tangent is not None and landscape.tangent_is_present and not landscape.is_off:
        profile = landscape.profile(log=False)
        is_level = profile is not None and profile.is_level(tangent.slope)
        parts.append(f"slope {format_number(tangent.slope)}: {_downhill(tangent.slope, is_level=is_level)}")
    parts.append(f"{plane.names[0]} {format_number(value)}, loss {format_number(loss)}")
    if landscape.is_off:
        parts.append(f"point {format_number(landscape.apart, 3)} off the curve, as other values have changed")
        if shown is not None:
            parts.append(f"curve at {_when(shown.epoch, shown.step)}")
    elif landscape.path_is_off:
        parts.append("points beside the curve: other values differed then")
    if shown is not None and len(shown.rows) < len(shown.data.train_rows):
        parts.append(f"{format_count(len(shown.rows))} of {format_count(len(shown.data.train_rows))} rows")
    return SEPARATOR.join(parts)


def point_words(name: str, step: int, value: float, loss: float) -> str:
    """Return what is said of a point of a path."""
    when = f"step {format_count(step)}" if step else "the start"
    return SEPARATOR.join([when, f"{name} {format_number(value)}", f"loss {format_number(loss)}"])


def _downhill(slope: float, *, is_level: bool) -> str:
    if is_level or slope == 0.0:
        return "level" if slope == 0.0 else "as good as level"
    return "downhill is to the right" if slope < 0.0 else "downhill is to the left"


def reading(names: Sequence[str], place: Sequence[float], loss: float) -> str:
    """Return the loss at a place in words."""
    parts = [f"loss {format_number(loss)}"]
    parts += [f"{name} {format_number(value, 3)}" for name, value in zip(names, place, strict=True)]
    return SEPARATOR.join(parts)


def _when(epoch: int, step: int) -> str:
    return f"epoch {format_count(epoch)}, step {format_count(step)}" if step else "the start"
