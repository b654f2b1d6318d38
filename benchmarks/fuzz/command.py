"""The command line, run in this process."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from advisor.cli.main import main
from benchmarks.fuzz.judge import shown
from benchmarks.fuzz.target import Silent


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


def advisor(*arguments: object) -> Ended:
    """Run `advisor …` and return how it ended; raises `Silent` for success or failure without a word.

    What `main` lets through is a traceback a user would see.
    """
    words = [str(argument) for argument in arguments]
    with _streams(["advisor", *words]) as (out, err):
        try:
            main()
            status = 0
        except SystemExit as ended:
            status = int(ended.code or 0)
    done = Ended(status, out.getvalue(), err.getvalue())
    if not done.out.strip() and not done.err.strip() and "-q" not in words:
        raise Silent(f"status {status}, nothing printed")
    if status == 2 and not done.err.strip():
        raise Silent("status 2, no reason")
    shown(done.err, "stderr")
    if "json" not in words:
        shown(done.out, "stdout")
    return done


@contextmanager
def _streams(words: list[str]) -> Iterator[tuple[io.StringIO, io.StringIO]]:
    """Put strings in the place of stdout and stderr, and these words into `sys.argv`."""
    before = sys.argv, sys.stdout, sys.stderr
    out, err = io.StringIO(), io.StringIO()
    sys.argv, sys.stdout, sys.stderr = words, out, err
    try:
        yield out, err
    finally:
        sys.argv, sys.stdout, sys.stderr = before
