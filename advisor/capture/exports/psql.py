"""Marks psql draws its tables with, in ASCII or Unicode, and the lines that are none of the data."""

from __future__ import annotations

import re

BOXES = str.maketrans(
    {
        **dict.fromkeys("│║", "|"),
        **dict.fromkeys("─═", "-"),
        **dict.fromkeys("┼╪╫╬├┤╞╡╟╢╠╣┌┐└┘╔╗╚╝┬┴╤╧", "+"),
        "↵": "+",
        "…": ".",
    }
)
"""Unicode line styles to ASCII."""

RULE = re.compile(r"\+?-+([+ ]-+)*\+?\s*")
"""The line of dashes under a heading."""

RECORD = re.compile(r"(\+?-\[ \w+ \d+ \]|\* \w+ \d+).*")
"""The line above each record in expanded mode, in any language."""

FOOTER = re.compile(r"\s*\(\d+ \S+\)\s*")
"""`(55 rows)`, in any language."""


def drawn(text: str) -> list[str]:
    """Return the lines of a text psql printed, with ASCII marks."""
    return text.translate(BOXES).split("\n")
