"""The list of quantities as Markdown, for the documentation and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.lessons.quantities import QUANTITIES

if TYPE_CHECKING:
    from nnstudio.lessons.quantity import Scope

_KINDS = {"number": "number", "text": "text", "truth": "true or false"}
_SCOPES: dict[Scope, tuple[str, str]] = {
    "network": ("The drawing", "Neurons are named by their labels, or else by their ids."),
    "data": (
        "What it computes",
        "With the weights as they are. Rows are counted from 1, over the data as they stand; without `row=` "
        "it is the row in focus.",
    ),
    "settings": ("How it trains", "The settings of the training."),
    "history": (
        "The training so far",
        "In the window, of the training on view. When a project is graded, it is trained again from the "
        "start that the file keeps.",
    ),
    "retrained": (
        "Another training",
        "Trained anew from the start that the project keeps, or from the present weights where it was never "
        "trained, with the project's settings. In the window such a check waits for the button Check.",
    ),
    "window": ("The window", "A file has what was on view when it was saved."),
}


def quantity_list() -> str:
    """Return all quantities as Markdown tables, by what they are about."""
    parts = []
    for scope, (title, about) in _SCOPES.items():
        rows = [
            f"| {_code(each.usage)} | {_KINDS[each.kind]} | {each.meaning} |"
            for each in QUANTITIES.values()
            if each.scope == scope
        ]
        parts.append(
            "\n".join([f"### {title}", "", about, "", "| Quantity | Is | What |", "|---|---|---|", *rows])
        )
    return "\n\n".join(parts) + "\n"


def _code(usage: str) -> str:
    return " or ".join(f"`{way}`" for way in usage.split(" or "))
