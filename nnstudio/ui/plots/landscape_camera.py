"""How a surface over the square from -1 to 1 is seen: from which side, from how high, how near."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nnstudio.ui.plots.landscape_figures import Floats, Window

_DISTANCE = 5.5
_TALL = 0.95  # the height of the surface, where the square is 2 wide
_LOWEST, _HIGHEST = math.radians(8), math.radians(88)
_ZOOM = (0.5, 4.0)
_RADIANS_A_PIXEL = 0.008
# Where the middle of the surface is seen, so that the names below it have room.
_MIDDLE = 0.46
_WIDTH, _HEIGHT = 2.9, 2.45
# Pixels around it for names and numbers.
_ROOM = 92.0, 36.0


@dataclass(frozen=True)
class Camera:
    """Angles are in radians: ``azimuth`` around the vertical, ``elevation`` above the plane."""

    azimuth: float = math.radians(-32)
    elevation: float = math.radians(36)
    zoom: float = 1.0

    def turned(self, right: float, down: float) -> Camera:
        """Return the camera after the pointer has pulled the surface by so many pixels."""
        return replace(
            self,
            azimuth=math.remainder(self.azimuth + right * _RADIANS_A_PIXEL, math.tau),
            elevation=min(max(self.elevation + down * _RADIANS_A_PIXEL, _LOWEST), _HIGHEST),
        )

    def zoomed(self, factor: float) -> Camera:
        """Return the camera so many times nearer."""
        return replace(self, zoom=min(max(self.zoom * factor, _ZOOM[0]), _ZOOM[1]))

    def project(self, points: Floats, width: float, height: float) -> tuple[Floats, Floats]:
        """Return where points (..., 3) are seen in a picture (..., 2), and how deep in it (...).

        Heights are from 0 to 1; x and y from -1 to 1.
        """
        cos, sin = math.cos(self.azimuth), math.sin(self.azimuth)
        up, flat = math.sin(self.elevation), math.cos(self.elevation)
        x, y = points[..., 0], points[..., 1]
        z = _TALL * (points[..., 2] - 0.42)
        across, away = x * cos - y * sin, x * sin + y * cos
        depth = away * flat - z * up
        nearness = _DISTANCE / (_DISTANCE + depth)
        scale = self.zoom * max(8.0, min((width - _ROOM[0]) / _WIDTH, (height - _ROOM[1]) / _HEIGHT))
        seen = np.stack(
            [
                width / 2.0 + scale * nearness * across,
                _MIDDLE * height - scale * nearness * (z * flat + away * up),
            ],
            axis=-1,
        )
        return seen, depth

    @property
    def toward(self) -> tuple[float, float, float]:
        """The direction from the surface to the viewer, in its own lengths."""
        flat = math.cos(self.elevation)
        return (
            -math.sin(self.azimuth) * flat,
            -math.cos(self.azimuth) * flat,
            math.sin(self.elevation) / _TALL,
        )


def squared(places: Floats, window: Window) -> Floats:
    """Return places (..., 2) of a window as they lie in the square from -1 to 1."""
    (left, right), (low, high) = window
    return np.stack(
        [
            (places[..., 0] - left) / (right - left) * 2.0 - 1.0,
            (places[..., 1] - low) / (high - low) * 2.0 - 1.0,
        ],
        axis=-1,
    )


def shading(heights: Floats) -> Floats:
    """Return how bright each cell of a mesh (n, n) is in a light from the upper left, (n - 1, n - 1)."""
    step = 2.0 / (len(heights) - 1)
    rise_x = (heights[:-1, 1:] - heights[:-1, :-1] + heights[1:, 1:] - heights[1:, :-1]) / 2.0 * _TALL / step
    rise_y = (heights[1:, :-1] - heights[:-1, :-1] + heights[1:, 1:] - heights[:-1, 1:]) / 2.0 * _TALL / step
    light = np.array([-0.45, 0.35, 0.82])
    facing = (-rise_x * light[0] - rise_y * light[1] + light[2]) / np.sqrt(1.0 + rise_x**2 + rise_y**2)
    return np.clip(facing, 0.0, 1.0) / np.linalg.norm(light)


def draped(places: Floats, window: Window, step: float) -> Floats:
    """Return a path (n, 2) with points between its own, so that no two are farther apart than ``step``.

    ``step`` is in the square from -1 to 1.
    """
    if len(places) < 2:
        return places
    apart = np.linalg.norm(np.diff(squared(places, window), axis=0), axis=1)
    pieces = np.clip(np.ceil(np.where(np.isfinite(apart), apart, 0.0) / step), 1, 200).astype(np.intp)
    starts = np.repeat(np.arange(len(pieces)), pieces)
    shares = np.concatenate([np.arange(n) / n for n in pieces.tolist()])[:, None]
    # A place before one that is not finite is seen all the same.
    filled = places[starts] + np.where(shares > 0.0, shares * (places[starts + 1] - places[starts]), 0.0)
    return np.concatenate([filled, places[-1:]])
