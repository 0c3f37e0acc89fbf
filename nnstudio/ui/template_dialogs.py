"""Asking for the name of a template, to save it or to rename it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QInputDialog, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.ui.own_templates import own_templates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnstudio.ui.document import Document


def save_as_template(
    document: Document, neuron_ids: Sequence[str], title: str, parent: QWidget | None
) -> str:
    """Ask for a name and keep neurons as a template; return what to tell, empty where it was not saved.

    Refusals are told by ``document.refused``.
    """
    typed, wanted = QInputDialog.getText(
        parent, "Save as template", "Name of the template:", text=title or "My template"
    )
    if not wanted:
        return ""
    try:
        saved = own_templates().save(typed, document.network, neuron_ids)
    except NNStudioError as error:
        document.refused.emit(error)
        return ""
    return f"Saved as “{saved.title}”. It stands in the palette, under Your templates."


def rename_template(key: str, title: str, parent: QWidget | None) -> str:
    """Ask for another name of a template; return why it was refused, or an empty text."""
    typed, wanted = QInputDialog.getText(parent, "Rename template", "Name of the template:", text=title)
    if wanted and typed != title:
        try:
            own_templates().rename(key, typed)
        except NNStudioError as error:
            return str(error)
    return ""
