"""Templates of the user's own: one file each in the folder of settings, in the form of what is copied."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from nnstudio.errors import NNStudioError
from nnstudio.files import not_written, write_file
from nnstudio.paths import config_dir
from nnstudio.ui.canvas import clipboard

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nnstudio.network import Network

TITLE_LENGTH = 60
_ENDING = ".json"
_LARGEST = 64_000_000  # bytes
_NO_NEURONS = "it holds no neurons."
_NEWER = "it was saved by a newer nnstudio; update this one to use it."
_BROKEN = "its text is damaged."
_GONE = "This template is not there any more. Choose another one in the palette."


class TemplateError(NNStudioError):
    """A template cannot be read or written."""


@dataclass(frozen=True)
class OwnTemplate:
    """One template: its key, which is the name of its file, what it is called, and what it holds."""

    key: str
    title: str
    network: Network


@dataclass(frozen=True)
class Deleted:
    """What a template was that is gone now."""

    key: str
    title: str
    content: bytes


class OwnTemplates(QObject):
    """The templates in the user's folder; ``changed`` tells when one came, went or got another name."""

    changed = Signal()

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return config_dir() / "templates"

    def load(self) -> tuple[list[OwnTemplate], list[str]]:
        """Return all that can be read, by title, and of each other file what is wrong with it."""
        found, problems = [], []
        try:
            paths = sorted(path for path in self.folder.glob(f"*{_ENDING}") if path.is_file())
        except OSError as error:
            return [], [f"The folder of your templates cannot be read: {error.strerror or error}."]
        for path in paths:
            try:
                found.append(_read(path))
            except TemplateError as error:
                problems.append(str(error))
        return sorted(found, key=lambda each: (each.title.casefold(), each.key)), problems

    def get(self, key: str) -> OwnTemplate:
        """Return the template with this key; raises TemplateError."""
        return _read(self._path(key))

    def save(self, title: str, network: Network, neuron_ids: Iterable[str]) -> OwnTemplate:
        """Keep neurons with the connections and groups among them as a new template; raises TemplateError."""
        title = _checked_title(title)
        content = json.loads(clipboard.encode(network, neuron_ids))
        key = self._free_key(title)
        self._write(self.folder / f"{key}{_ENDING}", _text({"title": title, **content}))
        self.changed.emit()
        return self.get(key)

    def rename(self, key: str, title: str) -> None:
        """Give a template another title; raises TemplateError."""
        path = self._path(key)
        self._write(path, _text(_content(path) | {"title": _checked_title(title)}))
        self.changed.emit()

    def delete(self, key: str) -> Deleted:
        """Remove a template, and return what brings it back; raises TemplateError."""
        path = self._path(key)
        try:
            deleted = Deleted(key, _title(path), path.read_bytes())
            path.unlink()
        except OSError as error:
            raise TemplateError(
                f"“{path.name}” cannot be deleted: {error.strerror or error}. It is in {path.parent}."
            ) from error
        self.changed.emit()
        return deleted

    def restore(self, deleted: Deleted) -> None:
        """Bring a template back that was removed; raises TemplateError."""
        key = deleted.key if deleted.key not in self._keys() else self._free_key(deleted.title)
        self._write(self.folder / f"{key}{_ENDING}", deleted.content)
        self.changed.emit()

    def _path(self, key: str) -> Path:
        # Looked up rather than put together: what a drag carries must not lead out of the folder.
        for path in self.folder.glob(f"*{_ENDING}"):
            if path.stem == key and path.is_file():
                return path
        raise TemplateError(_GONE)

    def _free_key(self, title: str) -> str:
        plain = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:40] or "template"
        taken = self._keys()
        number, key = 1, plain
        while key in taken:
            number += 1
            key = f"{plain}-{number}"
        return key

    def _keys(self) -> set[str]:
        return {path.stem.casefold() for path in self.folder.glob("*")}

    def _write(self, path: Path, content: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, content)
        except OSError as error:
            raise TemplateError(not_written(path, error)) from error


@cache
def own_templates() -> OwnTemplates:
    """Return the one that all windows share."""
    return OwnTemplates()


def _read(path: Path) -> OwnTemplate:
    try:
        network = clipboard.decode(json.dumps(_content(path)))
    except clipboard.ClipboardError as error:
        reasons = {clipboard.FOREIGN: _NO_NEURONS, clipboard.NEWER: _NEWER}
        # Where the text breaks a rule of networks, that rule was the error's cause.
        cause = str(error.__cause__) if isinstance(error.__cause__, NNStudioError) else _BROKEN
        raise TemplateError(_damaged(path, reasons.get(str(error), cause))) from error
    if not network.neuron_count:
        raise TemplateError(_damaged(path, _NO_NEURONS))
    return OwnTemplate(path.stem, _title(path), network)


def _title(path: Path) -> str:
    """Return what a template calls itself, or the name of its file."""
    try:
        title = _content(path).get("title")
    except TemplateError:
        title = None
    title = " ".join(title.split()) if isinstance(title, str) else ""
    return title[:TITLE_LENGTH] if title.isprintable() and title else path.stem


def _text(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8")


def _content(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST:
            raise TemplateError(_damaged(path, "it is far too large."))
        content = json.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise TemplateError(_damaged(path, f"{error.strerror or error}.")) from error
    except (ValueError, RecursionError) as error:
        raise TemplateError(_damaged(path, _BROKEN)) from error
    if not isinstance(content, dict):
        raise TemplateError(_damaged(path, _NO_NEURONS))
    return content


def _damaged(path: Path, reason: str) -> str:
    return (
        f"The template “{path.name}” cannot be read: {reason} Remove the file from {path.parent} "
        "or save the template anew."
    )


def _checked_title(title: str) -> str:
    title = " ".join(title.split())
    if not title or not title.isprintable():
        raise TemplateError("A template needs a name of letters, digits or other signs.")
    if len(title) > TITLE_LENGTH:
        raise TemplateError(f"A name has at most {TITLE_LENGTH} characters.")
    return title
