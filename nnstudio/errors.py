"""The errors of nnstudio: each names its cause and the way out; who catches one only shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class NNStudioError(Exception):
    """The root of the family: ``str(error)`` is a sentence for the user.

    ``neuron_ids`` and ``connection_ids`` name what the error concerns, so that a window can point at it.
    """

    def __init__(
        self, message: str, *, neuron_ids: Iterable[str] = (), connection_ids: Iterable[str] = ()
    ) -> None:
        super().__init__(message)
        self.neuron_ids = tuple(neuron_ids)
        self.connection_ids = tuple(connection_ids)


class NetworkError(NNStudioError):
    """A network may not be drawn so."""


class CycleError(NetworkError):
    """A connection would close a cycle; ``path`` is the cycle, its first id repeated at the end."""

    def __init__(self, path: Iterable[str], labels: Iterable[str] | None = None) -> None:
        self.path = tuple(path)
        names = list(self.path if labels is None else labels)
        if len(names) == 2:
            message = (
                f"{names[0]} cannot be connected to itself: values pass through a network once, "
                "and nothing can wait for its own result. Connect it to another neuron."
            )
        else:
            if len(names) > 8:  # the drawing shows the rest
                names[4:-3] = ["…"]
            message = (
                f"This would close a cycle: {' → '.join(names)}. Values pass through a network once, so none "
                "may come back to where it was; connect in the other direction, or remove a connection of "
                "the cycle."
            )
        super().__init__(message, neuron_ids=self.path[:-1])


class DuplicateConnectionError(NetworkError):
    """The two neurons are connected already, in this direction; ``connection_id`` is that connection."""

    def __init__(self, message: str, *, connection_id: str, neuron_ids: Iterable[str] = ()) -> None:
        super().__init__(message, neuron_ids=neuron_ids, connection_ids=(connection_id,))
        self.connection_id = connection_id


class RoleError(NetworkError):
    """What was asked for does not go with the role of a neuron."""


class UnknownIdError(NetworkError, KeyError):
    """No neuron or connection has this id."""

    __str__ = Exception.__str__  # KeyError would show the message in quotes


class InvalidValueError(NetworkError, ValueError):
    """A weight, bias, position, label or id that cannot be."""


class CompileError(NNStudioError):
    """The drawing is legal but cannot be computed as it stands."""


class ShapeError(NNStudioError, ValueError):
    """Arrays do not fit each other or the network."""


class DataError(NNStudioError, ValueError):
    """Data cannot be read or used; the message names the file, line or column."""


class SettingsError(NNStudioError, ValueError):
    """A training setting that cannot be; ``setting`` is its name."""

    def __init__(self, message: str, *, setting: str = "", neuron_ids: Iterable[str] = ()) -> None:
        super().__init__(message, neuron_ids=neuron_ids)
        self.setting = setting


class ExpressionError(NNStudioError, ValueError):
    """A formula that cannot be read; the fault is from character ``start`` up to ``end``, counted from 0."""

    def __init__(self, message: str, *, start: int = 0, end: int = 0, neuron_ids: Iterable[str] = ()) -> None:
        super().__init__(message, neuron_ids=neuron_ids)
        self.start = start
        self.end = max(start, end)


class DivergenceError(NNStudioError, ArithmeticError):
    """Training left the finite numbers; the last finite parameters were kept."""


class ProjectError(NNStudioError):
    """A project file that cannot be read or written: wrong, damaged, truncated or newer."""
