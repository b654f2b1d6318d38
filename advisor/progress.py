"""Progress and notes on stderr: stdout is data."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from advisor.visible import on_one_line

NOTES = 10
"""Notes shown without `-v`."""


class Progress:
    """Says what the tool is doing; silent when told to be."""

    verbose: ClassVar[bool] = False
    """Whether every note is shown (`-v`), however many there are."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ and "CI" not in os.environ
        self._dim, self._plain = ("\x1b[2m", "\x1b[0m") if colour else ("", "")

    def note(self, text: str) -> None:
        """Print one line of progress."""
        if not self.quiet:
            print(f"{self._dim}{on_one_line(text)}{self._plain}", file=sys.stderr, flush=True)

    def warn(self, text: str) -> None:
        """Print one warning, even when quiet."""
        print(f"warning: {on_one_line(text)}", file=sys.stderr, flush=True)

    def notes(self, notes: Sequence[str]) -> None:
        """Print warnings, the first few of many; `-v` shows all."""
        shown = len(notes) if self.verbose else NOTES
        for note in notes[:shown]:
            self.warn(note)
        if len(notes) > shown:
            self.warn(f"{len(notes) - shown} more notes; -v shows them")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Print the step when it ends, with the seconds it took."""
        begin = time.monotonic()
        yield
        self.note(f"{text} ({time.monotonic() - begin:.1f} s)")
