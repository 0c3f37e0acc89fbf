"""Connections that share one weight: what a change of one means for the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nnstudio.network.items import SHARED, Connection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nnstudio.network.parts import Parts


def joining(network: Parts, connection: Connection, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a connection takes over from those whose tie is among its changes."""
    tie = changes.get("tie")
    if not isinstance(tie, str) or tie in ("", connection.tie):
        return {}
    partners = network.tied(tie)
    return {field: getattr(partners[0], field) for field in SHARED} if partners else {}


def with_partners(network: Parts, changed: Connection) -> Iterator[Connection]:
    """Yield a changed connection and those that share its weight, each with what they share."""
    yield changed
    shared = {field: getattr(changed, field) for field in SHARED}
    for partner in network.tied(changed.tie):
        if partner.id != changed.id:
            yield replace(partner, **shared)


def for_all_partners(network: Parts, weights: Mapping[str, float]) -> dict[str, float]:
    """Return the weights with those of all that share one; of several named the first counts."""
    complete: dict[str, float] = {}
    for connection_id, weight in weights.items():
        tie = network.connection(connection_id).tie
        if tie and connection_id not in complete:
            complete.update((partner.id, weight) for partner in network.tied(tie))
        elif not tie:
            complete[connection_id] = weight
    return complete


def with_weight(connection: Connection, weight: float) -> Connection:
    """Return the connection with another weight, unchecked; `replace` takes three times as long."""
    return Connection(
        connection.id,
        connection.source,
        connection.target,
        weight,
        connection.trainable,
        connection.enabled,
        connection.rate_factor,
        connection.sign,
        connection.tie,
    )


def within_sign(connection: Connection) -> Connection:
    """Return the connection, its weight 0 where its sign forbids it."""
    sign = connection.sign
    if isinstance(sign, int) and connection.weight * sign < 0.0:
        return replace(connection, weight=0.0)
    return connection
