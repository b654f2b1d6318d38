"""Progress and notes on stderr: stdout is data."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from advisor.visible import on_one_line

NOTES = 10
"""Notes shown without `-v`."""


class Ticker:
    """One line at the end of a terminal's stderr that says how far a step is; nothing elsewhere."""

    shown: ClassVar[bool] = False
    """Whether there is a terminal, and somebody wants to know."""
    _begin: ClassVar[float] = 0.0
    _last: ClassVar[float] = 0.0

    @classmethod
    def start(cls, *, quiet: bool) -> None:
        """Begin a step."""
        cls.shown = not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        cls._begin, cls._last = time.monotonic(), 0.0

    @classmethod
    def end(cls) -> None:
        """Take the line away."""
        if cls.shown and cls._last:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        cls.shown = False

    @classmethod
    def tell(cls, what: str, done: float, total: float | None) -> None:
        """Write the line anew, ten times a second at most."""
        now = time.monotonic()
        if now - cls._last < 0.1:
            return
        cls._last = now
        line = on_one_line(counted(what, done, total, now - cls._begin))
        room = shutil.get_terminal_size((80, 24)).columns - 1
        print(f"\r{line[:room]}\x1b[K", end="", file=sys.stderr, flush=True)


def tick(what: str, done: float, total: float | None = None) -> None:
    """Say how far a step is, where a terminal shows it: `read`, 12, 48 is `read 12 of 48 (25%), 3/s, 12 s left`."""
    if Ticker.shown:
        Ticker.tell(what, done, total)


def counted(what: str, done: float, total: float | None, seconds: float) -> str:
    """Return how far a step is, in words: count, share, rate, and how long it will take."""
    rate = done / seconds if seconds > 0 else 0.0
    said = f"{what} {done:,.0f}" + (f" of {total:,.0f} ({min(done / total, 1):.0%})" if total else "")
    if rate and seconds > 1:
        said += f", {rate:,.0f}/s" if rate >= 1 else f", {1 / rate:.1f} s each"
        said += f", {max(total - done, 0) / rate:,.0f} s left" if total else ""
    return said


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

    def next(self, command: str) -> None:
        """Print what to type next, as the last line."""
        self.note(f"next: {command}")

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
        Ticker.start(quiet=self.quiet)
        try:
            yield
        finally:
            Ticker.end()
        self.note(f"{text} ({time.monotonic() - begin:.1f} s)")
