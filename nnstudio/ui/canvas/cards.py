"""The card that is open over the canvas, and what of the drawing stays on view beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Slot

from nnstudio.ui.canvas.card import CanvasCard
from nnstudio.ui.canvas.geometry import NEURON_RADIUS
from nnstudio.ui.canvas.overlays import MARGIN, place_overlays

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnstudio.network.items import Position
    from nnstudio.ui.canvas.finding import FindCard
    from nnstudio.ui.canvas.view import CanvasView


class Cards(QObject):
    """Opens and places one card at a time."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.card: CanvasCard | FindCard | None = None
        self.top_room = self.lasting_top_room = 0
        self._was_fitted = False  # before the card was opened
        self._place_before: tuple[float, int, int] | None = None

    def open(self, card: CanvasCard | FindCard) -> None:
        """Show a card over the canvas, in the place of any other."""
        if self.card is not None:
            self.card.close_card()
        self.card = card
        self._was_fitted = self._canvas.is_fitted
        card.closed.connect(self._forget)
        self.place()
        card.show()
        card.raise_()
        card.refresh()
        place_overlays(self._canvas)

    @Slot()
    def place(self) -> None:
        """Put the card where it covers neither messages nor the brushes."""
        if self.card is not None:
            bar = self._canvas.brush_bar
            below_bar = bar.geometry().bottom() + 8 if bar.isVisible() else 0
            self.card.move(MARGIN, max(MARGIN + self.top_room, below_bar))
            if isinstance(self.card, CanvasCard):
                self.card.fit_height()

    @Slot(int, bool)
    def set_top_room(self, pixels: int, lasts: bool) -> None:
        """Keep cards and all else so far below the top, where messages are.

        A network that is all on view makes room for what lasts alone, or else it would not come to rest.
        """
        self.top_room = pixels
        self.lasting_top_room = pixels if lasts else 0
        place_overlays(self._canvas)
        self.place()
        self._canvas.keep_clear_of_messages()

    def show_point(self, position: Position) -> None:
        """Bring a point of the scene into view, where it is not."""
        canvas, card = self._canvas, self.card
        room = round((NEURON_RADIUS + MARGIN) * canvas.zoom)
        # A tall card leaves more room beside it than below.
        top = card.geometry().bottom() if card is not None and card.height() < canvas.height() / 4 else 0
        free = canvas.viewport().rect().adjusted(room, room + top, -room, -room)
        if not free.contains(canvas.mapFromScene(QPointF(*position))):
            canvas.centerOn(QPointF(*position))
            canvas.is_fitted = False
            canvas.refresh()

    def make_room_for(self, positions: Iterable[Position] = ()) -> None:
        """Show these points beside the card, and with them the whole network, unless they are on view there.

        A network that was all on view stays so.
        """
        canvas = self._canvas
        points = list(positions)
        box = canvas.network_scene.bounds()
        everything = [*points, *((box[:2], box[2:]) if box is not None else ())]
        card = 0 if self.card is None else self.card.geometry().right()
        # Where there would be no more than a strip beside the card, it may cover something.
        left = card if canvas.width() - card > canvas.width() / 3 else 0
        room = round(NEURON_RADIUS * canvas.zoom)
        free = canvas.viewport().rect().adjusted(left + room, room, -room, -room - canvas.covered())
        wanted = everything if self._was_fitted else points
        if all(free.contains(canvas.mapFromScene(QPointF(*point))) for point in wanted):
            return
        if self._place_before is None:
            self._place_before = canvas.place_on_view()
        x, y = [point[0] for point in everything], [point[1] for point in everything]
        canvas.show_bounds((min(x), min(y), max(x), max(y)), float(left))

    @Slot()
    def _forget(self) -> None:
        card, before = self.card, self._place_before
        self.card = self._place_before = None
        place_overlays(self._canvas)
        if self._was_fitted and not self._canvas.is_fitted:
            self._canvas.fit_all()
        elif before is not None and card is not None and not card.is_done:
            self._canvas.go_to_place(before)
        self._canvas.refresh()
