"""The page of one step: its text, its checks and hints, and the way on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QFont
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.ui import theme
from nnstudio.ui.lessons.check_view import CheckView
from nnstudio.ui.lessons.dots import StepDots
from nnstudio.ui.lessons.locks import summary
from nnstudio.ui.lessons.pictures import picture_of
from nnstudio.ui.lessons.text import LessonText
from nnstudio.ui.panels.section import MARGIN, ErrorLabel, ScrollPanel

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from nnstudio.ui.lessons.player import LessonPlayer
    from nnstudio.ui.main_window import MainWindow

# What a step shows may take a moment to be drawn, and longer to be computed where it was not open.
_PICTURES_MILLISECONDS, _OPENED_MILLISECONDS = 350, 1200


class StepPage(QWidget):
    """Shows the step that the player has open."""

    def __init__(self, player: LessonPlayer, window: MainWindow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._window = window
        self.checks: list[CheckView] = []
        self._shown: object = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._make_head())
        layout.addWidget(self._make_body(), 1)
        layout.addWidget(self._make_foot())
        self._pictures = QTimer(self)
        self._pictures.setSingleShot(True)
        self._pictures.timeout.connect(self.text.refresh_pictures)
        theme.manager().changed.connect(self._take_pictures_soon)
        player.step_opened.connect(self.show_step)
        player.checks_changed.connect(self.refresh)

    # Making

    def _make_head(self) -> QVBoxLayout:
        self.list_button = QToolButton(self)
        self.list_button.setToolTip("Back to the list of lessons")
        self.list_button.setAccessibleName("All lessons")
        theme.set_icon(self.list_button, "chevron-left")
        self.lesson_title = QLabel(self)
        self.lesson_title.setTextFormat(Qt.TextFormat.PlainText)
        self.lesson_title.setProperty("role", "muted")
        self.lesson_title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.more = QToolButton(self)
        self.more.setToolTip("Begin this step anew, or leave the lesson")
        self.more.setAccessibleName("More")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        theme.set_icon(self.more, "more")
        menu = QMenu(self)
        self.anew_action = menu.addAction("&Begin this step anew", self._player.begin_step_anew)
        self.anew_action.setToolTip("Open the step's project again as the lesson has it")
        self.first_action = menu.addAction("Begin the lesson &from the first step", self._player.begin_anew)
        menu.addSeparator()
        self.leave_action = menu.addAction("&Leave the lesson", self._player.leave)
        self.more.setMenu(menu)
        top = QHBoxLayout()
        top.setContentsMargins(4, 2, 6, 0)
        top.setSpacing(2)
        top.addWidget(self.list_button)
        top.addWidget(self.lesson_title, 1)
        top.addWidget(self.more)
        self.dots = StepDots(self)
        self.dots.chosen.connect(self._player.open_step)
        self.count = QLabel(self)
        self.count.setProperty("role", "muted")
        row = QHBoxLayout()
        row.setContentsMargins(MARGIN, 0, MARGIN, 4)
        row.addWidget(self.dots, 1)
        row.addWidget(self.count)
        head = QVBoxLayout()
        head.setSpacing(0)
        head.addLayout(top)
        head.addLayout(row)
        return head

    def _make_body(self) -> QWidget:
        self.area = ScrollPanel(self)
        self.area.column.setContentsMargins(MARGIN, 6, MARGIN, 12)
        self.area.column.setSpacing(8)
        self.problem = ErrorLabel(self)
        self.title = QLabel(self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        font = QFont(self.title.font())
        font.setPointSizeF(font.pointSizeF() * 1.3)
        font.setWeight(QFont.Weight.DemiBold)
        self.title.setFont(font)
        self.locked = QLabel(self)
        self.locked.setProperty("role", "muted")
        self.locked.setWordWrap(True)
        self.text = LessonText(self._picture, self)
        self.text.link_clicked.connect(self._follow)
        self.text.picture_clicked.connect(self._take_pictures)
        self._checks = QVBoxLayout()
        self._checks.setSpacing(8)
        self.hint_button = QPushButton("Show a hint", self)
        self.hint_button.clicked.connect(self._player.tell_hint)
        self.hints = LessonText(parent=self)
        self.hints.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        column = self.area.column
        for widget in (self.problem, self.title, self.text, self.locked):
            column.addWidget(widget)
        column.addLayout(self._checks)
        column.addWidget(self.hints)
        column.addWidget(self.hint_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return self.area

    def _make_foot(self) -> QWidget:
        foot = QFrame(self)
        foot.setObjectName("lesson-foot")
        self.back_button = QPushButton("Back", foot)
        self.back_button.clicked.connect(self._player.go_back)
        self.skip_button = QPushButton("Skip", foot)
        self.skip_button.setFlat(True)
        self.skip_button.setToolTip("Go on without this; the step is marked as skipped")
        self.skip_button.clicked.connect(self._player.skip)
        self.next_button = QPushButton("Next", foot)
        self.next_button.setProperty("primary", True)
        self.next_button.clicked.connect(self._player.go_on)
        row = QHBoxLayout(foot)
        row.setContentsMargins(MARGIN, 8, MARGIN, 8)
        row.setSpacing(6)
        row.addWidget(self.back_button)
        row.addStretch(1)
        row.addWidget(self.skip_button)
        row.addWidget(self.next_button)
        theme.manager().changed.connect(self._restyle)
        self._foot = foot
        self._restyle()
        return foot

    @Slot()
    def _restyle(self) -> None:
        colors = theme.manager().current
        self._foot.setStyleSheet(f"QFrame#lesson-foot {{ border-top: 1px solid {colors.border.name()}; }}")

    # Showing

    @Slot()
    def show_step(self) -> None:
        """Show the step that is open, from its beginning."""
        player = self._player
        if player.lesson is None:
            return
        self.problem.forget()
        step = player.step
        self.lesson_title.setText(player.lesson.title)
        self.lesson_title.setToolTip(player.lesson.title)
        self.title.setText(step.title)
        is_same = self._shown == (player.lesson.path, player.place)
        self._shown = (player.lesson.path, player.place)
        self.text.show_text(step.text)
        self.text.setVisible(bool(step.text))
        self.locked.setText(summary(step.lock))
        self.locked.setVisible(bool(step.lock))
        self._take_pictures_soon()
        self._make_checks()
        self.refresh()
        if not is_same:
            self.area.verticalScrollBar().setValue(0)

    def _make_checks(self) -> None:
        for view in self.checks:
            self._checks.removeWidget(view)
            view.hide()
            view.deleteLater()
        self.checks = []
        for place, check in enumerate(self._player.step.checks):
            view = CheckView(check, self)
            view.answered.connect(partial(self._player.answer, place))
            view.asked.connect(partial(self._player.watch.look_closely, place))
            self._checks.addWidget(view)
            self.checks.append(view)
        # Made later than what stands below them, they would come last.
        last: QWidget = self.text
        for control in (each for view in self.checks for each in view.controls):
            self.setTabOrder(last, control)
            last = control
        self.setTabOrder(last, self.hint_button)

    @Slot()
    def _take_pictures_soon(self) -> None:
        if any(picture.view for picture in self.text.pictures):
            self._pictures.start(_PICTURES_MILLISECONDS)

    @Slot()
    def refresh(self) -> None:
        """Show how the checks stand, and which ways are open."""
        player = self._player
        if player.lesson is None or len(self.checks) != len(player.states):
            return
        for view, state in zip(self.checks, player.states, strict=True):
            view.show_state(state)
        lesson, hints, told = player.lesson, player.step.hints, player.hints_told
        self.dots.show_steps(
            [step.title for step in lesson.steps],
            player.place,
            player.reached,
            player.done,
            player.skipped,
        )
        self.count.setText(f"Step {player.place + 1} of {len(lesson.steps)}")
        text = "\n\n".join(f"**Hint {number}.** {hint}" for number, hint in enumerate(told, 1))
        if text != self.hints.text:
            self.hints.show_text(text)
        self.hints.setVisible(bool(told))
        self.hint_button.setVisible(len(told) < len(hints))
        self.hint_button.setText("Show another hint" if told else "Show a hint")
        self.back_button.setEnabled(player.place > 0)
        self.next_button.setText("Finish" if player.is_last else "Next")
        self.next_button.setEnabled(player.is_done)
        tip = "" if player.is_done else "Once all of this step has passed; Skip goes on without"
        self.next_button.setToolTip(tip)
        self.skip_button.setVisible(not player.is_done)

    def tell_problem(self, text: str) -> None:
        """Tell what is wrong with the lesson's file as it is now, above the text as it was."""
        self.problem.tell(text)

    # What the text leads to

    @Slot(str)
    def _take_pictures(self, source: str) -> None:
        """Take the pictures anew; first, the view that was clicked is opened where it is not."""
        kind, _, view = source.partition(":")
        if kind == "view" and self._picture(source) is None:
            self._player.desk.show_panel(view)
            self._pictures.start(_OPENED_MILLISECONDS)
        else:
            self.text.refresh_pictures()

    def _picture(self, source: str) -> QImage | None:
        lesson = self._player.lesson
        return None if lesson is None else picture_of(self._window, lesson.folder, source)

    @Slot(str)
    def _follow(self, address: str) -> None:
        if address.startswith(("https://", "http://")):
            QDesktopServices.openUrl(QUrl(address))
