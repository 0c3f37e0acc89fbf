from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QAction, QShortcut
from PySide6.QtWidgets import QMenu

from nnstudio.network import Network
from nnstudio.project import Project
from nnstudio.ui.canvas.menu import make_menu
from nnstudio.ui.canvas.scene import Hit

if TYPE_CHECKING:
    from nnstudio.ui.main_window import MainWindow

_MOST_IN_A_GROUP = 7


@pytest.fixture(autouse=True)
def with_a_network(window: MainWindow) -> None:
    network = Network()
    network.add_neuron("input", id="a")
    network.add_neuron("output", id="y")
    network.connect("a", "y", weight=1.0, id="c")
    window.document.replace_project(Project(network))


def _groups(menu: QMenu) -> list[list[QAction]]:
    groups: list[list[QAction]] = [[]]
    for action in menu.actions():
        if action.isSeparator():
            groups.append([])
        else:
            groups[-1].append(action)
    return groups


def _check(menu: QMenu) -> None:
    for group in _groups(menu):
        with_icon = [action.text() for action in group if not action.icon().isNull()]
        assert len(with_icon) in (0, len(group)), [action.text() for action in group]
        assert 0 < len(group) <= _MOST_IN_A_GROUP, menu.title()


def _check_letters(menu: QMenu) -> None:
    letters = [a.text().split("&")[1][0].lower() for a in menu.actions() if "&" in a.text()]
    assert len(letters) == len(set(letters)), sorted(letters)


@pytest.mark.parametrize("title", ["&File", "&Edit", "&View", "&Network", "&Train", "&Help"])
def test_menus_stand_in_short_groups_with_icons_for_all_or_none(window: MainWindow, title: str) -> None:
    menus = {menu.title(): menu for menu in window.menuBar().findChildren(QMenu, "top-menu")}
    _check(menus[title])
    _check_letters(menus[title])


def test_no_key_means_two_things_at_once(window: MainWindow) -> None:
    of_window: dict[str, list[str]] = {}
    of_widgets: dict[str, list[str]] = {}
    for action in window.findChildren(QAction):
        local = action.shortcutContext() == Qt.ShortcutContext.WidgetShortcut
        for keys in action.shortcuts():
            (of_widgets if local else of_window).setdefault(keys.toString(), []).append(action.text())
    for shortcut in window.findChildren(QShortcut):
        local = shortcut.context() != Qt.ShortcutContext.WindowShortcut
        (of_widgets if local else of_window).setdefault(shortcut.key().toString(), []).append("shortcut")
    assert {keys: names for keys, names in of_window.items() if len(names) > 1} == {}
    assert of_window.keys() & of_widgets.keys() == set()


@pytest.mark.parametrize(("kind", "hit_id"), [("empty", ""), ("core", "a"), ("connection", "c")])
def test_context_menus_do_so_too(window: MainWindow, kind: str, hit_id: str) -> None:
    window.document.selection.set([hit_id] if kind == "core" else [], ["c"] if kind == "connection" else [])
    menu = make_menu(window.canvas, Hit(kind, hit_id), QPointF())
    _check(menu)
    titles = [action.text().replace("&", "") for action in menu.actions()]
    assert ("Constraints" in titles) == bool(hit_id)
