"""Colors made of others."""

from __future__ import annotations

from PySide6.QtGui import QColor


def faded(color: QColor, alpha: float) -> QColor:
    """Return a color that lets through what is under it; ``alpha`` is 0 for nothing of it and 1 for all."""
    result = QColor(color)
    result.setAlphaF(alpha)
    return result


def mixed(base: QColor, tint: QColor, share: float) -> QColor:
    """Return ``base`` with so large a share, from 0 to 1, of ``tint`` in it."""
    return QColor.fromRgbF(
        *(b + (t - b) * share for b, t in zip(base.getRgbF()[:3], tint.getRgbF()[:3], strict=True))
    )
