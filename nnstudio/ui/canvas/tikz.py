"""TikZ code for LaTeX, from a drawing as Qt writes it in SVG: shapes and text in groups."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    # a, b, c, d, e, f: x' = a x + c y + e, y' = b x + d y + f
    Matrix = tuple[float, float, float, float, float, float]
    Styles = Mapping[str, str]

POINTS_PER_UNIT = 0.75
_HEADER = r"""% Drawn by nnstudio. Put \usepackage{tikz} into the preamble, and \input this file in the text.
\begin{tikzpicture}[x=0.75pt, y=-0.75pt, inner sep=0pt, outer sep=0pt]
"""
_FOOTER = "\\end{tikzpicture}\n"
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_PATH_PART = re.compile(r"([MLC])([^MLCZ]*)|(Z)")
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "…": r"\dots{}",
    "×": r"$\times$",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
}
# Text that Qt draws half transparent is the rim that keeps a label legible; LaTeX's own text needs none.
_LEAST_OPACITY = 0.9


@dataclass(frozen=True)
class _Place:
    """Where a shape stands and how it looks: the transformation, and the styles of it and its groups."""

    matrix: Matrix
    styles: Styles

    def at(self, x: float, y: float) -> str:
        a, b, c, d, e, f = self.matrix
        return f"({_short(a * x + c * y + e)},{_short(b * x + d * y + f)})"

    def length(self, value: float) -> str:
        a, b, c, d, _, _ = self.matrix
        return f"{_short(value * math.sqrt(abs(a * d - b * c)) * POINTS_PER_UNIT)}pt"


def tikz_from_svg(svg: str, text_width: Callable[[str, float], float]) -> str:
    """Return a tikzpicture that looks like an SVG drawing written by Qt.

    ``text_width`` gives the width of a text in a size, both in units of the drawing: text is centered where
    Qt has put it, because LaTeX sets it in a font of its own.
    """
    root = ET.fromstring(svg)
    lines = _group(root, _Place((1.0, 0.0, 0.0, 1.0, 0.0, 0.0), {}), text_width)
    return _HEADER + "".join(f"  {line}\n" for line in lines) + _FOOTER


def _group(element: ET.Element, place: _Place, text_width: Callable[[str, float], float]) -> Iterator[str]:
    for child in element:
        name = child.tag.rpartition("}")[2]
        inner = _Place(_transformed(place.matrix, child.get("transform")), {**place.styles, **child.attrib})
        if name == "g":
            yield from _group(child, inner, text_width)
        elif name == "text":
            yield from _text(child, inner, text_width)
        elif name in _SHAPES:
            path, is_closed = _SHAPES[name](child, inner)
            options = _options(inner, is_closed)
            if path and options:
                yield f"\\path[{', '.join(options)}] {path};"


def _transformed(outer: Matrix, transform: str | None) -> Matrix:
    if not transform:
        return outer
    a, b, c, d, e, f = _numbers(transform)
    oa, ob, oc, od, oe, of = outer
    return (
        oa * a + oc * b,
        ob * a + od * b,
        oa * c + oc * d,
        ob * c + od * d,
        oa * e + oc * f + oe,
        ob * e + od * f + of,
    )


def _options(place: _Place, is_closed: bool) -> list[str]:
    styles = place.styles
    options = []
    fill, stroke = styles.get("fill", "none"), styles.get("stroke", "none")
    if fill != "none" and is_closed and float(styles.get("fill-opacity", 1)) > 0.0:
        options += [f"fill={_color(fill)}", *_opacity("fill", styles)]
        if styles.get("fill-rule") == "evenodd":
            options.append("even odd rule")
    if stroke != "none" and float(styles.get("stroke-opacity", 1)) > 0.0:
        width = float(styles.get("stroke-width", 1))
        options += [f"draw={_color(stroke)}", *_opacity("draw", styles), f"line width={place.length(width)}"]
        cap = {"round": "round", "square": "rect"}.get(styles.get("stroke-linecap", ""))
        options += [f"line cap={cap}"] if cap else []
        options += ["line join=round"] if styles.get("stroke-linejoin") == "round" else []
        if dashes := _numbers(styles.get("stroke-dasharray", "")):
            parts = (f"{kind} {place.length(dash)}" for kind, dash in zip(_on_off(), dashes, strict=False))
            options.append(f"dash pattern={' '.join(parts)}")
    return options


def _on_off() -> Iterator[str]:
    while True:
        yield "on"
        yield "off"


def _opacity(kind: str, styles: Styles) -> list[str]:
    value = float(styles.get("fill-opacity" if kind == "fill" else "stroke-opacity", 1))
    return [] if value >= 1.0 else [f"{kind} opacity={_short(value)}"]


def _circle(element: ET.Element, place: _Place) -> tuple[str, bool]:
    center = place.at(_of(element, "cx"), _of(element, "cy"))
    return f"{center} circle[radius={place.length(_of(element, 'r'))}]", True


def _ellipse(element: ET.Element, place: _Place) -> tuple[str, bool]:
    center = place.at(_of(element, "cx"), _of(element, "cy"))
    radii = f"x radius={place.length(_of(element, 'rx'))}, y radius={place.length(_of(element, 'ry'))}"
    return f"{center} ellipse[{radii}]", True


def _rect(element: ET.Element, place: _Place) -> tuple[str, bool]:
    x, y, width, height = (_of(element, name) for name in ("x", "y", "width", "height"))
    return f"{place.at(x, y)} rectangle {place.at(x + width, y + height)}", True


def _points(element: ET.Element, place: _Place) -> tuple[str, bool]:
    numbers = _numbers(element.get("points", ""))
    is_closed = element.tag.endswith("polygon")
    corners = [place.at(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    return " -- ".join(corners) + (" -- cycle" if is_closed else ""), is_closed


def _line(element: ET.Element, place: _Place) -> tuple[str, bool]:
    ends = [place.at(_of(element, f"x{end}"), _of(element, f"y{end}")) for end in (1, 2)]
    return " -- ".join(ends), False


def _path(element: ET.Element, place: _Place) -> tuple[str, bool]:
    parts: list[str] = []
    for command, coordinates, _close in _PATH_PART.findall(element.get("d", "")):
        numbers = _numbers(coordinates)
        points = [place.at(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
        if command == "M":
            parts += points
        elif command == "L":
            parts += [f"-- {point}" for point in points]
        elif command == "C":
            parts += [
                f".. controls {points[i]} and {points[i + 1]} .. {points[i + 2]}"
                for i in range(0, len(points), 3)
            ]
        else:
            parts.append("-- cycle")
    return " ".join(parts), True


def _text(element: ET.Element, place: _Place, text_width: Callable[[str, float], float]) -> Iterator[str]:
    text = "".join(element.itertext()).strip()
    if not text or float(place.styles.get("fill-opacity", 1)) < _LEAST_OPACITY:
        return
    size = float(place.styles.get("font-size", 12))
    at = place.at(_of(element, "x") + text_width(text, size) / 2.0, _of(element, "y"))
    height = _short(float(place.length(size).removesuffix("pt")))
    look = f"\\fontsize{{{height}}}{{{height}}}\\selectfont\\sffamily"
    if int(place.styles.get("font-weight", 400)) >= 600:
        look += "\\bfseries"
    color = _color(place.styles.get("fill", "#000000"))
    yield f"\\node[anchor=base, text={color}, font={look}] at {at} {{{_escaped(text)}}};"


_SHAPES: dict[str, Callable[[ET.Element, _Place], tuple[str, bool]]] = {
    "circle": _circle,
    "ellipse": _ellipse,
    "rect": _rect,
    "polyline": _points,
    "polygon": _points,
    "line": _line,
    "path": _path,
}


def _of(element: ET.Element, name: str) -> float:
    return float(element.get(name, "0"))


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)]


def _short(value: float) -> str:
    """Return a number with three digits after the point at the most; 0 has no sign."""
    return f"{round(value, 3) + 0.0:.3f}".rstrip("0").rstrip(".")


def _color(color: str) -> str:
    red, green, blue = (int(color[i:j], 16) for i, j in pairwise((1, 3, 5, 7)))
    return f"{{rgb,255:red,{red};green,{green};blue,{blue}}}"


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(letter, letter) for letter in text)
