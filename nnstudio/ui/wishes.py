"""What the panels want to see of every snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnstudio.data import Dataset
    from nnstudio.training import Probe, SnapshotRequest


class Wishes:
    """The probes of those who ask, one each, and whether anyone wants the outputs of all rows."""

    def __init__(self) -> None:
        self._probes: dict[str, Probe] = {}
        self._outputs_wanted: set[str] = set()

    def set_probe(self, who: str, probe: Probe | None) -> bool:
        """Put a probe in place of this asker's last one; returns whether something new is to be answered."""
        known = self._probes.get(who)
        if probe is known or (probe is not None and known is not None and probe.key == known.key):
            return False
        if probe is None:
            del self._probes[who]
            return False
        self._probes[who] = probe
        return True

    def want_outputs(self, wanted: bool, who: str) -> bool:
        """Note who wants the outputs of all rows; returns whether that changes what is asked for."""
        before = bool(self._outputs_wanted)
        (self._outputs_wanted.add if wanted else self._outputs_wanted.discard)(who)
        return bool(self._outputs_wanted) != before

    def forget_probes(self) -> None:
        """Take all probes back."""
        self._probes.clear()

    def request(self, data: Dataset | None, row: int | None) -> SnapshotRequest:
        """Return what the next snapshot is to hold, with a row of the data in focus, or none."""
        from nnstudio.training import SnapshotRequest

        focus = None if data is None or row is None else data.x[row]
        return SnapshotRequest(
            focus=focus, probes=tuple(self._probes.values()), outputs=bool(self._outputs_wanted)
        )
