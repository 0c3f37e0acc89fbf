"""Bytes of a text table as UTF-8, checked on the way: its encoding, NUL bytes, quotes that look wrong."""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from nnstudio.data.reading.options import ENCODINGS, LineError
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from nnstudio.data.reading.options import ReadOptions
    from nnstudio.data.reading.source import Source

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_SAMPLE = 1 << 16
_SCANNED = 1 << 24
_CHUNK = 1 << 19


def guess_encoding(source: Source) -> tuple[str, str]:
    """Return the likely encoding, and what speaks against UTF-8 where it is a guess; else "".

    Looks at the first 16 MB.
    """
    with source.open() as file:
        head = file.read(_SAMPLE)
        for mark, encoding in _MARKS.items():
            if head.startswith(mark):
                return encoding, ""
        wide = _without_mark(head)
        if wide:
            return wide, ""
        decoder = codecs.getincrementaldecoder("utf-8")()
        seen = lines = 0
        try:
            while head:
                pending = len(decoder.getstate()[0])
                decoder.decode(head)
                seen += len(head)
                lines += head.count(b"\n")
                head = file.read(_CHUNK) if seen < _SCANNED else b""
        except UnicodeDecodeError as error:
            place = error.start - pending
            line = lines + head[: max(0, place)].count(b"\n") + 1
            return "cp1252", f"Line {line}: byte {seen + place + 1} is not UTF-8."
    return "utf-8", ""


def _without_mark(head: bytes) -> str:
    """Return the UTF-16 encoding of text without a mark at its beginning, or ""."""
    values = np.frombuffer(head[: len(head) // 2 * 2], np.uint8).reshape(-1, 2)
    high, low = (values == 0).sum(axis=0).tolist()
    # Digits, separators and line ends have a zero byte in every alphabet, always on the same side.
    for encoding, there, elsewhere in (("utf-16-le", low, high), ("utf-16-be", high, low)):
        if there >= 3 and there >= 0.2 * len(values) and elsewhere <= 0.05 * there:
            return encoding
    return ""


def encoding_name(encoding: str) -> str:
    """Return what an encoding is called."""
    return ENCODINGS.get(encoding, encoding.upper())


def decode_head(head: bytes, encoding: str, *, complete: bool) -> str:
    """Return the text of a file's first bytes; what cannot be decoded is shown as �."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head, complete)
    return text.removeprefix("\ufeff")


class CheckedBlocks(io.RawIOBase):
    """A file's text as UTF-8 without a byte order mark, for a reader that takes bytes.

    ``consumed`` bytes of the file were read so far. ``odd_quotes`` becomes true where a quote doesn't stand
    as the rules of CSV have it: then the text must be looked at more closely. Reading raises DataError, with
    the line, for bytes of another encoding and for NUL.
    """

    def __init__(self, file: BinaryIO, options: ReadOptions) -> None:
        super().__init__()
        self._file = file
        self._encoding = options.encoding
        self._decoder = codecs.getincrementaldecoder(options.encoding)()
        self._transcodes = codecs.lookup(options.encoding).name not in ("utf-8", "ascii")
        self._quote = options.quote.encode()
        self._outside = np.zeros(256, dtype=bool)
        self._outside[list(f"{options.separator}{options.quote}\r\n".encode())] = True
        self._carry = b"\n"
        self._quotes = 0
        self._lines = 0
        self._buffer = memoryview(b"")
        self._ended = False
        self._first = True
        self.consumed = 0
        self.odd_quotes = False

    def readable(self) -> bool:
        """Tell that bytes can be read."""
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        """Fill the target with as many bytes as there are at hand; return their number."""
        while not self._buffer and not self._ended:
            self._buffer = memoryview(self._next())
        size = min(len(target), len(self._buffer))
        target[:size] = self._buffer[:size]
        self._buffer = self._buffer[size:]
        return size

    def _next(self) -> bytes:
        try:
            raw = self._file.read(_CHUNK)
        except OSError as error:
            raise DataError(f"the file cannot be read: {error.strerror}.") from error
        self._ended = not raw
        pending = len(self._decoder.getstate()[0])
        block = raw
        if self._transcodes or pending or self._ended or not raw.isascii():
            try:
                text = self._decoder.decode(raw, self._ended)
            except UnicodeDecodeError as error:
                raise self._wrong_encoding(raw, error, pending) from error
            if self._transcodes:
                block = text.encode("utf-8", "replace")
        self.consumed += len(raw)
        if self._first and block:
            self._first = False
            block = block.removeprefix(codecs.BOM_UTF8)
        self._check(block)
        return block

    def _wrong_encoding(self, raw: bytes, error: UnicodeDecodeError, pending: int) -> DataError:
        start = error.start - pending
        line = self._lines + raw[: max(0, start)].count(b"\n") + 1
        return LineError(
            line,
            f"byte {self.consumed + start + 1} is not {encoding_name(self._encoding)}. "
            "Choose the file's encoding, such as cp1252, or save it as UTF-8.",
        )

    def _check(self, block: bytes) -> None:
        place = block.find(b"\0")
        if place >= 0:
            line = self._lines + block[:place].count(b"\n") + 1
            raise LineError(
                line,
                "there are NUL bytes, so it is no text table, or has another encoding. Choose its encoding, "
                "or save it as CSV in UTF-8.",
            )
        self._lines += block.count(b"\n")
        if not self.odd_quotes and (self._quotes or self._quote in block or self._quote in self._carry):
            self._check_quotes(block + b"\n" if self._ended else block)
        elif block:
            self._carry = (self._carry + block)[-2:]

    def _check_quotes(self, block: bytes) -> None:
        """See that opening quotes follow, and closing ones precede, a separator, a line's end or a quote."""
        # A quote is judged with both its neighbors at hand: the last one of a block waits for the next.
        text = np.frombuffer(self._carry + block, np.uint8)
        self._carry = text[-2:].tobytes()
        places = np.flatnonzero(text[1:-1] == self._quote[0]) + 1
        opening = places[self._quotes % 2 :: 2]
        closing = places[1 - self._quotes % 2 :: 2]
        self._quotes += len(places)
        self.odd_quotes = not (
            self._outside[text[opening - 1]].all() and self._outside[text[closing + 1]].all()
        ) or (self._ended and self._quotes % 2 == 1)
