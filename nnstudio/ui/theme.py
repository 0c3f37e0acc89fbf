"""Colors, fonts and icons of the window, light and dark; they follow the system unless chosen otherwise.

>>> theme.manager().current.accent
>>> theme.manager().changed.connect(self._restyle)
>>> theme.set_icon(button, "play")
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from nnstudio import paths
from nnstudio.ui.preferences import preferences
from nnstudio.ui.stylesheet import stylesheet

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QAbstractButton

Choice = Literal["system", "light", "dark"]
CHOICES: tuple[Choice, ...] = ("system", "light", "dark")
BASE_FONT_PIXELS = 13
_ICON_SIZES = (16, 20, 32, 40)


@dataclass(frozen=True)
class Theme:
    """Colors by what they are for."""

    name: str
    window: QColor
    panel: QColor
    canvas: QColor
    grid: QColor
    border: QColor
    field: QColor
    text: QColor
    muted: QColor
    faint: QColor
    accent: QColor
    accent_text: QColor
    hover: QColor
    selection: QColor
    input: QColor
    hidden: QColor
    output: QColor
    error: QColor
    warning: QColor
    ok: QColor
    positive: QColor
    negative: QColor
    train_line: QColor
    test_line: QColor
    plot_background: QColor

    @property
    def is_dark(self) -> bool:
        """Whether light text stands on dark."""
        return self.name == "dark"


def _theme(name: str, **colors: str) -> Theme:
    return Theme(name, **{field.name: QColor(colors[field.name]) for field in fields(Theme)[1:]})


LIGHT = _theme(
    "light",
    window="#eef0f4",
    panel="#f8f9fb",
    canvas="#fcfcfd",
    grid="#dde1e8",
    border="#d5d9e1",
    field="#ffffff",
    text="#1b1f2a",
    muted="#5a6273",
    faint="#8d95a5",
    accent="#4353d9",
    accent_text="#ffffff",
    hover="#e3e7f1",
    selection="#d6dcfa",
    input="#1f8a70",
    hidden="#6b7488",
    output="#9a4fc4",
    error="#c62f3b",
    warning="#9a6200",
    ok="#1d7d4a",
    positive="#1f6fd0",
    negative="#d9690f",
    train_line="#4353d9",
    test_line="#c2560a",
    plot_background="#fcfcfd",
)
DARK = _theme(
    "dark",
    window="#16181e",
    panel="#1d2027",
    canvas="#14161b",
    grid="#2a2e38",
    border="#32363f",
    field="#14161b",
    text="#e6e8ee",
    muted="#a3aab9",
    faint="#737b8c",
    accent="#7b8cff",
    accent_text="#10121a",
    hover="#2a2e39",
    selection="#343d70",
    input="#3fc1a0",
    hidden="#98a1b5",
    output="#c58aea",
    error="#ff7a80",
    warning="#f0b64e",
    ok="#55c98a",
    positive="#5aa7ff",
    negative="#ff9a4d",
    train_line="#8c9aff",
    test_line="#ffa05c",
    plot_background="#14161b",
)
THEMES = {"light": LIGHT, "dark": DARK}


class ThemeManager(QObject):
    """The theme in use and the choice behind it; ``changed`` asks widgets to style themselves again."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        stored = preferences().value("theme", "system")
        self._choice: Choice = stored if stored in CHOICES else "system"
        self._current = LIGHT
        self._icons: list[tuple[Any, str, str]] = []
        self._installed = False
        self._current = self._fitting()

    @property
    def current(self) -> Theme:
        """The theme in use."""
        return self._current

    @property
    def choice(self) -> Choice:
        """What was chosen: ``system`` follows the desktop."""
        return self._choice

    def set_choice(self, choice: Choice, *, remember: bool = True) -> None:
        """Choose a theme, for the next starts too unless told otherwise."""
        if choice not in CHOICES:
            raise ValueError(f"a theme is one of {', '.join(CHOICES)}, not {choice!r}")
        self._choice = choice
        if remember:
            preferences().setValue("theme", choice)
        self._ask_system()
        self._update()

    def install(self, app: QApplication) -> None:
        """Give the application our style, font and colors, and follow the system from now on."""
        if self._installed:
            return
        self._installed = True
        app.setStyle("Fusion")
        app.setFont(_base_font(app))
        app.styleHints().colorSchemeChanged.connect(self._update)
        self._ask_system()
        self._current = self._fitting()
        self._apply()

    def bind_icon(self, target: QAction | QAbstractButton, name: str, token: str) -> None:
        """Give ``target`` an icon that stays in the theme's colors."""
        self._icons = [bound for bound in self._living_icons() if bound[0] is not target]
        self._icons.append((target, name, token))
        target.setIcon(icon(name, getattr(self._current, token)))

    @Slot()
    def _update(self) -> None:
        fitting = self._fitting()
        if fitting is self._current:
            return
        self._current = fitting
        if self._installed:
            self._apply()
        self._icons = self._living_icons()
        for target, name, token in self._icons:
            target.setIcon(icon(name, getattr(fitting, token)))
        self.changed.emit()

    def _fitting(self) -> Theme:
        if self._choice != "system":
            return THEMES[self._choice]
        app = QGuiApplication.instance()
        dark = app is not None and QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        return DARK if dark else LIGHT

    def _ask_system(self) -> None:
        # Makes what the system draws, such as the title bar, fit the choice. Absent before Qt 6.8.
        if self._installed:
            scheme = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
            QGuiApplication.styleHints().setColorScheme(scheme.get(self._choice, Qt.ColorScheme.Unknown))

    def _apply(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setPalette(palette(self._current))
            app.setStyleSheet(stylesheet(self._current))

    def _living_icons(self) -> list[tuple[Any, str, str]]:
        return [bound for bound in self._icons if isValid(bound[0])]


@cache
def manager() -> ThemeManager:
    """Return the one theme manager."""
    return ThemeManager()


def icon(name: str, color: QColor | None = None) -> QIcon:
    """Return the icon ``resources/icons/<name>.svg`` in the color of the theme's text, or in another."""
    current = manager().current
    chosen = (color or current.text).name()
    return _tinted(name, chosen, current.faint.name(), current.accent.name())


def set_icon(target: QAction | QAbstractButton, name: str, token: str = "text") -> None:
    """Give an action or button an icon in a color of the theme, which follows changes of the theme."""
    manager().bind_icon(target, name, token)


@cache
def _tinted(name: str, color: str, disabled: str, checked: str) -> QIcon:
    source = paths.resource_path("icons", f"{name}.svg").read_text("utf-8")
    result = QIcon()
    tints = (
        (color, QIcon.Mode.Normal, QIcon.State.Off),
        (disabled, QIcon.Mode.Disabled, QIcon.State.Off),
        (checked, QIcon.Mode.Normal, QIcon.State.On),
    )
    for tint, mode, state in tints:
        renderer = QSvgRenderer(QByteArray(source.replace("currentColor", tint).encode()))
        for size in _ICON_SIZES:
            pixmap = QPixmap(size, size)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(0, 0, size, size))
            painter.end()
            result.addPixmap(pixmap, mode, state)
    return result


def palette(theme: Theme) -> QPalette:
    """Return the full Qt palette of a theme; whatever is not named here would stay the system's."""
    role = QPalette.ColorRole
    colors = {
        role.Window: theme.panel,
        role.WindowText: theme.text,
        role.Base: theme.field,
        role.AlternateBase: theme.hover,
        role.ToolTipBase: theme.panel,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.faint,
        role.Text: theme.text,
        role.Button: theme.panel,
        role.ButtonText: theme.text,
        role.BrightText: theme.error,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.accent_text,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Light: theme.panel.lighter(110),
        role.Midlight: theme.hover,
        role.Mid: theme.border,
        role.Dark: theme.border.darker(115),
        role.Shadow: QColor(0, 0, 0, 120),
        role.Accent: theme.accent,
    }
    result = QPalette()
    for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive, QPalette.ColorGroup.Disabled):
        for each, color in colors.items():
            result.setColor(group, each, color)
    for each in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        result.setColor(QPalette.ColorGroup.Disabled, each, theme.faint)
    result.setColor(QPalette.ColorGroup.Disabled, role.Highlight, theme.border)
    return result


def _base_font(app: QApplication) -> QFont:
    """Return the system's font, at least 13 pixels at 100 %."""
    font = app.font()
    dpi = app.primaryScreen().logicalDotsPerInch() if app.primaryScreen() else 96.0
    font.setPointSizeF(max(font.pointSizeF(), BASE_FONT_PIXELS * 72.0 / dpi))
    return font
