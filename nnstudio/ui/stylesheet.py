"""The application's style sheet: what the palette alone cannot say."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

from nnstudio import paths

if TYPE_CHECKING:
    from nnstudio.ui.theme import Theme

_SHEET = Template("""
QMainWindow, QMainWindow > QWidget#central { background: $window; }
QMainWindow::separator { background: $window; width: 6px; height: 6px; }
QMainWindow::separator:hover { background: $accent; }

QMenuBar { background: $window; padding: 2px 6px; border: none; }
QMenuBar::item { background: transparent; padding: 4px 9px; border-radius: 5px; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $hover; color: $text; }
QMenu { background: $panel; border: 1px solid $border; padding: 5px; }
QMenu::item { padding: 5px 22px 5px 10px; border-radius: 5px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $border; margin: 5px 8px; }
QMenu::icon { padding-left: 8px; }
QMenu::icon:checked { background: $selection; border-radius: 4px; }

QToolBar {
    background: $panel; border: none; border-bottom: 1px solid $border; padding: 5px 8px; spacing: 2px; }
QToolBar::separator { background: $border; width: 1px; margin: 5px 6px; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 4px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $selection; }
QToolButton:focus { border-color: $accent; }
QToolButton::menu-indicator { image: none; }
QToolButton#qt_toolbar_ext_button { qproperty-icon: url($more); qproperty-iconSize: 14px; min-width: 16px; }

QDockWidget > QWidget, QWidget#dock-title { background: $panel; }
QLabel[role="panel-title"] { color: $muted; font-weight: 600; }

QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $muted; padding: 5px 12px; border: none;
    border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:hover:!selected { color: $text; background: $hover; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }

QStatusBar { background: $window; color: $muted; border-top: 1px solid $border; }
QStatusBar::item { border: none; }

QPushButton { background: $field; border: 1px solid $border; border-radius: 6px; padding: 5px 12px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $selection; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $faint; background: $panel; }
QPushButton[primary="true"] {
    background: $accent; color: $accent_text; border-color: $accent; font-weight: 600; }
QPushButton[primary="true"]:hover { background: $accent_hover; }
QPushButton[primary="true"]:pressed { background: $accent_hover; }
QPushButton[primary="true"]:focus { border-color: $text; }
QPushButton[primary="true"]:disabled { background: $border; color: $faint; border-color: $border; }
QPushButton:flat { background: transparent; border-color: transparent; }

QAbstractScrollArea { border: none; }
QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox {
    background: $field; color: $text; border: 1px solid $border; border-radius: 6px;
    selection-background-color: $accent; selection-color: $accent_text; }
QLineEdit { padding: 3px 7px; }
QInputDialog QLineEdit { min-width: 300px; }
QAbstractSpinBox { padding: 2px 18px 2px 6px; min-height: 20px; }
QComboBox { padding: 2px 4px 2px 8px; min-height: 20px; }
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $faint; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {
    border-color: $accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: $faint; background: $panel; }
QLineEdit[invalid="true"], QAbstractSpinBox[invalid="true"], QComboBox[invalid="true"] {
    border: 1px solid $error; }
QComboBox QLineEdit, QAbstractSpinBox QLineEdit { border: none; background: transparent; padding: 0; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow, QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {
    image: url($arrow_down); width: 12px;
    height: 12px; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url($arrow_up); width: 12px; height: 12px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    border: none; background: transparent; width: 16px; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {
    background: $hover; border-radius: 3px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $border; padding: 4px; outline: none;
    selection-background-color: $selection; selection-color: $text; }

QCheckBox, QRadioButton { spacing: 7px; }
QCheckBox::indicator {
    width: 15px; height: 15px; border: 1px solid $faint; border-radius: 4px; background: $field; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus { border-color: $accent; }
QCheckBox::indicator:checked {
    background: $check_fill; border-color: $check_fill; image: url($checkmark); }
QCheckBox::indicator:indeterminate { background: $selection; border-color: $accent; }

QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $border; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::handle:horizontal {
    width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: $accent;
    border: 2px solid $panel; }
QSlider::sub-page:horizontal:disabled, QSlider::handle:horizontal:disabled { background: $faint; }

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $scroll; border-radius: 4px; margin: 1px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QScrollArea > QWidget > QWidget { background: transparent; }

QHeaderView { background: $panel; border: none; }
QHeaderView::section { background: $panel; color: $muted; border: none; border-bottom: 1px solid $border;
    border-right: 1px solid $border; padding: 4px 8px; }
QTableView, QListView, QTreeView { background: $field; border: none; gridline-color: $grid; outline: none;
    selection-background-color: $selection; selection-color: $text; alternate-background-color: $panel; }

QDialogButtonBox, QMessageBox { dialogbuttonbox-buttons-have-icons: 0; }
QToolTip { background: $panel; color: $text; border: 1px solid $border; padding: 5px 7px; }
QGroupBox { border: none; margin-top: 20px; font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; left: 0; color: $muted; }
QLabel[role="title"] { font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="error"] { color: $error; }
QLabel[role="warning"] { color: $warning; }
""")


def stylesheet(theme: Theme) -> str:
    """Return the style sheet in the colors of a theme.

    Widgets ask for variants by dynamic properties: ``primary`` of a QPushButton, ``invalid`` of a field, and
    ``role`` (title, muted, error, warning) of a label.
    """
    colors = {name: value.name() for name, value in vars(theme).items() if name != "name"}
    icons = {
        "arrow_down": "arrow-down",
        "arrow_up": "arrow-up",
        "checkmark": "checkmark",
        "more": "toolbar-more",
    }
    files = {key: paths.resource_path("icons", f"{name}.svg").as_posix() for key, name in icons.items()}
    accent_hover = theme.accent.lighter(112) if theme.is_dark else theme.accent.darker(112)
    return _SHEET.substitute(
        colors,
        **{key: f'"{path}"' for key, path in files.items()},
        accent_hover=accent_hover.name(),
        check_fill="#4353d9",
        scroll=theme.border.darker(108).name() if not theme.is_dark else theme.border.lighter(130).name(),
    )
