"""What a result becomes on standard output: folded to the terminal's width, coloured where colour is seen."""

from __future__ import annotations

import os
import shutil
import sys
from typing import ClassVar

from advisor.output.number_units import one_line
from advisor.output.terminal.fitted import fitted
from advisor.output.terminal.painted import painted

LEAST = 80
"""Columns that every terminal is taken to have, and that a pipe has."""


WHOLE = 1_000_000
"""Characters of one text that are shown with `--full`."""


class Screen:
    """How much of a text is shown."""

    full: ClassVar[bool] = False
    """Whether nothing is cut or folded (`--full`)."""


def cut(text: str, width: int) -> str:
    """Return SQL or a name on one line, cut to `width` characters unless everything is to be seen."""
    return one_line(text, WHOLE if Screen.full else width)


def on_screen(text: str) -> str:
    """Return a rendered text as standard output takes it; with `--full` every line stays as long as it is."""
    shown = text if Screen.full else fitted(text, columns())
    return painted(shown) if coloured() else shown


def columns() -> int:
    """Return the width of the terminal, or what COLUMNS says; never less than `LEAST`."""
    return max(shutil.get_terminal_size((LEAST, 24)).columns, LEAST)


def coloured() -> bool:
    """Return whether standard output shows colours and nobody asked for none (NO_COLOR)."""
    wanted = "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return wanted and "CI" not in os.environ and sys.stdout.isatty()
