"""How the command line speaks: results on stdout, one line for an error on stderr."""

from __future__ import annotations

import sys

INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def say(text: str) -> None:
    """Write a line to stdout, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def fail(message: str) -> int:
    """Write the reason, as one line, to stderr; return the exit code of a failure."""
    line = " ".join(message.split())
    sys.stderr.write(f"nnstudio: {line}\n")
    return 1


def count(number: int, noun: str) -> str:
    """Return “1 epoch” or “1,000 epochs”."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
