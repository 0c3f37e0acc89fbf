"""Quantity: what an entry of `quantities` says, and how one is entered."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

Kind = Literal["number", "text", "truth"]
# What has to be known: the drawing; the data too; the past of the training; another training; the window.
Scope = Literal["network", "data", "history", "retrained", "settings", "window"]
Value = float | str | bool
# The kinds of what a quantity is asked with. A cell is a number or a text.
Label = str
Row = float
Cell = float | str

_KINDS: dict[str, Kind | None] = {
    "Label": "text",
    "str": "text",
    "float": "number",
    "Row": "number",
    "Cell": None,
}


class Titled(Protocol):
    """What a key stands for, with the title that the window gives it."""

    @property
    def title(self) -> str:
        """Its title."""


@dataclass(frozen=True)
class Parameter:
    """What a quantity is asked with; ``kind`` None takes a number or a text."""

    name: str
    kind: Kind | None
    is_label: bool
    is_optional: bool
    is_many: bool
    is_keyword: bool


@dataclass(frozen=True)
class Quantity:
    """One entry: what it is called in a file and in messages, and how it is found.

    ``words`` name it in a message, with {0} for the first of what it was asked with; of one that is true or
    false they are two whole messages, for where it should hold, and where it should not. ``titles`` are of
    the keys that it is, or is asked with.
    """

    name: str
    kind: Kind
    scope: Scope
    usage: str
    meaning: str
    words: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    compute: Callable[..., Value]
    titles: Mapping[str, Titled]

    def titled(self, value: Value) -> Value:
        """Return what a key is called in the window; other values as they are."""
        entry = self.titles.get(value.casefold()) if isinstance(value, str) else None
        return value if entry is None else entry.title

    @property
    def keywords(self) -> tuple[str, ...]:
        """Names of what is given by name."""
        return tuple(each.name for each in self.parameters if each.is_keyword)

    @property
    def fewest(self) -> int:
        """How many it has to be asked with."""
        return sum(not (each.is_optional or each.is_keyword) or each.is_many for each in self.parameters)

    @property
    def most(self) -> int | None:
        """How many it can be asked with, without names; None for any number."""
        if any(each.is_many for each in self.parameters):
            return None
        return sum(not each.is_keyword for each in self.parameters)

    def parameter_of(self, place: int, names: tuple[str, ...], count: int) -> Parameter:
        """Return what the argument at a place is for, where the last of ``count`` have these names."""
        first_named = count - len(names)
        if place >= first_named:
            return next(each for each in self.parameters if each.name == names[place - first_named])
        plain = [each for each in self.parameters if not each.is_keyword]
        return plain[min(place, len(plain) - 1)]


QUANTITIES: dict[str, Quantity] = {}
_Function = TypeVar("_Function", bound=Callable[..., Any])


def quantity(
    scope: Scope,
    words: str | tuple[str, str],
    usage: str = "",
    *,
    titles: Mapping[str, Titled] | None = None,
) -> Callable[[_Function], _Function]:
    """Enter a function, whose docstring is its meaning, as the quantity of its name."""

    def enter(function: _Function) -> _Function:
        signature = inspect.signature(function)
        parameters = tuple(
            Parameter(
                each.name,
                _KINDS[str(each.annotation).removesuffix(" | None")],
                "Label" in str(each.annotation),
                each.default is not each.empty,
                each.kind is each.VAR_POSITIONAL,
                each.kind is each.KEYWORD_ONLY,
            )
            for each in list(signature.parameters.values())[1:]
        )
        kinds: dict[str, Kind] = {"bool": "truth", "str": "text"}
        name = function.__name__
        QUANTITIES[name] = Quantity(
            name,
            kinds.get(str(signature.return_annotation), "number"),
            scope,
            usage or name,
            _meaning(function),
            (words,) if isinstance(words, str) else words,
            parameters,
            function,
            titles or {},
        )
        return function

    return enter


def _meaning(function: Callable[..., Any]) -> str:
    return " ".join((function.__doc__ or "").split())
