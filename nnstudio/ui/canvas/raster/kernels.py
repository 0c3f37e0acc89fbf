"""Antialiased lines into an image of premultiplied ARGB pixels, from the front to the back.

What lies in front is drawn first, and each line only adds to what is still seen through the pixels it meets.
A tile whose pixels are all opaque is passed over by every later line, so that a drawing costs little more
than the picture that is left of it, however many lines lie below each other.

A line is stepped along its longer axis. In each column (or row) it covers an interval of its own width, of
which each pixel holds its share: the coverage adds up to the area of the line exactly.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

FLAGS: dict[str, Any] = {"fastmath": {"contract", "reassoc", "nsz"}, "error_model": "numpy", "nogil": True}
TILE = 16  # pixels on each side
_TILE_BITS = 4
_FULL = 256  # pixels in a tile
_BITS = 16  # of the fraction of a pixel
_ONE = 1 << _BITS
_FAR = 1e12  # pixels; beyond, what is left of a fraction of a pixel is noise

_OPAQUE = np.uint64(0xFF000000)
_NEARLY_OPAQUE = np.uint64(0xFD000000)
_SEVEN = np.uint64(7)
_EIGHT = np.uint64(8)
_NINE = np.uint64(9)
_ALPHA = np.uint64(24)
_MOST = np.uint64(255)


@njit(inline="always", **FLAGS)
def _blend(pixels, place, table, base, coverage):
    """Put a color behind what a pixel shows; ``coverage`` of 256. Returns whether it has become opaque."""
    before = np.uint64(pixels[place])
    opaque = 0
    if before < _OPAQUE:
        left = _MOST - (before >> _ALPHA)
        # 255 counts as 256, so that the whole is the whole.
        share = (np.uint64(coverage) * (left + (left >> _SEVEN))) >> _EIGHT
        after = before + np.uint64(table[base + share])
        if after >= _NEARLY_OPAQUE:
            after |= _OPAQUE
            opaque = 1
        pixels[place] = np.uint32(after)
    return opaque


@njit(inline="always", **FLAGS)
def _line(
    pixels,
    counts,
    major_step,
    minor_step,
    major_tiles,
    minor_tiles,
    low,
    high,
    left,
    right,
    u0,
    v0,
    u1,
    v1,
    half,
    table,
    base,
):
    """Draw from (u0, v0) to (u1, v1), u being the longer axis, within low <= u < high, left <= v < right."""
    if u1 < u0:
        u0, v0, u1, v1 = u1, v1, u0, v0
    if u1 > u0:
        slope = (v1 - v0) / (u1 - u0)
        half = half * math.sqrt(1.0 + slope * slope)
        # Pixels whose middle lies between the ends: pieces of a curve neither overlap nor leave a gap.
        start, stop = max(u0 - 0.5, float(low)), min(u1 - 0.5, float(high))
        if slope != 0.0:
            enter, leave = u0 + (left - half - v0) / slope, u0 + (right + half - v0) / slope
            start, stop = max(start, min(enter, leave) - 2.0), min(stop, max(enter, leave) + 2.0)
        u, end = np.int64(math.ceil(start)), np.int64(math.ceil(stop))
        thickness = np.int64(2.0 * half * _ONE)
        step = np.int64(math.floor(slope * _ONE + 0.5))
        top = np.int64(math.floor((v0 + slope * (u + 0.5 - u0) - half) * _ONE))
        while u < end and thickness > 0:
            # As far as the tiles go; are they all covered?
            chunk = min(end, (u | (TILE - 1)) + 1)
            last = top + step * (chunk - 1 - u)
            first_row = max(min(top, last) >> _BITS, left)
            last_row = min((max(top, last) + thickness) >> _BITS, right - 1)
            tile = (u >> _TILE_BITS) * major_tiles
            is_open = False
            for row in range(first_row >> _TILE_BITS, (last_row >> _TILE_BITS) + 1):
                is_open |= counts[np.uint64(tile + row * minor_tiles)] < _FULL
            if not is_open:
                top += step * (chunk - u)
                u = chunk
            while u < chunk:
                bottom = top + thickness
                first, final = top >> _BITS, (bottom - 1) >> _BITS
                if first >= left and final < right:
                    place = np.uint64(u * major_step + first * minor_step)
                    if first == final:
                        if _blend(pixels, place, table, base, thickness >> 8):
                            counts[np.uint64(tile + (first >> _TILE_BITS) * minor_tiles)] += 1
                    else:
                        if _blend(pixels, place, table, base, (_ONE - (top & (_ONE - 1))) >> 8):
                            counts[np.uint64(tile + (first >> _TILE_BITS) * minor_tiles)] += 1
                        for row in range(first + 1, final):
                            place += np.uint64(minor_step)
                            if _blend(pixels, place, table, base, 256):
                                counts[np.uint64(tile + (row >> _TILE_BITS) * minor_tiles)] += 1
                        place += np.uint64(minor_step)
                        if _blend(pixels, place, table, base, (bottom - (final << _BITS)) >> 8):
                            counts[np.uint64(tile + (final >> _TILE_BITS) * minor_tiles)] += 1
                else:
                    for row in range(max(first, left), min(final + 1, right)):
                        covered = min(bottom, (row + 1) << _BITS) - max(top, row << _BITS)
                        place = np.uint64(u * major_step + row * minor_step)
                        if _blend(pixels, place, table, base, covered >> 8):
                            counts[np.uint64(tile + (row >> _TILE_BITS) * minor_tiles)] += 1
                top += step
                u += 1


def clear(pixels, counts, width, tiles, area):
    """Empty an area: left, top, right, bottom, in pixels. ``pixels`` and ``counts`` are flat.

    ``width`` pixels and ``tiles`` tiles are in a row. Tiles count as full what lies outside the area.
    """
    left, top, right, bottom = area
    for row in range(top >> _TILE_BITS, (bottom + TILE - 1) >> _TILE_BITS):
        for column in range(left >> _TILE_BITS, (right + TILE - 1) >> _TILE_BITS):
            x, y = column << _TILE_BITS, row << _TILE_BITS
            inside = (min(right, x + TILE) - max(left, x)) * (min(bottom, y + TILE) - max(top, y))
            counts[row * tiles + column] = _FULL - inside
    for row in range(top, bottom):
        pixels[row * width + left : row * width + right] = 0


def draw(pixels, counts, width, tiles, area, lines, starts, order, pens, table, widths, scale, dx, dy):
    """Draw lines behind what the area already shows, those at the end of ``order`` in front of the others.

    ``lines`` (segments, 4) are mapped by ``scale``, ``dx``, ``dy`` to pixels. A connection c of ``order`` has
    the segments ``starts[c]`` up to ``starts[c + 1]`` and the pen ``pens[c]``. The width of a pen, in pixels,
    stands in ``widths``, and in ``table`` its premultiplied color, in 257 shares from nothing to the whole,
    with room for 512. What is not a number is left out.
    """
    left, top, right, bottom = area
    for place in range(len(order) - 1, -1, -1):
        connection = np.uint64(order[place])
        pen = np.uint64(pens[connection])
        base = np.uint64(pen) << _NINE
        half = 0.5 * widths[pen]
        margin = 1.5 * half + 1.0
        for segment in range(starts[connection], starts[connection + np.uint64(1)]):
            s = np.uint64(segment)
            x1, y1 = lines[s, 0] * scale + dx, lines[s, 1] * scale + dy
            x2, y2 = lines[s, 2] * scale + dx, lines[s, 3] * scale + dy
            # Comparisons with what is not a number are all false.
            if (
                min(x1, x2) < right + margin
                and max(x1, x2) > left - margin
                and min(y1, y2) < bottom + margin
                and max(y1, y2) > top - margin
                and abs(x1) + abs(y1) + abs(x2) + abs(y2) < _FAR
            ):
                if abs(x2 - x1) >= abs(y2 - y1):
                    _line(
                        pixels, counts, 1, width, 1, tiles, left, right, top, bottom,
                        x1, y1, x2, y2, half, table, base,
                    )  # fmt: skip
                else:
                    _line(
                        pixels, counts, width, 1, tiles, 1, top, bottom, left, right,
                        y1, x1, y2, x2, half, table, base,
                    )  # fmt: skip
