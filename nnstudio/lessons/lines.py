"""Where in a TOML text what is: the lines of its keys and tables, which the parser does not tell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_KEY = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
_QUOTES = ('"""', "'''", '"', "'")


@dataclass
class Lines:
    """Lines, counted from 1, by path, such as ("step", 0, "check", 1, "when").

    ``texts`` are the lines where the content of a text begins, which for one over several lines may be below.
    """

    keys: dict[Path, int] = field(default_factory=dict)
    texts: dict[Path, int] = field(default_factory=dict)

    def of(self, path: Path) -> int:
        """Return the line of a path, or of what it is in."""
        while path and path not in self.keys:
            path = path[:-1]
        return self.keys.get(path, 1)

    def text(self, path: Path, place: int, content: str) -> int:
        """Return the line of a character of a text."""
        return self.texts.get(path, self.of(path)) + content[:place].count("\n")


def lines_of(text: str) -> Lines:
    """Return the lines of a text that was parsed, so that nothing in it is wrong."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.found = Lines()
        self.counts: dict[Path, int] = {}

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.place) + 1

    def scan(self) -> Lines:
        prefix: Path = ()
        while self.skip_space():
            line = self.line
            if self.text.startswith("[[", self.place):
                prefix = self.table(self.names(2, "]]"), is_array=True)
                self.found.keys[prefix] = line
            elif self.text[self.place] == "[":
                prefix = self.table(self.names(1, "]"), is_array=False)
                self.found.keys[prefix] = line
            else:
                path = (*prefix, *self.names(0, "="))
                self.found.keys[path] = line
                self.value(path)
        return self.found

    def skip_space(self) -> bool:
        """Go to what comes next; returns whether there is anything."""
        while self.place < len(self.text):
            if self.text[self.place] == "#":
                self.skip_comment()
            elif not self.text[self.place].isspace():
                return True
            else:
                self.place += 1
        return False

    def skip_comment(self) -> None:
        end = self.text.find("\n", self.place)
        self.place = len(self.text) if end < 0 else end

    def names(self, opening: int, closing: str) -> tuple[str, ...]:
        self.place += opening
        found = []
        while match := _KEY.match(self.text, self.place):
            found.append(next(group for group in match.groups() if group is not None))
            self.place = match.end()
            if self.text.startswith(closing, self.place):
                self.place += len(closing)
                break
            self.place += 1  # the point between two
        return tuple(found)

    def table(self, names: tuple[str, ...], *, is_array: bool) -> Path:
        path: Path = ()
        for number, name in enumerate(names):
            path = (*path, name)
            if is_array and number == len(names) - 1:
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = (*path, self.counts[path])
        return path

    def value(self, path: Path) -> None:
        depth = 0
        while self.place < len(self.text):
            character = self.text[self.place]
            if character in "\"'":
                self.string(path)
                continue
            if character == "#":
                self.skip_comment()
                continue
            if character == "\n" and depth == 0:
                return
            depth += (character in "[{") - (character in "]}")
            self.place += 1

    def string(self, path: Path) -> None:
        quotes = next(quotes for quotes in _QUOTES if self.text.startswith(quotes, self.place))
        self.place += len(quotes)
        is_cut = len(quotes) == 3 and re.match(r"\r?\n", self.text[self.place : self.place + 2])
        self.found.texts.setdefault(path, self.line + bool(is_cut))
        while not self.text.startswith(quotes, self.place):
            self.place += 2 if self.text[self.place] == "\\" and quotes[0] == '"' else 1
        self.place += len(quotes)
        # Up to two more quotes may belong to the text.
        while len(quotes) == 3 and self.text.startswith(quotes[0], self.place):
            self.place += 1
