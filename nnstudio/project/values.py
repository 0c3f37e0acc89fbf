"""Reading plain values of a file that may hold anything, each asked for with the type it must have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from nnstudio.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")
_KINDS: dict[type, str] = {str: "a text", dict: "an object", list: "a list", int: "a whole number"}


class Reader:
    """The fields of one object of the document; ``where`` is what messages call it."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self._values = values
        self._where = where

    def value(self, name: str, kind: type[T]) -> T:
        """Return a field of exactly this type; raises ProjectError."""
        if name not in self._values:
            fail(f"“{name}” is missing in {self._where}")
        value = self._values[name]
        if type(value) is not kind:
            fail(f"“{name}” in {self._where} is not {_KINDS[kind]}")
        return value

    def optional(self, name: str, kind: type[T]) -> T | None:
        """Return a field of exactly this type, or None where it is null."""
        return None if self._values.get(name, ...) is None else self.value(name, kind)

    def object(self, name: str) -> Reader:
        """Return the reader of an object inside."""
        return Reader(self.value(name, dict), name)

    def texts(self, name: str) -> list[str]:
        """Return a list of texts."""
        values = self.value(name, list)
        if not all(isinstance(value, str) for value in values):
            fail(f"“{name}” in {self._where} holds something that is not a text")
        for value in values:
            bounded_text(value, 10_000, f"“{name}” in {self._where}")
        return values


def bounded_text(text: str, limit: int, what: str) -> str:
    """Return the text; raises ProjectError where it is longer, or holds what no file can."""
    if len(text) > limit:
        fail(f"{what} is longer than {limit:,} characters")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        fail(f"{what} holds letters that are none")
    return text


def fail(what: str) -> NoReturn:
    """Raise the ProjectError of a file that is whole but whose content cannot be."""
    raise ProjectError(f"is damaged: {what}. Take an older copy, or fetch it again.")
