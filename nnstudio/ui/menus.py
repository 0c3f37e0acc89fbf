"""The window's actions, and the menus they stand in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from nnstudio.ui import theme
from nnstudio.ui.canvas.actions import NETWORK_ORDER, add_actions, add_submenu
from nnstudio.ui.speed import NOTE, SPEEDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtWidgets import QDockWidget, QMainWindow

    from nnstudio.ui.document import Document
    from nnstudio.ui.training_controller import TrainingController


@dataclass(frozen=True)
class _Entry:
    key: str
    text: str
    shortcuts: str | QKeySequence.StandardKey | tuple[str, ...]
    icon: str
    tip: str


_ENTRIES = (
    _Entry("new", "&New", QKeySequence.StandardKey.New, "file-new", "Start with an empty canvas"),
    _Entry("open", "&Open…", QKeySequence.StandardKey.Open, "open", "Open a project file"),
    _Entry("examples", "E&xamples…", "Ctrl+E", "gallery", "Open one of the examples"),
    _Entry("lessons", "L&essons", "Shift+F1", "lesson", "Learn step by step, with networks to work on"),
    _Entry("save", "&Save", QKeySequence.StandardKey.Save, "save", "Save the project"),
    _Entry("import", "&Import data…", "Ctrl+Shift+I", "import", "Take a table of a file as the data"),
    _Entry(
        "paste-table",
        "Paste a &table",
        "Ctrl+Shift+V",
        "table",
        "Take cells copied from a spreadsheet as the data",
    ),
    _Entry(
        "export-data",
        "&Export data and predictions…",
        "Ctrl+Shift+E",
        "export",
        "Write the data, and what the network makes of them, as CSV, Parquet or NumPy",
    ),
    _Entry("picture", "Save a &picture…", "Ctrl+Shift+P", "image", "Save the canvas as a picture or drawing"),
    _Entry("save-as", "Save &as…", "Ctrl+Shift+S", "save-as", "Save the project under another name"),
    _Entry("quit", "&Quit", "Ctrl+Q", "quit", "Close nnstudio"),
    _Entry("undo", "&Undo", QKeySequence.StandardKey.Undo, "undo", "Take the last change back"),
    _Entry("redo", "&Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "Make the change again"),
    _Entry("train", "&Train", ("F5", "Ctrl+Return"), "play", "Train, or pause the training"),
    _Entry("step-batch", "Step one &batch", "F6", "step-batch", "Train on one batch"),
    _Entry("step-epoch", "Step one &epoch", "F7", "step-epoch", "Train to the end of one epoch"),
    _Entry(
        "walk",
        "Wa&lk through a step",
        "Shift+F6",
        "walk",
        "Go through the next step phase by phase: forward, the loss, back, and the change of the weights",
    ),
    _Entry(
        "more-settings",
        "&More settings…",
        "Ctrl+,",
        "settings",
        "More settings of the training: seed, when to stop, the optimizer's options and others",
    ),
    _Entry(
        "check-gradients",
        "Check the &gradients…",
        "Ctrl+Shift+K",
        "check",
        "Measure every gradient by differences, and compare it with what is computed backward",
    ),
    _Entry("reset", "&Reset to the same start", "F8", "reset", "Go back to the weights training began with"),
    _Entry(
        "new-start", "Ne&w random start", "F9", "new-start", "Draw other random weights, with the next seed"
    ),
    _Entry(
        "match", "&Match the data", "", "fix", "Give the network the inputs and outputs that the data need"
    ),
    _Entry(
        "minimap",
        "&Minimap",
        "Ctrl+M",
        "map",
        "Show the whole network in a corner where it is not all on view",
    ),
    _Entry(
        "phases",
        "P&hases of learning",
        "Ctrl+Shift+L",
        "phases",
        "Show the cycle of learning over the canvas: where the training is, and what ends it",
    ),
    _Entry(
        "focus-mode",
        "Focus mo&de",
        "Ctrl+Shift+F",
        "focus",
        "Fade all but the connections of the neuron under the pointer, or of those selected",
    ),
    _Entry("reset-layout", "&Reset layout", "", "reset", "Put all panels back to their places"),
    _Entry("full-screen", "Full scree&n", "F11", "full-screen", "Fill the screen with the window"),
    _Entry("shortcuts", "&Keyboard and mouse", "F1", "keyboard", "Show all shortcuts and gestures"),
    _Entry("log", "Open the &log folder", "", "file", "Show the folder with the log, for a report"),
    _Entry("about", "&About nnstudio", "", "info", "Version and licence"),
)
TITLES = ("&File", "&Edit", "&View", "&Network", "&Train", "&Help")
_TOP = "top-menu"
_EDIT = ("cut", "copy", "paste", "duplicate", "duplicate_all", "delete")
_ZOOM = ("zoom_in", "zoom_out", "zoom_reset", "fit")


def make_menus(window: QMainWindow) -> None:
    """Put the titles into the menu bar; `MenuKeeper.build` fills the menus."""
    for title in TITLES:
        window.menuBar().addMenu(title).setObjectName(_TOP)


def make_actions(window: QMainWindow, handlers: Mapping[str, Callable[[], object]]) -> dict[str, QAction]:
    """Return the window's own actions by name, each bound to its handler."""
    actions = {}
    for entry in _ENTRIES:
        action = QAction(entry.text, window)
        action.setObjectName(entry.key)
        if isinstance(entry.shortcuts, tuple):
            action.setShortcuts([QKeySequence(text) for text in entry.shortcuts])
        elif entry.shortcuts:
            action.setShortcut(QKeySequence(entry.shortcuts))
        theme.set_icon(action, entry.icon)
        describe(action, entry.tip)
        action.triggered.connect(handlers[entry.key])
        window.addAction(action)
        actions[entry.key] = action
    for name in ("full-screen", "minimap", "phases", "focus-mode"):
        actions[name].setCheckable(True)
    actions["quit"].setMenuRole(QAction.MenuRole.QuitRole)
    actions["about"].setMenuRole(QAction.MenuRole.AboutRole)
    return actions


def describe(action: QAction, tip: str) -> None:
    """Give an action a tooltip, with its shortcut."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setToolTip(f"{tip} ({keys})" if keys else tip)
    action.setStatusTip("")


class MenuKeeper:
    """Fills the menu bar, and keeps what is enabled true to the document."""

    def __init__(self, window: QMainWindow, document: Document, controller: TrainingController) -> None:
        self._window = window
        self._document = document
        self._controller = controller
        self.recent = QMenu("Open &recent", window)
        self.recent.setToolTipsVisible(True)

    def build(
        self,
        actions: Mapping[str, QAction],
        canvas_actions: Mapping[str, QAction],
        docks: Mapping[str, QDockWidget],
        color_modes: QActionGroup,
        speeds: QActionGroup,
        select_menu: QMenu,
        bookmarks: QMenu,
        past: QMenu,
        neurons_show: QMenu,
    ) -> None:
        """Fill the menu bar."""
        menus = dict(zip(TITLES, self._window.menuBar().findChildren(QMenu, _TOP), strict=True))

        def own(menu: QMenu, *names: str | None) -> None:
            add_actions(menu, actions, names)

        def canvas(menu: QMenu, *names: str | None) -> None:
            add_actions(menu, canvas_actions, names)

        file = menus["&File"]
        own(file, "new", "open")
        file.addMenu(self.recent)
        own(file, "examples", None, "save", "save-as", None, "import", "paste-table", "export-data", None)
        own(file, "picture", None)
        own(file, "quit")
        theme.set_icon(self.recent.menuAction(), "clock")

        edit = menus["&Edit"]
        own(edit, "undo", "redo", None)
        canvas(edit, *_EDIT, None)
        edit.addMenu(select_menu)
        theme.set_icon(select_menu.menuAction(), "select-all")
        canvas(edit, "find")

        view = menus["&View"]
        colors = view.addMenu("&Color connections by")
        colors.addActions(color_modes.actions())
        theme.set_icon(colors.menuAction(), "color")
        view.addMenu(neurons_show)
        own(view, "focus-mode", None)
        canvas(view, *_ZOOM)
        own(view, "minimap", "phases")
        view.addMenu(bookmarks)
        theme.set_icon(bookmarks.menuAction(), "bookmark")
        view.addSeparator()
        panels = view.addMenu("&Panels")
        theme.set_icon(panels.menuAction(), "panel")
        for dock in docks.values():
            panels.addAction(dock.toggleViewAction())
        own(view, "reset-layout", None)
        view.addMenu(self._theme_menu())
        own(view, "full-screen")

        network = menus["&Network"]
        canvas(network, *NETWORK_ORDER, None)
        add_submenu(network, "Const&raints", "lock", canvas_actions, "constrain")
        add_submenu(network, "&Arrange", "tidy", canvas_actions, "arrange")
        network.addSeparator()
        own(network, "match", "new-start")

        train = menus["&Train"]
        own(train, "train", "step-batch", "step-epoch", "walk", None)
        speed = train.addMenu("&Speed")
        speed.addActions(speeds.actions())
        theme.set_icon(speed.menuAction(), "speed")
        train.addMenu(past)
        own(train, "more-settings", None, "reset", "new-start", None, "check-gradients")

        helping = menus["&Help"]
        own(helping, "lessons", "examples", "shortcuts", None, "log", "about")

    def _theme_menu(self) -> QMenu:
        menu = QMenu("&Theme", self._window)
        theme.set_icon(menu.menuAction(), "sun")
        group = QActionGroup(menu)
        manager = theme.manager()
        for choice, text, icon in (
            ("system", "As the &system", "system"),
            ("light", "&Light", "sun"),
            ("dark", "&Dark", "moon"),
        ):
            action = QAction(text, menu)
            action.setCheckable(True)
            action.setChecked(manager.choice == choice)
            action.setData(choice)
            theme.set_icon(action, icon)
            group.addAction(action)
            menu.addAction(action)
        group.triggered.connect(_choose_theme)
        return menu

    def refresh(self, actions: Mapping[str, QAction]) -> None:
        """Enable what can be done now, and name what would be undone."""
        stack = self._document.undo_stack
        running = self._controller.is_running
        for name, able, text in (
            ("undo", self._document.can_undo, stack.undoText()),
            ("redo", self._document.can_redo, stack.redoText()),
        ):
            action = actions[name]
            verb = name.capitalize()
            action.setText(f"&{verb} {_lowered(text)}" if text else f"&{verb}")
            action.setEnabled(able)
            describe(
                action, "Pause the training first" if running and not able else action.text().replace("&", "")
            )
        train = actions["train"]
        preparing = self._controller.state == "preparing"
        train.setText("&Cancel training" if preparing else "&Pause" if running else "&Train")
        theme.set_icon(train, "close" if preparing else "pause" if running else "play")
        tip = "Pause the training" if running else "Train the network"
        if self._controller.time_machine.is_past and not running:
            tip = "Go back to the step on view, and train on from there"
        describe(train, "Stop before the training begins" if preparing else tip)
        for name in ("step-batch", "step-epoch"):
            actions[name].setEnabled(not running)
        actions["reset"].setEnabled(self._controller.can_reset)
        actions["check-gradients"].setEnabled(not running)
        actions["new-start"].setEnabled(self._document.network.connection_count > 0)
        actions["match"].setEnabled(self._document.project.data is not None and not running)


def color_mode_actions(window: QMainWindow) -> QActionGroup:
    """Return the exclusive choice of what colors the connections; data() is the mode."""
    group = QActionGroup(window)
    for mode, text in (
        ("weight", "&Weight"),
        ("gradient", "&Gradient"),
        ("both", "&Both"),
        ("activity", "&Activity of the sample in focus"),
    ):
        action = QAction(text, window)
        action.setCheckable(True)
        action.setData(mode)
        group.addAction(action)
    return group


def speed_actions(window: QMainWindow) -> QActionGroup:
    """Return the exclusive choice of how fast training goes; data() is the speed."""
    group = QActionGroup(window)
    for entry in SPEEDS:
        action = QAction(f"&{entry.title}", window)
        action.setCheckable(True)
        action.setData(entry.key)
        action.setShortcut(QKeySequence(entry.shortcut))
        describe(action, f"{entry.tip}. {NOTE}")
        window.addAction(action)
        group.addAction(action)
    return group


def _choose_theme(action: QAction) -> None:
    theme.manager().set_choice(action.data())


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
