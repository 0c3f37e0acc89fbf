"""Steps of a training taken again, from a checkpoint."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from nnstudio.training.trainer import Trainer

if TYPE_CHECKING:
    from nnstudio.training.state import TrainerState
    from nnstudio.training.timeline_moments import Checkpoint, Stretch

_ENDLESS = 2**62
_SECONDS = 1e6


class Replayer:
    """Replays steps; goes on from where it stands, where that is nearer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: tuple[Stretch, Trainer] | None = None

    def state(self, checkpoint: Checkpoint, step: int) -> TrainerState:
        """Return the state after a step from that of the checkpoint on; raises what training raises."""
        if step == checkpoint.step:
            return checkpoint.state()
        with self._lock:
            trainer = self._trainer(checkpoint, step)
            while trainer.step_number < step:
                # Whatever ended the training here, it has gone on since.
                trainer.stopped_because = None
                trainer.advance(_SECONDS, most=step - trainer.step_number)
                if trainer.error is not None:
                    raise trainer.error
            return trainer.state()

    def _trainer(self, checkpoint: Checkpoint, step: int) -> Trainer:
        stretch = checkpoint.stretch
        if self._last is not None and self._last[0] is stretch:
            trainer = self._last[1]
            if trainer.error is None and checkpoint.step <= trainer.step_number <= step:
                return trainer
        else:
            trainer = Trainer(stretch.program, None, stretch.data, stretch.settings, stop_at=_ENDLESS)
            self._last = stretch, trainer
        trainer.return_to(checkpoint.state())
        return trainer
