from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QPushButton

from nnstudio import paths
from nnstudio.ui import theme
from nnstudio.ui.preferences import preferences
from nnstudio.ui.stylesheet import stylesheet

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.ui
ICONS = sorted(path.stem for path in paths.resource_path("icons").glob("*.svg"))


def contrast(a: QColor, b: QColor) -> float:
    """Contrast of two colors, 1 to 21. Source: WCAG 2.2, relative luminance."""

    def luminance(color: QColor) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("each", theme.THEMES.values(), ids=theme.THEMES)
def test_text_can_be_read_on_every_surface(each: theme.Theme) -> None:
    for surface in (each.window, each.panel, each.canvas, each.field, each.hover, each.selection):
        assert contrast(each.text, surface) >= 7
    for surface in (each.window, each.panel, each.canvas, each.field):
        for color in (each.muted, each.error, each.warning, each.ok):
            assert contrast(color, surface) >= 4.3
    assert contrast(each.accent_text, each.accent) >= 4.5


@pytest.mark.parametrize("each", theme.THEMES.values(), ids=theme.THEMES)
def test_every_token_is_a_color_and_the_style_sheet_uses_only_tokens(each: theme.Theme) -> None:
    assert all(getattr(each, field.name).isValid() for field in fields(each)[1:])
    sheet = stylesheet(each)
    assert "$" not in sheet
    for file in re.findall(r'url\("([^"]+)"\)', sheet):
        assert paths.resource_path("icons") in Path(file).parents


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_paints_something(qapp: object, name: str) -> None:
    image = theme.icon(name).pixmap(20, 20).toImage()
    assert any(image.pixelColor(x, y).alpha() > 0 for x in range(20) for y in range(20))


def test_a_choice_is_remembered_and_told(qtbot: QtBot) -> None:
    manager = theme.ThemeManager()
    manager.set_choice("light")
    with qtbot.waitSignal(manager.changed):
        manager.set_choice("dark")
    assert manager.current.is_dark
    assert preferences().value("theme") == "dark"
    assert theme.ThemeManager().current.is_dark


def test_bound_icons_follow_the_theme(qtbot: QtBot) -> None:
    button = QPushButton()
    qtbot.addWidget(button)
    manager = theme.manager()
    before = manager.choice
    try:
        manager.set_choice("light", remember=False)
        theme.set_icon(button, "play")
        light = button.icon().pixmap(20, 20).toImage()
        manager.set_choice("dark", remember=False)
        assert button.icon().pixmap(20, 20).toImage() != light
    finally:
        manager.set_choice(before, remember=False)


def test_the_palette_leaves_nothing_to_the_system() -> None:
    palette = theme.palette(theme.DARK)
    for role in (QPalette.ColorRole.Window, QPalette.ColorRole.Base, QPalette.ColorRole.ToolTipBase):
        assert palette.color(role).lightnessF() < 0.3
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        assert palette.color(role).lightnessF() > 0.7
