"""How the window writes and reads numbers: four significant digits, a true minus."""

from __future__ import annotations

import math

MINUS = "−"
NO_VALUE = "–"


def format_number(value: float | None, digits: int = 4) -> str:
    """Return a number with at most ``digits`` significant digits; a dash where there is none.

    >>> format_number(-0.123456), format_number(1500000.0), format_number(None)
    ('−0.1235', '1.5e6', '–')
    """
    if value is None or math.isnan(value):
        return NO_VALUE
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == 0.0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -4 < power < 6:
        # Whole numbers are not rounded to tens: 12346, not 12350.
        text = f"{value:.{max(0, digits - 1 - power)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        text = f"{mantissa}e{power}"
    return text.replace("-", MINUS)


def format_count(value: int) -> str:
    """Return a count with thin spaces between thousands."""
    return f"{value:,}".replace(",", "\u2009").replace("-", MINUS)


def parse_number(text: str) -> float:
    """Return the finite number that ``text`` spells, a true minus and a decimal comma included.

    Raises ValueError with a sentence for the user.
    """
    plain = text.strip().replace(MINUS, "-").replace("\u2009", "").replace(" ", "")
    if "," in plain and "." not in plain:
        plain = plain.replace(",", ".", 1)
    if not plain:
        raise ValueError("Type a number, such as 0.5.")
    try:
        value = float(plain)
    except ValueError:
        value = math.nan
    if "_" in plain or math.isnan(value):
        raise ValueError(f"“{text.strip()}” is not a number. Type one such as 0.5 or −1e−3.")
    if math.isinf(value):
        raise ValueError(f"“{text.strip()}” is too large. Type a finite number.")
    return value
