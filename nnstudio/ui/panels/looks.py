"""A look at the data: histograms, a scatter matrix, correlations, and pictures where rows are such."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import theme
from nnstudio.ui.numbers import format_count
from nnstudio.ui.panels.data_table import EMPTY
from nnstudio.ui.plots import looks_figures as figures
from nnstudio.ui.plots.looks_pages import (
    MOST_SCATTERED,
    Correlations,
    Histograms,
    Pictures,
    ScatterMatrix,
)
from nnstudio.ui.plots.palette import Hues

if TYPE_CHECKING:
    from PySide6.QtGui import QColor, QResizeEvent, QShowEvent

    from nnstudio.data import Dataset
    from nnstudio.ui.document import Document
    from nnstudio.ui.plots.looks_figures import Variable
    from nnstudio.ui.plots.looks_page import Page

_PICTURES = "Pictures"


class LooksPanel(QWidget):
    """One page at a time; only the page that is seen is computed, and only when data or page change."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Look at the data")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._document = document
        self._variables: list[Variable] = []
        self._of: Dataset | None = None
        self._scattered: list[str] = []
        self._shown: dict[str, Dataset | None] = {}
        self.pages: dict[str, Page] = {
            "Histograms": Histograms("Histograms of the columns"),
            "Scatter matrix": ScatterMatrix("Scatter matrix"),
            "Correlation": Correlations("Correlation of the columns"),
            _PICTURES: Pictures("Rows as pictures"),
        }
        self.hint = QLabel(EMPTY, self)
        self.hint.setProperty("role", "muted")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.hint)
        self._scrolls: dict[str, QScrollArea] = {}
        for title, page in self.pages.items():
            area = QScrollArea(self)
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setWidget(page)
            self._scrolls[title] = area
            self.stack.addWidget(area)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._make_bar())
        layout.addWidget(self.stack, 1)
        # Data that change with each step of a drag are looked at when the window has the time.
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(0)
        self._delay.timeout.connect(self.refresh)
        document.data_changed.connect(self._refresh_soon)
        document.project_replaced.connect(self._refresh_soon)
        document.focus_changed.connect(self._show_focus)
        theme.manager().changed.connect(self._restyle)
        self.pages["Scatter matrix"].installEventFilter(self)
        self.refresh()

    def _make_bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 2, 10, 4)
        bar.setSpacing(2)
        self.choice = QButtonGroup(self)
        self.buttons: dict[str, QToolButton] = {}
        for place, title in enumerate(self.pages):
            button = QToolButton(self)
            button.setText(title)
            button.setCheckable(True)
            button.setToolTip(str(self.pages[title].accessibleName()))
            self.choice.addButton(button, place)
            self.buttons[title] = button
            bar.addWidget(button)
        self.buttons["Histograms"].setChecked(True)
        self.choice.idToggled.connect(self._on_chosen)
        self.columns_menu = QMenu(self)
        self.columns_button = QToolButton(self)
        self.columns_button.setText("Columns")
        self.columns_button.setToolTip(f"Which columns the scatter matrix shows, up to {MOST_SCATTERED}")
        self.columns_button.setMenu(self.columns_menu)
        self.columns_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        theme.set_icon(self.columns_button, "chevron-down")
        self.columns_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.legend = QLabel(self)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setProperty("role", "muted")
        self.legend.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        # As wide as what is left, so that all that is written fits or is left out.
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        bar.addWidget(self.columns_button)
        bar.addWidget(self.legend, 1)
        return bar

    @property
    def page(self) -> str:
        """Which page is chosen."""
        return list(self.pages)[self.choice.checkedId()]

    @property
    def scattered(self) -> list[str]:
        """Names of the columns that the scatter matrix shows."""
        return list(self._scattered)

    # Showing

    @Slot()
    def _refresh_soon(self) -> None:
        if self.isVisible():
            self._delay.start()

    @Slot()
    def refresh(self) -> None:
        """Show the data as they are now."""
        data = self._document.project.data
        if data is None or not self.isVisible():
            self.stack.setCurrentWidget(self.hint)
            return
        if data is not self._of:
            self._of = data
            self._variables = figures.variables_of(data)
            self._choose_columns()
        has_pictures = data.image_shape is not None
        self.buttons[_PICTURES].setVisible(has_pictures)
        if not has_pictures and self.page == _PICTURES:
            self.buttons["Histograms"].setChecked(True)
        page = self.page
        self.columns_button.setVisible(page == "Scatter matrix" and len(self._variables) > 2)
        self._show_legend(data)
        if self._shown.get(page) is not data:
            self._shown = {**self._shown, page: data}
            shown = self._variables
            if page == "Scatter matrix":
                shown = [variable for variable in shown if variable.name in self._scattered]
            self.pages[page].show_data(data, shown, self._hues(data))
        self.stack.setCurrentWidget(self._scrolls[page])
        self._show_focus()

    def _hues(self, data: Dataset) -> list[QColor]:
        current = theme.manager().current
        if not data.classes:
            return [current.train_line]
        return [color for _, color in Hues(current).legend(data.classes, data.y.shape[1])]

    def _show_legend(self, data: Dataset) -> None:
        there, of = len(data), min(len(data), figures.MOST_COUNTED)
        rows = f"{format_count(there)} rows"
        if of < there and self.page != "Scatter matrix":
            rows = f"{format_count(of)} of {rows}, drawn at random"
        self.legend.setToolTip("")
        if self.page in ("Correlation", _PICTURES):
            self.legend.setText(rows if self.page == "Correlation" else "")
            return
        named = Hues(theme.manager().current).legend(data.classes, data.y.shape[1]) if data.classes else []
        marked = [f'<span style="color:{color.name()}">●</span>&nbsp;{escape(name)}' for name, color in named]
        colored = [f'<b style="color:{color.name()}">{escape(name)}</b>' for name, color in named]
        ways = ["&nbsp;&nbsp; ".join([*marked, rows]), " ".join([*colored, "&nbsp;", rows]), rows]
        self.legend.setToolTip("" if not named else ways[0])
        for way in ways:
            self.legend.setText(way)
            if self.legend.sizeHint().width() <= self.legend.width():
                return

    def _choose_columns(self) -> None:
        """Keep the columns of the scatter matrix that are still there, or take the first ones."""
        names = [variable.name for variable in self._variables]
        kept = [name for name in self._scattered if name in names]
        if len(kept) < 2:
            targets = [variable.name for variable in self._variables if variable.is_target]
            features = [name for name in names if name not in targets]
            kept = [*features[: MOST_SCATTERED - min(1, len(targets))], *targets][:MOST_SCATTERED]
        self._scattered = kept
        self.columns_menu.clear()
        for name in names:
            action = QAction(name.replace("&", "&&"), self.columns_menu)
            action.setCheckable(True)
            action.setChecked(name in kept)
            action.setData(name)
            action.toggled.connect(self._on_column)
            self.columns_menu.addAction(action)
        self._limit_columns()

    def _limit_columns(self) -> None:
        full = len(self._scattered) >= MOST_SCATTERED
        for action in self.columns_menu.actions():
            one_left = len(self._scattered) <= 1
            action.setEnabled(not one_left if action.isChecked() else not full)

    @Slot()
    def _on_column(self) -> None:
        self._scattered = [a.data() for a in self.columns_menu.actions() if a.isChecked()]
        self._limit_columns()
        self._shown.pop("Scatter matrix", None)
        self.refresh()

    @Slot(int, bool)
    def _on_chosen(self, _place: int, checked: bool) -> None:
        if checked:
            self.refresh()

    @Slot()
    def _show_focus(self) -> None:
        page = self.pages[self.page]
        if isinstance(page, ScatterMatrix | Pictures):
            page.set_focus(self._document.focus_row)

    @Slot()
    def _restyle(self) -> None:
        self._shown.clear()
        self.refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.MouseButtonPress
            and isinstance(event, QMouseEvent)
            and isinstance(watched, ScatterMatrix)
            and watched.data is not None
        ):
            row = watched.row_at(event.position())
            if row is not None:
                self._document.set_focus_row(row)
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._of is not None:
            # A page that is taller than its view does not learn of the view's height by itself.
            self.pages[self.page].fit()
            self.pages[self.page].refresh()
            self._show_legend(self._of)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
