"""Run: one training in a thread of its own, with a mailbox for whoever watches it."""

from __future__ import annotations

import atexit
import ctypes
import logging
import threading
import time
from typing import TYPE_CHECKING, Literal
from weakref import WeakSet

from nnstudio.engine.watched import Interrupted
from nnstudio.errors import DivergenceError
from nnstudio.training.history import Epochs
from nnstudio.training.snapshot import take_snapshot
from nnstudio.training.trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnstudio.data.dataset import Dataset
    from nnstudio.engine.program import Parameters, Program
    from nnstudio.training.methods import Method
    from nnstudio.training.settings import TrainingSettings
    from nnstudio.training.snapshot import Snapshot, SnapshotRequest
    from nnstudio.training.timeline import Timeline
    from nnstudio.training.trainer import Portion, StopReason, TrainerState

Status = Literal["ready", "running", "paused", "finished", "failed"]

# While a window is open the thread sleeps for so long, so often, in seconds: its many small NumPy calls
# otherwise keep the window's thread from the interpreter. A 16 ms timer that repainted came every 824 ms
# without naps (addition perceptron, online), every 48 with one in 5 ms, 20.5 in 2 ms, 16.1 in 1 ms.
_NAP = 0.0001
_NAP_EVERY = 0.001
# After pieces of that, as a timeline wants them, it needs none.
_NAP_AFTER = 0.0008
# How long, in seconds, the compiled kernels work without the interpreter before they look for requests.
_SLICE = 0.01
# With a timeline they take up to so many slices to the next moment to record, that moments be evenly apart.
_STRETCHED = 1.5
# A run that keeps a pace waits for so long before it looks whether the next step is due, and catches up with
# so much time at the most, both in seconds.
_PACE_LOOK = 0.004
_PACE_DEBT = 0.25
# Snapshots may take this share of the run's time; where one is expensive, they come less often.
_SNAPSHOT_SHARE = 0.12
_RATE_WINDOW = 0.25
_OVER: tuple[Status, ...] = ("finished", "failed")

_log = logging.getLogger(__name__)
# Threads of runs that were stopped while they prepared.
_preparing_on: WeakSet[threading.Thread] = WeakSet()


@atexit.register
def _let_them_end() -> None:
    """Wait for threads that compile when the program ends: LLVM aborts where it is taken down at work."""
    for thread in threading.enumerate():
        if thread in _preparing_on:
            _ask_to_end(thread)
            thread.join()


def _ask_to_end(thread: threading.Thread) -> None:
    """Raise SystemExit in a thread as soon as it is at Python code."""
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))


class Run:
    """One training. ``number`` and ``revision`` stamp its snapshots, so that late ones can be told apart.

    Made, it has checked that it can train (the errors of `Trainer`) and is ``ready``; `start` begins. The
    thread owns program, parameters and data until the run is paused or over. All methods may be called from
    any one other thread; none but `stop` and `wait` waits. ``timeline``, where given, has its past recorded.
    """

    def __init__(
        self,
        number: int,
        revision: int,
        program: Program,
        parameters: Parameters | None,
        data: Dataset,
        settings: TrainingSettings,
        *,
        state: TrainerState | None = None,
        stop_at: int | None = None,
        yield_gil: bool = False,
        timeline: Timeline | None = None,
    ) -> None:
        self.number = number
        self.revision = revision
        self.program = program
        self.error: Exception | None = None
        self._trainer = Trainer(program, parameters, data, settings, state=state, stop_at=stop_at)
        self._yield_gil = yield_gil
        self._timeline = timeline
        self._thread = threading.Thread(target=self._work, name=f"training-{number}", daemon=True)
        # Guards everything below; the thread waits on it while it is paused.
        self._changed = threading.Condition()
        self._status: Status = "ready"
        self._stopped_because: StopReason | None = None
        self._pausing = False
        self._stopping = False
        self._portion: Portion | None = None
        self._revised: tuple[Program, int] | None = None
        self._request: SnapshotRequest | None = None
        self._last_request: SnapshotRequest | None = None
        self._snapshot: Snapshot | None = None
        self._epochs = Epochs()
        # A plain flag that the thread can read at every step without the lock: something above wants a look.
        self._attention = False
        self._preparing = True
        self._answering: Status = "ready"
        self._next_snapshot = 0.0
        self._pace: float | None = None
        self._pace_from = (0.0, 0)
        self._rate_from = (0.0, 0)
        self._rate = 0.0

    # Control

    def start(self, only: Portion | None = None) -> None:
        """Begin to train; with ``only``, one step or the rest of one epoch, and then pause."""
        with self._changed:
            if self._status != "ready":
                raise RuntimeError(f"A run starts once; this one is {self._status}.")
            self._status = "running"
            self._portion = only
        self._thread.start()

    def pause(self) -> None:
        """Ask the run to pause after the step under way; nothing happens where it isn't running.

        One that still prepares is paused at once, and prepares on.
        """
        with self._changed:
            if self._status == "running":
                self._pausing = self._attention = True
                if self._preparing:
                    self._pausing, self._status = False, "paused"
                self._trainer.interrupt()
                self._changed.notify_all()

    def resume(self, only: Portion | None = None) -> None:
        """Go on exactly where the run paused; with ``only`` as in `start`."""
        with self._changed:
            self._pausing = False
            if self._status == "paused":
                self._portion = only
                self._status = "running"
                self._changed.notify_all()

    def set_pace(self, epochs_per_second: float | None) -> None:
        """Train no faster than this, so that the learning can be watched; None is as fast as it goes.

        It changes no number of the training.
        """
        with self._changed:
            self._pace = epochs_per_second
            self._pace_from = (time.perf_counter(), self._trainer.step_number)
            self._changed.notify_all()

    def revise(self, program: Program, revision: int | None = None) -> None:
        """Go on with a program of the same drawing under other constraints; see `Trainer.revise`.

        While the run is on, that happens after the steps under way: ``program`` tells when. A snapshot has
        the ``revision`` of the program that it is of. Nothing happens where the run is over. Raises what
        keeps the program from being trained, and then changes nothing.
        """
        self._trainer.check(program)
        with self._changed:
            self._revised = program, self.revision if revision is None else revision
            if self._status == "running" or (self._preparing and self._status == "paused"):
                self._attention = True
                self._trainer.interrupt()
                self._changed.notify_all()
            else:
                self._revise()

    def stop(self, timeout: float | None = None) -> bool:
        """End the run after the step under way and wait for its thread; returns whether it has ended.

        One that still prepares has ended at once: its thread comes to its own end later, and does nothing
        more.
        """
        with self._changed:
            preparing = self._preparing and self._status in ("running", "paused")
            if preparing:
                _preparing_on.add(self._thread)
            if self._status == "ready" or preparing:
                self._status, self._stopped_because = "finished", "stopped"
            self._stopping = self._attention = True
            self._trainer.interrupt()
            self._changed.notify_all()
        if self._thread in _preparing_on:
            return True
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def wait(self, *statuses: Status, timeout: float | None = None) -> bool:
        """Wait until the run has one of these statuses or is over; returns whether that came in time.

        ``timeout`` is in seconds.
        """
        with self._changed:
            return self._changed.wait_for(lambda: self._status in (*statuses, *_OVER), timeout)

    # Reading

    @property
    def status(self) -> Status:
        """Where the run is: ready, running, paused, finished, or failed with `error`."""
        return self._status

    @property
    def is_preparing(self) -> bool:
        """Whether the run has yet to compile what it trains with."""
        return self._preparing

    @property
    def stopped_because(self) -> StopReason | None:
        """Why the run finished; None before, and where it failed."""
        return self._stopped_because

    @property
    def parameters(self) -> Parameters:
        """The run's own parameters; to be read only while it is not running."""
        return self._trainer.parameters

    def state(self) -> TrainerState:
        """Return all that a later run needs to go on bit for bit; raises RuntimeError while it is running."""
        with self._changed:
            if self._status == "running":
                raise RuntimeError("The state of a run can be read when it is paused or over.")
            return self._trainer.state()

    def drain(self) -> Epochs:
        """Return the epochs finished since the last call; none is ever left out."""
        with self._changed:
            epochs, self._epochs = self._epochs, Epochs()
        return epochs

    # Mailbox

    def request(self, request: SnapshotRequest) -> None:
        """Ask for a snapshot, instead of any that was asked for and not answered; none is once it is over."""
        with self._changed:
            self._request = self._last_request = request
            self._attention = True
            self._changed.notify_all()

    def take(self) -> Snapshot | None:
        """Return the latest snapshot, once, or None."""
        with self._changed:
            snapshot, self._snapshot = self._snapshot, None
        return snapshot

    # The thread

    def _work(self) -> None:
        error: Exception | None = None
        status: Status = "finished"
        reason: StopReason | None = None
        try:
            reason = self._train()
        except DivergenceError as divergence:
            error, reason = divergence, "diverged"
        except Exception as failure:
            _log.exception("Run %d failed", self.number)
            error, status = failure, "failed"
        try:
            if status != "failed" and self._thread not in _preparing_on:
                self._record(always=True)
            # Whoever looked is shown the end; who stopped the run must not wait for it.
            if self._last_request is not None and reason != "stopped":
                self._answer(self._last_request, lambda: self._stopping)
        except Interrupted:
            pass
        except Exception:
            _log.exception("What run %d ended with could not be kept or shown", self.number)
        with self._changed:
            if self._thread in _preparing_on:
                return  # it ended for everybody else when it was stopped
            self.error, self._stopped_because = error, reason
            self._status = status
            self._changed.notify_all()

    def _train(self) -> StopReason | None:
        trainer = self._trainer
        method = self._prepared()
        if self._stopping:
            return "stopped"
        slice_length = _SLICE if method.releases_interpreter else _NAP_EVERY
        self._rate_from = self._pace_from = (time.perf_counter(), trainer.step_number)
        self._record()
        napped = 0.0
        while True:
            if self._attention:
                if not self._attend():
                    return "stopped"
                method = self._prepared()  # another one, where the program was revised
                slice_length = _SLICE if method.releases_interpreter else _NAP_EVERY
            portion = self._portion
            before = trainer.step_number
            owed = self._owed() if portion is None else None
            if owed == 0:
                continue
            epochs = self._advance(slice_length, portion, owed)
            self._record()
            if epochs:
                with self._changed:
                    self._epochs.extend(epochs)
            if trainer.error is not None:
                raise trainer.error
            if trainer.stopped_because is not None:
                return trainer.stopped_because
            if (portion == "step" and trainer.step_number > before) or (portion == "epoch" and epochs):
                with self._changed:
                    self._pausing = self._attention = True
            elif (
                self._yield_gil
                and not method.releases_interpreter
                and time.perf_counter() - napped >= _NAP_AFTER
            ):
                time.sleep(_NAP)
                napped = time.perf_counter()

    def _advance(self, seconds: float, portion: Portion | None, most: int | None) -> Epochs:
        """Take steps for about so many seconds, but not past the next moment for the timeline."""
        if self._timeline is None:
            return self._trainer.advance(seconds, portion, most=most)
        ahead = self._timeline.ahead(self._trainer, seconds)
        if self._trainer.prepare().releases_interpreter:
            seconds *= _STRETCHED
        return self._trainer.advance(seconds, portion, most=ahead if most is None else min(ahead, most))

    def _record(self, *, always: bool = False) -> None:
        if self._timeline is not None:
            self._timeline.record(self._trainer, always=always)

    def _prepared(self) -> Method:
        """Return what computes the steps, once it is compiled; nobody has to wait for that."""
        if not self._trainer.is_prepared:
            with self._changed:
                self._preparing = True
        method = self._trainer.prepare()
        with self._changed:
            self._preparing = False
        return method

    def _owed(self) -> int | None:
        """Return how many steps the pace allows by now, None for any; waits a moment where it allows none."""
        with self._changed:
            if self._pace is None:
                return None
            now, step = time.perf_counter(), self._trainer.step_number
            since, first = self._pace_from
            per_second = self._pace * self._trainer.steps_per_epoch
            owed = int(per_second * (now - since)) - (step - first)
            if owed > per_second * _PACE_DEBT + 1:
                # It can't keep this pace; what it owes is not to be caught up with later.
                self._pace_from = (now, step)
            if owed <= 0:
                self._changed.wait(_PACE_LOOK)
            return max(owed, 0)

    def _attend(self) -> bool:
        """Do what was asked for from outside; returns False where the run is to stop."""
        while True:
            is_pausing = self._pausing
            if is_pausing:
                self._record(always=True)  # without the lock: of a large network it takes a while
            with self._changed:
                self._revise()
                if self._pausing and not is_pausing:
                    continue
                if self._pausing:
                    self._pausing = False
                    self._status = "paused"
                    # Whoever looked is shown where the run stands now.
                    self._request = self._request or self._last_request
                    self._changed.notify_all()
                if self._status == "paused":
                    self._changed.wait_for(self._wanted)
                    self._rate_from = self._pace_from = (time.perf_counter(), self._trainer.step_number)
                self._revise()
                if self._stopping:
                    return False
                if self._pausing:
                    continue
                request = self._request
                running = self._status == "running"
                if running:
                    self._trainer.interrupt(False)
                if request is None and running:
                    self._attention = False
                    return True
                if request is None:
                    continue
                if running and time.perf_counter() < self._next_snapshot:
                    return True
                self._request = None
                self._answering = self._status
            try:
                self._answer(request, self._is_urgent)
            except Interrupted:
                with self._changed:
                    self._request = self._request or request

    def _revise(self) -> None:
        """Do what `revise` was asked for; with the lock, while no step is under way."""
        if self._revised is not None and self._status not in _OVER:
            (program, revision), self._revised = self._revised, None
            self._trainer.revise(program)
            self.program, self.revision = program, revision
            if self._thread.ident is not None:
                self._record()

    def _is_urgent(self) -> bool:
        """Whether something else was asked for while a request is answered."""
        return self._stopping or self._pausing or self._revised is not None or self._status != self._answering

    def _wanted(self) -> bool:
        return self._stopping or self._request is not None or self._status != "paused"

    def _answer(self, request: SnapshotRequest, is_unwanted: Callable[[], bool]) -> None:
        trainer = self._trainer
        began = time.perf_counter()
        since, steps = self._rate_from
        if trainer.step_number > steps and (began - since >= _RATE_WINDOW or self._rate == 0.0):
            self._rate = (trainer.step_number - steps) / (began - since)
            if began - since >= _RATE_WINDOW:
                self._rate_from = (began, trainer.step_number)
        with self._changed:
            program, parameters, revision = self.program, trainer.parameters, self.revision
        snapshot = take_snapshot(
            program,
            parameters,
            trainer.data,
            trainer.settings,
            request,
            run=self.number,
            revision=revision,
            epoch=trainer.epoch_number,
            step=trainer.step_number,
            steps_per_second=self._rate,
            is_unwanted=is_unwanted,
        )
        ended = time.perf_counter()
        self._next_snapshot = ended + (ended - began) * (1.0 / _SNAPSHOT_SHARE - 1.0)
        with self._changed:
            self._snapshot = snapshot
