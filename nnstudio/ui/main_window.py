"""The main window: the canvas, the panels around it, and what joins them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QToolBar, QVBoxLayout, QWidget

from nnstudio import paths
from nnstudio.ui import docks, shortcuts, theme
from nnstudio.ui.importing.actions import SUFFIXES as IMPORTED
from nnstudio.ui.lazy_docks import LazyDocks
from nnstudio.ui.lazy_panels import lazy_panels
from nnstudio.ui.menus import (
    MenuKeeper,
    color_mode_actions,
    make_actions,
    make_menus,
    speed_actions,
)
from nnstudio.ui.preferences import preferences
from nnstudio.ui.speed import remember_speed, remembered_speed
from nnstudio.ui.view_state import place_of, restore_place

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from nnstudio.ui.gallery import Example, Gallery
    from nnstudio.ui.gradient_check import GradientCheckDialog

_log = logging.getLogger(__name__)
_MINIMAP = "canvas/minimap"  # whether it is wanted
_BAR_HEIGHT = 53  # of the training bar, so that nothing moves when it comes
_SMALLEST_CANVAS = QSize(320, 260)


class MainWindow(QMainWindow):
    """The window with one project.

    It can be on the screen before what fills it has been imported: with ``deferred`` it is a shell at first,
    until `build`. Plots are added by `load_plots`.
    """

    def __init__(self, *, deferred: bool = False, remember_layout: bool = True) -> None:
        super().__init__()
        self.setObjectName("main-window")
        self.setWindowTitle("nnstudio")
        self.setWindowIcon(theme.icon("nnstudio"))
        self.setAcceptDrops(True)
        self.resize(QSize(1280, 800).boundedTo(self.screen().availableSize()))
        self._remember_layout = remember_layout
        self._is_built = False
        self._gallery: Gallery | None = None
        self._gradient_check: GradientCheckDialog | None = None
        make_menus(self)
        self._bar_place = QToolBar(self)
        self._bar_place.setMovable(False)
        self._bar_place.setMinimumHeight(_BAR_HEIGHT)
        self.addToolBar(self._bar_place)
        # One central widget for good: replacing it later would leave the new one what the docks don't want.
        self._center = QWidget()
        self._center.setMinimumSize(_SMALLEST_CANVAS)
        self.setCentralWidget(self._center)
        self.statusBar()
        self.docks = docks.make_docks(self)
        if remember_layout:
            docks.restore_layout(self)
        if not deferred:
            self.build()

    def build(self) -> None:
        """Fill the window."""
        from nnstudio.network import Network
        from nnstudio.project import Project
        from nnstudio.ui.bookmarks import Bookmarks
        from nnstudio.ui.canvas.faces.menu import make_faces_menu
        from nnstudio.ui.canvas.select_menu import make_select_menu
        from nnstudio.ui.canvas.view import CanvasView
        from nnstudio.ui.document import Document
        from nnstudio.ui.exporting import Exporting
        from nnstudio.ui.importing.actions import Importing
        from nnstudio.ui.messages import MessageBar
        from nnstudio.ui.overlay import Overlay
        from nnstudio.ui.panels.data_panel import DataPanel
        from nnstudio.ui.panels.data_table import DataTable
        from nnstudio.ui.panels.inspector import InspectorPanel
        from nnstudio.ui.panels.palette import PalettePanel
        from nnstudio.ui.problem_card import ProblemCard
        from nnstudio.ui.problem_list import ProblemList
        from nnstudio.ui.project_actions import ProjectActions
        from nnstudio.ui.starts import default_settings
        from nnstudio.ui.status import StatusLine
        from nnstudio.ui.telling import Telling
        from nnstudio.ui.time_machine_actions import PastActions
        from nnstudio.ui.time_machine_pill import PastPill
        from nnstudio.ui.training_bar import TrainingBar
        from nnstudio.ui.training_controller import TrainingController

        self.document = Document(Project(Network(), settings=default_settings()), self)
        self.controller = TrainingController(self.document, self)
        self.files = ProjectActions(self.document, self.controller, self)
        self.importing = Importing(self.document, self.controller, self)
        self.exporting = Exporting(self.document, self.controller, self)

        self.canvas = CanvasView(self.document, self)
        self.messages = MessageBar()
        self.problem_card = ProblemCard(self.controller)
        layout = QVBoxLayout(self._center)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self._overlay = Overlay(self._center, self.messages, self.problem_card)
        self._overlay.height_changed.connect(self.canvas.cards.set_top_room)

        self.actions_by_name = make_actions(self, self._handlers())
        self.past_actions = PastActions(self.controller, self)
        self.actions_by_name |= self.past_actions.by_name
        self.past_pill = PastPill(self.controller, self.canvas)
        self.color_modes = color_mode_actions(self)
        self.speeds = speed_actions(self)
        self.training_bar = TrainingBar(self.controller, self.actions_by_name, self)
        self.removeToolBar(self._bar_place)
        self._bar_place.deleteLater()
        self.addToolBar(self.training_bar)
        self.status_line = StatusLine(self.controller, self)
        self.status_line.addPermanentWidget(ProblemList(self.controller, self.canvas))
        self.setStatusBar(self.status_line)
        self.telling = Telling(self.controller, self.messages, self.status_line)
        self.palette_panel = PalettePanel(self.document)
        self.docks["palette"].setWidget(self.palette_panel)
        self.data_panel = DataPanel(self.document)
        self.docks["data"].setWidget(self.data_panel)
        self.data_panel.menu.addActions(
            [self.actions_by_name[name] for name in ("import", "paste-table", "export-data")]
        )
        self.docks["inspector"].setWidget(InspectorPanel(self.document, self.controller))
        self.docks["table"].setWidget(DataTable(self.document, self.controller))
        self.bookmarks = Bookmarks(self.canvas, self)
        self.lazy_docks = LazyDocks(self.docks, lazy_panels(self), self)
        self._menus = MenuKeeper(self, self.document, self.controller)
        self._menus.build(
            self.actions_by_name,
            self.canvas.actions(),
            self.docks,
            self.color_modes,
            self.speeds,
            make_select_menu(self.canvas, self),
            self.bookmarks.menu,
            self.past_actions.menu("&Past"),
            make_faces_menu(self.canvas, self, "Neurons sho&w"),
        )
        self._connect()
        self._is_built = True
        self._show_title()
        self._refresh_menus()

    @Slot()
    def load_plots(self) -> None:
        """Put the plots into their docks; importing what draws them takes most of a second."""
        if hasattr(self, "output_plot"):
            return
        from nnstudio.ui.panels.looks import LooksPanel
        from nnstudio.ui.plots.loss import LossPlot
        from nnstudio.ui.plots.output import OutputPlot

        self.loss_plot = LossPlot(self.controller, past_actions=self.past_actions)
        self.output_plot = OutputPlot(self.document, self.controller)
        for plot in (self.loss_plot, self.output_plot):
            plot.failed.connect(self.telling.show_error)
        self.output_plot.path_pointed.connect(self.canvas.network_scene.set_path)
        self.output_plot.cell_chosen.connect(self._show_cell)
        self.docks["loss"].setWidget(self.loss_plot)
        self.docks["output"].setWidget(self.output_plot)
        self.docks["looks"].setWidget(LooksPanel(self.document))
        self.lazy_docks.allow()

    @Slot()
    def show_lessons(self) -> None:
        """Show the lessons there are, or the one under way."""
        docks.show_lessons(self, self.docks)
        self.lazy_docks.make("lessons")

    # Messages

    @Slot(str, str)
    def show_message(self, text: str, kind: str = "info", details: str = "") -> None:
        """Show a message over the canvas."""
        self.messages.show_message(text, kind, details)

    @Slot(str, str)
    def show_failure(self, text: str, details: str) -> None:
        """Show that something went wrong, with details to report where there are any."""
        self.messages.show_message(text, "error", details)

    # The gallery

    @Slot()
    def show_gallery(self) -> None:
        """Show the examples."""
        from nnstudio.ui.gallery import Gallery, load_examples

        if self._gallery is not None:
            self._gallery.raise_()
            return
        self._gallery = Gallery(load_examples(), self)
        self._gallery.chosen.connect(self._open_example)
        self._gallery.lessons_wanted.connect(self.show_lessons)
        self._gallery.finished.connect(self._forget_gallery)
        self._gallery.open()

    @Slot(object)
    def _open_example(self, example: Example | None) -> None:
        if example is None:
            if self.document.network.neuron_count or self.document.is_modified:
                self.files.new()
        else:
            self.files.open(example.path, as_copy=True)

    @Slot()
    def _forget_gallery(self) -> None:
        if self._gallery is not None:
            self._gallery.deleteLater()
            self._gallery = None

    # What the menus do

    def _handlers(self) -> dict[str, Any]:
        return {
            "new": self.files.new,
            "open": self.files.open_with_dialog,
            "examples": self.show_gallery,
            "lessons": self.show_lessons,
            "save": self.files.save,
            "save-as": self.files.save_as,
            "quit": self.close,
            "undo": self.document.undo_stack.undo,
            "redo": self.document.undo_stack.redo,
            "train": self.controller.toggle,
            "step-batch": self.controller.step_batch,
            "step-epoch": self.controller.step_epoch,
            "walk": self._walk,
            "reset": self.controller.reset,
            "new-start": self.controller.new_start,
            "more-settings": self._show_more_settings,
            "check-gradients": self._check_gradients,
            "match": self._match_data,
            "import": self.importing.ask,
            "paste-table": self.importing.paste,
            "export-data": self.exporting.ask,
            "picture": self._save_picture,
            "minimap": self._switch_minimap,
            "phases": self._switch_phases,
            "focus-mode": self._switch_focus,
            "reset-layout": self._reset_layout,
            "full-screen": self._toggle_full_screen,
            "shortcuts": self._show_shortcuts,
            "log": self._open_log,
            "about": self._show_about,
        }

    @Slot()
    def _match_data(self) -> None:
        from nnstudio.ui.fixes import match_edits

        data = self.document.project.data
        if data is None:
            return
        edits = match_edits(self.document.network, data, self.controller.settings)
        if edits:
            self.document.do(*edits, label="Match the data")
        else:
            self.show_message("The network fits the data already.")

    @Slot()
    def _save_picture(self) -> None:
        from nnstudio.ui.picture_dialog import PictureDialog

        if not self.document.network.neuron_count:
            self.show_message("There is nothing on the canvas yet, so there is no picture of it.")
            return
        path = self.document.path
        name = path.stem if path is not None else self.document.project.title or "network"
        dialog = PictureDialog(self.canvas.network_scene, name, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.saved.connect(self._tell_saved)
        dialog.failed.connect(self.telling.show_error)
        dialog.open()

    @Slot(str)
    def _tell_saved(self, path: str) -> None:
        self.show_message(f"The picture was saved as {path}.")

    @Slot()
    def _walk(self) -> None:
        self.phases.walk.toggle()

    @Slot()
    def _switch_phases(self) -> None:
        self.phases.set_wanted(remember=self._remember_layout)

    @Slot()
    def _switch_minimap(self) -> None:
        wanted = self.actions_by_name["minimap"].isChecked()
        self.canvas.minimap.set_wanted(wanted)
        if self._remember_layout:
            preferences().setValue(_MINIMAP, wanted)

    @Slot()
    def _switch_focus(self) -> None:
        self.canvas.focus_mode.set_on(self.actions_by_name["focus-mode"].isChecked())

    @Slot()
    def _reset_layout(self) -> None:
        docks.reset_layout(self, self.docks)

    @Slot()
    def _toggle_full_screen(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    @Slot()
    def _show_shortcuts(self) -> None:
        shortcuts.ShortcutsDialog(self.menuBar(), self).open()

    @Slot()
    def _open_log(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(paths.log_dir())))

    @Slot()
    def _show_about(self) -> None:
        shortcuts.show_about(self)

    @Slot()
    def _show_more_settings(self) -> None:
        self.training_bar.show_more_settings()

    @Slot()
    def _check_gradients(self) -> None:
        if self._gradient_check is None:
            from nnstudio.ui.gradient_check import GradientCheckDialog

            self._gradient_check = GradientCheckDialog(self.document, self.controller, self.canvas, self)
        self._gradient_check.show()
        self._gradient_check.raise_()
        self._gradient_check.check()

    @Slot()
    def _show_data_panel(self) -> None:
        dock = self.docks["data"]
        dock.show()
        dock.raise_()
        dock.widget().setFocus()

    @Slot(object)
    def _show_cell(self, cell: tuple[int, int, bool] | None) -> None:
        """Show the rows of a cell of the confusion matrix in the data table; None shows all again."""
        if cell is not None:
            self._show_table()
        self.docks["table"].widget().show_cell(cell)

    @Slot()
    def _show_table(self) -> None:
        self.docks["table"].show()
        self.docks["table"].raise_()

    # Keeping parts together

    def _connect(self) -> None:
        from nnstudio.ui.phases.phases import Phases

        document, controller = self.document, self.controller
        document.path_changed.connect(self._show_title)
        document.project_replaced.connect(self._show_title)
        document.undo_stack.cleanChanged.connect(self._show_modified)
        document.undo_stack.indexChanged.connect(self._refresh_menus)
        document.data_changed.connect(self._refresh_menus)
        document.restrictions_changed.connect(self._refresh_menus)
        document.project_replaced.connect(self._refresh_menus)
        controller.state_changed.connect(self._refresh_menus)
        controller.state_changed.connect(self._share_processor)
        controller.speed_changed.connect(self._show_speed)
        controller.snapshot_changed.connect(self._show_snapshot)
        self.canvas.follow(controller)
        controller.problem_changed.connect(self._show_problems)
        self.document.data_changed.connect(self._show_problems)
        self.problem_card.data_wanted.connect(self._show_data_panel)
        self.data_panel.table_requested.connect(self._show_table)
        self.palette_panel.insert_requested.connect(self.canvas.insert)
        self.canvas.message.connect(self.telling.show_hint)
        self.bookmarks.message.connect(self.telling.show_hint)
        self.canvas.color_mode_changed.connect(self._show_color_mode)
        self.color_modes.triggered.connect(self._choose_color_mode)
        self.files.message.connect(self.show_message)
        self.importing.message.connect(self.show_message)
        self.exporting.message.connect(self.show_message)
        self.importing.network_made.connect(self.canvas.fit_all)
        self.importing.network_matched.connect(self.canvas.fit_again)
        self.data_panel.network_made.connect(self.canvas.fit_all)
        self.data_panel.network_matched.connect(self.canvas.fit_again)
        self.files.opened.connect(self._on_opened)
        self.files.about_to_save.connect(self._store_view)
        self._menus.recent.aboutToShow.connect(self._fill_recent)
        self.speeds.triggered.connect(self._choose_speed)
        self._show_color_mode(self.canvas.color_mode)
        self.actions_by_name["minimap"].setChecked(
            not self._remember_layout or preferences().value(_MINIMAP, True, bool)
        )
        self._switch_minimap()
        # After the canvas: what is walked through is shown over what that shows.
        self.phases = Phases(
            self.canvas, controller, self.actions_by_name, self, remembered=self._remember_layout
        )
        self.phases.message.connect(self.show_message)
        controller.set_speed(remembered_speed())
        self._show_speed()

    @Slot()
    def _share_processor(self) -> None:
        """Leave a training that runs a processor of its own."""
        self.canvas.network_scene.layer.set_threads(1 if self.controller.is_running else 2)

    @Slot()
    def _show_snapshot(self) -> None:
        self.canvas.set_snapshot(self.controller.snapshot)

    @Slot()
    def _show_problems(self) -> None:
        told: dict[str, str] = {}
        serious: set[str] = set()
        for complaint in self.controller.complaints:
            for neuron_id in complaint.neuron_ids:
                told.setdefault(neuron_id, complaint.message)
            serious |= set(complaint.neuron_ids) if complaint.is_serious else set()
        self.canvas.set_problems(told, serious)

    @Slot()
    def _refresh_menus(self) -> None:
        self._menus.refresh(self.actions_by_name)

    @Slot()
    def _fill_recent(self) -> None:
        self.files.fill_recent(self._menus.recent)

    @Slot(str)
    def _show_color_mode(self, mode: str) -> None:
        for action in self.color_modes.actions():
            action.setChecked(action.data() == mode)

    @Slot(object)
    def _choose_color_mode(self, action: QAction) -> None:
        self.canvas.set_color_mode(action.data())

    @Slot(object)
    def _choose_speed(self, action: QAction) -> None:
        self.controller.set_speed(action.data())

    @Slot()
    def _show_speed(self) -> None:
        speed = self.controller.speed
        for action in self.speeds.actions():
            action.setChecked(action.data() == speed)
        if self._remember_layout and speed != remembered_speed():
            remember_speed(speed)

    @Slot()
    def _show_title(self) -> None:
        path = self.document.path
        name = path.name if path is not None else self.document.project.title or "Untitled"
        self.setWindowFilePath("" if path is None else str(path))
        # Without the program's name: Qt adds that, the same way as to all other windows.
        self.setWindowTitle(f"{name}[*]")
        self._show_modified()

    @Slot()
    def _show_modified(self) -> None:
        self.setWindowModified(self.document.is_modified)

    @Slot()
    def _on_opened(self) -> None:
        view = self.document.project.view
        self.messages.dismiss()
        if isinstance(view.get("color_mode"), str):
            self.canvas.set_color_mode(view["color_mode"])
        self.canvas.faces.set_mode(str(view.get("neurons_show", "value")))
        row, data = view.get("focus_row"), self.document.project.data
        if isinstance(row, int) and data is not None and 0 <= row < len(data.x):
            self.document.set_focus_row(row)
        # Once the layout has given the canvas its size.
        QTimer.singleShot(0, self._restore_place)

    @Slot()
    def _restore_place(self) -> None:
        restore_place(self.canvas, self.document.project.view)

    @Slot()
    def _store_view(self) -> None:
        self.document.project.view = {
            **self.document.project.view,
            "color_mode": self.phases.color_mode,
            "neurons_show": self.canvas.faces.mode,
            "focus_row": self.document.focus_row,
            **place_of(self.canvas),
        }

    # Files dropped, and closing

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_file(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped_file(event)
        if path is not None and self._is_built:
            event.acceptProposedAction()
            if path.suffix.lower() in IMPORTED:
                self.importing.open(path)
            else:
                self.files.open(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._is_built:
            if not self.files.may_leave():
                event.ignore()
                return
            self.controller.shutdown()
            self.status_line.shutdown()
            self.messages.dismiss()
        if self._remember_layout:
            docks.save_layout(self)
        event.accept()


def _dropped_file(event: QDropEvent) -> Path | None:
    """Return the one local file that is dropped, or None."""
    urls = event.mimeData().urls()
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
