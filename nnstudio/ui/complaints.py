"""What is wrong with the network, and when it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nnstudio.errors import NNStudioError
    from nnstudio.ui.compiled import Compiled
    from nnstudio.ui.document import Document


class Complaint(NamedTuple):
    """Something that is wrong with the network; what is serious keeps it from being trained."""

    message: str
    neuron_ids: tuple[str, ...]
    is_serious: bool


class Complaints:
    """What is to be told of the network of a document.

    ``problem`` says why it cannot be trained now, or is None.
    """

    def __init__(self, document: Document, compiled: Compiled) -> None:
        self._document = document
        self._compiled = compiled
        self.problem: NNStudioError | None = None
        self._told: tuple[Complaint, ...] = ()
        self._asked_to_train = False

    @property
    def problem_to_tell(self) -> NNStudioError | None:
        """The problem, once it matters: before there are data, nobody but who presses Train has one.

        Where nobody can train, because a lesson keeps it from being done, what computes has none.
        """
        if self._document.project.data is None and not self._asked_to_train:
            return None
        if self._document.restriction("training") and self._compiled.program is not None:
            return None
        return self.problem

    @property
    def all(self) -> tuple[Complaint, ...]:
        """What is to be told: why the network cannot be trained, and what does nothing in it."""
        problem = self.problem_to_tell
        found = [] if problem is None else [Complaint(str(problem), tuple(problem.neuron_ids), True)]
        program = self._compiled.program
        if program is not None:
            found += [Complaint(w.message, w.neuron_ids, False) for w in program.warnings]
        return tuple(found)

    def ask_to_train(self) -> None:
        """Take note that someone wants to train: from now on the problem matters."""
        self._asked_to_train = True

    def set_problem(self, problem: NNStudioError | None) -> bool:
        """Say why the network cannot be trained; returns whether there is anything else to tell by now."""
        differs = str(problem) != str(self.problem) or type(problem) is not type(self.problem)
        if differs:
            self.problem = problem
            self._asked_to_train = self._asked_to_train and problem is not None
        if differs or self.all != self._told:
            self._told = self.all
            return True
        return False
